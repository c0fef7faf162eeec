from __future__ import annotations

from math import erf, sqrt
from typing import Any

import numpy as np
import pytest

from vm2causal.checks.refute.plan import Attack
from vm2causal.checks.refute.power import Found, power_of
from vm2causal.checks.refute.rules import (
    controls_hold,
    finds_nothing,
    holds_in_parts,
    stays_put,
)
from vm2causal.effects.intervals import Interval

BASE = Interval(mean=0.0, sd=1.0, lower=-1.96, upper=1.96, level=0.95)


def refit(mean: float, *, sd: float = 1.0, kept: float = 1.0) -> dict[str, Any]:
    positive = (1 + erf(mean / sd / sqrt(2))) / 2
    return {"effect": {"mean": mean, "sd": sd}, "kept": kept, "p_positive": positive}


def refits(means: Any, **more: float) -> dict[str, dict[str, Any]]:
    return {str(place): refit(float(mean), **more) for place, mean in enumerate(means)}


def share(fallen: list[bool]) -> Any:
    return pytest.approx(np.mean(fallen), abs=3.5 * np.sqrt(0.25 / len(fallen)))


@pytest.mark.parametrize("number", [4, 20, 32])
def test_a_placebo_finds_intervals_that_exclude_0_too_often(number: int) -> None:
    """Estimates spread so that one in five intervals excludes 0, judged as refits are."""
    wider = 1.96 / 1.2816
    rng = np.random.default_rng(number)
    # Monte Carlo error of refits comes on top, as the limit allows for
    draws = rng.normal(0, wider * np.sqrt(1 + 0.15**2), (1500, number))
    fallen = [not finds_nothing(refits(row)).passed for row in draws]
    power = power_of(Attack.PLACEBO, refits(draws[0]), BASE, clusters=80)
    assert (power.what, power.low, power.high) == (Found.ALARM_RATE, 0.2, 0.2)
    assert power.probability == share(fallen)


def test_the_usual_number_of_refits_finds_them_and_four_do_not() -> None:
    few, usual = (
        power_of(Attack.DUMMY, refits(np.zeros(number)), BASE, clusters=80).probability
        for number in (4, 32)
    )
    assert few < 0.35
    assert usual > 0.85


def test_noise_that_moves_the_estimate_is_found() -> None:
    rng = np.random.default_rng(1)
    draws = rng.normal(0, 0.75, (1500, 8))
    fallen = [not stays_put(refits(row), BASE).passed for row in draws]
    power = power_of(Attack.RANDOM_CAUSE, refits(draws[0]), BASE, clusters=80)
    assert power.low == 0.75
    assert power.probability == share(fallen)
    assert power.probability > 0.85


@pytest.mark.parametrize("clusters", [10, 80])
def test_subsets_know_no_more_than_there_are_schools(clusters: int) -> None:
    """Influences of schools three times as large as sampling explains, four fifths at a time."""
    rng = np.random.default_rng(clusters)
    kept, number = 0.8, 8
    size = round(kept * clusters)
    explained = np.sqrt((1 - kept) / kept / clusters)
    sampling = np.sqrt((1 - kept) / kept + 0.15**2)
    fallen = []
    for _ in range(1000):
        own = rng.normal(size=clusters)
        chosen = [rng.choice(clusters, size, replace=False) for _ in range(number)]
        shifts = np.array([own[some].mean() - own.mean() for some in chosen])
        found = refits(3 * sampling * shifts / explained, kept=kept)
        judged = holds_in_parts(found, BASE, dict.fromkeys(found, kept), worst=False)
        fallen.append(not judged.passed)
    power = power_of(Attack.SUBSET, found, BASE, clusters=clusters)
    assert power.probability == pytest.approx(np.mean(fallen), abs=0.06)


def test_a_part_that_differs_so_much_is_found_four_times_in_five() -> None:
    kept = {"a": 0.9, "b": 0.8, "c": 0.5}
    found = {name: refit(0.0, kept=share) for name, share in kept.items()}
    power = power_of(Attack.LEVEL_OUT, found, BASE, clusters=80)
    assert (power.what, power.probability) == (Found.DIFFERENCE, 0.8)
    assert power.low < power.high
    rng = np.random.default_rng(3)
    # the part that takes most to be found: of a tenth of the data
    sampling = np.sqrt(0.1 / 0.9 + 0.15**2)
    shifts = rng.normal(0.1 * power.high, sampling, 2000)
    fallen = [
        not holds_in_parts({**found, "a": refit(shift, kept=0.9)}, BASE, kept, worst=True).passed
        for shift in shifts
    ]
    assert np.mean(fallen) == pytest.approx(0.8, abs=0.03)


def test_a_control_that_acts_so_much_is_found_four_times_in_five() -> None:
    nothing = refit(0.0, sd=0.3)
    found = {"a": refit(0.0, sd=0.5), "b": nothing}
    power = power_of(Attack.CONTROL, found, BASE, clusters=80)
    assert (power.what, power.low < power.high) == (Found.CONTROL, True)
    rng = np.random.default_rng(4)
    means = rng.normal(power.high, 0.5, 2000)
    fallen = [not controls_hold({"a": refit(mean, sd=0.5), "b": nothing}).passed for mean in means]
    assert np.mean(fallen) == pytest.approx(0.8, abs=0.03)
