"""Plain tables from any model: every kind, groups, unobserved nodes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from model_strategies import models
from vm2causal.errors import OptionError, StudyError
from vm2causal.simulate import plain_truth, simulate_table
from vm2causal.simulate.truth import Truth
from vm2causal.spec import CausalSpec, build_model, list_models, read_model

KINDS = build_model(
    {
        "name": "kinds",
        "variables": {
            "period": {"kind": "nominal", "levels": ["1", "2", "3"], "reference": "2"},
            "quality": {"observed": "false"},
            "score": {"kind": "continuous"},
            "passed": {"kind": "binary"},
            "grade": {"kind": "ordinal", "levels": ["low", "mid", "high"]},
            "trust": {"kind": "latent", "items": ["t1", "t2"], "levels": ["1", "2", "3"]},
            "mood": {"kind": "latent", "items": ["m1", "m2"]},
            "cases": {"kind": "count", "column": "sick", "trials": "size"},
        },
        "arrows": [
            {"from": cause, "to": effect, "sign": "+"}
            for cause, effect in [
                ("period", "score"),
                ("quality", "score"),
                ("score", "passed"),
                ("passed", "grade"),
                ("grade", "trust"),
                ("trust", "mood"),
                ("mood", "cases"),
            ]
        ],
    }
)


def test_a_table_holds_what_can_be_observed() -> None:
    table = simulate_table(
        KINDS, plain_truth(KINDS, groups=["herd"]), rows=50, groups={"herd": 12}, seed=1
    )
    assert list(table) == [
        "herd", "period", "score", "passed", "grade", "t1", "t2", "m1", "m2", "sick", "size",
    ]  # fmt: skip
    assert len(table) == 50
    assert set(table["herd"]) <= {f"herd{number:02d}" for number in range(1, 13)}
    assert set(table["passed"]) == {"0", "1"}
    assert set(table["period"]) == {"1", "2", "3"}
    assert (table["sick"] <= table["size"]).all()
    assert (table["size"] >= 1).all()


@settings(max_examples=30, deadline=None)
@given(models(), st.integers(0, 2**32 - 1))
def test_every_model_can_be_drawn_and_a_seed_decides_everything(
    spec: CausalSpec, seed: int
) -> None:
    truth = plain_truth(spec, groups=["herd"])
    if spec.graph.selected:
        with pytest.raises(StudyError, match=r"selected units only cannot be drawn.*Take the"):
            simulate_table(spec, truth, rows=20, groups={"herd": 3}, seed=seed)
        return
    first, second = (
        simulate_table(spec, truth, rows=20, groups={"herd": 3}, seed=seed) for _ in range(2)
    )
    pd.testing.assert_frame_equal(first, second)
    assert list(first) == [
        "herd",
        *(name for name in spec.variables if spec.variables[name].observed),
    ]
    assert first.notna().all(axis=None)


@pytest.mark.parametrize("model", list_models())
def test_shipped_models_can_be_drawn_as_plain_tables(model: str) -> None:
    spec = read_model(model)
    table = simulate_table(spec, plain_truth(spec), rows=30, seed=3)
    assert len(table) == 30
    assert "schoolkwaliteit" not in table


def _with(truth: Truth, name: str, **changes: object) -> Truth:
    equation = truth.equations[name].model_copy(update=changes)
    return truth.model_copy(update={"equations": {**truth.equations, name: equation}})


ROWS = 40_000


def _alone(**variable: object) -> CausalSpec:
    return build_model({"name": "m", "variables": {"y": variable}})


def test_levels_have_the_chances_their_intercepts_give() -> None:
    """P(Y ≤ k) = logistic(c_k); multinomial against the reference; logit of the second level."""
    ordinal = _alone(kind="ordinal", levels=["a", "b", "c"])
    truth = _with(plain_truth(ordinal), "y", intercept=(-1.0, 0.5))
    shares = simulate_table(ordinal, truth, rows=ROWS, seed=1)["y"].value_counts(normalize=True)
    expected = np.diff([0, *expit([-1.0, 0.5]), 1])
    assert shares[["a", "b", "c"]].to_numpy() == pytest.approx(expected, abs=0.01)

    nominal = _alone(kind="nominal", levels=["a", "b", "c"], reference="b")
    truth = _with(plain_truth(nominal), "y", intercept=(0.7, -0.4))
    shares = simulate_table(nominal, truth, rows=ROWS, seed=1)["y"].value_counts(normalize=True)
    odds = np.exp([0.7, 0.0, -0.4])
    assert shares[["a", "b", "c"]].to_numpy() == pytest.approx(odds / odds.sum(), abs=0.01)

    binary = _alone(kind="binary", levels=["nee", "ja"])
    truth = _with(plain_truth(binary), "y", intercept=(0.7,))
    share = (simulate_table(binary, truth, rows=ROWS, seed=1)["y"] == "ja").mean()
    assert share == pytest.approx(expit(0.7), abs=0.01)


def test_quantities_have_the_centre_scale_and_spread_of_the_truth() -> None:
    spec = _alone(kind="continuous")
    truth = _with(plain_truth(spec), "y", centre=16.0, scale=3.0, sds={"residual": 0.5})
    drawn = simulate_table(spec, truth, rows=ROWS, seed=1)["y"]
    assert drawn.mean() == pytest.approx(16, abs=0.05)
    assert drawn.std() == pytest.approx(1.5, rel=0.02)
    rounded = simulate_table(spec, _with(truth, "y", decimals=1), rows=ROWS, seed=1)["y"]
    assert (rounded == drawn.round(1)).all()


def test_counts_have_the_share_and_trials_of_the_truth() -> None:
    spec = _alone(kind="count", trials="n")
    truth = _with(plain_truth(spec), "y", intercept=(-1.0,), trials=12.0)
    drawn = simulate_table(spec, truth, rows=ROWS, seed=1).sum()
    assert drawn["n"] / ROWS == pytest.approx(12, rel=0.01)
    assert drawn["y"] / drawn["n"] == pytest.approx(expit(-1.0), abs=0.005)


def test_groups_share_an_effect_of_the_declared_spread() -> None:
    spec = _alone(kind="continuous")
    truth = plain_truth(spec, groups=["herd"], group_sd=2.0)
    truth = _with(truth, "y", sds={"herd": 2.0, "residual": 0.1})
    table = simulate_table(spec, truth, rows=ROWS, groups={"herd": 500}, seed=1)
    means = table.groupby("herd")["y"].mean()
    assert means.std() == pytest.approx(2.0, rel=0.1)
    assert table.groupby("herd")["y"].std().mean() == pytest.approx(0.1, rel=0.05)


def test_a_variable_without_levels_to_draw_is_refused() -> None:
    with pytest.raises(StudyError, match="column y: A nominal variable cannot be drawn without"):
        plain_truth(_alone(kind="nominal"))


def test_a_group_the_table_lacks_is_refused() -> None:
    spec = _alone(kind="continuous")
    with pytest.raises(StudyError, match=r"column y: There is no such group\. Got: 'herd'"):
        simulate_table(spec, plain_truth(spec, groups=["herd"]), rows=5, seed=1)


def test_a_group_that_is_a_variable_is_refused() -> None:
    spec = _alone(kind="continuous")
    with pytest.raises(StudyError, match="column y: This group is a variable of the model"):
        simulate_table(spec, plain_truth(spec), rows=5, groups={"y": 3}, seed=1)


def test_a_table_has_at_least_one_row() -> None:
    spec = _alone(kind="continuous")
    with pytest.raises(OptionError, match=r"at least one row\. Got: 0"):
        simulate_table(spec, plain_truth(spec), rows=0, seed=1)
