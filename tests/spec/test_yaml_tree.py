"""YAML is read with places, as text, and within limits."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vm2causal.errors import ModelFileError
from vm2causal.spec.yaml_tree import parse_yaml


def test_scalars_stay_the_text_that_was_written() -> None:
    tree, _ = parse_yaml("levels: [no, 3, 1e5, 2012-01-01]\nempty:\nnone: ~\nquoted: 'null'", "f")
    assert tree == {
        "levels": ["no", "3", "1e5", "2012-01-01"],
        "empty": None,
        "none": None,
        "quoted": "null",
    }


def test_places_name_the_line_of_keys_and_items() -> None:
    _, places = parse_yaml("a:\n  - x\n  - {b: 1,\n     c: 2}\n", "f")
    assert places.line(("a", 0)) == 2
    assert places.line(("a", 1, "c")) == 4
    assert places.line(("a", 1, "unknown")) == 3
    assert places.line(("elsewhere",)) is None


def test_an_alias_is_followed_and_has_the_line_where_it_stands() -> None:
    tree, places = parse_yaml("a: &same [x, y]\nb: *same\nc:\n  - *same\n", "f")
    assert tree == {"a": ["x", "y"], "b": ["x", "y"], "c": [["x", "y"]]}
    assert places.line(("c", 0)) == 4


def _laughs(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


def _deepening(levels: int) -> str:
    lines = ["a0: &a0 " + "[" * 20 + "x" + "]" * 20]
    lines += [f"a{n}: &a{n} " + "[" * 20 + f"*a{n - 1}" + "]" * 20 for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_laughs(30), r"line 5: Aliases make this more than 100,000 parts .* Got: '\*a\d'"),
        (_deepening(200), "line 2: This is nested deeper than 32 levels. Got: 'level"),
        ("[" * 100_000, "line 1: This is nested deeper than 32 levels. Got: 'level 33'"),
        ("{a: " * 100_000, "line 1: This is nested deeper than 32 levels. Got: 'level 33'"),
        ("- " * 100_000, "line 1: This is nested deeper than 32 levels. Got: 'level 33'"),
    ],
    ids=["billion laughs", "depth through aliases", "lists", "mappings", "block lists"],
)
def test_bombs_are_refused_at_once(text: str, message: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ModelFileError, match=message):
        parse_yaml(text, "f")
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "line 3: This key stands twice; first on line 1. Got: 'a'"),
        ("a: {b: 1, b: 2}", "line 1: This key stands twice"),
        ("a: *none", r"line 1: This alias names nothing .* Got: '\*none'"),
        ("a: &a [*a]", r"line 1: This alias names nothing that was finished"),
        ("[a, b]: 1", "line 1: A key must be a single word. Got: 'a list'"),
        ("a: &x b\n*x : 1", r"line 2: An alias cannot be a key. Got: '\*x'"),
        ("a: !!python/object:os.system x", "line 1: Tags are not read. Got: .*python/object"),
        ("a: 1\n---\nb: 2", "line 2: A model file holds one document. Got: '---'"),
        ("a: &x {b: 1}\nc:\n  <<: *x", "line 3: Merge keys are not read. Got: '<<'"),
        ("a: 1\nsign: -\nb: 2", "line 2: This is not YAML: .* Got: 'sign: -'"),
        ("a: [1, 2\nb: 3", "This is not YAML"),
        ("a: \x07", "control characters"),
        ("a: 1\nb: \x00", r"line 2: A model file holds no control characters. Got: '\\x00'"),
    ],
)
def test_what_is_not_read_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        parse_yaml(text, "f")


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@,? \n\t~<", max_size=60) | st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ModelFileError):
        tree, _ = parse_yaml(text, "f")
        assert tree is None or isinstance(tree, dict | list | str)
