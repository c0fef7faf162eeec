"""A natural frequency as a thousand people: honest about what is not sure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from figure_cases import texts_of, unreadable
from vm2causal.report.figures.frequencies import PER, draw_frequency, frequency_of
from vm2causal.report.figures.named_figure import NamedFigure
from vm2causal.texts import Language

CLEAR = {"mean": -0.041, "lower": -0.0797, "upper": -0.0021}
CROSSING = {"mean": -0.010, "lower": -0.030, "upper": 0.012}
TINY = {"mean": 0.0002, "lower": -0.0004, "upper": 0.0007}


def drawn(effect: dict[str, float], language: Language = Language.NL) -> NamedFigure:
    return draw_frequency(
        effect,
        outcome="voortijdig schoolverlaters met een uitzonderlijk lange omschrijving",
        name="frequency-x",
        language=language,
        synthetic=False,
    )


def dots(figure: NamedFigure) -> dict[tuple[str, str, str], int]:
    """How many are drawn in each shape and filling; the legend has one of each."""
    counts: dict[tuple[str, str, str], int] = {}
    for line in figure.figure.axes[0].get_lines():
        if len(line.get_xdata()) > 1 and line.get_markersize() > 3:
            key = (line.get_marker(), line.get_fillstyle(), line.get_markerfacecolor())
            counts[key] = counts.get(key, 0) + len(line.get_xdata())
    return counts


def test_people_are_counted_and_drawn_as_they_are_told() -> None:
    figure = drawn(CLEAR)
    parts = figure.data.set_index("part")["people"]
    assert parts.to_dict() == {"sure": 2, "mean": 39, "most": 39, "rest": 920}
    assert sum(dots(figure).values()) == PER
    told = set(texts_of(figure.figure))
    assert {
        "2 minder: kleinste verschil in het interval",
        "beste schatting: 41 minder",
        "80 minder: grootste verschil in het interval",
    } <= told
    assert "ongeveer 41 minder" in figure.alt
    assert "tussen 2 en 80 minder" in figure.alt
    assert "richting" not in figure.title


def test_what_is_disputed_says_so_in_title_and_text_alternative() -> None:
    figure = draw_frequency(CLEAR, outcome="vsv", name="x", language=Language.EN, synthetic=False,
                            disputed=True)  # fmt: skip
    assert figure.title.startswith("Disputed. For every 1,000")
    assert figure.alt.startswith("Disputed. Grid of 1,000")
    assert "Disputed" not in drawn(CLEAR, Language.EN).title + drawn(CLEAR, Language.EN).alt


def test_an_interval_across_zero_shows_both_sides_in_different_shapes() -> None:
    figure = drawn(CROSSING)
    parts = figure.data.set_index("part")["people"]
    assert parts.to_dict() == {"mean": 10, "most": 20, "rest": 958, "opposite": 12}
    shapes = {marker for marker, _, _ in dots(figure)}
    assert shapes == {"o", "^"}
    assert "of juist 12 meer: ook dat ligt in het interval" in texts_of(figure.figure)
    assert "tussen 30 minder en 12 meer" in figure.alt
    assert figure.title.endswith("de richting is niet zeker")


def test_less_than_one_person_is_not_about_so_many() -> None:
    title = drawn(TINY).title
    assert "ongeveer" not in title
    assert "minder dan 1 meer" in title


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("effect", [CLEAR, CROSSING, TINY])
def test_it_can_be_read(effect: dict[str, float], language: Language) -> None:
    figure = drawn(effect, language).figure
    assert unreadable(figure) == []


shares = st.floats(-1, 1)


@given(st.tuples(shares, shares, shares).map(sorted))
def test_the_thousand_are_always_a_thousand(ends: list[float]) -> None:
    lower, mean, upper = ends
    found = frequency_of({"mean": mean, "lower": lower, "upper": upper})
    mirrored = frequency_of({"mean": -mean, "lower": -upper, "upper": -lower})
    assert 0 <= found.sure <= found.mean <= found.most <= PER
    assert found.mean == round(abs(mean) * PER) or abs(abs(mean) * PER % 1 - 0.5) < 1e-6
    assert bool(found.sure) <= (lower > 0 or upper < 0)
    if mean != 0:
        assert (found.sure, found.most) == (mirrored.sure, mirrored.most)
        assert {found.direction, mirrored.direction} == {"fewer", "more"}


@pytest.mark.parametrize("ends", [(-0.9, -0.5, 0.9), (-1.0, 0.0, 1.0), (0.3, 0.9, 1.0)])
def test_wide_intervals_still_fill_the_grid_once(ends: tuple[float, float, float]) -> None:
    figure = drawn(dict(zip(("lower", "mean", "upper"), ends, strict=True)))
    assert figure.data["people"].sum() == PER
    assert sum(dots(figure).values()) + (figure.data["people"] == 1).sum() == PER
