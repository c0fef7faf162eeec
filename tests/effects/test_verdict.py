from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.effects.verdict import (
    LOGIT_SD,
    ROPE,
    Untestable,
    Verdict,
    arrow_verdicts,
    hardly_varies,
    rope_width,
    savage_dickey,
    verdict,
    why_untestable,
)
from vm2causal.model.structural_data import (
    StructuralData,
    study_data,
    table_data,
)
from vm2causal.spec import CausalSpec
from vm2causal.spec.objects import Arrow, Variable
from vm2causal.spec.words import Sign


def judged(low: float, high: float, sign: Sign | None = Sign.PLUS, *, logit: bool = False) -> str:
    """Verdict on draws whose 95% interval is that from low to high."""
    draws = np.linspace(low, high, 1001)
    mass = (high - low) / 0.95 * 0.025
    draws = np.linspace(low - mass, high + mass, 1001)
    return verdict(draws, sign=sign, untestable=None, logit=logit, level=0.95).value


# -- the rules --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "sign", "expected"),
    [
        (0.02, 0.5, Sign.PLUS, "ondersteund"),
        (0.02, 0.05, Sign.PLUS, "ondersteund"),  # small and certain
        (-0.5, -0.02, Sign.MINUS, "ondersteund"),
        (0.02, 0.5, None, "ondersteund"),
        (-0.5, -0.02, None, "ondersteund"),
        (0.02, 0.5, Sign.MINUS, "tegengesproken"),
        (-0.5, -0.02, Sign.PLUS, "tegengesproken"),
        (-0.05, 0.05, Sign.PLUS, "geen_aanwijzing"),
        (-0.09, 0.09, None, "geen_aanwijzing"),
        (-0.09, 0.11, Sign.PLUS, "onbeslist"),
        (-0.11, 0.05, Sign.MINUS, "onbeslist"),
    ],
)
def test_rules(low: float, high: float, sign: Sign | None, expected: str) -> None:
    assert judged(low, high, sign) == expected


def test_the_region_of_practical_equivalence_is_wider_in_logits() -> None:
    assert rope_width(logit=False) == ROPE == 0.1
    assert rope_width(logit=True) == pytest.approx(0.1 * np.pi / np.sqrt(3))
    assert pytest.approx(stats.logistic.var()) == LOGIT_SD**2
    assert judged(-0.15, 0.15, logit=True) == "geen_aanwijzing"
    assert judged(-0.15, 0.15, logit=False) == "onbeslist"


@pytest.mark.parametrize("reason", list(Untestable))
def test_what_cannot_be_tested_has_no_other_verdict(reason: Untestable) -> None:
    draws = np.linspace(1, 2, 100)
    found = verdict(draws, sign=Sign.PLUS, untestable=reason, logit=False, level=0.95)
    assert found is Verdict.NIET_TOETSBAAR


def test_a_narrower_interval_decides_sooner() -> None:
    draws = np.random.default_rng(0).normal(0.15, 0.1, 4000)
    kept = {"sign": Sign.PLUS, "untestable": None, "logit": False}
    assert verdict(draws, level=0.5, **kept) is Verdict.ONDERSTEUND
    assert verdict(draws, level=0.95, **kept) is Verdict.ONBESLIST


# -- what cannot be tested --------------------------------------------------------------------


def pair(x: list[object], *, kind: str = "binary", z: list[object] | None = None) -> StructuralData:
    """x → y, and z → y where given."""
    variables = {"x": Variable(kind=kind), "y": Variable()}
    arrows = [Arrow(cause="x", effect="y")]
    table = pd.DataFrame({"x": x, "y": np.arange(len(x), dtype=float)})
    if z is not None:
        variables["z"] = Variable(kind="nominal")
        arrows.append(Arrow(cause="z", effect="y"))
        table["z"] = z
    return table_data(CausalSpec(name="pair", variables=variables, arrows=arrows), table)


@pytest.mark.parametrize(
    ("x", "kind", "reason"),
    [
        ([1] * 20, "binary", Untestable.NO_VARIATION),
        ([1] * 39 + [0], "binary", Untestable.NO_VARIATION),
        ([1] * 19 + [0], "binary", None),  # exactly 95%
        ([2.5] * 20, "continuous", Untestable.NO_VARIATION),
        ([2.5] * 39 + [9.5], "continuous", Untestable.NO_VARIATION),
        ([2.5] * 19 + [9.5], "continuous", None),  # exactly 95%
        ([None] * 5 + [2.5] * 39 + [9.5], "continuous", Untestable.NO_VARIATION),
        ([2.5 + k / 1000 for k in range(40)], "continuous", None),
        ([None] * 10 + [1] * 10, "binary", Untestable.NO_VARIATION),
        (["a"] * 40 + ["b"], "nominal", Untestable.NO_VARIATION),
    ],
)
def test_a_cause_that_hardly_varies(x: list[object], kind: str, reason: Untestable | None) -> None:
    assert why_untestable(pair(x, kind=kind), "x", "y", contraction=0.3) is reason


def test_a_cause_without_overlap() -> None:
    """x is known from z, which also acts on y: nothing is left to compare."""
    z = ["a", "b"] * 20
    same = [int(value == "b") for value in z]
    assert why_untestable(pair(same, z=z), "x", "y", contraction=0.3) is Untestable.NO_OVERLAP
    free = [0, 0, 1, 1] * 10
    assert why_untestable(pair(free, z=z), "x", "y", contraction=0.3) is None
    number = [value + 0.02 * k for k, value in enumerate(same)]
    mostly = pair([float(v) for v in number], kind="continuous", z=z)
    assert why_untestable(mostly, "x", "y", contraction=0.3) is None
    number = [value + 0.001 * k for k, value in enumerate(same)]
    hardly = pair([float(v) for v in number], kind="continuous", z=z)
    assert why_untestable(hardly, "x", "y", contraction=0.3) is Untestable.NO_OVERLAP


@pytest.mark.parametrize(("contraction", "reason"), [(0.91, Untestable.PRIOR_ONLY), (0.89, None)])
def test_a_posterior_that_is_the_prior(contraction: float, reason: Untestable | None) -> None:
    assert why_untestable(pair([0, 1] * 10), "x", "y", contraction=contraction) is reason


def test_a_construct_is_judged_by_its_items() -> None:
    study = small_study()
    data = study_data(STUDY_SPEC, study)
    assert not hardly_varies(data, "samenwerking")
    same = study.experiments.assign(s1="5", s2="5", s3="5")
    constant = study_data(STUDY_SPEC, replace(study, experiments=same))
    assert hardly_varies(constant, "samenwerking")
    found = why_untestable(constant, "samenwerking", "versnelling", contraction=0.1)
    assert found is Untestable.NO_VARIATION


# -- Savage–Dickey ----------------------------------------------------------------------------


@pytest.mark.parametrize(("mean", "n"), [(0.0, 4), (0.1, 16), (0.3, 25), (-0.4, 9)])
def test_a_bayes_factor_that_is_known(mean: float, n: int) -> None:
    """n observations with sd 1 and this mean, prior N(0, ½²): both densities are normal."""
    prior_sd = 0.5
    precision = 1 / prior_sd**2 + n
    posterior = stats.norm(n * mean / precision, precision**-0.5)
    exact = stats.norm(0, prior_sd).pdf(0) / posterior.pdf(0)
    # the same as the ratio of the marginal likelihoods of the mean
    against = stats.norm(0, np.sqrt(prior_sd**2 + 1 / n)).pdf(mean) / stats.norm(0, n**-0.5).pdf(
        mean
    )
    assert exact == pytest.approx(against)
    draws = posterior.ppf((np.arange(20_000) + 0.5) / 20_000)
    assert savage_dickey(draws, mean=0.0, sd=prior_sd) == pytest.approx(exact, rel=0.05)


def test_beyond_the_draws_the_normal_tail_goes_on() -> None:
    draws = stats.norm(2.0, 0.2).ppf((np.arange(2000) + 0.5) / 2000)
    exact = stats.norm(0, 0.5).pdf(0) / stats.norm(2.0, 0.2).pdf(0)
    assert np.log(savage_dickey(draws, mean=0.0, sd=0.5)) == pytest.approx(np.log(exact), rel=0.02)


def test_a_prior_away_from_zero_counts() -> None:
    draws = stats.norm(0.5, 0.3).ppf((np.arange(5000) + 0.5) / 5000)
    assert savage_dickey(draws, mean=0.5, sd=0.3) == pytest.approx(1.0, rel=0.05)


# -- one verdict per arrow ----------------------------------------------------------------------


def test_an_arrow_of_several_levels_has_the_clearest_verdict_and_its_largest_coefficient() -> None:
    rows = [
        ("sector", "vsv", "a vs c", -0.4, "onbeslist"),
        ("sector", "vsv", "b vs c", 0.2, "ondersteund"),
        ("sector", "vsv", "d vs c", -0.3, "ondersteund"),
        ("krimp", "vsv", None, None, "niet_toetsbaar"),
        ("sector", "sk", "a vs c", 0.1, "geen_aanwijzing"),
        ("sector", "sk", "b vs c", 0.9, "niet_toetsbaar"),
    ]
    table = pd.DataFrame(rows, columns=["cause", "effect", "contrast", "standardised", "verdict"])
    table["standardised"] = [
        None if pd.isna(mean) else {"mean": mean} for mean in table["standardised"]
    ]
    found = arrow_verdicts(table)
    assert list(found.columns) == [*table.columns, "levels"]
    told = found[["cause", "effect", "contrast", "verdict", "levels"]].fillna("")
    assert told.to_numpy().tolist() == [
        ["sector", "vsv", "d vs c", "ondersteund", 3],
        ["krimp", "vsv", "", "niet_toetsbaar", 1],
        ["sector", "sk", "a vs c", "geen_aanwijzing", 2],
    ]
    assert arrow_verdicts(table.head(0)).empty
