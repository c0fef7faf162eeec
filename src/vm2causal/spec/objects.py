"""The parts of a causal model as frozen objects: variables, arrows, sources, priors, queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from vm2causal.spec.words import (
    EVIDENCE_ALIASES,
    SIGN_ALIASES,
    ArrowShape,
    Evidence,
    Kind,
    Level,
    QueryKind,
    Sign,
)
from vm2causal.texts import Language
from vm2causal.unseen import first_unseen


def _without_controls(text: str) -> str:
    found = first_unseen(text, allowed="\n\t")
    if found:
        raise ValueError(f"A text holds no controls and no marks of direction: here {found}.")
    return text


Text = Annotated[str, Field(min_length=1), AfterValidator(_without_controls)]
"""A text of at least one character, without controls and marks of direction."""


class Part(BaseModel):
    """A part of a model: frozen, and nothing in it that is not named here."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        coerce_numbers_to_str=True,
    )


class Label(Part):
    """A text in both languages.

    Examples
    --------
    >>> Label(nl="binding", en="attachment").in_language(Language.EN)
    'attachment'
    """

    nl: Text
    en: Text

    def in_language(self, language: Language) -> str:
        """The text in one language."""
        return self.nl if language is Language.NL else self.en


def _as_label(value: Any) -> Any:
    return {"nl": value, "en": value} if isinstance(value, str) else value


Labelled = Annotated[Label, BeforeValidator(_as_label, json_schema_input_type=Label | str)]
"""A label; one text serves both languages."""


def _as_names(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[
    tuple[Text, ...],
    BeforeValidator(_as_names, json_schema_input_type=Text | list[Text]),
]
"""Names; one alone need not stand in a list."""


class Document(Part):
    """A document that arrows are cited from."""

    title: Text
    authors: Text | None = None
    publisher: Text | None = None
    year: Text | None = None


class Source(Part):
    """A place in a document: a section, table, figure or page of it."""

    document: Text
    section: Text | None = None
    table: Text | None = None
    figure: Text | None = None
    page: Text | None = None


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, Mapping | Source) else value


Sources = Annotated[
    tuple[Source, ...],
    BeforeValidator(_as_list, json_schema_input_type=Source | list[Source]),
]
"""Sources; one alone need not stand in a list."""


class Prior(Part):
    """A normal prior on the strength of an arrow.

    Parameters
    ----------
    mean, sd
        In standard deviations of the effect (on its link scale) per standard deviation of the
        cause; ``sd`` is positive.
    """

    distribution: Literal["normal"] = "normal"
    mean: float = Field(allow_inf_nan=False)
    sd: float = Field(gt=0, allow_inf_nan=False)


def _known_evidence(value: Any) -> Any:
    return EVIDENCE_ALIASES.get(value, value) if isinstance(value, str) else value


def _known_sign(value: Any) -> Any:
    return SIGN_ALIASES.get(value, value) if isinstance(value, str) else value


class Variable(Part):
    """One variable: what it means, what kind of quantity it is, and where its data stand.

    Parameters
    ----------
    kind
        ``continuous`` unless said otherwise.
    observed
        False for a node of the graph without data. A ``latent`` variable with items is observed,
        through its items. A ``selected`` node is not, since all units in the data have it.
    selected
        True for what decides whether a unit is in the data at all: only units that have it are.
    column
        Column with the data; the name of the variable unless said otherwise.
    trials
        For a count: the column that holds out of how many.
    exposure
        For a count without a ceiling: the column that holds over how much it was counted, such as
        hours or pupils; the model is about the rate.
    levels
        For an ordinal variable its levels from low to high; for a nominal or binary one its
        values (binary: first the value that counts as 0); for a latent one the answers to its
        items from low to high.
    reference
        For a nominal variable the level that the others are compared with.
    items
        For a latent variable the columns that measure it.
    missing
        Texts that stand for a missing value in its columns, such as the code 99.
    level
        The unit that the variable describes. If that is a group of the model, of which a table has
        several rows each, the variable has one value per level of it.
    step
        Key of the step of the model in which it stands; decides its place in a picture.
    """

    kind: Kind = Kind.CONTINUOUS
    observed: bool = True
    selected: bool = False
    column: Text | None = None
    trials: Text | None = None
    exposure: Text | None = None
    levels: tuple[Text, ...] = ()
    reference: Text | None = None
    items: tuple[Text, ...] = ()
    missing: tuple[Text, ...] = ()
    unit: Labelled | None = None
    level: Annotated[Level | Text, Field(union_mode="left_to_right")] | None = None
    step: Text | None = None
    label: Labelled | None = None
    definition: Labelled | None = None
    level_labels: Mapping[Text, Labelled] = Field(default_factory=dict)
    item_labels: Mapping[Text, Labelled] = Field(default_factory=dict)
    source: Sources = ()

    @model_validator(mode="before")
    @classmethod
    def _selected_has_no_data(cls, content: Any) -> Any:
        if isinstance(content, Mapping) and "observed" not in content and _says_selected(content):
            return {**content, "observed": False}
        return content


_TRUTH: TypeAdapter[bool] = TypeAdapter(bool)


def _says_selected(content: Mapping[str, Any]) -> bool:
    """Whether a variable is declared as selected; what is no truth value is refused elsewhere."""
    try:
        return _TRUTH.validate_python(content.get("selected", False))
    except ValidationError:
        return False


class SelectionNode(Part):
    """A selection that a model names and leaves off until it is asked for.

    Parameters
    ----------
    causes
        What decides whether a unit is in the data.
    """

    causes: tuple[Text, ...] = Field(min_length=1)
    level: Level | None = None
    label: Labelled | None = None
    definition: Labelled | None = None
    source: Sources = ()


MODIFYING: Final = ("varies", "depends_on", "shape", "split")
"""Keys of an arrow that one coefficient does not do for; of the second schema of model files."""


class Arrow(Part):
    """A claim: the cause works directly on the effect, among the variables of this model.

    Parameters
    ----------
    cause, effect
        Names of variables; ``from`` and ``to`` in a file.
    evidence
        What the literature says; None for an assumption nobody weighed.
    sign
        The expected direction.
    source
        Where the literature says so.
    prior
        The strength expected beforehand.
    note
        What stands behind the evidence, in a sentence.
    varies
        Groups, or causes of the effect that have levels, over whose levels the arrow's coefficient
        differs: partially pooled around its mean.
    depends_on
        Other causes of the effect on whose value the arrow's coefficient depends: moderators.
    shape
        ``monotone`` for steps of one sign but of any size between the levels of an ordinal cause,
        ``smooth`` for a curve; None for one step per unit.
    split
        A group within which the arrow holds: what the group's mean of the cause goes along with has
        a coefficient of its own.

    Examples
    --------
    >>> Arrow(cause="a", effect="b", evidence="supported").evidence
    <Evidence.ONDERSTEUND: 'ondersteund'>
    """

    cause: Text = Field(alias="from")
    effect: Text = Field(alias="to")
    evidence: (
        Annotated[
            Evidence,
            BeforeValidator(
                _known_evidence,
                json_schema_input_type=Evidence
                | Literal["strong", "supported", "mediated", "not_found", "not_testable"],
            ),
        ]
        | None
    ) = None
    sign: (
        Annotated[
            Sign,
            BeforeValidator(
                _known_sign, json_schema_input_type=Sign | Literal["−", "negative", "positive"]
            ),
        ]
        | None
    ) = None
    source: Sources = ()
    prior: Prior | None = None
    note: Labelled | None = None
    varies: Names = ()
    depends_on: Names = ()
    shape: ArrowShape | None = None
    split: Text | None = None

    @property
    def modified(self) -> bool:
        """Whether more is said of it than one coefficient."""
        return any(getattr(self, key) for key in MODIFYING)

    @property
    def key(self) -> tuple[str, str]:
        """The pair (cause, effect)."""
        return (self.cause, self.effect)


class ArrowPrior(Prior):
    """A prior that stands apart from its arrow, in the block ``priors``."""

    cause: Text = Field(alias="from")
    effect: Text = Field(alias="to")


class Query(Part):
    """A declared question: the effect of ``cause`` on ``effect``."""

    cause: Text
    effect: Text
    kind: QueryKind = QueryKind.TOTAL
    note: Labelled | None = None
