"""The panel on paper holds the numbers of the panel."""

from dataclasses import replace

import pytest

from brief_examples import what_if_block
from vm2causal.report.brief.content.blocks import Choice, Code, Paragraph, Section, Table, WhatIf
from vm2causal.report.brief.content.panel_data import command_at_start
from vm2causal.report.brief.content.what_if_section import what_if_section, what_if_table
from vm2causal.texts import Language


@pytest.fixture(scope="module")
def panel() -> WhatIf:
    return what_if_block(Language.EN)


@pytest.fixture(scope="module")
def section(panel: WhatIf) -> Section:
    return what_if_section(panel, Language.EN)


@pytest.fixture(scope="module")
def rows(panel: WhatIf) -> list[list[str]]:
    return [[cell.text for cell in row] for row in what_if_table(panel, Language.EN).rows]


def test_rows_are_now_the_start_and_each_lever_at_its_ends(rows: list[list[str]]) -> None:
    assert [row[0] for row in rows] == [
        "as things are",
        "starting point",
        "vmbo–mbo cooperation: −1.6",
        "vmbo–mbo cooperation: 1.6",
        "start of mbo content: 3",
        "start of mbo content: 5",
        "acceleration: 1",  # its other end is where it starts
    ]


def test_numbers_are_those_of_everybody_in_the_panel(panel: WhatIf, rows: list[list[str]]) -> None:
    setting = {"samenwerking": "1.6", "mbo_stof": "4", "versnelling": "0"}
    there = panel.then.sel(setting).sel(place="", outcome="sk")
    at = {str(name): 100 * float(there.sel(quantity=name)) for name in there["quantity"].values}
    share, change = rows[3][3:]
    assert share == f"{at['mean']:.1f}% ({at['lower']:.1f} to {at['upper']:.1f})"
    ends = f"{at['difference_lower']:.1f} to {at['difference_upper']:.1f}"
    assert change == f"{at['difference']:.1f} ({ends})"


def test_as_things_are_nothing_differs(panel: WhatIf, rows: list[list[str]]) -> None:
    here = panel.now.sel(place="", outcome="vsv", quantity="mean")
    assert rows[0][1].startswith(f"{100 * float(here):.1f}%")
    assert rows[0][2] == rows[0][4] == "–"


def test_the_command_asks_for_the_start(section: Section) -> None:
    commands = [block.text for block in section.blocks if isinstance(block, Code)]
    assert commands == [
        "vm2causal what-if FIT --do samenwerking=0 --do mbo_stof=4 --do versnelling=0"
    ]


def test_the_command_is_what_a_shell_takes(panel: WhatIf) -> None:
    """Levels with spaces and signs, and a place that is not everybody, as in HTML."""
    first, *others = panel.levers
    options = tuple(replace(option, value="≥ 3; x") for option in first.options)
    odd = replace(
        panel,
        levers=(replace(first, options=options), *others),
        places=(Choice("zorg en welzijn", "x"), *panel.places[1:]),
    )
    assert command_at_start(odd) == (
        "vm2causal what-if FIT --do samenwerking='≥ 3; x' --do mbo_stof=4 --do versnelling=0"
        " --at 'zorg en welzijn'"
    )
    for block in (panel, replace(panel, command="vm2causal what-if 'my fit'{place}")):
        found = what_if_section(block, Language.EN).blocks
        assert [item.text for item in found if isinstance(item, Code)] == [command_at_start(block)]


def test_start_interval_and_reach_of_the_data_are_said(section: Section) -> None:
    (note,) = (block.note for block in section.blocks if isinstance(block, Table))
    assert "vmbo–mbo cooperation: 0; start of mbo content: 4; acceleration: 0." in note
    assert "95% interval" in note
    words = " ".join(block.text for block in section.blocks if isinstance(block, Paragraph))
    assert "Vmbo–mbo cooperation: Measured from −1.7 to 1.8." in words


def test_dutch_numbers_have_a_comma(panel: WhatIf) -> None:
    table = what_if_table(what_if_block(Language.NL), Language.NL)
    shown = what_if_table(panel, Language.EN).rows[3][2].text
    assert table.rows[3][2].text == shown.replace(".", ",").replace(" to ", " tot ")
