"""Every figure of a fit: legible in both languages, told in words, its numbers beside it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from figure_cases import (
    study_spec,
    study_tables,
    table_tables,
    texts_of,
    unreadable,
)
from vm2causal.effects.coefficient_densities import POINTS
from vm2causal.effects.verdict import Verdict
from vm2causal.errors import QueryError
from vm2causal.report.canvas.figure_files import svg_text
from vm2causal.report.figures.effects import VERDICT_LOOKS, draw_arrows
from vm2causal.report.figures.groups import draw_caterpillars
from vm2causal.report.figures.mediation import draw_mediation
from vm2causal.report.figures.named_figure import NamedFigure, picture_of, save_figures
from vm2causal.report.figures.predictive import draw_predictive
from vm2causal.report.figures.weighted_model import draw_weighted_model
from vm2causal.report.words.level_labels import contrast_label, level_label
from vm2causal.spec import Variable
from vm2causal.texts import Language, number, percentage, text
from vm2causal.workflow.figures import FIGURES, draw_figure
from vm2causal.workflow.fit_tables import FitTables

DRAWN = [name for name in FIGURES if name not in ("tipping", "slopes")]  # see test_slopes
OF_TABLE = ["dag", "arrows", "sectors", "mediation", "priors", "ppc"]


@cache
def _drawn(name: str, language: Language = Language.NL) -> list[NamedFigure]:
    return draw_figure(name, study_tables(), language)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("name", DRAWN)
def test_all_that_is_written_can_be_read(name: str, language: Language) -> None:
    for item in _drawn(name, language):
        assert unreadable(item.figure) == []


@pytest.mark.parametrize("name", OF_TABLE)
def test_figures_of_a_flat_table_can_be_read_and_are_not_called_synthetic(name: str) -> None:
    mark = text("figures.synthetic", Language.EN)
    for item in draw_figure(name, table_tables(), Language.EN):
        assert unreadable(item.figure) == []
        assert mark not in texts_of(item.figure)
        assert mark not in item.alt


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("name", DRAWN)
def test_synthetic_input_is_told_in_words(name: str, language: Language) -> None:
    mark = text("figures.synthetic", language)
    for item in _drawn(name, language):
        assert texts_of(item.figure).count(mark) == 1
        assert item.alt.startswith(f"{mark}. ")
        assert item.title.replace("\n", " ") in " ".join(texts_of(item.figure)).replace("\n", " ")


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_figure_has_the_same_bytes(name: str) -> None:
    first, second = (
        [svg_text(item.figure, title=item.title, description=item.alt) for item in figures]
        for figures in (_drawn(name), draw_figure(name, study_tables(), Language.NL))
    )
    assert first == second


def test_the_numbers_beside_the_arrows_are_those_of_the_table(tmp_path: Path) -> None:
    arrows = study_tables().answers.arrows
    written = [path for path in save_figures(_drawn("arrows"), tmp_path) if path.suffix == ".csv"]
    found = pd.concat([pd.read_csv(path) for path in written])
    assert len(found) == len(arrows)
    fitted = [row for row in arrows["standardised"] if row is not None]
    np.testing.assert_allclose(
        sorted(found["standardised_mean"].dropna()), sorted(row["mean"] for row in fitted)
    )
    assert sorted(found["verdict"]) == sorted(arrows["verdict"])


@pytest.mark.parametrize("language", list(Language))
def test_the_arrows_are_told_with_their_numbers(language: Language) -> None:
    told = " ".join(item.alt for item in _drawn("arrows", language))
    for row in study_tables().answers.arrows.itertuples():
        assert study_spec().label(row.cause, language) in told
        if row.standardised is not None:
            mean, lower, upper = (
                number(row.standardised[part], language, 2) for part in ("mean", "lower", "upper")
            )
            until = text("figures.arrows.alt.item", language, cause="", effect="", mean=mean,
                         lower=lower, upper=upper, verdict="")  # fmt: skip
            assert until.strip(" →,") in told
    assert "90%" in told


def test_a_model_of_many_arrows_fills_several_pages() -> None:
    arrows = pd.concat([study_tables().answers.arrows] * 5, ignore_index=True)
    pages = draw_arrows(arrows, study_spec(), language=Language.NL, synthetic=True)
    assert [page.name for page in pages] == [f"arrows-{n}" for n in range(1, len(pages) + 1)]
    assert len(pages) > 1
    assert sum(len(page.data) for page in pages) == len(arrows)
    assert max(page.figure.get_figheight() for page in pages) < 11.7
    assert f"(1 van {len(pages)})" in pages[0].title


def test_verdicts_differ_without_colour() -> None:
    looks = {(look.marker, look.filled) for look in VERDICT_LOOKS.values()}
    assert set(VERDICT_LOOKS) == set(Verdict)
    assert len(looks) == len(Verdict)


def test_the_model_is_drawn_by_the_clearest_verdict_of_each_arrow() -> None:
    spec, arrows = study_spec(), study_tables().answers.arrows
    drawn = draw_weighted_model(arrows, spec, language=Language.EN, synthetic=False)
    shown = drawn.data.set_index(["cause", "effect"])
    assert len(shown) == len(spec.arrows)
    for pair, own in arrows.groupby(["cause", "effect"]):
        verdicts = set(own["verdict"])
        assert shown.loc[pair, "verdict"] in verdicts
        assert shown.loc[pair, "levels"] == len(own)
        if verdicts != {"niet_toetsbaar"}:
            alike = own[own["verdict"] == shown.loc[pair, "verdict"]]["standardised"]
            largest = max((row["mean"] for row in alike), key=abs)
            assert shown.loc[pair, "standardised_mean"] == pytest.approx(largest)
    marks = [item for item in texts_of(drawn.figure) if item in {"✓", "✗", "?", "0", "n"}]
    assert len(marks) == len(spec.arrows)
    assert drawn.alt.count("→") == len(spec.arrows)
    assert "not testable" in drawn.alt


def test_an_arrow_of_which_every_level_is_withheld_is_drawn_without_a_verdict() -> None:
    spec, arrows = study_spec(), study_tables().answers.arrows
    gone = ("samenwerking", "binding")
    kept = arrows[(arrows["cause"] != gone[0]) | (arrows["effect"] != gone[1])]
    drawn = draw_weighted_model(kept, spec, language=Language.NL, synthetic=False)
    assert "zonder oordeel: gaat over minder dan 10 leerlingen" in texts_of(drawn.figure)
    assert unreadable(drawn.figure) == []
    marks = [item for item in texts_of(drawn.figure) if item in {"✓", "✗", "?", "0", "n"}]
    assert len(marks) == len(drawn.data) == len(spec.arrows) - 1
    assert drawn.alt.count("→") == len(spec.arrows)


def test_without_arrows_there_is_no_forest() -> None:
    arrows, spec = study_tables().answers.arrows, study_spec()
    groups = arrows[arrows["cause"].isin(spec.groups)]
    options = {"language": Language.NL, "synthetic": False}
    assert draw_arrows(groups, spec, **options)
    assert draw_arrows(groups, spec, **options, groups=False) == []


@pytest.mark.parametrize("draw", [draw_caterpillars, draw_mediation])
def test_contrasts_that_a_file_name_cannot_tell_apart_are_numbered(draw: Any) -> None:
    tables = study_tables()
    if draw is draw_mediation:
        found, options = tables.licensed_mediation, {}
    else:
        totals = tables.by_many[0]
        found, options = totals[totals["effect"] == "vsv"], {"withheld": 0}
    both = pd.concat([found.assign(contrast=sign + " 3 vs < 3") for sign in "≥≤"])
    drawn = draw(both, study_spec(), language=Language.NL, synthetic=False, **options)
    (one,) = draw(found, study_spec(), language=Language.NL, synthetic=False, **options)
    assert [item.name for item in drawn] == [f"{one.name}-1", f"{one.name}-2"]


def test_sectors_are_shown_with_everybody_together() -> None:
    (drawn,) = _drawn("sectors", Language.NL)
    assert drawn.name == "sectors-samenwerking"
    careers = study_tables().by_few[0]
    assert len(drawn.data) == len(careers) == 2 * (3 + 1)
    np.testing.assert_allclose(
        drawn.data["career_mean"], [row["mean"] for row in careers["career"]]
    )
    assert texts_of(drawn.figure).count("iedereen samen") == 3  # two rows and the legend
    row = careers[careers["group"] == "techniek"].iloc[0]["career"]
    numbers = [number(100 * row[part], Language.NL, 1) for part in ("mean", "lower", "upper")]
    assert "{} ({}; {})".format(*numbers) in texts_of(drawn.figure)
    assert "{} ({} tot {})".format(*numbers) in drawn.alt


GONE = {"cause": "samenwerking", "effect": "vsv", "licence": "withheld", "failed": [], "tests": [],
        "unjudged": [], "misfits": [], "distribution": "fits", "prior": "none",
        "kind": "total", "through": []}  # fmt: skip


def withholding(*effects: str) -> FitTables:
    """The same fit, of which the checks withhold what samenwerking does to some effects."""
    tables = study_tables()
    contrasts = tables.answers.totals.set_index("effect")["contrast"]
    rows = [GONE | {"effect": name, "contrast": contrasts[name]} for name in effects]
    record = tables.opened.record
    gate = {**record["gate"], "effects": rows}
    return FitTables(replace(tables.opened, record={**record, "gate": gate}), level=0.9)


def test_what_the_checks_withhold_has_no_number_in_any_figure() -> None:
    tables = withholding("vsv")
    (sectors,) = draw_figure("sectors", tables, Language.EN)
    assert "no number: withheld by the checks" in texts_of(sectors.figure)
    assert unreadable(sectors.figure) == []
    assert "early leaving" not in sectors.alt
    gone = sectors.data["effect"] == "vsv"
    assert sectors.data.loc[gone, "withheld"].all()
    assert (
        sectors.data.loc[gone, ["career_mean", "natural_lower", "p_positive"]]
        .isna()
        .to_numpy()
        .all()
    )
    assert sectors.data.loc[~gone, "career_mean"].notna().all()
    (school,) = draw_figure("schools", tables, Language.EN)
    assert school.name == "schools-samenwerking-sk"
    named = f"{study_spec().label('samenwerking', Language.EN)} → early leaving (vsv)"
    said = " ".join(" ".join(texts_of(school.figure)).split())
    assert f"Without a figure, because the checks withhold the number: {named}." in said
    assert [item.name for item in draw_figure("frequency", tables, Language.EN)] == [
        "frequency-samenwerking-sk"
    ]


def test_a_figure_of_withheld_effects_only_is_refused_with_the_reason() -> None:
    tables = withholding("vsv", "sk")
    for name in ("sectors", "schools", "mediation", "frequency"):
        with pytest.raises(QueryError, match="or its checks withhold the number of every one"):
            draw_figure(name, tables, Language.NL)


def test_schools_are_sorted_by_their_mean() -> None:
    drawn = {item.name: item for item in _drawn("schools")}
    assert set(drawn) == {"schools-samenwerking-vsv", "schools-samenwerking-sk"}
    data = drawn["schools-samenwerking-vsv"].data
    assert data["group"].iloc[0] == "all"
    means = data["career_mean"].to_numpy()[1:]
    assert len(means) == 12
    assert (np.diff(means) >= 0).all()


def test_hundreds_of_schools_still_fit_a_page() -> None:
    totals, withheld = study_tables().by_many
    many = pd.concat([totals] * 8, ignore_index=True)
    drawn = draw_caterpillars(
        many, study_spec(), language=Language.NL, synthetic=False, withheld=withheld + 3
    )
    assert drawn[0].figure.get_figheight() < 11.7
    assert unreadable(drawn[0].figure) == []
    assert "minder dan 10 personen: 3" in drawn[0].alt


def test_mediation_shows_parts_that_add_up() -> None:
    (drawn,) = _drawn("mediation", Language.EN)
    data = drawn.data
    np.testing.assert_allclose(data["indirect_mean"] + data["direct_mean"], data["total_mean"])
    shown = number(100 * data["indirect_mean"][0], Language.EN, 2)
    assert f"indirect {shown} (" in drawn.alt


@pytest.mark.parametrize("language", list(Language))
def test_careers_are_told_as_counted_and_as_modelled(language: Language) -> None:
    (drawn,) = _drawn("trajectories", language)
    shown = study_tables().trajectories.assign(origin="synthetic")
    pd.testing.assert_frame_equal(drawn.data, shown)
    for row in study_tables().trajectories.itertuples():
        assert percentage(row.mean, language) in drawn.alt
        if np.isfinite(row.observed):
            assert percentage(row.observed, language) in drawn.alt


def test_priors_have_a_curve_for_every_coefficient() -> None:
    weights = study_tables().opened.forward.layout.weights
    data = pd.concat([item.data for item in _drawn("priors")])
    assert len(data) == POINTS * len(weights)


def test_predictive_distances_are_all_shown() -> None:
    table = study_tables().predictive.copy()
    table.loc[0, ["distance", "verdict"]] = [np.inf, "failure"]
    drawn = draw_predictive(table, study_spec(), language=Language.EN, synthetic=False)
    assert "1 failed" in drawn.alt
    assert unreadable(drawn.figure) == []
    assert len(drawn.data) == len(table)


def test_levels_are_called_by_their_labels() -> None:
    spec = study_spec()
    yes = Variable(kind="nominal", levels=("a vs b", "c"), level_labels={"c": "see"})
    named = spec.model_copy(update={"variables": {**spec.variables, "plan": yes}})
    assert contrast_label(named, "plan", "c vs a vs b", Language.EN) == "see against a vs b"
    assert contrast_label(spec, "versnelling", "0.5 vs 0", Language.NL) == "0,5 tegenover 0"
    assert contrast_label(spec, "binding", "71% vs 44%", Language.NL) == "71% tegenover 44%"
    assert level_label(spec, "lwoo", "ja", Language.EN) == "yes"
    assert level_label(spec, "tranche", "T1", Language.EN) == "T1"


@pytest.mark.parametrize("name", ["dag", "arrows", "sectors", "trajectories"])
def test_the_pattern_is_told_before_the_numbers(name: str) -> None:
    """Not every number: these stand in the table that is linked."""
    for item in _drawn(name, Language.EN):
        assert item.pattern.startswith("Synthetic data. ")
        assert len(item.pattern) < min(700, len(item.alt))
        assert picture_of(item).alt == item.pattern
        assert picture_of(item).numbers == f"figures/{item.name}.csv"
