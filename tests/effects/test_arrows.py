from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from effects.effect_cases import (
    LINEAR,
    coefficient,
    linear_forward,
    linear_table,
    prior_forward,
)
from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.checks.replicate.prior_predictive import prior_draws
from vm2causal.effects.arrows import arrow_table
from vm2causal.effects.averages import averaged
from vm2causal.effects.forward import Forward
from vm2causal.effects.responses import mean_response
from vm2causal.model.data.spec_for_data import spec_for_study
from vm2causal.model.data.structural_data import study_data, table_data
from vm2causal.model.structural_layout import structural_layout
from vm2causal.spec import Arrow, CausalSpec, Variable


@pytest.fixture(scope="module")
def forward() -> Forward:
    return prior_forward(table_data(EVERY_KIND, table_of_every_kind(50)), draws=60)


@pytest.fixture(scope="module")
def table(forward: Forward) -> pd.DataFrame:
    return arrow_table(forward)


def row_of(table: pd.DataFrame, cause: str, effect: str, **more: str) -> pd.Series:
    found = table[(table["cause"] == cause) & (table["effect"] == effect)]
    for name, value in more.items():
        found = found[found[name] == value]
    assert len(found) == 1
    return found.iloc[0]


def weight(forward: Forward, label: str) -> np.ndarray:
    labels = [item.label for item in forward.layout.weights]
    return forward.weight(labels.index(label))


# -- which rows there are ---------------------------------------------------------------------


def test_every_arrow_has_its_rows_in_the_order_of_the_model(table: pd.DataFrame) -> None:
    pairs = list(dict.fromkeys(zip(table["cause"], table["effect"], strict=True)))
    assert pairs == [(arrow.cause, arrow.effect) for arrow in EVERY_KIND.arrows]
    assert len(row_of(table, "size", "trust")) > 0
    assert list(table[(table["cause"] == "plan") & (table["effect"] == "score")]["contrast"]) == [
        "some vs none",
        "full vs none",
    ]
    assert set(table[table["effect"] == "plan"]["effect_level"]) == {"some", "full"}
    assert list(table[(table["cause"] == "area") & (table["effect"] == "size")]["contrast"]) == [
        "e vs n",
        "s vs n",
        "w vs n",
    ]


def test_arrows_of_what_nobody_measured_cannot_be_tested(table: pd.DataFrame) -> None:
    row = row_of(table, "quality", "cases")
    assert (row["verdict"], row["untestable"]) == ("niet_toetsbaar", "unobserved")
    assert row["link"] is None
    assert row["expected"] == "+"


def test_the_order_of_the_model_changes_no_number(forward: Forward, table: pd.DataFrame) -> None:
    rng = np.random.default_rng(0)
    shuffled = CausalSpec(
        name="shuffled",
        variables={n: EVERY_KIND.variables[n] for n in rng.permutation(list(EVERY_KIND.variables))},
        arrows=[EVERY_KIND.arrows[k] for k in rng.permutation(len(EVERY_KIND.arrows))],
        groups=["herd", "area"],
        rows="units",
    )
    data = table_data(shuffled, table_of_every_kind(50))
    other = prior_forward(data, draws=60)
    # the same draws by name
    for name, values in forward.parameters.items():
        other.parameters[name] = values
    labels = [item.label for item in forward.layout.weights]
    places = [labels.index(item.label) for item in other.layout.weights]
    other.parameters["weight"] = forward.parameters["weight"][:, places]
    found = arrow_table(other)
    keys = ["cause", "effect", "contrast", "effect_level"]
    one, two = (t.sort_values(keys).reset_index(drop=True) for t in (table, found))
    pd.testing.assert_frame_equal(one[keys], two[keys])
    for name in ("link", "standardised", "natural"):
        for here, there in zip(one[name], two[name], strict=True):
            assert (here is None) == (there is None)
            if here is not None:
                assert here == pytest.approx(there, rel=1e-9)


# -- scales -----------------------------------------------------------------------------------


def test_between_numbers_the_link_is_per_unit_of_both() -> None:
    forward = linear_forward()
    table = arrow_table(forward)
    for cause, effect in ("xm", "my", "xy"):
        row = row_of(table, cause, effect)
        slope = coefficient(forward, cause, effect)
        columns = forward.data.columns
        assert row["link"]["mean"] == pytest.approx(slope.mean())
        assert row["link"]["sd"] == pytest.approx(slope.std(ddof=1))
        ratio = columns[cause].scale / columns[effect].scale
        assert row["standardised"]["mean"] == pytest.approx(slope.mean() * ratio)
        # linear: the response moves by the slope wherever one stands
        assert row["natural"] == pytest.approx(row["link"])


def test_between_numbers_natural_and_link_are_one_number_whatever_draws_are_run() -> None:
    """The link is known in every draw of the posterior; so is what it means, without chance."""
    layout = structural_layout(table_data(LINEAR, linear_table()))
    forward = Forward(layout, prior_draws(layout, draws=50, seed=1), draws=7)
    for cause, effect in ("xm", "my", "xy"):
        row = row_of(arrow_table(forward), cause, effect)
        assert row["natural"] == pytest.approx(row["link"], rel=1e-9)


def test_a_latent_cause_is_per_standard_deviation_of_its_scores(
    forward: Forward, table: pd.DataFrame
) -> None:
    row = row_of(table, "trust", "score")
    draws = weight(forward, "trust -> score")[:, 0]
    spread = forward.observed.values["trust"].std(axis=1)
    assert row["standardised"]["mean"] == pytest.approx((draws * spread).mean())
    assert row["link"]["mean"] == pytest.approx(draws.mean() * forward.data.columns["score"].scale)


def test_a_level_of_an_ordinal_cause_is_one_rank(forward: Forward, table: pd.DataFrame) -> None:
    row = row_of(table, "grade", "cases")
    draws = weight(forward, "grade -> cases")[:, 0]
    scale = forward.data.columns["grade"].scale
    assert row["link"]["mean"] == pytest.approx(draws.mean() / scale)
    assert row["standardised"]["mean"] == pytest.approx(draws.mean())


def test_a_pooled_level_is_compared_with_the_reference(
    forward: Forward, table: pd.DataFrame
) -> None:
    row = row_of(table, "area", "grade", contrast="w vs n")
    (index,) = [dict(forward.layout.predictors_of["grade"][0].pooled)["area"]]
    sd, z = forward.parameters["area_sd"][:, index], forward.parameters["area_z"][:, index]
    assert row["link"]["mean"] == pytest.approx((sd * (z[:, 3] - z[:, 0])).mean())
    assert row["bayes_factor"] is None or np.isnan(row["bayes_factor"])


def test_the_natural_scale_of_a_binary_cause_is_doing_it_to_everybody(
    forward: Forward, table: pd.DataFrame
) -> None:
    """Response with the cause 1 for everybody minus that with 0, other causes as they are."""
    for effect in ("grade",):
        worlds = [
            forward.world(
                {"open": rank}, pinned=dict.fromkeys(("plan", "size", "trust"), forward.observed)
            )
            for rank in (0, 1)
        ]
        low, high = (mean_response(forward, world, effect) for world in worlds)
        expected = averaged(forward, high - low, effect)
        row = row_of(table, "open", effect)
        assert row["natural"]["mean"] == pytest.approx(expected.mean(), rel=1e-9)
        assert row["natural"]["sd"] == pytest.approx(expected.std(ddof=1), rel=1e-9)


def test_the_natural_scale_of_levels_is_doing_each_to_everybody(
    forward: Forward, table: pd.DataFrame
) -> None:
    kept = dict.fromkeys(("grade", "trust"), forward.observed)
    worlds = [forward.world({"plan": rank}, pinned=kept) for rank in (0, 2)]
    low, high = (mean_response(forward, world, "score") for world in worlds)
    row = row_of(table, "plan", "score", contrast="full vs none")
    assert row["natural"]["mean"] == pytest.approx(
        averaged(forward, high - low, "score").mean(), rel=1e-9
    )
    pooled = [forward.world({"area": rank}) for rank in (0, 1)]
    low, high = (mean_response(forward, world, "size") for world in pooled)
    row = row_of(table, "area", "size", contrast="e vs n")
    assert row["natural"]["mean"] == pytest.approx(
        averaged(forward, high - low, "size").mean(), rel=1e-9
    )


def test_the_natural_scale_of_a_number_is_one_unit_around_what_is(
    forward: Forward, table: pd.DataFrame
) -> None:
    half = 0.5 * weight(forward, "size -> open") / forward.data.columns["size"].scale
    eta = forward.observed.predictors["open", None]
    expected = averaged(forward, expit(eta + half) - expit(eta - half), "open")
    row = row_of(table, "size", "open")
    assert row["natural"]["mean"] == pytest.approx(expected.mean(), rel=1e-9)


# -- directions and verdicts ------------------------------------------------------------------


def test_the_probability_is_that_of_the_expected_direction(
    forward: Forward, table: pd.DataFrame
) -> None:
    positive = (weight(forward, "score -> cases") > 0).mean()
    assert row_of(table, "score", "cases")["p_direction"] == pytest.approx(1 - positive)
    positive = (weight(forward, "size -> open") > 0).mean()
    assert row_of(table, "size", "open")["p_direction"] == pytest.approx(positive)
    unsigned = table[table["expected"].isna() & table["p_direction"].notna()]
    assert (unsigned["p_direction"] >= 0.5).all()


def test_the_prior_alone_tests_nothing() -> None:
    forward = prior_forward(table_data(EVERY_KIND, table_of_every_kind(15)), draws=1000)
    table = arrow_table(forward)
    fitted = table[~table["cause"].isin(["quality", "area"])]
    assert set(fitted["verdict"]) == {"niet_toetsbaar"}
    assert set(fitted["untestable"]) == {"prior_only"}


def test_certain_draws_are_judged_by_their_sign() -> None:
    forward = linear_forward()
    labels = [item.label for item in forward.layout.weights]
    certain = {"x -> m": 0.5, "m -> y": -0.5, "x -> y": 0.0}
    rng = np.random.default_rng(0)
    for label, value in certain.items():
        draws = value + 0.01 * rng.standard_normal(forward.draws)
        forward.parameters["weight"][:, labels.index(label)] = draws
        whole = value + 0.01 * rng.standard_normal(len(forward.weights))
        forward.weights[:, labels.index(label)] = whole
    table = arrow_table(forward)
    # no sign was expected of either
    assert row_of(table, "x", "m")["verdict"] == row_of(table, "m", "y")["verdict"] == "een_effect"
    assert row_of(table, "m", "y")["direction"] == "-"
    assert row_of(table, "x", "y")["verdict"] == "geen_aanwijzing"
    assert row_of(table, "x", "y")["in_rope"] == 1.0
    assert row_of(table, "x", "m")["bayes_factor_at_least"] == 50
    assert pd.isna(row_of(table, "x", "m")["bayes_factor"])
    assert row_of(table, "x", "y")["bayes_factor"] < 0.1


def test_the_contrasts_of_an_arrow_are_judged_together(table: pd.DataFrame) -> None:
    several = table[(table["cause"] == "area") & (table["effect"] == "size")]
    for own, band in zip(several["standardised"], several["band"], strict=True):
        assert band["lower"] < own["lower"] < own["upper"] < band["upper"]
    one = row_of(table, "score", "cases")
    assert one["band"] == one["standardised"]


def test_a_constant_cause_cannot_be_tested() -> None:
    study = small_study()
    same = study.experiments.assign(s1="5", s2="5", s3="5", versnelling="1")
    study = replace(study, experiments=same)
    adapted = spec_for_study(STUDY_SPEC, study)
    forward = prior_forward(study_data(adapted.spec, study), draws=20)
    table = arrow_table(forward, unfitted=adapted.unfitted)
    assert set(table["cause"] + table["effect"]) >= {a.cause + a.effect for a in STUDY_SPEC.arrows}
    for cause, effect in (
        ("samenwerking", "versnelling"),
        ("samenwerking", "binding"),
        ("versnelling", "binding"),
        ("sector", "samenwerking"),
    ):
        rows = table[(table["cause"] == cause) & (table["effect"] == effect)]
        assert list(rows["verdict"]) == ["niet_toetsbaar"] * len(rows)
        assert set(rows["untestable"]) == {"no_variation"}


def test_averages_go_by_starters() -> None:
    forward = prior_forward(study_data(STUDY_SPEC, small_study()), draws=3)
    values = np.random.default_rng(0).normal(size=forward.shape)
    np.testing.assert_allclose(
        averaged(forward, values, "vsv"), np.average(values, axis=1, weights=forward.data.weights)
    )


def test_the_arrows_of_the_linear_model_are_all_there() -> None:
    assert len(arrow_table(linear_forward())) == len(LINEAR.arrows)


def test_a_nominal_cause_of_one_level_keeps_its_arrow() -> None:
    table = table_of_every_kind(40).assign(plan="none")
    spec = EVERY_KIND.model_copy(
        update={"variables": {**EVERY_KIND.variables, "plan": Variable(kind="nominal")}}
    )
    found = arrow_table(prior_forward(table_data(spec, table), draws=5))
    own = found[found["cause"] == "plan"]
    assert set(own["effect"]) == {arrow.effect for arrow in spec.arrows if arrow.cause == "plan"}
    assert len(own) > 0
    assert set(own["untestable"]) == {"no_variation"}
    assert set(own["verdict"]) == {"niet_toetsbaar"}


def test_a_constant_outcome_cannot_be_explained() -> None:
    spec = CausalSpec(
        name="constant",
        variables={"x": Variable(), "y": Variable()},
        arrows=[Arrow(cause="x", effect="y")],
    )
    table = pd.DataFrame({"x": np.arange(20.0), "y": 3.0})
    (row,) = arrow_table(prior_forward(table_data(spec, table), draws=5)).to_dict("records")
    assert (row["verdict"], row["untestable"]) == ("niet_toetsbaar", "no_variation")
