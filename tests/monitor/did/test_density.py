"""The compiled density of the event study against the ``pm.Model`` that defines it."""

from __future__ import annotations

import inspect
import zlib
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from did_tables import exact, table_of
from vm2causal.monitor.did import density
from vm2causal.monitor.did.design import design_of
from vm2causal.monitor.did.event_study import event_study_model
from vm2causal.monitor.did.layout import event_layout
from vm2causal.monitor.did.sampling import EventModel, named_parameters, packed, starting_point

PIECES: list[dict[str, Any]] = [
    {"group": "A", "time": 1, "percent": 20.1, "trials": 900, "clusters": 20, "treated_from": 3},
    {"group": "A", "time": 2, "percent": 19.9, "trials": 920, "clusters": 20, "treated_from": 3},
    {"group": "A", "time": 3, "events": 150, "trials": 950, "clusters": 20, "treated_from": 3},
    {"group": "A", "time": 4, "events": "<5", "trials": 30, "clusters": 20, "treated_from": 3},
    {"group": "B", "time": 2, "percent": 15.9, "trials": "400-480", "treated_from": 4},
    {"group": "B", "time": 3, "events": "1-4", "trials": 30, "treated_from": 4},
    {"group": "B", "time": 4, "events": 60, "trials": 450, "treated_from": 4},
    *({"group": "N", "time": t, "percent": 17.1, "trials": 20_000 + t} for t in (1, 2)),
    *({"group": "N", "time": t, "events": 3_000, "trials": 20_000 + t} for t in (3, 4)),
]


@pytest.fixture(scope="module", params=[True, False], ids=["pooled", "unpooled"])
def model(request: pytest.FixtureRequest) -> EventModel:
    return EventModel(event_layout(design_of(table_of(PIECES))), pooled=request.param)


def at_start(model: EventModel) -> list[np.ndarray]:
    rng = np.random.default_rng(4)
    start = starting_point(model)
    return [start, *(start + rng.normal(0, sd, len(start)) for sd in (0.2, 0.6))]


def evaluated(model: EventModel, point: np.ndarray) -> tuple[float, np.ndarray]:
    gradient = np.empty(len(point))
    return density.log_density(point, gradient, packed(model)), gradient


def test_density_is_that_of_the_definition(model: EventModel) -> None:
    defined = event_study_model(model.layout, icc=model.icc, pooled=model.pooled)
    outputs = [defined.logp(), defined.dlogp()]
    function = defined.compile_fn(outputs, inputs=defined.value_vars, mode="FAST_COMPILE")
    order = ["group", "period", "effect_mean", "exposure_raw", "effect_sd", "effect_raw", "icc"]
    for point in at_start(model):
        named = named_parameters(point[np.newaxis, np.newaxis], model)
        inverse = {"effect_sd_log__": np.log, "icc_logodds__": logit}
        there = {}
        for value in defined.value_vars:
            name = value.name.removesuffix("_log__").removesuffix("_logodds__")
            raw = named[name].to_numpy()[0, 0]
            there[value.name] = inverse.get(value.name, np.asarray)(raw)
        expected, slopes = function(there)
        sizes = [there[value.name].size for value in defined.value_vars]
        parts = np.split(slopes, np.cumsum(sizes)[:-1])
        by_name = {
            value.name.removesuffix("_log__").removesuffix("_logodds__"): part
            for value, part in zip(defined.value_vars, parts, strict=True)
        }
        found, gradient = evaluated(model, point)
        assert found == pytest.approx(float(expected), abs=1e-5)
        assert gradient == pytest.approx(
            np.concatenate([by_name[name] for name in order]), rel=1e-5, abs=1e-5
        )


BASE: list[dict[str, Any]] = [
    {"group": "A", "time": 1, "events": 90, "trials": 300, "treated_from": 2},
    {"group": "A", "time": 2, "events": 80, "trials": 300, "treated_from": 2},
    {"group": "N", "time": 1, "events": 500, "trials": 2_000},
]


def with_last(**cell: Any) -> EventModel:
    last = {"group": "N", "time": 2, **cell}
    return EventModel(event_layout(design_of(table_of([*BASE, last]))))


@pytest.mark.parametrize("clusters", [None, 8])
def test_masked_counts_have_the_probability_of_all_they_may_be(clusters: int | None) -> None:
    """Against scipy: what the density gains when a count is known to a range only."""
    known = with_last(events=2, trials=40, clusters=clusters)
    start = starting_point(known)
    log_odds = start[1]
    gained = evaluated(with_last(events="<5", trials=40, clusters=clusters), start)[0]
    gained -= evaluated(known, start)[0]
    share = float(expit(log_odds))
    if clusters is None:
        spread: Any = stats.binom(40, share)
    else:
        whole = 39 / ((40 / 8 - 1) * 0.05) - 1
        spread = stats.betabinom(40, whole * share, whole * (1 - share))
    assert gained == pytest.approx(spread.logcdf(4) - spread.logpmf(2), abs=1e-6)


def test_an_unknown_number_of_pupils_is_averaged_over() -> None:
    models = [with_last(percent=25, trials=n) for n in ("100-104", 100, 101, 102, 103, 104)]
    start = starting_point(models[0])
    together, *each = [evaluated(one, start)[0] for one in models]
    assert together == pytest.approx(np.log(np.mean(np.exp(np.array(each) - each[0]))) + each[0])


def test_effects_of_a_table_without_noise_are_its_differences() -> None:
    """Log-odds of a saturated two by two, at the mode of the likelihood."""
    table = exact({"A": [0.30, 0.25], "B": [0.20, 0.18]}, {"A": 2}, trials=4_000_000)
    model = EventModel(event_layout(design_of(table)), pooled=False)
    point = starting_point(model)
    point[0], point[1] = logit(0.30), logit(0.20)
    point[2] = logit(0.18) - logit(0.20)
    effect = logit(0.25) - logit(0.30) - point[2]
    point[6] = effect / 2.5 ** (1 - model.layout.centred[0])
    assert named_parameters(point[None, None], model)["effect"].item() == pytest.approx(effect)
    _, gradient = evaluated(model, point)
    information = 4_000_000 * 0.15
    assert np.abs(gradient[[0, 1, 2, 6]]).max() / information < 1e-5


def test_what_it_is_compiled_with_changes_its_file_too() -> None:
    """Numba's cache looks at the file of a function only: with another one it could be stale."""
    borrowed = [
        part.py_func
        for _, part in sorted(vars(density).items())
        if hasattr(part, "py_func") and part.py_func.__module__ != density.__name__
    ]
    assert len(borrowed) == 5
    found = zlib.crc32("".join(inspect.getsource(function) for function in borrowed).encode())
    assert f"{found:08x}" == density.COMPILED_WITH, f"write {found:08x} in did/density.py"
