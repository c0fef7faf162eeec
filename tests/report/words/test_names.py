"""Names of figures and sections tell apart whatever the names of variables tell apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vm2causal.report.words.names import by_group_name, joined_name, numbered_name
from vm2causal.spec.variable_rules import name_problem

variables = st.text("ab-_1", min_size=1, max_size=5).filter(lambda name: not name_problem(name))
parts = st.lists(variables, min_size=1, max_size=3).map(tuple)


@given(parts, parts)
def test_different_parts_have_different_names(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert (joined_name(*one) == joined_name(*other)) is (one == other)


@given(parts, parts, st.integers(0, 2), st.integers(1, 3))
def test_a_number_is_never_taken_for_a_variable(
    one: tuple[str, ...], other: tuple[str, ...], place: int, alike: int
) -> None:
    numbered = numbered_name(list(one), min(place, alike - 1), alike)
    assert (numbered == joined_name(*other)) is (alike == 1 and one == other)


@given(st.text("a/.%-2f0\\ ", max_size=12), st.text("a/.%-2f0\\ ", max_size=12))
def test_tables_by_group_stay_in_their_folder_and_apart(one: str, other: str) -> None:
    name = by_group_name(one)
    assert not set(name) & set("/\\ ")
    assert (name == by_group_name(other)) is (one == other)


def test_usual_names_read_as_they_are_written() -> None:
    assert joined_name("tipping", "mbo_stof", "vsv") == "tipping-mbo_stof-vsv"
