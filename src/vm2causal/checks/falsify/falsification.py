"""Every independence that a model implies, held against the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.checks.falsify.absent_arrow import FUNCTION, RHAT_LIMIT, SETTINGS
from vm2causal.checks.falsify.detectable import detectable_size
from vm2causal.checks.falsify.independence_plan import PlannedTest, Untested
from vm2causal.effects.about_few import few_levels, is_label_about_few
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.data.columns import Floats
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.refits import Results, Task, put_data
from vm2causal.refits.tasks import spawned_seeds

FALSE_DISCOVERY: Final = 0.05
"""Expected share of true independences among those called violated, at most."""
AGAINST: Final = 1 / 3
"""Bayes factor for the arrow below which its absence counts as supported."""


FIRST: Final = SamplerSettings(draws=200, tune=100, chains=2)
"""Of a first look, after which only what is near a limit gets the usual number of draws."""
_NEAR_Q: Final = (0.4, 2.5)
_NEAR_FACTOR: Final = (0.8, 1.25)
_NEAR_ROPE: Final = (0.925, 0.98)
"""Two Monte Carlo standard errors of :data:`FIRST` around each limit: of the adjusted tail and the
Bayes factor in multiples of theirs, of the probability of lying in the region as it is."""


class Holding(StrEnum):
    """What the data say of an implied independence."""

    HOLDS = "holds"
    VIOLATED = "violated"
    UNDECIDED = "undecided"
    NOT_TESTABLE = "not_testable"


@dataclass(frozen=True)
class Independences:
    """Every implied independence judged.

    Parameters
    ----------
    table
        One row per independence: ``cause``, ``effect``, ``given``, ``verdict``, ``untested``,
        ``coefficients`` (each with ``detectable``: from what size on it would have been called
        violated four times in five), ``tail``, ``q``, ``p_direction``, ``in_rope``,
        ``bayes_factor``, ``bayes_factor_at_least``.
    failures
        By test why it did not run.
    """

    table: pd.DataFrame = field(repr=False)
    failures: Mapping[str, str]

    @property
    def tested(self) -> int:
        """How many were tested."""
        return int((self.table["verdict"] != Holding.NOT_TESTABLE).sum())

    @property
    def expected_by_chance(self) -> float:
        """How many of the tested would have a tail below 5% if all held."""
        return 0.05 * self.tested

    @property
    def below_five_percent(self) -> int:
        """How many have one, before multiplicity is handled."""
        return int((self.table["tail"] < 0.05).sum())

    def detectable(self, verdict: Holding) -> list[float]:
        """Sizes from which on the coefficients of tests with a verdict would have been found.

        Parameters
        ----------
        verdict
            Holds, is violated, or is undecided.
        """
        rows = self.table.loc[self.table["verdict"] == verdict, "coefficients"]
        sizes = (item["detectable"] for row in rows for item in row)
        return sorted(size for size in sizes if size is not None)

    def count(self, verdict: Holding) -> int:
        """How many have a verdict.

        Parameters
        ----------
        verdict
            Holds, is violated, or is undecided.
        """
        return int((self.table["verdict"] == verdict).sum())


def independence_tasks(
    data: StructuralData,
    plan: Sequence[PlannedTest],
    *,
    folder: Path,
    seed: int,
    prefix: str = "",
    settings: SamplerSettings = SETTINGS,
) -> list[Task]:
    """Tasks that fit every absent arrow of a plan.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    plan
        Of :func:`~vm2causal.checks.falsify.independence_plan.plan_tests`.
    folder
        Of the batch; the data are written there once.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    prefix
        Of the names of the tasks.
    settings
        Draws, tuning steps and chains of the sampler.
    """
    chosen = [test for test in plan if test.untested is None]
    if not chosen:
        return []
    reference = put_data(data, folder)
    return [
        Task(
            f"{prefix}{test.name}",
            FUNCTION,
            {
                "data": reference,
                "cause": test.cause,
                "effect": test.effect,
                "given": list(test.given),
                "settings": asdict(settings),
            },
            own,
        )
        for test, own in zip(chosen, spawned_seeds(seed, len(chosen)), strict=True)
    ]


def judge(plan: Sequence[PlannedTest], results: Results, *, prefix: str = "") -> Independences:
    """Judge every independence of a plan by its fitted arrow.

    *Violated*: its tail is rejected by Benjamini and Hochberg's procedure over all tested at a
    false discovery rate of 5%. *Holds*: all intervals lie within the region of practical
    equivalence (whatever the tail), or the Bayes factor is 3 or more against the arrow.
    *Undecided*: neither.

    Parameters
    ----------
    plan
        Of :func:`~vm2causal.checks.falsify.independence_plan.plan_tests`.
    results
        Finished tasks of a batch of refits.
    prefix
        Of the names of the tasks, before those of the tests.

    References
    ----------
    Benjamini, Hochberg (1995), JRSS B 57, 289; valid under positive dependence of the tests
    (Benjamini, Yekutieli 2001, Ann. Stat. 29, 1165).
    """
    rows = [_row(test, results.values.get(f"{prefix}{test.name}")) for test in plan]
    tested = [place for place, row in enumerate(rows) if row["untested"] is None]
    for place, q in zip(
        tested, adjusted(np.array([rows[place]["tail"] for place in tested])), strict=True
    ):
        rows[place] |= {"q": float(q), "verdict": _verdict(rows[place], float(q)).value}
        rows[place]["coefficients"] = _with_detectable(
            rows[place]["coefficients"], alpha=FALSE_DISCOVERY / len(tested)
        )
    columns = ["cause", "effect", "given", "verdict", "untested", "coefficients", "tail", "q"]
    columns += ["p_direction", "in_rope", "bayes_factor", "bayes_factor_at_least"]
    failures = {
        name.removeprefix(prefix): why
        for name, why in results.failures.items()
        if name.startswith(prefix)
    }
    return Independences(pd.DataFrame(rows, columns=columns), failures)


def without_few(found: Independences, data: StructuralData) -> Independences:
    """Independences without the coefficients of or on a level that few persons have.

    What is said of all coefficients of an arrow together stays.
    """
    if not data.of_persons:
        return found
    few = few_levels(data)
    kept = [
        [
            item
            for item in row["coefficients"]
            if not is_label_about_few(data, few, row["cause"], row["effect"], item["label"])
        ]
        for row in row_dicts(found.table)
    ]
    return replace(found, table=found.table.assign(coefficients=pd.Series(kept, dtype=object)))


def unsettled(found: Independences) -> frozenset[tuple[str, str]]:
    """Causes and effects of tests whose verdict more draws could change, after a first look.

    Those within two Monte Carlo standard errors of a limit, and those that came to no verdict.

    Parameters
    ----------
    found
        Of :func:`judge`, after a first look with few draws.
    """
    return frozenset(
        (row["cause"], row["effect"]) for row in row_dicts(found.table) if _is_near(row)
    )


def _is_near(row: Mapping[str, Any]) -> bool:
    if row["verdict"] == Holding.NOT_TESTABLE.value:
        return True
    factor = row["bayes_factor"]
    return (
        _NEAR_Q[0] < row["q"] / FALSE_DISCOVERY < _NEAR_Q[1]
        or _NEAR_ROPE[0] < row["in_rope"] < _NEAR_ROPE[1]
        or (factor is not None and _NEAR_FACTOR[0] < factor / AGAINST < _NEAR_FACTOR[1])
    )


def adjusted(tails: Floats) -> Floats:
    """Tail probabilities adjusted for their number, by Benjamini and Hochberg.

    Parameters
    ----------
    tails
        Tail probabilities, between 0 and 1.

    Examples
    --------
    >>> adjusted(np.array([0.01, 0.04, 0.03, 0.5])).round(3).tolist()
    [0.04, 0.053, 0.053, 0.5]
    """
    number = len(tails)
    order = np.argsort(tails)
    scaled = tails[order] * number / np.arange(1, number + 1)
    found = np.empty(number)
    found[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return np.minimum(found, 1.0)


def _verdict(row: Mapping[str, Any], q: float) -> Holding:
    if row["inside"]:
        return Holding.HOLDS
    if q < FALSE_DISCOVERY:
        return Holding.VIOLATED
    factor = row["bayes_factor"]
    against = factor is not None and factor <= AGAINST
    return Holding.HOLDS if against else Holding.UNDECIDED


def _with_detectable(
    coefficients: Sequence[Mapping[str, Any]], *, alpha: float
) -> list[dict[str, Any]]:
    """From what size on each would have been called violated, were it the only one that is.

    That is the size at the strictest step of the correction for the number of tests.
    """
    number = len(coefficients)
    return [
        _told(item, detectable_size(item["alone"], item["share"], coefficients=number, alpha=alpha))
        for item in coefficients
    ]


def _told(item: Mapping[str, Any], detectable: float | None) -> dict[str, Any]:
    kept = {name: value for name, value in item.items() if name not in ("alone", "share")}
    return {**kept, "detectable": detectable}


def _row(test: PlannedTest, found: Mapping[str, Any] | None) -> dict[str, Any]:
    judged = replace(test, untested=test.untested or _why(found))
    numbers: Mapping[str, Any] = {} if found is None else found
    return {
        **asdict(judged),
        "given": list(test.given),
        "untested": None if judged.untested is None else judged.untested.value,
        "verdict": Holding.NOT_TESTABLE.value,
        "coefficients": [_told(item, None) for item in numbers.get("coefficients", [])]
        if judged.untested
        else numbers["coefficients"],
        "inside": numbers.get("inside"),
        "q": None,
        **{
            name: numbers.get(name) if judged.untested is None else None
            for name in ("tail", "p_direction", "in_rope", "bayes_factor", "bayes_factor_at_least")
        },
    }


def _why(found: Mapping[str, Any] | None) -> Untested | None:
    if found is None:
        return Untested.FAILED
    if found["untested"] is not None:
        return Untested(found["untested"])
    return Untested.NOT_CONVERGED if found["rhat"] > RHAT_LIMIT else None
