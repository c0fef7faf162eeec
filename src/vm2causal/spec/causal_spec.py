"""A causal model: variables, the arrows between them, and what is claimed and asked of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self, TypeGuard

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from vm2causal.spec.graph import CausalGraph
from vm2causal.spec.objects import (
    Arrow,
    ArrowPrior,
    Document,
    Labelled,
    Part,
    Prior,
    Query,
    SelectionNode,
    Text,
    Variable,
)
from vm2causal.spec.places import NOWHERE, Places
from vm2causal.spec.rules import hold_rules
from vm2causal.spec.words import Rows
from vm2causal.texts import Language

SCHEMA: Final = "vm2causal/model/1"
"""What a model file writes under ``schema`` if it says nothing that only the next one knows."""

VARYING_SCHEMA: Final = "vm2causal/model/2"
"""What it writes if an arrow has more than one coefficient."""

SCHEMAS: Final = (SCHEMA, VARYING_SCHEMA)
"""Those that are read."""


def _or_empty(value: object) -> object:
    return {} if value is None else value


def _or_none_of_them(value: object) -> object:
    return () if value is None else value


def _listed(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, list | tuple)


def _is_nested(item: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(item, Mapping) and len(item) == 1


def _with_nested(content: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Groups by name, and apart what they are nested in, wherever the content says it."""
    groups = content.get("groups")
    found = [item for item in groups if _is_nested(item)] if _listed(groups) else []
    if not found or not _listed(groups):
        return content
    known = content.get("nested") or {}
    nested = {key: value for item in found for key, value in item.items()}
    return {
        **content,
        "groups": [next(iter(item)) if _is_nested(item) else item for item in groups],
        "nested": {**known, **nested} if isinstance(known, Mapping) else known,
    }


# A block whose key has nothing under it, as in a file just begun, counts as absent.
_BLANK_LIST: Final = BeforeValidator(_or_none_of_them)
_BLANK_MAPPING: Final = BeforeValidator(_or_empty)


class CausalSpec(Part):
    """A causal model with its evidence, as read from a model file or made in Python.

    Every object of this class holds: its arrows join declared variables and form no cycle, and
    each variable carries what its kind needs.

    Parameters
    ----------
    name
        Short name.
    title, description
        What the model is, in both languages.
    variables
        By name, in the order of the file.
    arrows
        In the order of the file.
    groups
        Columns whose levels share strength. A file may write ``{class: school}`` for one whose
        levels are those of a school each.
    nested
        By such a group the one that it is nested in.
    rows
        What a row of a table with counts stands for; None where that is not declared.
    queries
        The questions the model was made for.
    steps
        Steps of the model from cause to outcome, with their labels; columns of its picture.
    documents
        The documents that are cited. When given, every citation must be of one of them.
    priors
        Priors apart from their arrows; ``prior`` finds either.
    selections
        Selections of units that are left off; ``with_selections`` switches them on.

    Raises
    ------
    vm2causal.errors.ModelFileError
        When the parts do not fit together.

    Examples
    --------
    >>> spec = CausalSpec(
    ...     name="example",
    ...     variables={"x": Variable(), "y": Variable(), "u": Variable(observed=False)},
    ...     arrows=[Arrow(cause="x", effect="y"), Arrow(cause="u", effect="y")],
    ... )
    >>> spec.graph.observed, spec.parents("y")
    (('x', 'y'), ('u', 'x'))
    """

    version: Literal["vm2causal/model/1", "vm2causal/model/2"] = Field(
        default=SCHEMA, alias="schema"
    )
    name: Text
    title: Labelled | None = None
    description: Labelled | None = None
    variables: Mapping[
        Text,
        Annotated[Variable, BeforeValidator(_or_empty, json_schema_input_type=Variable | None)],
    ] = Field(min_length=1)
    arrows: Annotated[tuple[Arrow, ...], _BLANK_LIST] = ()
    groups: Annotated[
        tuple[Text, ...],
        BeforeValidator(_or_none_of_them, json_schema_input_type=list[Text | dict[Text, Text]]),
    ] = ()
    nested: Annotated[Mapping[Text, Text], _BLANK_MAPPING] = Field(default_factory=dict)
    rows: Rows | None = None
    queries: Annotated[tuple[Query, ...], _BLANK_LIST] = ()
    steps: Annotated[Mapping[Text, Labelled], _BLANK_MAPPING] = Field(default_factory=dict)
    documents: Annotated[Mapping[Text, Document], _BLANK_MAPPING] = Field(default_factory=dict)
    priors: Annotated[tuple[ArrowPrior, ...], _BLANK_LIST] = ()
    selections: Annotated[Mapping[Text, SelectionNode], _BLANK_MAPPING] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _hold_rules(self, info: ValidationInfo) -> Self:
        hold_rules(self, info.context if isinstance(info.context, Places) else NOWHERE)
        return self

    @model_validator(mode="before")
    @classmethod
    def _needed_schema(cls, content: object) -> object:
        """Made in Python, a model has the schema that its arrows need."""
        if not isinstance(content, Mapping):
            return content
        content = _with_nested(content)
        arrows = content.get("arrows")
        made = [item for item in arrows if isinstance(item, Arrow)] if _listed(arrows) else []
        needed = any(item.modified for item in made)
        if not needed:
            return content
        others = {key: value for key, value in content.items() if key != "schema"}
        return {**others, "version": VARYING_SCHEMA}

    def changed(self, **parts: object) -> CausalSpec:
        """The same model with other parts; unlike a bare copy it is checked anew.

        Parameters
        ----------
        **parts
            New values by name of a field, such as ``arrows``.

        Raises
        ------
        vm2causal.errors.ModelFileError
            When the parts do not fit together.
        """
        fields = type(self).model_fields
        return CausalSpec(**{name: getattr(self, name) for name in fields} | parts)

    @cached_property
    def graph(self) -> CausalGraph:
        """The causal graph; a latent variable with items counts as observed."""
        return CausalGraph.of(
            (arrow.key for arrow in self.arrows),
            nodes=self.variables,
            unobserved=(name for name, item in self.variables.items() if not item.observed),
            selected=(name for name, item in self.variables.items() if item.selected),
        )

    @property
    def hidden(self) -> tuple[str, ...]:
        """What nobody observed, in the order of the file; what all units have is not among it."""
        return tuple(
            name for name, item in self.variables.items() if not item.observed and not item.selected
        )

    @cached_property
    def _arrows_by_key(self) -> dict[tuple[str, str], Arrow]:
        return {arrow.key: arrow for arrow in self.arrows}

    def arrow(self, cause: str, effect: str) -> Arrow | None:
        """The arrow from cause to effect, if the model has it."""
        return self._arrows_by_key.get((cause, effect))

    def parents(self, name: str) -> tuple[str, ...]:
        """Direct causes of a variable, sorted."""
        return tuple(cause for cause, effect in self.graph.arrows if effect == name)

    def prior(self, cause: str, effect: str) -> Prior | None:
        """The prior on an arrow, from the arrow itself or from the block ``priors``."""
        arrow = self.arrow(cause, effect)
        if arrow is not None and arrow.prior is not None:
            return arrow.prior
        apart = (prior for prior in self.priors if (prior.cause, prior.effect) == (cause, effect))
        return next(apart, None)

    def column(self, name: str) -> str:
        """Column that holds the data of a variable."""
        return self.variables[name].column or name

    def columns_of(self, name: str) -> tuple[str, ...]:
        """Every column that data of a variable stand in: its items, or its own and what it needs.

        Trials and exposures belong to it.
        """
        variable = self.variables[name]
        beside = (variable.trials, variable.exposure)
        own = () if variable.kind.measured else (self.column(name),)
        return (*own, *variable.items, *(column for column in beside if column))

    def label(self, name: str, language: Language) -> str:
        """What to call a variable in a table or picture: its label, else its name."""
        label = self.variables[name].label
        return label.in_language(language) if label else name.replace("_", " ")
