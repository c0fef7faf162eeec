from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from effects.regression_cases import QUICK, fitted, model
from model.fit_cases import stand_in_fit
from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.effects.adjustment_choice import choose_adjustment
from vm2causal.effects.arrows import arrow_table
from vm2causal.effects.contrasts import Contrast, chosen_contrast, default_contrasts
from vm2causal.effects.forward import Forward
from vm2causal.effects.outcome_regression import Regressions, regression_spec
from vm2causal.effects.second_opinion import DISAGREEMENT, distance, second_opinion
from vm2causal.errors import QueryError
from vm2causal.identify import Strategy, identify_effect
from vm2causal.model.data.spec_for_data import spec_for_table
from vm2causal.model.data.structural_data import (
    StructuralData,
    study_data,
    table_data,
)
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.spec import Arrow, CausalSpec, Kind, QueryKind, Variable

UNIT = Contrast("x", 1.0, 0.0, "1", "0")
TRIANGLE = model(["x", "y", "z"], "z>x z>y x>y")


def not_sampled(data: StructuralData, draws: int = 7) -> Forward:
    fit = stand_in_fit(data, draws=draws)
    return Forward(fit.layout, fit.posterior, draws=draws)


def normals(names: str, rows: int = 30, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: rng.normal(size=rows) for name in names})


def regressed(table: pd.DataFrame, *causes: str) -> float:
    """Least-squares coefficient of the first cause."""
    design = np.column_stack([table[list(causes)], np.ones(len(table))])
    return float(np.linalg.lstsq(design, table["y"], rcond=None)[0][0])


@pytest.fixture(scope="module")
def confounded() -> pd.DataFrame:
    table, noise = normals("xyz", 400), normals("xy", 400, seed=1)
    table["x"] = table["z"] + noise["x"]
    table["y"] = 0.5 * table["x"] - table["z"] + noise["y"]
    return table


@pytest.mark.mcmc
def test_adjusting_undoes_linear_confounding(confounded: pd.DataFrame) -> None:
    opinion = second_opinion(fitted(TRIANGLE, confounded), UNIT, "y", seed=2, settings=QUICK)
    (row,) = opinion.table.itertuples()
    assert opinion.adjusted_for == ("z",)
    assert opinion.strategy is Strategy.BACKDOOR
    assert regressed(confounded, "x") < 0.1
    assert row.second["mean"] == pytest.approx(regressed(confounded, "x", "z"), abs=0.02)
    assert row.second["mean"] == pytest.approx(0.5, abs=0.15)
    assert row.distance == distance(row.first, row.second)
    assert opinion.disagrees is False
    assert opinion.reason is None
    # nothing lies between: the total effect is that of the arrow
    # over other draws of the same posterior: equal up to their Monte Carlo error
    assert opinion.arrow.loc[0, "natural"]["mean"] == pytest.approx(
        row.second["mean"], abs=row.second["sd"] / 10
    )


@pytest.mark.mcmc
def test_adjusting_undoes_logistic_confounding() -> None:
    rng = np.random.default_rng(3)
    size = {"a": -1.5, "b": 0.0, "c": 1.5}
    z = rng.choice(list(size), 600)
    pull = np.array([size[level] for level in z])
    x = rng.random(600) < expit(pull)
    y = rng.random(600) < expit(0.8 * x - 1.2 * pull)
    table = pd.DataFrame({"x": x * 1, "y": y * 1, "z": z})
    spec = model(
        {"x": Variable(kind="binary"), "y": Variable(kind="binary"), "z": Variable(kind="nominal")},
        "z>x z>y x>y",
    )
    forward = fitted(spec, table)
    (contrast,) = chosen_contrast(forward, "x", "1", "0")
    (row,) = second_opinion(forward, contrast, "y", seed=2, settings=QUICK).table.itertuples()
    truth = float((expit(0.8 - 1.2 * pull) - expit(-1.2 * pull)).mean())
    naive = float(table.loc[x, "y"].mean() - table.loc[~x, "y"].mean())
    assert naive < truth - 0.15
    assert row.second["lower"] < truth < row.second["upper"]
    assert row.second["lower"] > naive
    assert not row.disagrees


@pytest.mark.mcmc
def test_an_arrow_that_the_model_lacks_is_a_disagreement() -> None:
    """All of the effect runs through m, says the model; half of it does not."""
    table, noise = normals("xmy", 300, seed=4), normals("my", 300, seed=5)
    table["m"] = 0.5 * table["x"] + noise["m"]
    table["y"] = 0.5 * table["m"] + 0.8 * table["x"] + noise["y"]
    forward = fitted(model(["x", "m", "y"], "x>m m>y"), table)
    opinion = second_opinion(forward, UNIT, "y", seed=2, settings=QUICK)
    (row,) = opinion.table.itertuples()
    assert opinion.adjusted_for == ()
    assert opinion.strategy is Strategy.NONE_NEEDED
    assert row.second["mean"] == pytest.approx(regressed(table, "x"), abs=0.02)
    assert opinion.arrow is None
    assert row.distance < -DISAGREEMENT
    assert opinion.disagrees is True


@pytest.mark.mcmc
def test_a_direct_effect_holds_mediators_as_they_were() -> None:
    table, noise = normals("xmyz", 300, seed=6), normals("my", 300, seed=7)
    table["m"] = table["x"] + table["z"] + noise["m"]
    table["y"] = 0.4 * table["x"] + 0.6 * table["m"] - table["z"] + noise["y"]
    forward = fitted(model(["x", "m", "y", "z"], "x>m m>y x>y z>m z>y"), table)
    opinion = second_opinion(forward, UNIT, "y", seed=2, settings=QUICK, kind=QueryKind.DIRECT)
    (row,) = opinion.table.itertuples()
    assert (opinion.held, opinion.adjusted_for) == (("m",), ("z",))
    expected = regressed(table, "x", "m", "z")
    assert row.second["mean"] == pytest.approx(expected, abs=0.04)
    assert row.first["mean"] == pytest.approx(expected, abs=0.04)
    (arrow,) = opinion.arrow.itertuples()
    assert arrow.natural["mean"] == pytest.approx(expected, abs=0.04)
    assert arrow.natural["level"] == 0.95


@pytest.mark.mcmc
def test_a_construct_is_compared_at_the_same_places_of_its_scale() -> None:
    """Its scores have another scale in each model, and the effect's too."""
    rng = np.random.default_rng(8)
    z = rng.normal(size=250)
    x = 1.5 * z + rng.normal(size=250)
    y = 0.8 * x - z + rng.normal(size=250)
    answers = {
        f"{name}{k}": pd.cut(
            score + rng.logistic(size=250) * 0.7,
            [-np.inf, -1.5, 0, 1.5, np.inf],
            labels=list("1234"),
        ).astype(str)
        for name, score in (("x", x), ("y", y))
        for k in (1, 2, 3)
    }
    scale = {"kind": "latent", "levels": tuple("1234")}
    spec = model(
        {
            "x": Variable(items=("x1", "x2", "x3"), **scale),
            "y": Variable(items=("y1", "y2", "y3"), **scale),
            "z": Variable(),
        },
        "z>x z>y x>y",
    )
    forward = fitted(spec, pd.DataFrame({"z": z, **answers}))
    (contrast,) = default_contrasts(forward, "x")
    opinion = second_opinion(forward, contrast, "y", seed=2, settings=QUICK)
    (row,) = opinion.table.itertuples()
    assert opinion.adjusted_for == ("z",)
    # construct and covariate hang together in the regression as they do in the model
    assert opinion.fit.layout.data.spec.arrow("z", "x") is not None
    assert row.second["mean"] == pytest.approx(row.first["mean"], rel=0.1)
    assert not row.disagrees
    own = arrow_table(forward).set_index(["cause", "effect"]).loc[("x", "y"), "natural"]
    assert opinion.arrow.loc[0, "natural"]["mean"] == pytest.approx(own["mean"], rel=0.1)


def test_front_door_only_gives_no_second_opinion_and_says_why() -> None:
    spec = model(
        {**dict.fromkeys("xmy", Variable()), "u": Variable(observed=False)}, "x>m m>y u>x u>y"
    )
    opinion = second_opinion(not_sampled(table_data(spec, normals("xmy"))), UNIT, "y", seed=1)
    assert opinion.strategy is Strategy.FRONTDOOR
    assert opinion.adjusted_for is None
    assert opinion.disagrees is None
    assert opinion.fit is None
    assert opinion.reason.en == (
        "No set of covariates is enough to adjust for. "
        + identify_effect(spec.graph, "x", "y").sentence.en
    )
    (row,) = opinion.table.to_dict("records")
    assert row["first"]["sd"] > 0
    assert row["second"] is row["distance"] is row["disagrees"] is None


def test_a_cause_that_does_not_vary_gives_none() -> None:
    table = normals("xyz").assign(x=3.0)
    opinion = second_opinion(not_sampled(table_data(TRIANGLE, table)), UNIT, "y", seed=1)
    assert opinion.adjusted_for is None
    assert opinion.reason.en == "x or y hardly varies in these data."


def test_a_mediated_effect_is_another_question() -> None:
    forward = not_sampled(table_data(TRIANGLE, normals("xyz")))
    with pytest.raises(QueryError, match=r"One regression identifies a total or a direct effect\."):
        second_opinion(forward, UNIT, "y", seed=1, kind=QueryKind.MEDIATED)
    with pytest.raises(QueryError, match="'x' does not act on 'z' in this model"):
        second_opinion(forward, UNIT, "z", seed=1)


def test_the_smallest_set_first_and_then_by_name() -> None:
    spec = model(list("xyabcd"), "a>x a>b b>y c>x c>d d>y x>y")
    forward = not_sampled(table_data(spec, normals("xyabcd")))
    assert choose_adjustment(forward, "x", "y").given == ("a", "c")
    spec = model(list("xyabc"), "a>b b>x a>c c>y b>y x>y")
    forward = not_sampled(table_data(spec, normals("xyabc")))
    assert choose_adjustment(forward, "x", "y").given == ("b",)


def test_a_construct_without_information_is_no_covariate() -> None:
    spec = model(
        {
            **dict.fromkeys("xyw", Variable()),
            "z": Variable(kind="latent", items=("z1", "z2"), levels=("1", "2")),
        },
        "z>x z>y w>z w>x x>y",
    )
    table = normals("xyw").assign(z1="2", z2="2")
    fitted = spec_for_table(spec, table).spec  # what hardly varies is unobserved from here on
    assert choose_adjustment(not_sampled(table_data(fitted, table)), "x", "y").given is None


def test_a_count_in_a_table_has_no_variation_of_its_own() -> None:
    spec = model(
        {**dict.fromkeys("xy", Variable()), "z": Variable(kind="count", trials="of")}, "z>x z>y x>y"
    )
    table = normals("xy").assign(z=3, of=9)
    chosen = choose_adjustment(not_sampled(table_data(spec, table)), "x", "y")
    assert chosen.given is None
    assert chosen.reason.en == "With these data y cannot be adjusted for z."


WITH_SK = CausalSpec(
    name="careers",
    variables={
        **STUDY_SPEC.variables,
        "sk": Variable(kind="count", trials="sk_van", level="leerling"),
    },
    arrows=[*STUDY_SPEC.arrows, Arrow(cause="versnelling", effect="sk")],
    groups=STUDY_SPEC.groups,
)


@pytest.fixture(scope="module")
def careers() -> Forward:
    return not_sampled(study_data(WITH_SK, small_study()), draws=200)


def test_one_set_serves_both_ends_of_a_career(careers: Forward) -> None:
    """One end never stands in for its causes, though it cuts the path from them."""
    chosen = choose_adjustment(careers, "versnelling", "vsv")
    assert (chosen.given, chosen.outcomes) == (("samenwerking",), ("vsv", "sk"))
    assert choose_adjustment(careers, "versnelling", "binding").outcomes == ("binding",)


def test_pupils_are_adjusted_for_only_where_that_is_needed(careers: Forward) -> None:
    assert choose_adjustment(careers, "binding", "vsv").given == ("samenwerking", "versnelling")
    spec = CausalSpec(
        name="pupils",
        variables=STUDY_SPEC.variables,
        arrows=[*STUDY_SPEC.arrows, Arrow(cause="lwoo", effect="binding")],
        groups=STUDY_SPEC.groups,
    )
    forward = not_sampled(study_data(spec, small_study()))
    assert set(choose_adjustment(forward, "binding", "vsv").given) == {"lwoo", "samenwerking"}


@pytest.mark.parametrize("kind", [QueryKind.TOTAL, QueryKind.DIRECT])
def test_what_describes_pupils_is_no_cause(careers: Forward, kind: QueryKind) -> None:
    chosen = choose_adjustment(careers, "lwoo", "vsv", kind=kind)
    assert chosen.given is None
    assert chosen.reason.en.startswith("With these data lwoo (or a mediator) cannot serve")


@pytest.mark.mcmc
def test_a_career_has_a_second_opinion_on_its_share(careers: Forward) -> None:
    (contrast,) = default_contrasts(careers, "versnelling")
    brief = SamplerSettings(200, 300, 2)
    opinion = second_opinion(careers, contrast, "vsv", seed=2, settings=brief)
    (row,) = opinion.table.itertuples()
    cells = opinion.fit.layout.data.cells
    assert set(cells) == {"vsv", "sk"}
    # the careers of the study are unrelated to anything
    assert row.second_career["lower"] < 0 < row.second_career["upper"]
    assert 0.5 < row.second_career["sd"] / row.second["sd"] < 3


def test_what_is_fully_seen_is_conditioned_on_and_the_rest_modelled() -> None:
    data = study_data(WITH_SK, small_study(missing=0.2))
    spec = regression_spec(data, "versnelling", ["vsv"], {"samenwerking", "sector"})
    keys = {arrow.key for arrow in spec.arrows}
    assert keys == {
        ("versnelling", "vsv"),
        ("samenwerking", "vsv"),
        ("sector", "vsv"),
        ("sector", "samenwerking"),
        ("sector", "versnelling"),
        ("samenwerking", "versnelling"),
    }
    # tranche is a variable that nothing is adjusted for: it is no random effect either
    assert spec.groups == ("school", "sector")
    assert spec.variables["vsv"].kind is Kind.COUNT


def test_distance_is_in_joint_standard_deviations() -> None:
    one = {"mean": 1.0, "sd": 3.0, "lower": 0.0, "upper": 0.0, "level": 0.95}
    assert distance(one, {**one, "mean": 11.0, "sd": 4.0}) == -2.0
    certain = {**one, "sd": 0.0}
    assert distance(certain, certain) == 0.0
    assert distance(certain, {**certain, "mean": 0.0}) == np.inf


@pytest.mark.mcmc
def test_questions_that_adjust_for_the_same_share_a_regression() -> None:
    forward = fitted(TRIANGLE, normals("xyz", 60))
    shared = Regressions(forward, seed=2, settings=QUICK)
    one = second_opinion(forward, UNIT, "y", seed=0, regressions=shared)
    wider = replace(UNIT, high=UNIT.high + 1.0)
    two = second_opinion(forward, wider, "y", seed=0, regressions=shared)
    alone = second_opinion(forward, wider, "y", seed=2, settings=QUICK)
    assert one.fit is two.fit is not None
    assert alone.fit is not two.fit
    pd.testing.assert_frame_equal(two.table, alone.table)
