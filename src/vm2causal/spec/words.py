"""The closed vocabularies of a model file."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What kind of quantity a variable is; decides its likelihood."""

    CONTINUOUS = "continuous"
    BINARY = "binary"
    ORDINAL = "ordinal"
    NOMINAL = "nominal"
    COUNT = "count"
    LATENT = "latent"


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
