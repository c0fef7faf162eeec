from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from vm2causal.checks.gate.diagnostics import Diagnostics
from vm2causal.disclosure import flattened
from vm2causal.monitor.careers import cumulative_shares
from vm2causal.monitor.effects import published_shares
from vm2causal.report.documents.monitor import (
    cost_document,
    monitor_document,
    sectors_document,
)
from vm2causal.report.figures.monitor import (
    draw_methods,
    draw_sectors,
    draw_trajectories,
    save_figures,
)
from vm2causal.report.figures.trends import draw_trends
from vm2causal.report.words.sentences import estimate_sentence, license_sentence
from vm2causal.texts import Language, percentage, text
from vm2causal.workflow.monitor import SectorResult


def row(**changes: object) -> dict[str, object]:
    span = {"mean": 48.2, "sd": 18.0, "lower": -3.0, "upper": 85.4, "level": 0.95}
    base = {
        "method": "did_clustered",
        "tranche": "T1",
        "years_since_start": 4,
        "selection": "all",
        "outcome": "vsv",
        "fewer_pupils": span,
        "p_beneficial": 0.999_9,
        "p_beneficial_moved": 0.975,
    }
    return base | changes


def test_a_sentence_says_pupils_interval_and_probability_in_both_languages() -> None:
    nl = estimate_sentence(row(), 1044, Language.NL)
    assert "48 minder voortijdig schoolverlaters" in nl
    assert "vier jaar na de start" in nl
    assert "onder 1.044 starters (95%-interval: 3 meer tot 85 minder)" in nl
    assert "99,9%" not in nl  # what holds under parallel trends only
    assert "97,5%" in nl
    en = estimate_sentence(row(), 1044, Language.EN)
    assert "48 fewer early leavers" in en
    assert "among 1,044 starters (95% interval: 3 more to 85 fewer)" in en
    naive = estimate_sentence(
        row(method="naive_landelijk", p_beneficial_moved=None), 1044, Language.EN
    )
    assert "robability" not in naive


def test_an_sk_before_the_fourth_year_is_sooner_and_not_more() -> None:
    third = row(outcome="sk", tranche="T2", years_since_start=3)
    for language, said, more in (
        (Language.NL, "die hun startkwalificatie eerder hebben", "Dit is eerder, niet meer"),
        (Language.EN, "with a starting qualification ahead of time", "This is sooner, not more"),
    ):
        assert said in estimate_sentence(third, 1995, language)
        assert more in license_sentence(third, language)
        assert more not in license_sentence(row(outcome="sk"), language)


@pytest.mark.parametrize("language", list(Language))
def test_only_a_design_licenses_an_effect(language: Language) -> None:
    effect = ("Een effect als", "An effect if")
    for method in ("naive_landelijk", "naive_voorgaand"):
        assert not license_sentence(row(method=method), language).startswith(effect)
    assert license_sentence(row(), language).startswith(effect)


def test_an_increase_is_said_from_few_to_many() -> None:
    span = {"mean": -96.0, "sd": 20.0, "lower": -143.0, "upper": -50.0, "level": 0.95}
    said = estimate_sentence(row(outcome="sk", fewer_pupils=span), 1044, Language.NL)
    assert "96 meer leerlingen met een startkwalificatie" in said
    assert "50 meer tot 143 meer" in said


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({}, ["did_clustered", "shrunk"]),
        ({"tranche": "pooled"}, ["did_clustered", "pooled", "not_followed", "shrunk"]),
        (
            {"tranche": "pooled", "method": "naive_landelijk"},
            ["naive_landelijk", "pooled", "not_followed"],
        ),
        ({"tranche": "B1"}, ["did_clustered", "borging", "not_followed"]),
        ({"tranche": "B1", "method": "naive_landelijk"}, ["naive_landelijk", "not_followed"]),
        ({"tranche": "T2", "method": "did_all_pupils"}, ["did_all_pupils", "not_followed"]),
        (
            {"outcome": "sk", "years_since_start": 3},
            ["did_clustered", "sooner", "shrunk"],
        ),
        ({"selection": "as_intended"}, ["did_clustered", "as_intended", "shrunk"]),
    ],
)
def test_every_caveat_that_applies_is_said_and_no_other(
    changes: dict[str, str], keys: list[str]
) -> None:
    expected = " ".join(text(f"license.{key}", Language.NL) for key in keys)
    assert license_sentence(row(**changes), Language.NL) == expected


def test_single_digits_are_counted_and_not_made_a_percentage() -> None:
    chance = {"mean": 0.5, "sd": 0.1, "lower": 0.3, "upper": 0.7, "level": 0.95}
    stop = pd.DataFrame(
        [
            {"tranche": tranche, "sector": "techniek", "stopped": stopped, "started": started,
             "probability": chance}
            for tranche, stopped, started in (("T1", 4, 6), ("T2", 18, 32))
        ]
    )  # fmt: skip
    passed = Diagnostics(1.0, 900, 900, 0, 0.9, ())
    few, many = sectors_document(stop, pd.DataFrame(), passed, Language.EN)["stop"]
    assert "4 of 6 experiments stopped" in few["sentence"]
    assert "%" not in few["sentence"]
    assert "18 of 32 experiments stopped" in many["sentence"]
    assert "50%" in many["sentence"]


def test_selecting_afterwards_and_weak_comparisons_are_warned_of() -> None:
    assert "after" in license_sentence(row(selection="as_intended"), Language.EN)
    assert "weaker" in license_sentence(row(tranche="B2"), Language.EN)
    assert "weaker" in license_sentence(row(tranche="B1", method="naive_voorgaand"), Language.EN)


def test_a_failed_gate_takes_the_place_of_every_claim() -> None:
    failed = Diagnostics(1.2, 10, 10, 3, 0.1, ("divergences",))
    estimate = row(risk_difference={}, log_odds={})
    document = monitor_document(
        pd.DataFrame([estimate]),
        pd.DataFrame(),
        {("all", "did_clustered", "T1"): 1044.0},
        {("all", "did_clustered"): failed},
        failed,
        complier=pd.DataFrame(),
        sensitivity=pd.DataFrame(),
        parallel_trends=pd.DataFrame(),
        language=Language.NL,
    )
    (said,) = document["estimates"]
    assert (
        said["sentence"]
        == "Achtergehouden: deze schatting is niet betrouwbaar berekend (divergences)."
    )
    assert said["license"] == ""
    costs = pd.DataFrame(
        [{"outcome": "vsv", "tranche": "T1", "years_since_start": 4,
          "median": 1.0, "lower": 1.0, "upper": float("inf"),
          "level": 0.95, "p_no_benefit": 0.1}]
    )  # fmt: skip
    (cost,) = cost_document(costs, failed, Language.EN)["costs"]
    assert cost["sentence"].startswith("Withheld:")
    assert cost["unbounded"] is True


@pytest.mark.mcmc
@pytest.mark.parametrize("language", list(Language))
def test_figures_are_unclipped_and_described(monitor, language: Language, tmp_path: Path) -> None:
    fit = monitor.fits["all", "did_clustered"]
    chosen = {"outcome": "vsv", "selection": "all", "language": language}
    figures = [
        draw_trajectories(
            published_shares(fit.data), cumulative_shares(fit.posterior, fit.data), **chosen
        ),
        draw_methods(monitor.estimates, **chosen),
        draw_trends(monitor.parallel_trends, language=language),
    ]
    for item in figures:
        _assert_texts_inside(item.figure)
    assert ("23,5%" if language is Language.NL else "23.5%") in figures[0].alt
    paths = save_figures(figures, tmp_path)
    assert sorted(path.suffix for path in paths) == [".csv"] * 3 + [".png"] * 3 + [".svg"] * 3
    trends = pd.read_csv(tmp_path / "parallel-trends.csv")
    assert list(trends["tranche"]) == ["T1", "T2"] * 2
    for verdict in set(trends["verdict"]):
        assert text(f"trends.{verdict}", language) in figures[2].alt
    shares = pd.read_csv(next(path for path in paths if path.name == "trajectories-vsv-all.csv"))
    vm2 = shares.query("tranche == 'T1' and group == 'vm2' and year == 4").iloc[0]
    assert percentage(vm2["published"], language) in figures[0].alt
    assert (shares["lower"] < shares["upper"]).all()
    methods = pd.read_csv(next(path for path in paths if path.name == "methods-vsv-all.csv"))
    # T1 after three and four years, the others after their last
    assert len(methods) == 4 * 6
    assert set(shares["origin"]) == set(methods["origin"]) == {"published"}
    svg = paths[0].read_text()
    assert "<title" in svg
    assert "<desc" in svg
    assert not plt.get_fignums()


def _assert_texts_inside(figure: plt.Figure) -> None:
    figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    for item in figure.findobj(plt.Text):
        if item.get_text().strip() and item.get_visible():
            box = item.get_window_extent()
            assert box.x0 >= -1, item.get_text()
            assert box.y0 >= -1, item.get_text()
            assert box.x1 <= width + 1, item.get_text()
            assert box.y1 <= height + 1, item.get_text()


@pytest.mark.mcmc
def test_sector_figure_shows_the_counts(sectors: SectorResult) -> None:
    drawn = draw_sectors(sectors.stop, language=Language.NL)
    labels = {item.get_text() for item in drawn.figure.findobj(plt.Text)}
    assert {"18 van 32", "4 van 6", "techniek"} <= labels
    assert set(drawn.data["origin"]) == {"published"}
    _assert_texts_inside(drawn.figure)
    plt.close(drawn.figure)


@pytest.mark.mcmc
def test_tables_for_csv_spread_their_intervals(monitor) -> None:
    flat = flattened(monitor.estimates)
    assert {"risk_difference_mean", "risk_difference_upper", "method"} <= set(flat.columns)
    assert len(flat) == len(monitor.estimates)
