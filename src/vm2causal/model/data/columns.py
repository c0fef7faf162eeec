"""The data of one variable as an array, and what they are allowed to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import fsum, isfinite, nan, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.spelling import one_spelling
from vm2causal.spec import CausalSpec
from vm2causal.spec.rules import suggestion
from vm2causal.spec.words import Kind

Floats = npt.NDArray[np.float64]

Ints = npt.NDArray[np.int64]

YEAR: Final = "jaar"
"""Column of a cell pattern: years since the start."""


@dataclass(frozen=True)
class Column:
    """The data of one variable on the main unit, or on the patterns of pupils.

    Parameters
    ----------
    kind
        How it acts as a cause.
    values
        Per unit: a number, or the rank of its level; NaN where missing.
    levels
        Of a binary, ordinal or nominal variable, in the order of the ranks.
    reference
        Rank of the level others are compared with; 0 unless nominal.
    centre, scale
        What standardises the values; the scale of a variable that does not vary is 1.
    exposure
        Per unit, over how much a count without a ceiling was counted; None where that is the same.
    """

    kind: Kind
    values: Floats = field(repr=False)
    levels: tuple[str, ...] = ()
    reference: int = 0
    centre: float = 0.0
    scale: float = 1.0
    exposure: Floats | None = field(default=None, repr=False)

    def of(self, units: Ints | slice | npt.NDArray[np.bool_]) -> Column:
        """The column of some units; what standardises it stays."""
        exposure = None if self.exposure is None else self.exposure[units]
        return replace(self, values=self.values[units], exposure=exposure)

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers, not ranks."""
        return self.kind.numeric

    @property
    def standardised(self) -> Floats:
        """Values as they enter a predictor; 0 where missing."""
        return np.nan_to_num((self.values - self.centre) / self.scale)

    def indicator(self, level: int) -> Floats:
        """Whether a unit has a level, minus the share of those that have; 0 where missing."""
        share = self.share(level)
        return np.where(self.missing, 0.0, (self.values == level) - share)

    def entered(self, level: int | None) -> Floats:
        """What a coefficient is multiplied by: that of the values, or of one level of them."""
        return self.standardised if level is None else self.indicator(level)

    def entered_rank(self, rank: int, level: int | None) -> float:
        """The same where a rank takes the place of what is missing."""
        if level is None:
            return (rank - self.centre) / self.scale
        return float(rank == level) - self.share(level)

    def share(self, level: int) -> float:
        """Share of the known units that have a level."""
        known = self.values[~self.missing]
        return float((known == level).mean()) if len(known) else 0.0

    @property
    def missing(self) -> npt.NDArray[np.bool_]:
        """Where there is no value."""
        return np.isnan(self.values)

    @property
    def varies(self) -> bool:
        """Whether two different values occur."""
        known = self.values[~self.missing]
        return bool(len(known)) and bool(known.min() < known.max())


@dataclass(frozen=True)
class Cells:
    """Counts of one variable: in each cell ``events`` of ``trials``, all integers."""

    unit: Ints = field(repr=False)
    pattern: Ints = field(repr=False)
    events: Ints = field(repr=False)
    trials: Ints = field(repr=False)

    def information(self) -> float:
        """Trials times the variance of one: how much the counts tell about a log-odds."""
        trials = max(int(self.trials.sum()), 1)
        share = float(self.events.sum()) / trials
        return trials * share * (1 - share)


@dataclass(frozen=True)
class Grouping:
    """Membership of the main units in the levels of a group."""

    labels: tuple[str, ...]
    codes: Ints = field(repr=False)


LEAST_INFORMATION: Final = 0.25
"""Share of a construct its items must be able to explain; with less it is not fitted.

A construct that its items do not tell apart would enter the equations of its effects as one more
random effect: its arrows would be weighed by noise of those equations, not by the construct.
"""


def construct_information(answers: Ints) -> float:
    """How much the answers to a construct's items can tell about it, between 0 and 1.

    The information of an item with answer shares p and loading 1 at the middle of the construct
    is (1 − Σ p³) / 3 (proportional odds; Whitehead 1993, Stat. Med. 12, 2257); beside the
    construct's own variance of 1 the items together explain I / (1 + I) of it.

    Parameters
    ----------
    answers
        Ranks, shape (unit, item); −1 where missing.

    Examples
    --------
    >>> construct_information(np.zeros((10, 4), dtype=np.int64))
    0.0
    """
    total = 0.0
    for item in answers.T:
        known = item[item >= 0]
        shares = np.bincount(known) / max(len(known), 1) if len(known) else np.ones(1)
        total += (1.0 - float((shares**3).sum())) / 3.0
    return total / (1.0 + total)


def read_column(
    spec: CausalSpec, name: str, data: pd.Series[str], weights: Floats | None = None
) -> Column:
    """Arrange the data of one variable by its kind; ``weights`` are for its centre and scale.

    Raises
    ------
    StudyError
        When a value is not a number, or none of the levels.
    """
    variable = spec.variables[name]
    if variable.kind.numeric:
        values = pd.to_numeric(data, errors="coerce").to_numpy(np.float64, na_value=np.nan)
        _require_values(data, np.isnan(values), name, "a number")
        levels: tuple[str, ...] = ()
    else:
        levels = variable.levels or levels_found(data, variable.kind)
        codes = ranks_of(data, levels)
        _require_values(data, codes < 0, name, f"one of {', '.join(levels)}")
        values = np.where(codes < 0, np.nan, codes.astype(np.float64))
    reference = _reference(variable.reference, levels, name, str(data.name))
    centre, scale = _moments(values, weights)
    return Column(variable.kind, values, levels, reference, centre, scale)


def _reference(wanted: str | None, levels: tuple[str, ...], name: str, column: str) -> int:
    """Rank of the level that others are compared with; the first where the model names none.

    Raises
    ------
    StudyError
        When no row has the level that the model names.
    """
    if wanted is None:
        return 0
    written = {level.lower(): rank for rank, level in enumerate(levels)}
    rank = levels.index(wanted) if wanted in levels else written.get(wanted.lower())
    if rank is None:
        raise StudyError(
            f"The reference of '{name}' does not occur.",
            column=column,
            value=wanted,
            fix=suggestion(wanted, levels, otherwise=f"Choose one of: {', '.join(levels)}."),
        )
    return rank


_NO_AND_YES: Final = (
    ("0", "1"),
    ("nee", "ja"),
    ("no", "yes"),
    ("false", "true"),
    ("onwaar", "waar"),
)


def _moments(values: Floats, weights: Floats | None) -> tuple[float, float]:
    known = ~np.isnan(values)
    if not known.any():
        return 0.0, 1.0
    shares = (np.ones(len(values)) if weights is None else weights)[known]
    if shares.sum() <= 0:
        shares = np.ones(int(known.sum()))
    # exact sums: the order of rows must not show in the last digit
    total = fsum(shares)
    centre = fsum(values[known] * shares) / total
    spread = sqrt(fsum((values[known] - centre) ** 2 * shares) / total)
    # what rounding alone makes is no spread, in whatever unit the values are
    return centre, spread if spread > 1e-12 * float(np.abs(values[known]).max()) else 1.0


def levels_found(data: pd.Series[str], kind: Kind) -> tuple[str, ...]:
    """Levels of a variable whose model names none: numbers by size, then texts by alphabet.

    Spellings that differ in capitals, spaces or a decimal ``.0`` are one level.
    """
    spelled = one_spelling(as_text(value) for value in data.dropna())
    found = sorted(set(spelled.values()), key=_numbers_first)
    if kind is Kind.BINARY and len(found) > 2:
        raise StudyError(
            "A binary variable has two values at most.",
            column=str(data.name),
            value=", ".join(found[:5]),
            fix="Declare it nominal or ordinal, or recode it.",
        )
    return _two_levels(found, str(data.name)) if kind is Kind.BINARY else tuple(found)


def _two_levels(found: list[str], column: str) -> tuple[str, ...]:
    """Which of two values counts as 0: known words, else the smaller number; never the alphabet."""
    pair = _no_and_yes(found)
    if pair is not None:
        written = {value.lower(): value for value in found}
        return tuple(written.get(word, word) for word in pair)
    if len(found) == 2 and not all(map(_is_number, found)):
        raise StudyError(
            "It is not clear which of these two values counts as 0.",
            column=column,
            value=", ".join(found),
            fix="Say so in the model file: levels: [the value that counts as 0, the other].",
        )
    return tuple(found)


def says_no_and_yes(levels: Sequence[str]) -> bool:
    """Whether these are words, or numbers, for no and yes, in any order and capitals.

    Examples
    --------
    >>> says_no_and_yes(("Ja", "Nee")), says_no_and_yes(("rood", "blauw"))
    (True, False)
    """
    return bool(levels) and _no_and_yes(levels) is not None


def _no_and_yes(levels: Sequence[str]) -> tuple[str, str] | None:
    lower = {level.lower() for level in levels}
    return next((pair for pair in _NO_AND_YES if lower <= set(pair)), None)


def _is_number(value: str) -> bool:
    return _numbers_first(value)[0] == 0


def _numbers_first(value: str) -> tuple[int, float, str]:
    try:
        number = float(value)
    except ValueError:
        number = nan
    # nan and inf are no numbers to sort by: nothing is smaller or larger than nan
    return (0, number, value) if isfinite(number) else (1, 0.0, value)


def as_text(value: object) -> str:
    """A level as text; 3.0 and 3 are the same level."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def as_levels(data: pd.Series[str], levels: tuple[str, ...]) -> pd.Series[str]:
    """Write values as the model writes its levels: capitals and a ``.0`` aside."""
    texts = data.map(as_text, na_action="ignore")
    return texts.map(one_spelling(texts.dropna(), levels), na_action="ignore")


def answer_levels(frame: pd.DataFrame, items: Sequence[str]) -> tuple[str, ...]:
    """Answers to the items of a construct whose model names none: numbers by size, or no and yes.

    Raises
    ------
    StudyError
        When an answer is a word: which answers are high cannot be seen from words, and the
        alphabet would turn a scale round.
    """
    levels = levels_found(pd.concat([frame[item] for item in items]), Kind.ORDINAL)
    words = [level for level in levels if not _is_number(level)]
    if words and says_no_and_yes(levels):
        return _two_levels(list(levels), items[0])
    for item in items if words else ():
        texts = frame[item].map(as_text, na_action="ignore")
        wrong = texts.isin(words).to_numpy()
        if wrong.any():
            row = int(wrong.argmax())
            raise StudyError(
                "The order of answers that are no numbers is not known.",
                row=row + 1,
                column=item,
                value=texts.iloc[row],
                fix="Declare the levels in the model file, from low to high: "
                f"levels: [{', '.join(levels[:7])}] in their order; or say what is missing.",
            )
    return levels


def read_answers(data: pd.Series[str], levels: tuple[str, ...], item: str) -> Ints:
    """Ranks of the answers to an item; −1 where missing."""
    codes = ranks_of(data, levels)
    _require_values(data, codes < 0, item, f"one of {', '.join(levels)}")
    return codes


def _require_values(
    data: pd.Series[str], absent: npt.NDArray[np.bool_], name: str, rule: str
) -> None:
    wrong = absent & data.notna().to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        raise StudyError(
            f"'{name}' must be {rule}.",
            row=row + 1,
            column=str(data.name),
            value=data.iloc[row],
            fix="Correct the value, or the levels in the model file.",
        )


def ranks_of(data: pd.Series[str], levels: tuple[str, ...]) -> Ints:
    """Rank of each value among the levels; −1 where it is missing or none of them."""
    found = pd.Index(levels).get_indexer(pd.Index(as_levels(data, levels)))
    return found.astype(np.int64)


def constant_within(values: Floats | Ints, codes: Ints) -> bool:
    """Whether values are the same in all units of each level.

    Examples
    --------
    >>> constant_within(np.array([1.0, 1.0, 2.0]), np.array([0, 0, 1]))
    True
    """
    return bool((values == values[first_of_level(codes)]).all())


def first_of_level(codes: Ints) -> Ints:
    """For each unit the first one of its level.

    Examples
    --------
    >>> first_of_level(np.array([4, 2, 4, 2])).tolist()
    [0, 1, 0, 1]
    """
    _, first, place = np.unique(codes, return_index=True, return_inverse=True)
    return first[place]
