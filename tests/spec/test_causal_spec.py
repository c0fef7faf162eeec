"""Models made in Python hold the same rules as files, and do not change."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pydantic
import pytest

from vm2causal.errors import ModelFileError
from vm2causal.spec import Arrow, CausalGraph, CausalSpec, Variable, find_cycle, read_model
from vm2causal.texts import Language


def _spec(*arrows: tuple[str, str]) -> CausalSpec:
    names = {name for pair in arrows for name in pair}
    return CausalSpec(
        name="m",
        variables={name: Variable() for name in sorted(names)},
        arrows=tuple(Arrow(cause=cause, effect=effect) for cause, effect in arrows),
    )


def test_a_cycle_in_python_is_the_same_error_without_a_line() -> None:
    with pytest.raises(
        ModelFileError, match=r"^The arrows form a cycle: a -> b -> a. Got: 'b -> a'"
    ):
        _spec(("a", "b"), ("b", "a"))
    with pytest.raises(ModelFileError, match="stands twice; first as arrow number 1"):
        _spec(("a", "b"), ("a", "b"))


def test_a_model_does_not_change() -> None:
    spec = _spec(("a", "b"))
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        spec.name = "other"


def test_a_model_survives_pickling_for_other_processes() -> None:
    spec = read_model("onderzoeksmodel-2012")
    again = pickle.loads(pickle.dumps(spec))
    assert again == spec
    assert again.graph == spec.graph


def test_parents_and_labels() -> None:
    spec = read_model("onderzoeksmodel-2012")
    assert spec.parents("pedagogiek") == ("samenwerking",)
    assert spec.label("binding", Language.EN) == "attachment of the pupil"
    assert _spec(("my_cause", "b")).label("my_cause", Language.NL) == "my cause"


def test_the_shortest_cycle_through_the_first_name_is_found() -> None:
    arrows = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "b"), ("c", "b")]
    assert find_cycle(CausalGraph.of(arrows)) == ("b", "c", "b")
    assert find_cycle(CausalGraph.of([("a", "b"), ("a", "c"), ("b", "c")])) == ()


def test_a_graph_takes_iterators() -> None:
    graph = CausalGraph.of(iter([("u", "x")]), unobserved=iter(["u", "v"]))
    assert graph.nodes == ("u", "v", "x")
    assert graph.unobserved == {"u", "v"}


def test_importing_models_loads_nothing_heavy() -> None:
    code = (
        "import sys, vm2causal.spec;"
        "print(sorted({'matplotlib','pymc','dowhy','pandas','scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
