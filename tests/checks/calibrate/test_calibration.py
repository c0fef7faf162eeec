from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vm2causal.checks.calibrate.calibration import (
    RUN,
    Calibration,
    calibration_tasks,
    judge,
    verdict_rates,
)
from vm2causal.model.data.structural_data import StructuralData, table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.refits import run_tasks
from vm2causal.spec import Arrow, CausalSpec, Query, Variable

SPEC = CausalSpec(
    name="chain",
    variables={
        "x": Variable(kind="continuous"),
        "m": Variable(kind="binary", levels=("0", "1")),
        "y": Variable(kind="continuous"),
    },
    arrows=[
        Arrow(cause="x", effect="m"),
        Arrow(cause="m", effect="y"),
        Arrow(cause="x", effect="y"),
    ],
    queries=[Query(cause="x", effect="y")],
)
SHORT = SamplerSettings(draws=300, tune=300, chains=1)


def template(rows: int = 12) -> StructuralData:
    rng = np.random.default_rng(1)
    table = {"x": rng.normal(size=rows), "m": ["0", "1"] * (rows // 2), "y": rng.normal(size=rows)}
    return table_data(SPEC, pd.DataFrame(table))


def calibrated(folder: Path, function: str) -> Calibration:
    tasks = calibration_tasks(
        template(), folder=folder, simulations=70, seed=6, settings=SHORT, function=function
    )
    results = run_tasks(tasks, folder=folder)
    return judge(results.values, results.failures)


@pytest.mark.mcmc
def test_a_right_model_is_calibrated_in_parameters_and_in_what_follows(tmp_path: Path) -> None:
    found = calibrated(tmp_path, RUN)
    assert found.passed, found.table.nsmallest(3, "p_value")
    names = set(found.table["quantity"])
    assert {"weight[x -> m]", "residual_sd[y]", "log_density"} <= names
    assert {"total[x -> y]", "indirect[x -> y]"} <= names
    assert (found.table["simulations"] == 70).all()
    assert found.table["coverage_80"].mean() == pytest.approx(0.8, abs=0.06)
    assert found.verdicts["number"].sum() == 70 * 3


@pytest.mark.mcmc
def test_a_fit_with_halved_priors_is_found(tmp_path: Path) -> None:
    found = calibrated(tmp_path, "calibration_tasks:calibrate_too_narrow")
    assert not found.passed
    assert found.table.set_index("quantity").loc["weight[x -> m]", "flagged"]
    assert found.table["coverage_95"].mean() < 0.9
    assert found.table.set_index("quantity").loc["weight[x -> m]", "spread"] > 1.3


def ranks_of(wider: float, simulations: int, quantities: int) -> dict[str, dict]:
    """Simulations whose first quantity has errors that are wider than its posterior says."""
    rng = np.random.default_rng(8)
    true = rng.normal(size=(simulations, quantities, 1))
    true[:, 0] *= wider
    ranks = (rng.normal(size=(simulations, quantities, 99)) < true).sum(axis=2)
    return {
        f"simulation-{place}": {
            "ranks": {f"weight[{name}]": int(rank) for name, rank in enumerate(row)},
            "weights": {},
            "divergences": 0,
        }
        for place, row in enumerate(ranks)
    }


def test_one_quantity_that_covers_90_of_95_is_found_among_many() -> None:
    """The ECDF alone finds it in a third of calibrations of this size."""
    found = judge(ranks_of(1.96 / 1.645, 400, 60))
    assert list(found.table.loc[found.table["flagged"], "quantity"]) == ["weight[0]"]
    assert not found.passed
    assert judge(ranks_of(1.0, 400, 60)).passed


def test_a_calibration_says_what_it_could_have_found() -> None:
    few, many = (judge(ranks_of(1.0, number, 60)) for number in (100, 400))
    assert few.power(0.90) == pytest.approx(0.16, abs=0.03)
    assert many.power(0.90) == pytest.approx(0.88, abs=0.03)
    assert many.power(0.84) > 0.99


def test_more_simulations_keep_the_first_ones(tmp_path: Path) -> None:
    few, many = (
        calibration_tasks(template(), folder=tmp_path, simulations=number, seed=6)
        for number in (2, 4)
    )
    assert [task.key for task in many[:2]] == [task.key for task in few]


def test_verdicts_are_counted_by_true_size() -> None:
    weights = [
        {"true": 0.05, "logit": False, "verdict": "geen_aanwijzing"},
        {"true": -0.05, "logit": False, "verdict": "onbeslist"},
        {"true": 0.3, "logit": False, "verdict": "ondersteund"},
        {"true": 0.3, "logit": True, "verdict": "tegengesproken"},
    ]
    table = verdict_rates(weights)
    assert table["number"].tolist() == [2, 1, 1]
    assert table["smallest"].tolist() == [0.0, 1.0, 2.5]
    assert table["geen_aanwijzing"].tolist() == [0.5, 0.0, 0.0]
    assert table["tegengesproken"].tolist() == [0.0, 1.0, 0.0]
    assert table["ondersteund"].tolist() == [0.0, 0.0, 1.0]


def test_a_failed_simulation_is_named_and_the_calibration_does_not_pass() -> None:
    run = {"ranks": {"a": 50}, "weights": {}, "divergences": 0}
    assert not judge({"one": run}, {"two": "ValueError: no"}).passed
