"""Columns hold their words, and a table its page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.textpath import TextPath

from vm2causal.report.brief.content.blocks import Cell, Column, Table
from vm2causal.report.brief.pdf.table_layout import (
    BODY_SIZE,
    BREAK,
    INSET,
    MARGINS,
    TableLayout,
    broken,
    table_layouts,
    text_width,
)

WORDS = st.text("abcde fgWm", max_size=30)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    numeric = draw(st.lists(st.booleans(), min_size=1, max_size=12))
    columns = tuple(Column(draw(WORDS), flush) for flush in numeric)
    rows = draw(st.lists(st.tuples(*[WORDS.map(Cell) for _ in columns]), max_size=3))
    return Table("t", "", columns, tuple(rows))


def width_in_points(layout: TableLayout) -> float:
    return sum(layout.widths) * layout.size * BODY_SIZE


@given(tables(), st.booleans())
def test_no_table_is_wider_than_its_page(table: Table, may_turn: bool) -> None:
    for part, layout in table_layouts(table, may_turn=may_turn):
        assert len(layout.widths) == len(part.columns)
        assert layout.landscape <= may_turn
        page = 841.0 if layout.landscape else 595.0
        assert width_in_points(layout) <= page - 2 * MARGINS["x"] + 1e-6


@given(tables())
def test_parts_hold_every_column_once_beside_the_first(table: Table) -> None:
    parts = [part for part, _ in table_layouts(table)]
    assert (table.columns[0], *[c for part in parts for c in part.columns[1:]]) == table.columns
    for place, row in enumerate(table.rows):
        assert (row[0], *[cell for part in parts for cell in part.rows[place][1:]]) == row


def test_words_and_numbers_stay_whole_where_there_is_room() -> None:
    columns = (Column("arrow"), Column("effect", numeric=True), Column("verdict"))
    row = (Cell("cooperation → early leaving"), Cell("−4.1 (−8.0 to −0.2)"), Cell("supported"))
    ((_, layout),) = table_layouts(Table("t", "", columns, (row,)))
    assert layout.widths == pytest.approx([text_width(cell.text) + INSET for cell in row])
    assert not layout.landscape


def test_intervals_go_to_the_next_line_before_the_page_is_turned() -> None:
    interval = "−4.1 (−8.0 to −0.2)"
    columns = (Column("a"), *[Column("b", numeric=True)] * 6)
    ((_, layout),) = table_layouts(Table("t", "", columns, ((Cell("x"), *[Cell(interval)] * 6),)))
    assert not layout.landscape
    for width in layout.widths[1:]:
        assert text_width("(−8.0 to −0.2)") <= width - INSET < text_width(interval)


@pytest.mark.parametrize("words", ["Wat de literatuur zegt", "−0,31 (−0,52 tot −0,11)", "éÉ→"])
def test_widths_are_those_of_the_font(words: str) -> None:
    drawn = TextPath((0, 0), words, size=100).get_extents().width / 100
    # what is drawn lacks the white beside its ends, and letters close up
    assert 0 < text_width(words) - drawn < 0.25


def test_only_words_too_wide_are_cut() -> None:
    assert broken("short " + "W" * 30, 20.0) == "short " + BREAK.join("W" * 30)
    assert broken("short\n words", 20.0) == "short\n words"
