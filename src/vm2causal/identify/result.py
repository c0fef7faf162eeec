"""What an identification holds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vm2causal.spec.words import QueryKind
from vm2causal.texts import Language

NameSet = tuple[str, ...]


class Strategy(StrEnum):
    """What identifies the effect, simplest first."""

    NONE_NEEDED = "none_needed"
    """Zero by the graph, or plain conditioning on the cause (and the mediators) is enough."""
    BACKDOOR = "backdoor"
    FRONTDOOR = "frontdoor"
    ID = "id"
    INSTRUMENT = "instrument"
    """Not identified without parametric assumptions; with linearity an instrument does it."""


@dataclass(frozen=True)
class Bilingual:
    """One text in Dutch and in English.

    Examples
    --------
    >>> Bilingual("nee", "no").in_language(Language.EN)
    'no'
    """

    nl: str
    en: str

    def in_language(self, language: Language) -> str:
        """The text in one language.

        Parameters
        ----------
        language
            Of the texts: Dutch or English.
        """
        return self.nl if language is Language.NL else self.en


@dataclass(frozen=True)
class Instrument:
    """An instrument, and the covariates within which it is one."""

    instrument: str
    given: NameSet


@dataclass(frozen=True)
class ConditionalFrontdoor:
    """Mediators that meet the front-door criterion within strata of covariates."""

    mediators: NameSet
    given: NameSet


@dataclass(frozen=True)
class Hedge:
    """Why an effect is not identifiable: two nested districts with the cause in one (F, F′).

    Parameters
    ----------
    forest
        F: variables joined by unobserved common causes, the cause among them, all of which lead
        to ``root``.
    root
        F′: the part of F that remains a district when the cause is cut away, and affects the
        effect.
    """

    forest: NameSet
    root: NameSet


class Population(StrEnum):
    """Whose effect an answer is about, where the data hold selected units only."""

    WHOLE = "whole"
    SELECTED = "selected"


@dataclass(frozen=True)
class AdjustmentPair:
    """Covariates, and those among them whose distribution in the whole population must be known."""

    given: NameSet
    external: NameSet


@dataclass(frozen=True)
class Selection:
    """What an answer owes to the selection of the units in the data.

    Parameters
    ----------
    by
        The nodes that every unit in the data has.
    population
        Whom the answer is about: all where these data alone tell that, else the selected; ``None``
        where they tell neither.
    ignorable
        Whether selection has nothing in common with cause or effect, so that it may be forgotten.
    whole
        All minimal pairs that give the effect in the whole population by adjustment; a pair whose
        ``external`` is empty needs no other data.
    among_selected
        All inclusion-minimal adjustment sets that give the effect among the selected.
    """

    by: NameSet
    population: Population | None
    ignorable: bool = False
    whole: tuple[AdjustmentPair, ...] = ()
    among_selected: tuple[NameSet, ...] = ()


@dataclass(frozen=True)
class IntermediateConfounding:
    """A mediator whose relation with the effect is confounded by what the cause itself affects.

    The part of the effect through this mediator alone then follows from no data, since it takes
    the confounder at two values of the cause at once.

    Parameters
    ----------
    mediator
        The mediator.
    confounders
        What the cause affects, and what with no set of covariates that precede the cause is told
        from the mediator's own relation with the effect; unobserved ones too.
    total
        Whether the total effect is identifiable all the same.
    controlled_direct
        Whether the effect with this mediator alone held fixed is.
    """

    mediator: str
    confounders: NameSet
    total: bool
    controlled_direct: bool


@dataclass(frozen=True)
class Findings:
    """What the graph says about one effect.

    Parameters
    ----------
    cause, effect
        The two ends of the question.
    also
        Further causes that are set together with ``cause`` (total effects): the joint effect.
    kind
        Total, direct (controlled: every observed mediator held fixed) or mediated (natural
        indirect: through all observed mediators together).
    has_effect
        Whether the graph lets the cause affect the effect in this way at all; without such a path
        the effect is zero.
    identifiable
        Whether the effect follows from the distribution of the observed variables without
        parametric assumptions; the answer is complete. Under selection: whether adjustment gives
        it, in the population that ``selection`` names.
    strategy
        The simplest way to it; ``None`` when there is none.
    minimal_adjustment_sets
        All inclusion-minimal sets of covariates, smallest first. For a direct effect: beside the
        mediators, which are held fixed. For a mediated effect: sets that license the mediation
        formula with all mediators.
    frontdoor_sets
        All inclusion-minimal sets that meet Pearl's front-door criterion (total effects).
    conditional_frontdoor_sets
        Front-door sets that need covariates.
    instruments
        Conditional instruments (total and direct effects).
    mediators
        All observed variables on directed paths from cause to effect.
    estimand
        The effect in LaTeX, by ``strategy``; ``None`` without a strategy.
    any_value_of
        Variables in the estimand that may be set to any value: the result is the same.
    conditioned_on
        Variables within whose values the estimand looks at the cause, so that overlap is needed
        in every combination of them.
    hedge
        What blocks identification.
    recanting_district
        What blocks a mediated effect whose total effect is identifiable: variables joined by
        unobserved causes, among which both the effect and a mediator hear the cause.
    complete
        Whether the lists above hold all there is; ``False`` when one was cut off at the limit.
    selection
        What the selection of the units changes; ``None`` where the graph has none.
    intermediate
        Of a mediated effect: mediators through which alone no part of it is identifiable, since
        the cause affects a confounder of theirs.
    """

    cause: str
    effect: str
    kind: QueryKind
    has_effect: bool
    minimal_adjustment_sets: tuple[NameSet, ...]
    mediators: NameSet
    identifiable: bool = False
    strategy: Strategy | None = None
    estimand: str | None = None
    frontdoor_sets: tuple[NameSet, ...] = ()
    conditional_frontdoor_sets: tuple[ConditionalFrontdoor, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    any_value_of: NameSet = ()
    conditioned_on: NameSet = ()
    hedge: Hedge | None = None
    recanting_district: NameSet = ()
    complete: bool = True
    also: NameSet = ()
    selection: Selection | None = None
    intermediate: tuple[IntermediateConfounding, ...] = ()

    @property
    def causes(self) -> NameSet:
        """Everything that is intervened on."""
        return (self.cause, *self.also)


@dataclass(frozen=True)
class Identification(Findings):
    """Findings in words: the answer to one causal question.

    Parameters
    ----------
    sentence
        What identifies the effect, or why nothing does, in one sentence.
    assumptions
        What that leans on.
    notes
        What else must be known of the answer.
    engine_note
        Where DoWhy answers differently, that it agrees, or why it was not asked; ``None`` without
        a second opinion.
    """

    sentence: Bilingual = Bilingual("", "")
    assumptions: tuple[Bilingual, ...] = ()
    notes: tuple[Bilingual, ...] = ()
    engine_note: Bilingual | None = None
