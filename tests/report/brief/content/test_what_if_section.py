"""The panel on paper holds the numbers of the panel."""

import pytest

from brief_examples import what_if_block
from vm2causal.report.brief.content.blocks import Code, Paragraph, Section, Table, WhatIf
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


def test_rows_are_now_and_each_lever_at_its_ends(rows: list[list[str]]) -> None:
    assert [row[0] for row in rows] == [
        "as things are",
        "vmbo–mbo cooperation: −1.6",
        "vmbo–mbo cooperation: 1.6",
        "start of mbo content: 3",
        "start of mbo content: 5",
        "acceleration: 0",
        "acceleration: 1",
    ]


def test_numbers_are_those_of_everybody_in_the_panel(panel: WhatIf, rows: list[list[str]]) -> None:
    setting = {"samenwerking": "1.6", "mbo_stof": "", "versnelling": ""}
    there = panel.then.sel(setting).sel(place="", outcome="sk")
    at = {str(name): 100 * float(there.sel(quantity=name)) for name in there["quantity"].values}
    share, change = rows[2][3:]
    assert share == f"{at['mean']:.1f}% ({at['lower']:.1f} to {at['upper']:.1f})"
    ends = f"{at['difference_lower']:.1f} to {at['difference_upper']:.1f}"
    assert change == f"{at['difference']:.1f} ({ends})"


def test_as_things_are_nothing_differs(panel: WhatIf, rows: list[list[str]]) -> None:
    here = panel.now.sel(place="", outcome="vsv", quantity="mean")
    assert rows[0][1].startswith(f"{100 * float(here):.1f}%")
    assert rows[0][2] == rows[0][4] == "–"


def test_nothing_has_to_be_typed(section: Section) -> None:
    assert not any(isinstance(block, Code) for block in section.blocks)


def test_start_interval_and_reach_of_the_data_are_said(section: Section) -> None:
    (note,) = (block.note for block in section.blocks if isinstance(block, Table))
    assert "Each row changes one thing" in note
    assert "95% interval" in note
    words = " ".join(block.text for block in section.blocks if isinstance(block, Paragraph))
    assert "Vmbo–mbo cooperation: Measured from −1.7 to 1.8." in words


def test_dutch_numbers_have_a_comma(panel: WhatIf) -> None:
    table = what_if_table(what_if_block(Language.NL), Language.NL)
    shown = what_if_table(panel, Language.EN).rows[3][2].text
    assert table.rows[3][2].text == shown.replace(".", ",").replace(" to ", " tot ")
