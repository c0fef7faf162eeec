from dataclasses import replace

import numpy as np
import pytest

from brief_examples import what_if_block
from effects.what_if_cases import levers_forward
from vm2causal.effects.what_if_defaults import default_causes, default_outcomes, default_places
from vm2causal.effects.what_if_grid import AS_IS, what_if_grid
from vm2causal.report.brief.content.blocks import WhatIf
from vm2causal.report.brief.content.panel import what_if_panel
from vm2causal.report.brief.content.panel_data import (
    COLUMNS,
    FINE,
    axis_of,
    panel_data,
)
from vm2causal.texts import Language, number, percentage


@pytest.fixture(scope="module")
def blocks() -> dict[Language, WhatIf]:
    forward = levers_forward()
    causes = {name: (AS_IS, *values) for name, values in default_causes(forward).items()}
    now, then = what_if_grid(
        forward,
        causes,
        places=default_places(forward),
        outcomes=default_outcomes(forward, causes),
        level=0.9,
    )
    return {
        language: what_if_panel(forward, now, then, causes, language, level=0.9)
        for language in Language
    }


def test_levers_are_named_in_the_language(blocks: dict[Language, WhatIf]) -> None:
    trust, speed = blocks[Language.NL].levers
    assert speed.label == "versnelling (jaar)"
    assert blocks[Language.EN].levers[1].label == "acceleration (years)"
    assert [option.label for option in speed.options] == ["zoals nu", "0", "0,5", "1"]
    english = [option.label for option in blocks[Language.EN].levers[1].options]
    assert english == ["as now", "0", "0.5", "1"]
    assert [option.value for option in speed.options] == [AS_IS, "0", "0.5", "1"]
    assert speed.limits == "In de gegevens komt voor: 0; 0,5; 1."
    assert [option.label for option in trust.options] == [
        "zoals nu",
        "laagste kwart",
        "een-na-laagste kwart",
        "een-na-hoogste kwart",
        "hoogste kwart",
    ]
    assert "vragenlijst" in trust.limits


def test_it_opens_at_the_present_state(blocks: dict[Language, WhatIf]) -> None:
    block = blocks[Language.EN]
    untouched = {lever.name: AS_IS for lever in block.levers}
    assert {lever.options[0].value for lever in block.levers} == {AS_IS}
    there = block.then.sel(untouched)
    for name in ("mean", "lower", "upper", "q1", "q20"):
        np.testing.assert_array_equal(there.sel(quantity=name), block.now.sel(quantity=name))
    assert not there.sel(quantity=["difference", "difference_lower", "difference_upper"]).any()


def test_quarters_are_the_middles_of_the_data(blocks: dict[Language, WhatIf]) -> None:
    forward = levers_forward()
    trust = blocks[Language.EN].levers[0]
    scores = forward.observed.values["trust"].mean(axis=0)
    values = [float(option.value) for option in trust.options[1:]]
    np.testing.assert_allclose(values, np.quantile(scores, [0.125, 0.375, 0.625, 0.875]), rtol=1e-3)


def test_a_lever_called_place_is_no_place() -> None:
    block = what_if_block(Language.EN)
    first = block.levers[0]
    other = replace(
        block,
        levers=(replace(first, name="place"), *block.levers[1:]),
        then=block.then.rename({first.name: "do[place]"}),
    )
    assert panel_data(other, Language.EN)["outcomes"] == panel_data(block, Language.EN)["outcomes"]


def test_places_and_outcomes_have_labels(blocks: dict[Language, WhatIf]) -> None:
    block = blocks[Language.NL]
    assert block.places[0].label == "alle leerlingen"
    assert {place.label for place in block.places[1:]} <= {"techniek", "economie", "landbouw"}
    assert [outcome.name for outcome in block.outcomes] == ["vsv", "sk"]


# -- what the script reads ----------------------------------------------------------------------


@pytest.mark.parametrize("language", list(Language))
def test_every_setting_is_written_where_the_script_looks(language: Language) -> None:
    block = what_if_block(language)
    data = panel_data(block, language)
    setting = {"samenwerking": "1.2", "mbo_stof": "5", "versnelling": "1"}
    at = 0
    for lever in block.levers:
        values = [option.value for option in lever.options]
        at = at * len(values) + values.index(setting[lever.name])
    for place, choice in enumerate(block.places):
        for outcome, found in zip(block.outcomes, data["outcomes"], strict=True):
            here = {"place": choice.name, "outcome": outcome.name}
            cell = block.then.sel({**setting, **here})
            shown = found["then"][at * len(block.places) + place]["shown"]
            shares = [float(cell.sel(quantity=name)) for name in ("mean", "lower", "upper")]
            change = 100 * float(cell.sel(quantity="difference_lower"))
            assert shown[:3] == [percentage(share, language) for share in shares]
            assert shown[4] == number(change, language, 1)
            mean = float(block.now.sel({**here, "quantity": "mean"}))
            assert found["now"][place]["shown"][0] == percentage(mean, language)


def test_dots_stand_on_the_axis_that_every_setting_shares() -> None:
    block = what_if_block()
    for outcome in panel_data(block, Language.NL)["outcomes"]:
        assert outcome["ticks"][0][0] == 0
        assert outcome["ticks"][-1][0] == FINE
        assert len(outcome["then"]) == 10 * 4 * 3 * 3
        for cell in outcome["then"]:
            assert len(cell["dots"]) == 20
            assert 0 <= min(cell["dots"]) <= max(cell["dots"]) < COLUMNS
            assert np.bincount(cell["dots"]).max() <= outcome["rows"]
            middle = np.median(cell["dots"]) + 0.5
            assert abs(middle / COLUMNS - cell["drawn"][0] / FINE) < 1.5 / COLUMNS


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (0.113, 0.287), (1.0, 1.0), (0.0, 0.0), (0.4999, 0.5001)]
)
def test_an_axis_holds_its_shares(low: float, high: float) -> None:
    axis = axis_of(low, high)
    assert 0 <= axis.low <= low <= high <= axis.high <= 1 + 1e-9
    assert 2 <= len(axis.ticks) <= 7
    np.testing.assert_allclose(np.diff(axis.ticks), axis.ticks[1] - axis.ticks[0], rtol=1e-6)
    assert axis.columns(np.array([low, high])).tolist() == sorted(
        axis.columns(np.array([low, high])).tolist()
    )


def test_a_difference_that_rounds_to_nothing_has_no_sign() -> None:
    block = what_if_block(Language.EN)
    then = block.then.copy()
    then.loc[{"quantity": "difference"}] = -0.0002
    data = panel_data(replace(block, then=then), Language.EN)
    assert data["outcomes"][0]["then"][0]["shown"][3] == "0.0"
