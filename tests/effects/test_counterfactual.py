"""One unit under a change with its own noise: closed forms, and levels by enumerating noise."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from effects.effect_cases import LINEAR, coefficient, linear_table, prior_forward
from model.structural_cases import EVERY_KIND, table_of_every_kind
from vm2causal.effects.counterfactual import counterfactual, kept_noise
from vm2causal.errors import QueryError
from vm2causal.model.data.structural_data import table_data
from vm2causal.spec import CausalSpec
from vm2causal.spec.objects import Arrow, Variable

UNIT = 3


def test_of_straight_lines_the_unit_moves_by_the_total_effect_from_where_it_was() -> None:
    """Y_cf = Y + (b(xy) + b(xm) b(my) + …) Δ in every draw, unobserved causes and groups kept."""
    table = linear_table()
    forward = prior_forward(table_data(LINEAR, table))
    b = {
        pair: coefficient(forward, *pair)
        for pair in [("x", "m"), ("x", "k"), ("m", "k"), ("m", "y"), ("k", "y"), ("x", "y")]
    }
    k = b["x", "k"] + b["x", "m"] * b["m", "k"]
    total = b["x", "y"] + b["x", "m"] * b["m", "y"] + k * b["k", "y"]
    change = 5.0 - table["x"][UNIT]
    found = counterfactual(forward, UNIT, {"x": 5.0}).table.set_index("effect")
    for name, slope in (("m", b["x", "m"]), ("k", k), ("y", total)):
        draws = table[name][UNIT] + change * slope
        assert found.loc[name, "factual"] == table[name][UNIT]
        assert found.loc[name, "mean"] == pytest.approx(draws.mean(), rel=1e-9)
        assert found.loc[name, "sd"] == pytest.approx(draws.std(), rel=1e-9)
        lower = np.quantile(draws, 0.025, method="inverted_cdf")
        assert found.loc[name, "lower"] == pytest.approx(lower, rel=1e-9)


def test_a_mediator_that_is_set_too_passes_nothing_on() -> None:
    table = linear_table()
    forward = prior_forward(table_data(LINEAR, table))
    both = {"x": 5.0, "m": float(table["m"][UNIT]), "k": float(table["k"][UNIT])}
    found = counterfactual(forward, UNIT, both).table
    assert list(found["effect"]) == ["y"]
    draws = table["y"][UNIT] + (5.0 - table["x"][UNIT]) * coefficient(forward, "x", "y")
    assert found["mean"].item() == pytest.approx(draws.mean(), rel=1e-9)


BINARY = CausalSpec(
    name="levels",
    variables={
        "x": Variable(),
        "t": Variable(kind="binary", levels=("no", "yes")),
        "g": Variable(kind="ordinal", levels=("1", "2", "3")),
        "y": Variable(),
    },
    arrows=[
        Arrow(cause=cause, effect=effect)
        for cause, effect in [("x", "t"), ("x", "g"), ("t", "g"), ("t", "y"), ("g", "y")]
    ],
    rows="units",
)


@pytest.fixture(scope="module")
def levels() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    return pd.DataFrame(
        {
            "x": rng.normal(size=40),
            "t": rng.choice(["no", "yes"], 40),
            "g": rng.choice(["1", "2", "3"], 40),
            "y": rng.normal(size=40),
        }
    )


def test_nothing_changes_where_nothing_is_done(levels: pd.DataFrame) -> None:
    forward = prior_forward(table_data(BINARY, levels))
    found = counterfactual(forward, UNIT, {"x": float(levels["x"][UNIT])}).table
    assert found["mean"].to_numpy() == pytest.approx(found["factual"].to_numpy(), abs=1e-9)
    assert found["sd"].to_numpy() == pytest.approx(np.zeros(len(found)), abs=1e-9)


def test_levels_are_what_logistic_noise_held_to_them_gives(levels: pd.DataFrame) -> None:
    """By a grid of noise above thresholds, for a unit of which t = yes, written out by hand."""
    forward = prior_forward(table_data(BINARY, levels), draws=20)
    unit = int((levels["t"] == "yes").to_numpy().argmax())
    done, columns = 2.0, forward.data.columns
    found = counterfactual(forward, unit, {"x": done}).table.set_index(["effect", "effect_level"])
    weights = {
        item.label: forward.weight(place)[:, 0] for place, item in enumerate(forward.layout.weights)
    }
    step = (done - levels["x"][unit]) / columns["x"].scale
    grid = (np.arange(4000) + 0.5) / 4000
    before = forward.observed.predictors["t", None][:, [unit]]
    noise = logit(1 - expit(before) * (1 - grid))  # logistic, above −before
    assert (before + noise > 0).all()
    yes = before + weights["x -> t"][:, np.newaxis] * step + noise > 0
    assert found.loc[("t", "yes"), "mean"] == pytest.approx(yes.mean(), abs=1e-3)
    cuts = forward.cuts(forward.layout.scale("g"))
    rank = int(columns["g"].values[unit])
    eta = forward.observed.predictors["g", None][:, [unit]]
    reach = expit(
        np.concatenate([np.full((20, 1), -np.inf), cuts, np.full((20, 1), np.inf)], 1) - eta
    )
    low, high = reach[:, [rank]], reach[:, [rank + 1]]
    held = logit(low + (high - low) * grid)
    change = (yes.mean(axis=1, keepdims=True) - 1) / columns["t"].scale
    share = yes.mean(axis=1)
    parts = []
    for weight, lost in ((share, 0.0), (1 - share, -1.0 / columns["t"].scale)):
        moved = weights["x -> g"] * step + weights["t -> g"] * lost
        score = eta + moved[:, np.newaxis] + held
        parts.append(
            weight[:, np.newaxis]
            * np.stack(
                [(score[:, :, np.newaxis] > cuts[:, np.newaxis]).sum(2) == k for k in range(3)], 2
            ).mean(axis=1)
        )
    expected = sum(parts)
    for k in range(3):
        assert found.loc[("g", str(k + 1)), "mean"] == pytest.approx(
            expected[:, k].mean(), abs=2e-3
        )
    assert change.shape == (20, 1)
    own = (expected * np.arange(3)).sum(axis=1) - rank  # ranks that it is off in the mean
    shift = weights["t -> y"] * change[:, 0] + weights["g -> y"] * own / columns["g"].scale
    mean = levels["y"][unit] + columns["y"].scale * shift.mean()
    row = found.xs("y", level="effect")
    assert row["mean"].item() == pytest.approx(mean, abs=5e-3)


def test_a_level_that_moves_one_way_never_goes_the_other() -> None:
    rng = np.random.default_rng(2)
    eta = rng.normal(size=(200, 1))
    up = eta + rng.exponential(size=(200, 1))
    before, after = (np.hstack([1 - expit(one), expit(one)]) for one in (eta, up))
    assert kept_noise(before, after, 1)[:, 1] == pytest.approx(np.ones(200))
    whole = before[:, :1] * kept_noise(before, after, 0) + before[:, 1:] * kept_noise(
        before, after, 1
    )
    assert whole == pytest.approx(after)  # averaged over what is observed, what is expected


def test_a_level_that_was_all_but_impossible_keeps_its_noise_in_one_point() -> None:
    sure, half = np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]])
    assert kept_noise(sure, half, 0).tolist() == [[1.0, 0.0]]
    assert kept_noise(sure[:, ::-1], half, 1).tolist() == [[0.0, 1.0]]


def test_what_cannot_be_kept_is_named_or_refused() -> None:
    table = table_of_every_kind(40)
    forward = prior_forward(table_data(EVERY_KIND, table), draws=10)
    found = counterfactual(forward, UNIT, {"size": 30.0})
    assert list(found.table["effect"]) == ["open"]
    assert set(found.untold) == {"plan", "grade", "score", "cases"}
    with pytest.raises(QueryError, match="Nothing that this change acts on") as refused:
        counterfactual(forward, UNIT, {"open": 1})
    assert "plan" in str(refused.value)
    with pytest.raises(QueryError, match="changes variables of that unit"):
        counterfactual(forward, UNIT, {"trust": 1.0})


def test_a_value_that_is_not_known_is_not_made_up(levels: pd.DataFrame) -> None:
    levels = levels.assign(x=levels["x"].where(levels.index != UNIT))
    forward = prior_forward(table_data(BINARY, levels), draws=10)
    with pytest.raises(QueryError, match=r"has no value.*x"):
        counterfactual(forward, UNIT, {"x": 0.0})
    assert len(counterfactual(forward, UNIT + 1, {"x": 0.0}).table) == 5
