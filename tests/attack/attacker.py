"""What somebody can work out who has nothing but outputs, the rules, and public knowledge.

Each attack searches whole numbers of pupils and returns all that agree with the numbers printed, to
the digits that they are printed in. It has won where one is left, and that is from 1 to 9.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isclose
from typing import Any

FEW = range(1, 10)

type Row = Mapping[str, Any]


def won(candidates: Iterable[int]) -> bool:
    """Whether a number from 1 to 9 is named."""
    left = set(candidates)
    return len(left) == 1 and left <= set(FEW)


def slack(number: float) -> float:
    """Half of the last digit that a number is written in."""
    written = repr(number)
    if "e" in written:
        mantissa, exponent = written.split("e")
        return slack(float(mantissa)) * 10.0 ** int(exponent)
    digits = len(written.partition(".")[2])
    return 0.5 * 10.0**-digits if digits < 12 else 1e-12


def early_leavers(rows: Sequence[Row], cohort: str, other: str, step: float = 0.0) -> set[int]:
    """Those of a cohort who had left in year 1, withheld, from the shares of year 2.

    Who had left stays so but for returns, at one rate r / o for all: the leavers of year 2 are
    n · v = e + f − r · e / o, with e and f those who left in the first and second year. Of the
    other cohort e is shown, and o are those of both.

    Parameters
    ----------
    step
        That shares are known to be rounded to.
    """
    found = {
        (row["group"], row["year"]): row
        for row in rows
        if row["position"] == "vsv" and row["observed"] is not None
    }
    if not {(cohort, 2), (other, 1), (other, 2)} <= set(found):
        return set(FEW)
    one, two, before = found[cohort, 2], found[other, 2], found[other, 1]
    return {
        first
        for first in FEW
        for second in _numbers(before, step)
        for back in range(first + second + 1)
        if all(
            _whole(
                row["starters"] * row["observed"] + back * own / (first + second),
                row["starters"] * max(step / 2, slack(row["observed"])) + 1e-6,
            )
            for row, own in ((one, first), (two, second))
        )
    }


def had_by_spread(row: Row, pupils: int) -> set[int]:
    """How many of the pupils have what an arrow comes from, from its coefficient in two units.

    Per standard deviation over per level is the standard deviation: √(k (n − k)) / n.
    """
    return {
        k
        for k in range(1, pupils)
        if all(
            isclose(
                row["link"][part] * (k * (pupils - k)) ** 0.5 / pupils,
                row["standardised"][part],
                rel_tol=1e-9,
                abs_tol=slack(row["standardised"][part])
                + slack(row["link"][part]) * (k * (pupils - k)) ** 0.5 / pupils,
            )
            for part in ("mean", "sd", "lower", "upper")
        )
    }


def in_sector(answers: Mapping[str, float], small: str, pupils: int) -> set[int]:
    """How many pupils a sector has, from what would be of everybody in each of three sectors.

    Weighted by the pupils of each the three differences add up to nothing.
    """
    if len(answers) < 3:
        return set()
    one, two = (difference for sector, difference in answers.items() if sector != small)
    own = answers[small]
    allowed = pupils * max(map(slack, answers.values())) / abs(one - two)
    return {
        k
        for k in FEW
        if _whole((k * own + (pupils - k) * two) / (two - one), allowed + 1e-6)
        and 0 < (k * own + (pupils - k) * two) / (two - one) < pupils
    }


def had_event(row: Row, persons: int, step: float = 0.0) -> set[int]:
    """How many of the persons had an event, from a predictive check.

    The mean plus the distance times the standard deviation is the share that was observed, or the
    step that it was rounded to.
    """
    apart = row["sd"] * slack(row["distance"]) + abs(row["distance"]) * slack(row["sd"])
    mean = row["mean"] + row["distance"] * row["sd"]
    allowed = slack(row["mean"]) + apart + step / 2
    return {k for k in range(persons + 1) if abs(k / persons - mean) <= allowed + 1e-9}


def left_out_by(kept: float, pupils: int, step: float = 0.0) -> set[int]:
    """How many pupils a refit did without, from the share that it kept."""
    allowed = pupils * max(step / 2, slack(kept)) + 1e-9
    return {k for k in range(pupils) if abs((1 - kept) * pupils - k) <= allowed}


def _numbers(row: Row, step: float) -> list[int]:
    """Numbers of starters that a share can be of."""
    allowed = row["starters"] * max(step / 2, slack(row["observed"])) + 1e-6
    expected = row["starters"] * row["observed"]
    return [k for k in range(1, row["starters"]) if abs(k - expected) <= allowed]


def _whole(number: float, allowed: float) -> bool:
    return abs(number - round(number)) <= allowed
