import logging
from collections.abc import Iterator
from typing import Any

import networkx as nx
import numba
import numpy as np
import pandas as pd
import pytest
from dowhy import CausalModel
from dowhy.causal_estimator import CausalEstimate
from numba.core import event
from scipy.special import expit

from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.totals import expected_totals
from vm2causal.errors import OptionError
from vm2causal.estimators import HierarchicalEstimator
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import fit_structural
from vm2causal.spec import Arrow, CausalSpec, Variable

METHOD = "backdoor.vm2causal.estimators.HierarchicalEstimator"
QUICK = SamplerSettings(400, 400, 4)
SHARE = {"laag": -1.0, "midden": 0.0, "hoog": 1.0}
GRAPH = nx.DiGraph(
    [
        ("advies", "steun"),
        ("advies", "cijfer"),
        ("leeftijd", "steun"),
        ("leeftijd", "cijfer"),
        ("steun", "cijfer"),
    ]
)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """DoWhy reports its steps, and few simulations, as warnings of the log."""
    logger = logging.getLogger("dowhy")
    before = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(before)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Pupils in schools; support goes to the weaker, and helps by 0.5."""
    rng = np.random.default_rng(1)
    size = 300
    school = rng.integers(0, 12, size)
    advies = rng.choice(list(SHARE), size)
    weight = np.array([SHARE[level] for level in advies])
    leeftijd = rng.normal(size=size)
    steun = rng.random(size) < expit(leeftijd - 1.5 * weight)
    mean = 0.5 * steun + weight - 0.8 * leeftijd + 0.7 * rng.normal(size=12)[school]
    return pd.DataFrame(
        {
            "cijfer": mean + rng.normal(size=size),
            "steun": steun,
            "leeftijd": leeftijd,
            "advies": advies,
            "school": [f"s{k}" for k in school],
        }
    )


def passed(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(cijfer=(table["cijfer"] > 0) * 1)


def estimated(
    table: pd.DataFrame, *, options: dict[str, Any] | None = None, **more: Any
) -> tuple[CausalModel, Any, CausalEstimate]:
    model = CausalModel(table, "steun", "cijfer", graph=GRAPH)
    estimand = model.identify_effect()
    init = {"settings": QUICK, "groups": ["school"], **(options or {})}
    estimate = model.estimate_effect(
        estimand, method_name=METHOD, method_params={"init_params": init}, **more
    )
    return model, estimand, estimate


@pytest.fixture(scope="module")
def continuous(table: pd.DataFrame) -> tuple[CausalModel, Any, CausalEstimate]:
    return estimated(table, confidence_intervals=True, test_significance=True)


def own_total(table: pd.DataFrame, outcome: Variable) -> np.ndarray:
    """The same question to the structural model of the whole table."""
    spec = CausalSpec(
        name="whole",
        variables={
            "advies": Variable(kind="nominal"),
            "leeftijd": Variable(),
            "steun": Variable(kind="binary", levels=("0", "1")),
            "cijfer": outcome,
        },
        arrows=[Arrow(cause=cause, effect=effect) for cause, effect in GRAPH.edges],
        groups=["school"],
    )
    fit = fit_structural(table_data(spec, table), seed=3, settings=QUICK)
    forward = Forward(fit.layout, fit.posterior)
    contrast = Contrast("steun", 1.0, 0.0, "1", "0")
    found = expected_totals(forward, contrast, ["cijfer"])["cijfer"]
    return found["natural"].mean("row").to_numpy()


@pytest.mark.mcmc
@pytest.mark.parametrize("binary", [False, True])
def test_it_agrees_with_the_structural_model(table: pd.DataFrame, binary: bool) -> None:
    chosen = passed(table) if binary else table
    outcome = Variable(kind="binary", levels=("0", "1")) if binary else Variable()
    _, _, estimate = estimated(chosen)
    expected = own_total(chosen, outcome)
    naive = chosen.groupby("steun")["cijfer"].mean().diff().iloc[-1]
    sd = float(expected.std())
    assert estimate.value == pytest.approx(expected.mean(), abs=0.3 * sd)
    assert estimate.get_standard_error() == pytest.approx(sd, rel=0.25)
    assert naive < estimate.value - 3 * sd


@pytest.mark.mcmc
def test_interval_and_sign_are_of_the_posterior(continuous: Any) -> None:
    _, _, estimate = continuous
    lower, upper = estimate.get_confidence_intervals()
    assert lower < 0.5 < upper
    assert lower < estimate.value < upper
    assert estimate.get_standard_error() == pytest.approx((upper - lower) / 3.92, rel=0.1)
    wider = estimate.get_confidence_intervals(confidence_level=0.99)
    assert wider[0] < lower
    assert upper < wider[1]
    assert estimate.test_stat_significance()["p_value"] < 0.05
    assert "cijfer ~ steun + " in str(estimate)
    assert "(1 | school)" in str(estimate)
    difference = estimate.estimator.do(True) - estimate.estimator.do(False)
    assert difference == pytest.approx(estimate.value)


@pytest.mark.mcmc
def test_a_placebo_does_nothing_and_refits_compile_nothing(continuous: Any) -> None:
    model, estimand, estimate = continuous
    with event.install_recorder("numba:compile") as recorder:
        numba.njit(lambda value: value)(1)
    assert recorder.buffer, "what follows would pass whatever was compiled"
    with event.install_recorder("numba:compile") as recorder:
        refuted = model.refute_estimate(
            estimand,
            estimate,
            method_name="placebo_treatment_refuter",
            placebo_type="permute",
            num_simulations=20,
            random_state=np.random.RandomState(4),
        )
    assert not recorder.buffer
    # 20 placebos with the standard error of the estimate
    assert abs(refuted.new_effect) < 3 * estimate.get_standard_error() / np.sqrt(20)
    assert refuted.refutation_result["p_value"] > 0.05
    # the estimate itself is untouched by refits
    assert estimate.estimator.regression is not None


@pytest.mark.mcmc
@pytest.mark.parametrize(
    ("refuter", "options"),
    [
        ("random_common_cause", {}),
        ("data_subset_refuter", {"subset_fraction": 0.8}),
        ("bootstrap_refuter", {}),
    ],
)
def test_what_should_not_matter_does_not(
    continuous: Any, refuter: str, options: dict[str, Any]
) -> None:
    model, estimand, estimate = continuous
    refuted = model.refute_estimate(
        estimand,
        estimate,
        method_name=refuter,
        num_simulations=4,
        random_state=np.random.RandomState(5),
        **options,
    )
    assert refuted.new_effect != estimate.value
    assert abs(refuted.new_effect - estimate.value) < 1.5 * estimate.get_standard_error()


@pytest.mark.mcmc
def test_a_resample_without_some_level_is_fitted_with_all_of_them(continuous: Any) -> None:
    model, estimand, estimate = continuous
    part = model._data[model._data["advies"] != "hoog"]
    refit = estimate.estimator.get_new_estimator_object(estimand).fit(part)
    forward = refit.regression.forward
    assert forward.data.columns["advies"].levels == ("hoog", "laag", "midden")
    assert estimate.estimator.regression is not refit.regression


@pytest.mark.mcmc
def test_target_units_are_rows_of_the_table(table: pd.DataFrame) -> None:
    """On the logit scale the effect in points differs between rows."""
    binary = passed(table)
    _, _, estimate = estimated(binary)
    estimator = estimate.estimator

    def over(units: Any) -> float:
        return estimator.estimate_effect(binary, True, False, units).value

    share = float(binary["steun"].mean())
    assert over("ate") == pytest.approx(share * over("att") + (1 - share) * over("atc"))
    assert over(lambda data: data["steun"]) == over("att") != over("ate")
    with pytest.raises(OptionError, match=r"These target units are not known here\. Got: 'all'\."):
        over("all")
    with pytest.raises(OptionError, match=r"No row is among the target units\."):
        over(lambda data: data["leeftijd"] > 99)
    with pytest.raises(OptionError, match=r"rows that were fitted\. Got: '10 rows'\."):
        estimator.estimate_effect(binary.head(10))
    with pytest.raises(OptionError, match=r"no such level\. Got: '2'\. One of: 0, 1\."):
        estimator.estimate_effect(binary, treatment_value=2)


@pytest.mark.mcmc
def test_columns_may_have_any_name(table: pd.DataFrame) -> None:
    names = {"steun": "extra steun?", "cijfer": "_cijfer", "leeftijd": "1e leeftijd"}
    renamed = table.rename(columns=names)
    model = CausalModel(renamed, "extra steun?", "_cijfer", graph=nx.relabel_nodes(GRAPH, names))
    estimand = model.identify_effect()
    init = {"settings": QUICK, "groups": ["school"]}
    estimate = model.estimate_effect(
        estimand, method_name=METHOD, method_params={"init_params": init}
    )
    _, _, expected = estimated(table)
    assert estimate.value == pytest.approx(expected.value, abs=0.1)


def estimand_of(table: pd.DataFrame, **more: Any) -> Any:
    model = CausalModel(table, "steun", "cijfer", graph=GRAPH)
    estimand = model.identify_effect()
    estimand.set_identifier_method(more.get("method", "backdoor"))
    return estimand


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        ({"school": "nominal"}, r"not in the question\. Got: 'school'"),
        ({"steun": "count"}, r"'steun' cannot be count here\."),
        ({"steun": "dummy"}, r"'steun' is given a kind that does not exist\. Got: 'dummy'"),
    ],
)
def test_kinds_that_cannot_be(table: pd.DataFrame, kinds: dict[str, str], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        HierarchicalEstimator(estimand_of(table), kinds=kinds)


def test_an_outcome_without_a_mean_is_refused(table: pd.DataFrame) -> None:
    estimator = HierarchicalEstimator(estimand_of(table), kinds={"cijfer": "nominal"})
    with pytest.raises(OptionError, match=r"'cijfer' cannot be nominal here\."):
        estimator.fit(table.assign(cijfer="a"))


def test_an_option_that_does_not_exist(table: pd.DataFrame) -> None:
    with pytest.raises(OptionError, match=r"no such option\. Got: 'group'\. It has groups, kinds,"):
        HierarchicalEstimator(estimand_of(table), init_params={"group": ["school"]})


def test_it_adjusts_and_nothing_else(table: pd.DataFrame) -> None:
    with pytest.raises(OptionError, match=r"adjusts for covariates and does nothing else"):
        HierarchicalEstimator(estimand_of(table, method="iv"))


def test_it_says_what_comes_first(table: pd.DataFrame) -> None:
    estimator = HierarchicalEstimator(estimand_of(table))
    with pytest.raises(OptionError, match=r"has not been fitted\. Call fit first\."):
        estimator.do(1)
    with pytest.raises(OptionError, match=r"Call estimate_effect first\."):
        estimator.estimate_std_error(table)
