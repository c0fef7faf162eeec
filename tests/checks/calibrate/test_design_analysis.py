from __future__ import annotations

from pathlib import Path

import pytest

from vm2causal.checks.calibrate.design_analysis import design_tasks, sum_up
from vm2causal.checks.calibrate.design_run import run_design
from vm2causal.errors import OptionError
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.refits import run_tasks
from vm2causal.simulate import Truth
from vm2causal.spec import Arrow, CausalSpec, Variable
from vm2causal.workflow.calibration import sizes_of

SPEC = CausalSpec(
    name="three",
    variables={
        "area": Variable(kind="nominal", levels=("n", "s")),
        "x": Variable(kind="continuous"),
        "y": Variable(kind="continuous"),
    },
    arrows=[
        Arrow(cause="area", effect="y"),
        Arrow(cause="x", effect="y"),
        Arrow(cause="area", effect="x"),
    ],
)
TRUTH = Truth(
    model="three",
    effects={"area[s]->y": 0.0, "x->y": -0.5, "area[s]->x": 0.4},
    equations={},
)


def arrow(cause: str, effect: str, verdict: str, lower: float | None, upper: float | None):
    contrast = "s vs n" if cause == "area" and lower is not None else None
    names = {"cause": cause, "effect": effect, "contrast": contrast, "effect_level": None}
    return names | {"verdict": verdict, "untestable": None, "lower": lower, "upper": upper}


def test_verdicts_are_counted_against_the_truth(tmp_path: Path) -> None:
    tasks = design_tasks(SPEC, TRUTH, experiments=[12, 36], simulations=2, folder=tmp_path, seed=1)
    assert [task.name for task in tasks] == [
        "12-experiments-0001",
        "12-experiments-0002",
        "36-experiments-0001",
        "36-experiments-0002",
    ]
    values = {
        "12-experiments-0001": {
            "arrows": [
                arrow("area", "y", "ondersteund", 0.1, 0.5),
                arrow("x", "y", "ondersteund", -0.9, -0.1),
            ]
        },
        "12-experiments-0002": {
            "arrows": [
                arrow("area", "y", "onbeslist", -0.2, 0.4),
                arrow("x", "y", "tegengesproken", 0.1, 0.3),
            ]
        },
        "36-experiments-0001": {
            "arrows": [
                arrow("area", "y", "onbeslist", -0.1, 0.1),
                arrow("x", "y", "ondersteund", -0.7, -0.3),
            ]
        },
    }
    found = sum_up(tasks, values, {"36-experiments-0002": "no"}, spec=SPEC, truth=TRUTH)
    assert found.simulations == {12: 2, 36: 1}
    table = found.table.set_index(["experiments", "cause"])
    assert table.loc[(12, "area"), "true"] == 0.0
    assert table.loc[(12, "area"), "wrong"] == 0.5
    assert table.loc[(12, "x"), "wrong"] == 0.5
    assert table.loc[(12, "x"), "width"] == pytest.approx(0.5)
    assert table.loc[(12, "x"), "ondersteund"] == 0.5
    assert list(found.weighable(36)["cause"]) == ["x"]
    assert found.weighable(12).empty
    assert len(found.real(12)) == 1


def test_an_arrow_that_a_study_did_not_hold_was_not_testable_in_it(tmp_path: Path) -> None:
    tasks = design_tasks(SPEC, TRUTH, experiments=[12], simulations=2, folder=tmp_path, seed=1)
    values = {
        "12-experiments-0001": {"arrows": [arrow("x", "y", "onbeslist", -1.0, 1.0)]},
        "12-experiments-0002": {"arrows": [arrow("x", "y", "niet_toetsbaar", None, None)]},
    }
    table = sum_up(tasks, values, {}, spec=SPEC, truth=TRUTH).table
    assert table["niet_toetsbaar"].tolist() == [0.5]
    assert table["width"].tolist() == [2.0]
    del values["12-experiments-0002"]["arrows"][:]
    again = sum_up(tasks, values, {}, spec=SPEC, truth=TRUTH).table
    assert again["niet_toetsbaar"].tolist() == [0.5]


@pytest.mark.mcmc
def test_a_simulated_study_is_fitted_and_every_arrow_weighed(tmp_path: Path) -> None:
    from vm2causal.inputs.published.reading import read_published
    from vm2causal.simulate import default_truth
    from vm2causal.spec import read_model

    spec = read_model("onderzoeksmodel-2012")
    truth = default_truth(spec, tables=read_published())
    tasks = design_tasks(
        spec,
        truth,
        experiments=[12],
        simulations=1,
        folder=tmp_path,
        seed=2,
        settings=SamplerSettings(draws=60, tune=150, chains=2),
    )
    assert tasks[0].function == f"{run_design.__module__}:{run_design.__name__}"
    results = run_tasks(tasks, folder=tmp_path)
    assert not results.failures
    found = sum_up(tasks, results.values, results.failures, spec=spec, truth=truth)
    table = found.table
    verdicts = ["ondersteund", "een_effect", "geen_aanwijzing", "tegengesproken", "onbeslist"]
    shares = table[verdicts].sum(axis=1)
    assert (shares + table["niet_toetsbaar"]).tolist() == pytest.approx([1.0] * len(table))
    known = {arrow.key for arrow in spec.arrows}
    assert set(zip(table["cause"], table["effect"], strict=True)) <= known
    assert table["true"].notna().mean() > 0.8
    pedagogy = table[table["effect"] == "pedagogiek"]
    assert (pedagogy["niet_toetsbaar"] == 1.0).all()


def test_sizes_are_read_with_their_commas() -> None:
    assert sizes_of("12,36,157,12") == (12, 36, 157)
    for wrong in ("", "12;36", "1", "-4", "twelve"):
        with pytest.raises(OptionError, match="whole numbers of at least 2"):
            sizes_of(wrong)
