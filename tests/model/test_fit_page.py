"""The page on fitting states the priors that are used."""

import re
from math import exp
from pathlib import Path

import pytest

from vm2causal.checks.gate import answers
from vm2causal.checks.replicate import posterior_predictive
from vm2causal.model import structural_parameters as priors

PAGE = (Path(__file__).parents[2] / "docs" / "fit.md").read_text(encoding="utf-8")


def stated(parameter: str) -> tuple[float, float]:
    """Location and scale in the row of a parameter; a log location is given as ``log x``."""
    row = re.search(rf"^\| {re.escape(parameter)} \| (.+?) \|", PAGE, flags=re.MULTILINE)
    assert row is not None, parameter
    found = re.search(r"\((?:log )?([\d.]+), ([\d.]+)\)", row[1])
    assert found is not None
    return float(found[1]), float(found[2])


@pytest.mark.parametrize(
    ("parameter", "used"),
    [
        ("arrow, per standard deviation of the cause", (0, priors.WEIGHT_SD)),
        ("arrow, per level", (0, priors.CONTRAST_SD)),
        ("arrow, per unit of log-odds of a count", (0, priors.LOG_ODDS_SD)),
        ("intercept, middle cutpoint", (0, priors.INTERCEPT_SD)),
        ("standard deviation of a group", (exp(priors.GROUP_LOG_SD[0]), priors.GROUP_LOG_SD[1])),
        (
            "residual of a standardised number",
            (exp(priors.RESIDUAL_LOG_SD[0]), priors.RESIDUAL_LOG_SD[1]),
        ),
        ("distance between cutpoints", priors.GAP_LOG),
        ("loading of an item", priors.LOADING_LOG),
        (
            "first arrow of an unobserved cause",
            (exp(priors.HIDDEN_LOG[0]), priors.HIDDEN_LOG[1]),
        ),
    ],
)
def test_the_page_states_the_priors(parameter: str, used: tuple[float, float]) -> None:
    assert stated(parameter) == pytest.approx(used)


def test_the_page_states_the_bounds_of_the_checks() -> None:
    assert f"below −{-answers.AGAINST:g}, p < {answers.CERTAIN:g}" in PAGE
    assert f"Further than {posterior_predictive.WARN:g} standard deviations" in PAGE
    assert f"further than {posterior_predictive.FAIL:g} a" in PAGE
