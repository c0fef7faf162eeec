import numpy as np
import pandas as pd
import pytest
from scipy import stats

from vm2causal.effects.bayes_factors import BayesFactor
from vm2causal.effects.judgement import (
    Weighed,
    arrow_verdicts,
    judge_arrow,
    unjudged,
    wrong_signs,
)
from vm2causal.effects.verdict import Untestable
from vm2causal.spec.words import Sign


def weighed(
    mean: float,
    sd: float,
    *,
    sign: Sign | None = Sign.PLUS,
    untestable: Untestable | None = None,
    factor: BayesFactor | None = None,
    seed: int = 0,
) -> Weighed:
    """A coefficient with a normal posterior on the identity scale."""
    draws = mean + sd * stats.zscore(np.random.default_rng(seed).normal(size=4000))
    return Weighed(draws, float((draws > 0).mean()), sign, untestable, False, factor)


def judged(item: Weighed) -> dict:
    (found,) = judge_arrow([item], 0.95)
    return found


# -- a verdict, and what is said beside it ------------------------------------------------------


@pytest.mark.parametrize(
    ("mean", "sd", "factor", "verdict", "side", "notes"),
    [
        (0.5, 0.1, BayesFactor(None, 50.0), "ondersteund", "+", []),
        (0.25, 0.1, BayesFactor(3.0, None), "ondersteund", "+", ["size_undecided"]),
        (0.25, 0.1, BayesFactor(0.7, None), "ondersteund", "+",
         ["size_undecided", "bayes_factor_against"]),
        (-0.5, 0.1, BayesFactor(None, 50.0), "tegengesproken", "-", []),
        (0.05, 0.02, BayesFactor(0.5, None), "geen_aanwijzing", "+", ["negligible"]),
        (-0.05, 0.01, BayesFactor(None, 50.0), "geen_aanwijzing", "-", ["negligible"]),
        (0.0, 0.03, BayesFactor(0.03, None), "geen_aanwijzing", None, []),
        (0.1, 0.1, BayesFactor(0.4, None), "onbeslist", None, []),
        (0.0, 0.1, BayesFactor(0.08, None), "onbeslist", None, ["bayes_factor_against"]),
        (0.3, 0.17, BayesFactor(11.0, None), "onbeslist", None, ["bayes_factor_for"]),
    ],
)  # fmt: skip
def test_no_number_contradicts_a_verdict_without_a_word(
    mean: float, sd: float, factor: BayesFactor, verdict: str, side: str | None, notes: list[str]
) -> None:
    found = judged(weighed(mean, sd, factor=factor))
    assert (found["verdict"], found["direction"], found["notes"]) == (verdict, side, tuple(notes))
    assert (found["bayes_factor"], found["bayes_factor_at_least"]) == (
        factor.value,
        factor.at_least,
    )


def test_without_an_expected_sign_there_is_nothing_to_support() -> None:
    found = judged(weighed(0.5, 0.1, sign=None))
    assert (found["verdict"], found["direction"]) == ("een_effect", "+")
    assert found["bayes_factor"] is None


def test_what_cannot_be_tested_has_no_direction_and_no_notes() -> None:
    item = weighed(0.5, 0.1, untestable=Untestable.NO_OVERLAP, factor=BayesFactor(0.1, None))
    found = judged(item)
    assert (found["verdict"], found["direction"], found["notes"]) == ("niet_toetsbaar", None, ())
    assert set(unjudged()) == set(found)


def test_a_local_false_sign_rate_is_the_probability_of_the_other_sign() -> None:
    for mean in (-0.2, 0.2):
        found = judged(weighed(mean, 0.1))
        assert found["lfsr"] == pytest.approx(stats.norm.cdf(-2), abs=0.005)
    assert judged(weighed(-0.2, 0.1))["p_direction"] == pytest.approx(0.023, abs=0.005)


def test_a_contrast_is_judged_with_the_others_of_its_arrow() -> None:
    """Excluded by 2.1 standard deviations alone, not among four contrasts."""
    one = weighed(0.63, 0.3, sign=None, seed=1)
    others = [weighed(0.0, 0.3, sign=None, seed=seed) for seed in (2, 3, 4)]
    assert judged(one)["verdict"] == "een_effect"
    first, *rest = judge_arrow([one, *others], 0.95)
    assert first["standardised"]["lower"] > 0 > first["band"]["lower"]
    assert (first["verdict"], first["notes"]) == ("onbeslist", ("several_contrasts",))
    assert [row["notes"] for row in rest] == [(), (), ()]
    clear = weighed(1.2, 0.3, sign=None, seed=1)
    assert next(judge_arrow([clear, *others], 0.95))["verdict"] == "een_effect"


# -- how many may be wrong ----------------------------------------------------------------------


def test_wrong_signs_are_summed_over_what_names_a_direction() -> None:
    rows = [("ondersteund", 0.01), ("een_effect", 0.02), ("tegengesproken", 0.005),
            ("onbeslist", 0.4), ("geen_aanwijzing", 0.3), ("niet_toetsbaar", None)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["verdict", "lfsr"])
    found = wrong_signs(table)
    assert (found.named, found.expected) == (3, pytest.approx(0.035))


def test_as_many_signs_are_wrong_as_expected() -> None:
    """2,000 studies of ten effects from the prior: the sum over what was called, to its error."""
    rng = np.random.default_rng(5)
    effects = rng.normal(0, 0.3, (2000, 10))
    estimates = effects + rng.normal(0, 0.2, effects.shape)
    weight = 0.3**2 / (0.3**2 + 0.2**2)
    mean, sd = weight * estimates, np.sqrt(weight) * 0.2
    lfsr = stats.norm.cdf(-np.abs(mean) / sd)
    called = np.abs(mean) > stats.norm.ppf(0.975) * sd
    table = pd.DataFrame({"verdict": np.where(called, "een_effect", "onbeslist").ravel(),
                          "lfsr": lfsr.ravel()})  # fmt: skip
    found = wrong_signs(table)
    wrong = ((np.sign(mean) != np.sign(effects)) & called).sum()
    assert found.named == called.sum()
    assert wrong == pytest.approx(found.expected, abs=3 * np.sqrt(found.expected))


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
