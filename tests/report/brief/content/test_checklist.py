"""What reviews ask for, against closed forms, and where each item of a guideline stands."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, gammaln, logit
from scipy.stats import logistic

from vm2causal.report.brief.content.blocks import Paragraph, Section, Table
from vm2causal.report.brief.content.checklist import (
    COX,
    hedges_g,
    monitor_checklist,
    study_checklist,
)
from vm2causal.texts import Language, text

ROWS = [
    {"outcome": "sk", "tranche": "T1", "years_since_start": 4, "log_odds": {"mean": 0.38},
     "starters": 1000},
    {"outcome": "vsv", "tranche": "T2", "years_since_start": 3, "log_odds": {"mean": -0.27},
     "starters": 2000},
]  # fmt: skip
ICC = {"vsv": {"mean": 0.034}, "sk": {"mean": 0.051}}


def tables(section: Section) -> dict[str, Table]:
    return {block.name: block for block in section.blocks if isinstance(block, Table)}


@pytest.mark.parametrize("pupils", [6, 20, 2000])
def test_hedges_correction_is_that_of_the_gamma_function(pupils: int) -> None:
    """Exactly c(m) = Γ(m / 2) / (√(m / 2) Γ((m - 1) / 2)) with m = N - 2 (Hedges 1981, eq. 6e)."""
    free = pupils - 2
    exact = np.exp(gammaln(free / 2) - gammaln((free - 1) / 2)) / np.sqrt(free / 2)
    assert hedges_g(COX, pupils) == pytest.approx(exact, abs=0.01 if pupils < 10 else 1e-3)


def test_the_cox_index_is_near_the_difference_of_two_normal_thresholds() -> None:
    """Two shares cut from normal distributions a fifth of an sd apart; and of logistic ones."""
    shares = 0.35, 0.43
    odds = logit(shares[1]) - logit(shares[0])
    scale = np.pi / np.sqrt(3)
    by_logistic = (logistic.ppf(shares[1]) - logistic.ppf(shares[0])) / scale
    assert odds / COX == pytest.approx(by_logistic * scale / COX)
    draws = np.random.default_rng(1).normal(size=400_000)
    cut = np.quantile(draws, 1 - shares[0])
    moved = (draws + hedges_g(odds, 1e9) > cut).mean()
    assert moved == pytest.approx(shares[1], abs=0.004)
    assert expit(logit(shares[0]) + odds) == pytest.approx(shares[1])


def test_the_standardised_numbers_are_those_of_their_rows() -> None:
    section = monitor_checklist([], ROWS, ICC, Language.EN)
    shown = tables(section)["standardised"]
    assert [[cell.text for cell in row][2:] for row in shown.rows] == [
        ["4", "0.38", f"{0.38 / 1.65 * (1 - 3 / 3991):.2f}", "0.051"],
        ["3", "−0.27", f"{-0.27 / 1.65 * (1 - 3 / 7991):.2f}".replace("-", "−"), "0.034"],
    ]
    assert "1.65" in shown.note


@pytest.mark.parametrize("language", list(Language))
def test_each_item_names_the_section_where_it_stands_or_leaves_it_to_the_writer(
    language: Language,
) -> None:
    stands = Section("diagnostics", "The computation", (Paragraph("x"),))
    nested = Section("outer", "Outer", (Section("findings", "What we found", ()),))
    found = tables(study_checklist([stands, nested], language))
    yours = text("brief.checklist.yours", language)
    where = {row[1].text for table in found.values() for row in table.rows}
    assert where == {"The computation", "What we found", yours}
    # what no machine can know is never filled in
    protocol = text("brief.checklist.target.protocol", language)
    (row,) = (row for row in found["checklist-target"].rows if row[0].text == protocol)
    assert row[1].text == yours
