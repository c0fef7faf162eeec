"""Where DoWhy 0.14 differs. Importing it costs seconds, so these tests are few."""

from __future__ import annotations

import pytest

from vm2causal.identify import identify_effect
from vm2causal.spec.graph import CausalGraph

CASES = {
    "agreement": ([("z", "x"), ("z", "y"), ("x", "y")], [], "total", "says the same"),
    "reverse": ([("y", "x")], [], "total", "says the same"),
    "conditional front door": (
        [("u", "x"), ("u", "y"), ("x", "m"), ("m", "y"), ("s", "x"), ("s", "m"), ("s", "y")],
        ["u"],
        "total",
        "unidentifiable: it knows the front door without covariates only",
    ),
    "napkin": (
        [("u", "w"), ("u", "x"), ("v", "w"), ("v", "y"), ("w", "z"), ("z", "x"), ("x", "y")],
        ["u", "v"],
        "total",
        "finds no way to this effect",
    ),
    "sets beyond the smallest": (
        [("a", "x"), ("a", "b"), ("b", "x"), ("c", "b"), ("c", "y"), ("x", "y")],
        [],
        "total",
        "does not list 1 of the 2 minimal adjustment sets",
    ),
    "front-door superset": (
        [("u", "x"), ("u", "y"), ("x", "a"), ("a", "b"), ("b", "y")],
        ["u"],
        "total",
        "front-door set with more variables than needed",
    ),
    "front door outside the effects of the cause": (
        [("a", "b"), ("a", "d"), ("a", "y"), ("x", "d"), ("d", "y"), ("u", "b"), ("u", "d")],
        ["u"],
        "total",
        "finds none of the 1 minimal front-door sets",
    ),
    "instrument given a covariate": (
        [("w", "z"), ("w", "y"), ("z", "x"), ("x", "y"), ("u", "x"), ("u", "y")],
        ["u"],
        "total",
        "does not name these (conditional) instruments: z",
    ),
    "several mediators": (
        [("x", "a"), ("x", "b"), ("a", "y"), ("b", "y"), ("x", "y")],
        [],
        "mediated",
        "works with one mediator, where there are 2",
    ),
    "mediation formula without licence": (
        [("x", "m"), ("m", "y"), ("x", "y"), ("u", "m"), ("u", "y")],
        ["u"],
        "mediated",
        "though nothing licenses it here",
    ),
    "part of the mediators held fixed": (
        [("x", "a"), ("a", "b"), ("b", "y"), ("x", "y"), ("u", "b"), ("u", "y")],
        ["u"],
        "direct",
        "does not hold all mediators fixed",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_engine_note(case: str) -> None:
    arrows, hidden, kind, note = CASES[case]
    graph = CausalGraph.of(arrows, unobserved=hidden)
    found = identify_effect(graph, "x", "y", kind=kind, second_opinion=True)
    assert found.engine_note is not None
    assert note in found.engine_note.en
    assert (note == "says the same") is (found.engine_note.nl == "DoWhy zegt hetzelfde.")


def test_dowhy_is_not_asked_to_search_for_minutes() -> None:
    arrows = [("x", "y"), ("u", "x"), ("u", "y")] + [
        (f"c{number}", end) for number in range(20) for end in ("x", "y")
    ]
    graph = CausalGraph.of(arrows, unobserved=["u"])
    found = identify_effect(graph, "x", "y", second_opinion=True)
    assert found.engine_note is not None
    assert found.engine_note.en == "DoWhy was not asked: it would try 1048576 sets one by one."


def test_without_a_second_opinion_there_is_no_note() -> None:
    assert identify_effect(CausalGraph.of([("x", "y")]), "x", "y").engine_note is None
