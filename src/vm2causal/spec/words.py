"""The closed vocabularies of a model file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Values(StrEnum):
    """What the data of a variable are."""

    NUMBERS = "numbers"
    LEVELS = "levels"
    EVENTS = "events"
    """Out of a number of trials."""
    ITEMS = "items"
    """Answers to several items; the variable itself has no column."""


@dataclass(frozen=True)
class _Facts:
    """What a model file may say of a kind of variable, and must: keys of :class:`Variable`."""

    values: Values
    takes: frozenset[str] = frozenset()


class Kind(StrEnum):
    """What kind of quantity a variable is; decides its likelihood.

    What the package knows of each likelihood stands in :mod:`vm2causal.model.families`; here stands
    what a model file says of it.
    """

    CONTINUOUS = "continuous"
    STUDENT_T = "student_t"
    BINARY = "binary"
    ORDINAL = "ordinal"
    NOMINAL = "nominal"
    COUNT = "count"
    NEGATIVE_BINOMIAL = "negative_binomial"
    LATENT = "latent"

    @property
    def values(self) -> Values:
        """What its data are."""
        return _FACTS[self].values

    @property
    def numeric(self) -> bool:
        """Whether a value is a number."""
        return self.values is Values.NUMBERS

    @property
    def counted(self) -> bool:
        """Whether its data are events out of a number of trials."""
        return self.values is Values.EVENTS

    @property
    def measured(self) -> bool:
        """Whether items measure it, so that it has no column of its own."""
        return self.values is Values.ITEMS

    @property
    def levelled(self) -> bool:
        """Whether a value is one of some levels."""
        return self.values is Values.LEVELS

    @property
    def unordered(self) -> bool:
        """Whether its levels have no order, so that each is compared with a reference."""
        return self is Kind.NOMINAL

    @property
    def has_event(self) -> bool:
        """Whether its mean is the probability of an event."""
        return self.counted or self is Kind.BINARY

    def takes(self, key: str) -> bool:
        """Whether a variable of this kind may have a key in a model file."""
        return key in _FACTS[self].takes


_FACTS: Final[Mapping[Kind, _Facts]] = {
    Kind.CONTINUOUS: _Facts(Values.NUMBERS, frozenset({"column"})),
    Kind.STUDENT_T: _Facts(Values.NUMBERS, frozenset({"column"})),
    Kind.BINARY: _Facts(Values.LEVELS, frozenset({"column", "levels", "reference"})),
    Kind.ORDINAL: _Facts(Values.LEVELS, frozenset({"column", "levels"})),
    Kind.NOMINAL: _Facts(Values.LEVELS, frozenset({"column", "levels", "reference"})),
    Kind.COUNT: _Facts(Values.EVENTS, frozenset({"column", "trials"})),
    Kind.NEGATIVE_BINOMIAL: _Facts(Values.NUMBERS, frozenset({"column", "exposure"})),
    Kind.LATENT: _Facts(Values.ITEMS, frozenset({"items", "levels"})),
}


class Level(StrEnum):
    """The unit a variable describes."""

    LEERLING = "leerling"
    EXPERIMENT = "experiment"
    SCHOOL = "school"
    SECTOR = "sector"
    TRANCHE = "tranche"


class Rows(StrEnum):
    """What a row of a table stands for, where it has counts."""

    PERSONS = "persons"
    """As many persons as its counts are out of, alike in all else."""
    UNITS = "units"
    """One unit: a herd, a school."""


class Evidence(StrEnum):
    """What the literature says of an arrow; no value at all means an assumption.

    ``sterk`` the heaviest support, ``ondersteund`` support, ``via`` works mainly through another
    cause, ``niet_gevonden`` looked for and not seen, ``niet_toetsbaar`` could not be looked for.
    """

    STERK = "sterk"
    ONDERSTEUND = "ondersteund"
    VIA = "via"
    NIET_GEVONDEN = "niet_gevonden"
    NIET_TOETSBAAR = "niet_toetsbaar"


class Sign(StrEnum):
    """The expected direction of an arrow: with its cause the effect rises, or falls."""

    PLUS = "+"
    MINUS = "-"


class ArrowShape(StrEnum):
    """How an effect follows its cause, where that is not one step per unit."""

    MONOTONE = "monotone"
    """Steps of one sign, each as large as the data say, between the levels of an ordinal cause."""
    SMOOTH = "smooth"
    """A penalised curve beside a straight line, of a cause that is a number."""


class QueryKind(StrEnum):
    """Which effect a query asks for."""

    TOTAL = "total"
    DIRECT = "direct"
    MEDIATED = "mediated"


EVIDENCE_ALIASES: Final[Mapping[str, Evidence]] = {
    "strong": Evidence.STERK,
    "supported": Evidence.ONDERSTEUND,
    "mediated": Evidence.VIA,
    "not_found": Evidence.NIET_GEVONDEN,
    "not_testable": Evidence.NIET_TOETSBAAR,
}
"""English words a file may use in place of the Dutch ones."""

SIGN_ALIASES: Final[Mapping[str, Sign]] = {
    "−": Sign.MINUS,
    "negative": Sign.MINUS,
    "positive": Sign.PLUS,
}
"""Other ways to write a sign; the first is the typographical minus."""

RESERVED_NAMES: Final = frozenset(
    {
        # dimensions and coordinates of every posterior
        "chain",
        "draw",
        "sample",
        "obs_id",
        "arrow",
        # parts of every linear predictor, and the operator of an intervention
        "intercept",
        "do",
        # words that YAML, JSON or a number parser read as something other than a name
        "true",
        "false",
        "null",
        "none",
        "nan",
        "inf",
    }
)
"""Names no variable may have, compared without regard to case."""

LONGEST_NAME: Final = 64
"""Most characters in the name of a variable."""
