"""What is left to chance is averaged out: against enumeration, and against many single draws."""

import numpy as np
import pandas as pd
import pytest

from effects.effect_cases import drawn_once, prior_forward
from vm2causal.effects import expectation
from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.expectation import expected
from vm2causal.effects.forward import Forward
from vm2causal.effects.mediation import mediation_table, shares_between
from vm2causal.effects.responses import mean_response
from vm2causal.effects.totals import expected_totals, totals_table
from vm2causal.model.data.columns import Floats
from vm2causal.model.data.structural_data import table_data
from vm2causal.spec import Arrow, CausalSpec, Variable

ROWS = 12
YES = Contrast("x", 1, 0, "1", "0")
KINDS = {"x": "binary", "m": "binary", "k": "ordinal", "y": "binary", "z": "continuous",
         "c": "continuous", "n": "count", "u": None}  # fmt: skip


def spec_of(arrows: str) -> CausalSpec:
    """Arrows as pairs of letters; u is not observed."""
    pairs = arrows.split()
    names = sorted(set("".join(pairs)))
    kinds = {
        "u": Variable(observed=False),
        "n": Variable(kind="count", trials="of"),
        "k": Variable(kind="ordinal", levels=("0", "1", "2")),
    }
    return CausalSpec(
        name="levels",
        rows="units",
        variables={name: kinds.get(name) or Variable(kind=KINDS[name]) for name in names},
        arrows=[Arrow(cause=pair[0], effect=pair[1]) for pair in pairs],
    )


def forward_of(arrows: str, *, draws: int = 60) -> Forward:
    rng = np.random.default_rng(2)
    spec = spec_of(arrows)
    table = {}
    for name in spec.variables:
        if name in "zc":
            table[name] = rng.normal(size=ROWS)
        elif name == "n":
            table |= {"n": rng.integers(0, 10, ROWS), "of": np.full(ROWS, 20)}
        elif name != "u":
            table[name] = rng.permutation(np.arange(ROWS) % (3 if name == "k" else 2))
    return prior_forward(table_data(spec, pd.DataFrame(table)), draws=draws)


def enumerated(forward: Forward, effect: str, x: int) -> Floats:
    """E[effect | do(x)] with every level of m, then of k given m, written out."""
    kept = forward.untouched(["x"])
    found = np.zeros(forward.shape)
    of_m = forward.level_probabilities("m", forward.world({"x": x}, held=kept))
    for m in (0, 1):
        world = forward.world({"x": x, "m": m}, held=kept)
        of_k = forward.level_probabilities("k", world)
        for k in (0, 1, 2):
            world = forward.world({"x": x, "m": m, "k": k}, held=kept)
            found += of_m[:, :, m] * of_k[:, :, k] * mean_response(forward, world, effect)
    return found


@pytest.mark.parametrize(
    ("arrows", "effect", "near"),
    [
        # at most three different predictors, none of them replaced
        ("xm xk mk ky zy", "y", 1e-12),
        # six, of which three nodes take the place
        ("xm xk mk my ky xy zy", "y", 0.004),
        ("xm xk mk mn kn zn", "n", 0.004),
        # a count on the way carries everything
        ("xm xk mk mn kn ny zy", "y", 0.004),
    ],
)
def test_levels_on_the_way_are_summed_over(arrows: str, effect: str, near: float) -> None:
    forward = forward_of(arrows)
    for x in (0, 1):
        found = expected(forward, {"x": x}, [effect]).responses[effect]
        np.testing.assert_allclose(found, enumerated(forward, effect, x), atol=near)


def test_numbers_on_the_way_are_averaged_over_their_noise() -> None:
    """c → m with noise: against 4,000 single draws per unit, six standard errors of them."""
    forward = forward_of("xc cm my zy", draws=4)
    found = expected(forward, {"x": 1}, ["y"]).responses["y"]
    kept, sums = forward.untouched(["x"]), np.zeros(forward.shape)
    repeats = 1000
    for seed in range(repeats):
        forward.seed = seed + 100
        sums += mean_response(forward, forward.world({"x": 1}, held=kept), "y")
    np.testing.assert_allclose(found, sums / repeats, atol=6 * 0.5 / np.sqrt(repeats))
    assert np.abs(found - sums / repeats).mean() < 0.02


def test_the_effect_on_one_unit_is_as_uncertain_as_its_expectation() -> None:
    """One draw of m and k per draw of the posterior would be most of the spread."""
    forward = forward_of("xm xk mk my ky zm", draws=400)
    exact = (enumerated(forward, "y", 1) - enumerated(forward, "y", 0))[:, 0]
    worlds = drawn_once(forward, YES)
    high, low = (mean_response(forward, world, "y") for world in worlds)
    found = expected_totals(forward, YES, ["y"])["y"]["natural"].to_numpy()[:, 0]
    assert np.std((high - low)[:, 0] - exact) > 0.5 * exact.std()
    # a tenth of the posterior standard deviation is asked for
    assert np.std(found - exact) < 0.05 * exact.std()


def test_where_branches_are_too_many_levels_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    forward = forward_of("xm xk mk my ky zm", draws=400)
    whole = expected(forward, {"x": 1}, ["y"]).responses["y"]
    monkeypatch.setattr(expectation, "MOST_NUMBERS", 0)
    monkeypatch.setattr(expectation, "FEWEST", 2)
    drawn = expected(forward, {"x": 1}, ["y"]).responses["y"]
    assert (drawn != whole).any()
    # right on average: five standard errors over draws and units
    gap = drawn - whole
    assert abs(gap.mean()) < 5 * gap.std() / np.sqrt(gap.size)


def test_what_is_not_downstream_stays_as_observed() -> None:
    """z acts on k, and neither hears x: both stay, in every draw."""
    forward = forward_of("xm my ky zk", draws=30)
    observed = np.broadcast_to(forward.data.columns["k"].values, forward.shape)
    worlds = drawn_once(forward, YES)
    for world in worlds:
        np.testing.assert_array_equal(world.ranks["k"], observed)
    assert (worlds[0].ranks["m"] != forward.data.columns["m"].values).any()
    moved = forward.downstream(["x"])
    np.testing.assert_allclose(
        expected(forward, {}, ["y"], moved=moved).responses["y"],
        sum(
            forward.level_probabilities("m", forward.observed)[:, :, m]
            * mean_response(forward, forward.world({"m": m}, held=forward.untouched(["m"])), "y")
            for m in (0, 1)
        ),
    )


def test_an_intervention_that_changes_nothing_has_no_effect() -> None:
    forward = forward_of("xm xk mk my ky zy", draws=20)
    same = totals_table(forward, [Contrast("x", 1, 1, "1", "1")], {"x": ["y"]})["natural"].iloc[0]
    assert (same["mean"], same["sd"]) == (0.0, 0.0)


# -- shares of mediators ---------------------------------------------------------------------------


def told(arrows: str) -> list[tuple[tuple[str, ...], bool, tuple[str, ...]]]:
    found = shares_between(forward_of(arrows, draws=2), "x", "y")
    return [(item.names, item.identified, item.inseparable) for item in found]


@pytest.mark.parametrize(
    ("arrows", "shares"),
    [
        ("xm xk my ky", [(("m", "k"), True, ()), (("m",), True, ()), (("k",), True, ())]),
        # m confounds k and y: as mbo_stof does versnelling and binding
        ("xm xk mk my ky", [(("m", "k"), True, ("k",)), (("m",), True, ())]),
        # something unobserved behind mediator and effect: no share at all
        ("xm my um uy xy", [(("m",), False, ("m",))]),
        ("xy zy", []),
    ],
)
def test_only_shares_that_data_could_tell_are_given(arrows: str, shares: list[object]) -> None:
    found = told(arrows)
    order = {tuple(sorted(names)): (alike, alone) for names, alike, alone in found}
    assert order == {tuple(sorted(names)): (alike, alone) for names, alike, alone in shares}


def test_nothing_identified_is_said_and_not_left_out() -> None:
    table = mediation_table(forward_of("xm my um uy xy", draws=20), YES, "y")
    (row,) = table.to_dict("records")
    assert (row["through"], row["inseparable"]) == (("m",), ("m",))
    assert row["indirect"] is None
    assert row["direct"] is None
    whole = totals_table(forward_of("xm my um uy xy", draws=20), [YES], {"x": ["y"]})
    assert row["total"] == pytest.approx(whole["natural"].iloc[0])


def test_a_share_is_what_is_lost_when_its_mediators_do_not_respond() -> None:
    """Through m alone: y hears x and k as under 1, and m as under 0; written out."""
    forward = forward_of("xm xk my ky xy", draws=40)
    kept = forward.untouched(["x"])
    of_m = forward.level_probabilities("m", forward.world({"x": 0}, held=kept))
    of_k = forward.level_probabilities("k", forward.world({"x": 1}, held=kept))
    nested = np.zeros(forward.shape)
    for m in (0, 1):
        for k in (0, 1, 2):
            world = forward.world({"x": 1, "m": m, "k": k}, held=kept)
            nested += of_m[:, :, m] * of_k[:, :, k] * mean_response(forward, world, "y")
    whole = expected(forward, {"x": 1}, ["y"]).responses["y"]
    table = mediation_table(forward, YES, "y").set_index("through")
    found = table.loc[[("m",)]].iloc[0]["indirect"]["mean"]
    assert found == pytest.approx((whole - nested).mean(), abs=0.003)
