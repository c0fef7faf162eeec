"""Few pupils are found in what an earlier version gave out of a small study, and no longer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from attack import attacker, small
from figure_cases import opened, study_spec, unsampled_fit, written_fit
from vm2causal.checks.falsify.independence_plan import Untested, plan_tests
from vm2causal.checks.refute.plan import Attack, plans
from vm2causal.checks.refute.refitted_effect import attacked_query
from vm2causal.checks.replicate.posterior_predictive import posterior_predictive
from vm2causal.disclosure import released_table, share
from vm2causal.disclosure.digits import probability, share_step
from vm2causal.effects.about_few import (
    about_few,
    few_levels,
    is_label_about_few,
    without_few,
)
from vm2causal.effects.hidden_places import hidden_in
from vm2causal.errors import QueryError
from vm2causal.identify.result import Bilingual
from vm2causal.inputs.study.frame import PUPILS
from vm2causal.model.data.structural_data import study_data
from vm2causal.refits.data_files import put_data
from vm2causal.report.canvas.figure_files import svg_text
from vm2causal.spec.words import Rows
from vm2causal.texts import Language
from vm2causal.workflow.brief import study_size
from vm2causal.workflow.shown_summaries import persons_of
from vm2causal.workflow.small_groups import require_enough

STORED: dict[str, Any] = json.loads((Path(__file__).parent / "stored.json").read_text())
STARTERS = STORED["pupils"] - small.FEW_UNKNOWN


@pytest.fixture(scope="module")
def now() -> dict[str, Any]:
    return small.outputs(small.study_opened())


@pytest.fixture(scope="module")
def of_table() -> dict[str, Any]:
    return small.outputs(small.table_opened())


def test_who_left_in_year_one_follows_from_year_two_no_longer(now: dict[str, Any]) -> None:
    assert attacker.early_leavers(STORED["trajectories"], "T1", "T2") == {small.FEW_LEFT}
    shown = now["trajectories"]
    assert [row["starters"] for row in shown] == [row["starters"] for row in STORED["trajectories"]]
    step = max(share_step(row["starters"]) for row in shown)
    assert attacker.early_leavers(shown, "T1", "T2", step) == set(attacker.FEW)


def test_a_coefficient_in_two_units_tells_no_longer_who_has_a_characteristic(
    now: dict[str, Any], of_table: dict[str, Any]
) -> None:
    (row,) = STORED["arrows"]
    assert attacker.had_by_spread(row, STARTERS) == {small.FEW_LWOO, STARTERS - small.FEW_LWOO}
    for shown in (now, of_table):
        assert "lwoo" not in {arrow["cause"] for arrow in shown["arrows"]}


def test_a_sector_of_seven_is_not_counted_by_asking_about_sectors() -> None:
    answers = {
        change.partition("=")[2]: rows[0]["difference"]["mean"]
        for change, rows in STORED["what_if"].items()
    }
    assert attacker.in_sector(answers, small.SMALL_SECTOR, STORED["pupils"]) == {
        small.FEW_IN_SECTOR
    }
    answered = {}
    for sector in answers:
        try:
            (row,) = (
                row
                for row in small.asked(small.study_opened(), [f"sector={sector}"])
                if row["outcome"] == "samenwerking"
            )
            answered[sector] = row["difference"]["mean"]
        except QueryError:
            continue
    assert small.SMALL_SECTOR not in answered
    assert not attacker.in_sector(answered, small.SMALL_SECTOR, STARTERS)


def test_what_few_pupils_have_is_not_asked_about() -> None:
    """One experiment of eight pupils has half a year less."""
    told = r"This change is not answered about here.* Got: 'versnelling=0\.5'"
    with pytest.raises(QueryError, match=told):
        small.asked(small.study_opened(), ["versnelling=0.5"])
    # nor of the next level, or the eight would be everybody less those of the others
    with pytest.raises(QueryError, match=r"Got: 'versnelling=1'"):
        small.asked(small.study_opened(), ["versnelling=1"])
    assert small.asked(small.study_opened(), ["versnelling=0"])


def test_a_refit_without_few_pupils_is_not_made() -> None:
    assert attacker.won(attacker.left_out_by(STORED["kept"], STARTERS))
    forward = small.study_opened().forward
    query = attacked_query(forward, "samenwerking", "vsv", priors=small.study_opened().fit.priors)
    labels = [
        plan.label for plan in plans(forward, query, 0, 4, ()) if plan.attack is Attack.LEVEL_OUT
    ]
    assert not {f"sector-{small.SMALL_SECTOR}"} & set(labels)
    kept, step = share(STORED["kept"], STARTERS), share_step(STARTERS)
    assert len(attacker.left_out_by(kept, STARTERS, step)) > small.FEW_UNKNOWN


def test_those_left_out_are_not_all_less_those_who_take_part(now: dict[str, Any]) -> None:
    def starters(rows: list[dict[str, Any]]) -> int:
        return sum({row["group"]: row["starters"] for row in rows}.values())

    assert STORED["pupils"] - starters(STORED["trajectories"]) == small.FEW_UNKNOWN
    data = small.study_opened().forward.data
    assert study_size(data)["pupils"] == starters(now["trajectories"]) == STARTERS


def test_those_count_who_enter_the_number() -> None:
    """A sector of eleven pupils, of whom three have known characteristics."""
    study = small.study()
    own = study.careers["experiment"] == "e0"
    more = study.careers[own].iloc[[0]].assign(lwoo=None, **{PUPILS: 8})
    fewer = study.careers[own].iloc[[0]].assign(**{PUPILS: 3})
    careers = np.logical_not(own)
    changed = replace(study, careers=pd.concat([study.careers[careers], more, fewer]))
    data = study_data(study_spec(), changed)
    unit = data.units.index("e0")
    assert (data.weights[unit], data.persons[unit]) == (11, 3)
    assert ("sector", small.SMALL_SECTOR) in hidden_in(opened(unsampled_fit(data)).forward)


def test_nothing_is_told_of_eight_pupils() -> None:
    forward = small.study_opened().forward
    few = replace(forward.data, weights=forward.data.weights * 0, dropped=0)
    few.weights[0] = 8
    shown = type("Few", (), {"data": few})()
    with pytest.raises(QueryError, match="Nothing is told of fewer than 10 persons"):
        require_enough(shown)


def test_a_check_sums_up_no_few_pupils(now: dict[str, Any]) -> None:
    assert {row["sector"] for row in STORED["ppc"]} == {small.SMALL_SECTOR}
    assert max(len(repr(row["distance"])) for row in STORED["ppc"]) > 15
    hidden = {
        label for group, label in hidden_in(small.study_opened().forward) if group == "sector"
    }
    data = small.study_opened().forward.data
    assert now["ppc"]
    of_persons = 0
    for row in now["ppc"]:
        assert row["sector"] not in hidden
        assert probability(row["distance"]) == row["distance"]
        if (persons := persons_of(data, row)) is not None:
            of_persons += 1
            assert share(row["observed"], persons) == row["observed"]
            assert round(row["observed"] * persons + share_step(persons) * persons / 2) >= 10
    assert of_persons > 5


def test_a_distance_from_the_mean_tells_no_longer_how_many_there_are(now: dict[str, Any]) -> None:
    """Mean plus distance times sd is the share; in full a whole number of pupils follows."""
    opened = small.study_opened()
    before = {_place(row): row for row in small.plain(posterior_predictive(opened.fit))}
    exact, steps = 0, 0
    for row in now["ppc"]:
        persons = persons_of(opened.forward.data, row)
        if persons is not None and row["sd"]:
            exact += len(attacker.had_event(before[_place(row)], persons)) == 1
            # told in steps of five, and what is few is not told at all
            assert len(attacker.had_event(row, persons, share_step(persons))) >= 5, row
            steps += 1
    assert exact == steps > 5


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("variable", "item", "level", "year", "sector"))


def test_what_is_tested_of_few_persons_has_no_numbers() -> None:
    """A level of four persons, as a cause, as an effect, and as what another effect differs by."""
    data = small.table_opened().forward.data
    assert about_few(data) == {"lwoo"}
    row = {"cause": "toets", "effect": "cijfer", "by": "lwoo", "shape": "interaction"}
    numbers = {"slope": 0.5, "change": 0.05, "detectable": 0.9, "p": 0.4}
    assert without_few(row | numbers, about_few(data)) == row | dict.fromkeys(numbers)
    assert without_few(row | numbers | {"by": "klas"}, about_few(data)) == row | numbers | {
        "by": "klas"
    }
    plan = {(test.cause, test.effect): test for test in plan_tests(small.table_opened().forward)}
    assert plan["lwoo", "toets"].untested is Untested.FEW
    few = few_levels(data)
    assert ("klas", "c") in few
    told = [
        is_label_about_few(data, few, "klas", "toets", f"klas[{level}] -> toets") for level in "bc"
    ]
    assert told == [True, True]  # beside a: without c it is everybody less b
    refused = attacked_query(
        small.table_opened().forward, "lwoo", "cijfer", priors=small.table_opened().fit.priors
    )
    assert isinstance(refused, Bilingual)
    assert "fewer than 10 persons" in refused.in_language(Language.EN)


def test_rows_of_a_table_are_persons(of_table: dict[str, Any]) -> None:
    assert "c" in STORED["table_groups"]
    assert STORED["one_row"]
    assert {row["group"] for row in of_table["by_group"]} & {"a", "b", "c"} == {"b"}
    with pytest.raises(QueryError, match="'rows: units'"):
        small.asked(small.table_opened(), ["toets=1"], "7")
    units = small.outputs(small.table_opened(Rows.UNITS))
    assert {"a", "b", "c"} < {row["group"] for row in units["by_group"]}
    assert "lwoo" in {row["cause"] for row in units["arrows"]}


@pytest.mark.parametrize("name", ["arrows", "by_group", "trajectories", "ppc"])
def test_what_is_released_twice_stays_what_it_is(now: dict[str, Any], name: str) -> None:
    table = pd.DataFrame(now[name])
    assert small.plain(released_table(table)) == small.plain(table)


def test_marks_and_lines_stand_at_half_pixels() -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 3))
    axes = figure.subplots()
    axes.plot([0.1, 0.7], [17 / 381, 29 / 381], "o")
    axes.plot(np.linspace(0, 1, 50), np.linspace(0, 1, 50) ** 2 / 7)
    drawn = svg_text(figure, title="t", description="d")
    placed = [float(number) for number in re.findall(r'<use [^>]*?\by="([^"]*)"', drawn)]
    lines = [
        float(number)
        for steps in re.findall(r'<path d="([^"]*)" clip-path', drawn)
        for number in re.findall(r"\d+\.?\d*", steps)
    ]
    assert len(placed) > 2
    assert len(lines) >= 100
    np.testing.assert_allclose(np.remainder(np.array(placed + lines) / 0.375, 1), 0, atol=1e-9)


def test_a_fit_is_for_its_owner_only_and_says_so(tmp_path: Path) -> None:
    folder = written_fit(small.table_opened().fit, tmp_path / "fit")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "CONFIDENTIAL.txt").read_text(encoding="utf-8").startswith("CONFIDENTIAL\n")
    for path in folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    batch = tmp_path / "fit-refits"
    put_data(small.table_opened().forward.data, batch)
    for path in (batch, *batch.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
