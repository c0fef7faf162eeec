"""Which figures a fit can give, and that nothing is computed twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from figure_cases import opened, study_fit, study_tables, table_fit, table_tables
from vm2causal.errors import OptionError, QueryError
from vm2causal.texts import Language
from vm2causal.workflow import figures, fit_tables
from vm2causal.workflow.figures import FIGURES, draw_figure, possible_figures, require_figure
from vm2causal.workflow.fit_tables import FitTables

NL = Language.NL


def test_a_study_can_give_every_figure() -> None:
    # of slopes only where the model lets an arrow vary
    assert possible_figures(study_tables()) == tuple(n for n in FIGURES if n != "slopes")


def test_a_flat_table_says_what_it_can_give() -> None:
    tables = table_tables()
    can = ("dag", "arrows", "sectors", "mediation", "priors", "ppc", "tipping")
    assert possible_figures(tables) == can
    for name, reason in {
        "trajectories": "it has no careers",
        "schools": "no schools",
        "frequency": "no total effect on a share",
    }.items():
        with pytest.raises(QueryError, match=f"{reason}.*It can give: {', '.join(can)}"):
            draw_figure(name, tables, NL)


def test_unknown_names_are_answered_with_the_names_there_are() -> None:
    with pytest.raises(OptionError, match=r"Got: 'dagg'. One of: dag, arrows, .*, all\."):
        require_figure("dagg")
    with pytest.raises(OptionError, match="Run 'vm2causal calibrate'"):
        require_figure("calibration")


def test_all_figures_are_drawn_from_tables_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for name in ("all_effects", "declared_totals", "career_trajectories", "coefficient_densities"):
        whole = getattr(fit_tables, name)

        def counted(*args: object, _whole=whole, _name=name, **options: object) -> object:
            calls.append(_name)
            return _whole(*args, **options)

        monkeypatch.setattr(fit_tables, name, counted)
    tables = FitTables(opened(study_fit()))
    drawn = [item.name for language in Language for item in draw_figure("all", tables, language)]
    assert sorted(calls) == [
        "all_effects",
        "career_trajectories",
        "coefficient_densities",
        "declared_totals",
        "declared_totals",
    ]
    first, second = drawn[: len(drawn) // 2], drawn[len(drawn) // 2 :]
    assert first == second
    assert len(set(first)) == len(first)
    assert {"dag", "arrows", "trajectories", "ppc", "frequency-samenwerking-sk"} <= set(first)
    assert not any(name.startswith("tipping") for name in drawn)


def test_careers_are_shown_by_the_rule_of_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def few(forward: object, *, by: str | None, level: float) -> pd.DataFrame:
        rows = [("T1", "vsv", 1, 100, 0.3), ("T2", "vsv", 1, 200, 0.0)]
        return pd.DataFrame(rows, columns=["group", "position", "year", "starters", "observed"])

    monkeypatch.setattr(fit_tables, "career_trajectories", few)
    shown = FitTables(opened(study_fit())).trajectories
    assert shown["observed"].isna().tolist() == [False, True]


def test_small_schools_are_withheld() -> None:
    fit = study_fit()
    data = fit.layout.data
    weights = data.weights.copy()
    weights[data.groups["school"].codes == 0] = 1.0
    small = replace(fit, layout=replace(fit.layout, data=replace(data, weights=weights)))
    totals, withheld = FitTables(opened(small)).by_many
    assert withheld == 2  # one alone would follow from the rest
    assert data.groups["school"].labels[0] not in set(totals["group"])


def test_a_model_without_questions_has_no_figures_of_answers() -> None:
    fit = table_fit()
    spec = fit.layout.data.spec.model_copy(update={"queries": ()})
    data = replace(fit.layout.data, spec=spec)
    asked = replace(fit, layout=replace(fit.layout, data=data))
    assert possible_figures(FitTables(opened(asked))) == ("dag", "arrows", "priors", "ppc")


def test_tipping_needs_a_folder_for_its_refits() -> None:
    with pytest.raises(OptionError, match="Name the folder"):
        draw_figure("tipping", table_tables(), NL)


def test_tipping_draws_what_the_refits_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[Path] = []

    def found(opened_fit: object, chosen: object, *, folder: Path, **options: object) -> str:
        asked.append(folder)
        return "found"

    monkeypatch.setattr(figures, "sensitivity_of", found)
    monkeypatch.setattr(figures, "tipping_figures", lambda opened_fit, item, language: [item])
    assert draw_figure("tipping", table_tables(), NL, refits=tmp_path) == ["found"]
    assert asked == [tmp_path]


def test_the_recorded_check_is_the_one_that_is_drawn() -> None:
    row = {"variable": "y", "statistic": "mean", "observed": 1.0, "mean": 1.0, "sd": 0.1,
           "level": None, "year": None, "sector": None,
           "p": 0.5, "distance": 3.2, "verdict": "warning"}  # fmt: skip
    tables = FitTables(opened(table_fit(), posterior_predictive=[row]))
    (drawn,) = draw_figure("ppc", tables, Language.EN)
    assert "1 warnings, 0 failed" in drawn.alt
    assert drawn.data["distance"].tolist() == [3.2]


def test_groups_without_the_usual_names_are_found_by_their_size() -> None:
    tables = table_tables()
    assert (tables.few, tables.many) == ("herd", None)
    assert (study_tables().few, study_tables().many) == ("sector", "school")


def test_one_group_is_not_drawn_and_counted_twice() -> None:
    """Few schools and no sectors: the schools are a forest, and no caterpillar."""
    schools = {"school": study_fit().layout.data.groups["school"]}
    assert len(schools["school"].labels) <= fit_tables.FEW
    data = SimpleNamespace(groups=schools)
    tables = FitTables(SimpleNamespace(forward=SimpleNamespace(data=data)))
    assert (tables.few, tables.many) == ("school", None)
    assert tables.by_many[1] == 0


def test_arrows_from_groups_can_be_left_out() -> None:
    tables = study_tables()
    every = pd.concat([item.data for item in draw_figure("arrows", tables, NL)])
    others = pd.concat([item.data for item in draw_figure("arrows", tables, NL, groups=False)])
    assert set(every["cause"]) - set(others["cause"]) == set(tables.spec.groups) & set(
        every["cause"]
    )
    assert set(every["cause"]) != set(others["cause"])


def test_coefficients_of_small_groups_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    data = study_fit().layout.data
    weights = data.weights.copy()
    own = data.groups["sector"].codes == 0
    weights[own] *= 9 / weights[own].sum()
    small = replace(study_fit().layout, data=replace(data, weights=weights))
    rows = [("sector", "vsv", label) for label in data.groups["sector"].labels]
    found = pd.DataFrame(
        [*rows, ("krimp", "vsv", None)], columns=["cause", "effect", "cause_level"]
    )
    monkeypatch.setattr(fit_tables, "coefficient_densities", lambda forward, level: found)
    shown = FitTables(opened(replace(study_fit(), layout=small))).densities
    assert data.groups["sector"].labels[0] not in set(shown["cause_level"])
    assert len(shown) == len(found) - 2


def test_contrasts_of_one_pair_are_numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    effect = {"mean": 0.1, "lower": 0.0, "upper": 0.2, "level": 0.9}
    rows = [
        {"cause": "plan", "effect": name, "effect_level": None, "contrast": contrast,
         "career": effect, "natural": effect, "withheld": False}
        for name, contrast in [("vsv", "≥ 3 vs < 3"), ("vsv", "≤ 3 vs < 3"), ("sk", "1 vs 0")]
    ]  # fmt: skip
    tables = replace(study_tables())
    monkeypatch.setitem(tables.__dict__, "headlines", pd.DataFrame(rows))
    names = [item.name for item in draw_figure("frequency", tables, NL)]
    assert names == ["frequency-plan-vsv-1", "frequency-plan-vsv-2", "frequency-plan-sk"]
