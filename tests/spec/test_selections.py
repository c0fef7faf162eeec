"""Selected nodes in model files, and selections that are off until asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from vm2causal.errors import ModelFileError
from vm2causal.identify import Population, identify_effect
from vm2causal.report.graph.picture import draw_model, picture_alt_text
from vm2causal.spec import build_model, list_models, model_to_yaml, read_model
from vm2causal.texts import Language

FILE = """schema: vm2causal/model/1
name: m
variables:
  e: {}
  d: {}
  %s
arrows:
  - {from: e, to: d}
  - {from: d, to: s}
"""
OFF = """schema: vm2causal/model/1
variables: {e: {}, d: {}}
arrows: [{from: e, to: d}]
selections:
  answered: {causes: [d], label: {nl: respons, en: response}}
"""


def _written(folder: Path, content: str, name: str = "m.yaml") -> str:
    path = folder / name
    path.write_text(content)
    return str(path)


def test_a_selected_node_has_no_data_and_comes_back(tmp_path: Path) -> None:
    spec = read_model(_written(tmp_path, FILE % "s: {selected: yes}"))
    assert (spec.variables["s"].selected, spec.variables["s"].observed) == (True, False)
    assert (spec.graph.selected, spec.hidden) == ({"s"}, ())
    text = model_to_yaml(spec)
    assert "  s: {selected: true}\n" in text
    assert read_model(_written(tmp_path, text, "again.yaml")) == spec


@pytest.mark.parametrize(
    ("variable", "more", "message"),
    [
        ("s: {selected: maybe}", "", r"line 6: Expected true or false.*'maybe'"),
        ("s: {selected: true, observed: true}", "", r"line 6: All units in the data have 's'"),
        ("s: {selected: true, column: q}", "", r"line 6: 'column' has no meaning for this node"),
        (
            "s: {selected: true}",
            "  - {from: s, to: e}\n",
            r"line 10: All units in the data have 's'.*s -> e.*Remove the arrow",
        ),
        (
            "s: {selected: true}",
            "queries:\n  - {cause: e, effect: s}\n",
            r"what the data were selected by.*Got: 's'",
        ),
        (
            "s: {selected: true}",
            "selections:\n  r: {causes: [f]}\n",
            r"line 11: This selection has a cause that is not declared.*'f'",
        ),
        (
            "s: {selected: true}",
            "selections:\n  e: {causes: [d]}\n",
            r"line 11: This selection is a variable already.*'e'",
        ),
    ],
)
def test_what_a_selected_node_cannot_be(
    tmp_path: Path, variable: str, more: str, message: str
) -> None:
    with pytest.raises(ModelFileError, match=message):
        read_model(_written(tmp_path, FILE % variable + more))


def test_a_selection_is_off_until_its_name_follows_that_of_the_model(tmp_path: Path) -> None:
    path = _written(tmp_path, OFF)
    off = read_model(path)
    assert off.graph.selected == frozenset()
    assert "answered" not in off.graph.nodes
    on = read_model(f"{path}+answered")
    assert on.graph.selected == {"answered"}
    assert on.graph.arrows == (("d", "answered"), ("e", "d"))
    assert on.name == "m+answered"
    assert on.selections == {}
    assert build_model(on.model_dump(by_alias=True)) == on
    assert not identify_effect(on.graph, "e", "d").identifiable
    with pytest.raises(ModelFileError, match=r"no such selection.*'answred'.*'answered'\?"):
        read_model(f"{path}+answred")


def test_a_file_whose_name_holds_a_plus_is_that_file(tmp_path: Path) -> None:
    path = _written(tmp_path, OFF, "a+answered.yaml")
    assert read_model(path).graph.selected == frozenset()
    assert read_model(f"{path}+answered").graph.selected == {"answered"}


@pytest.mark.parametrize("name", list_models())
def test_non_response_is_off_in_the_models_that_ship(name: str) -> None:
    assert read_model(name).graph.selected == frozenset()
    assert read_model(f"{name}+respons").graph.selected == {"respons"}


def test_non_response_that_follows_from_the_careers_costs_every_effect_on_them() -> None:
    """Those who stopped answer less: status follows from binding, vsv and SK."""
    graph = read_model("onderzoeksmodel-2012+respons").graph
    for cause, effect in (("samenwerking", "vsv"), ("binding", "vsv"), ("mbo_stof", "binding")):
        assert identify_effect(graph, cause, effect).strategy is None, (cause, effect)
    nothing = identify_effect(graph, "krimp", "vsv")  # no road leads there
    assert nothing.selection is not None
    assert nothing.selection.population is Population.WHOLE


def test_non_response_that_a_cause_decides_leaves_the_effect_among_those_who_answer() -> None:
    graph = read_model("maatwerk-2014+respons").graph
    found = identify_effect(graph, "samenwerking", "organiseerbaarheid")
    assert found.selection is not None
    assert found.selection.population is Population.SELECTED


def test_the_picture_has_a_double_border_and_says_what_it_means() -> None:
    spec = build_model(
        {
            "name": "m",
            "variables": {"e": {}, "s": {"selected": "true"}},
            "arrows": [{"from": "e", "to": "s"}],
        }
    )
    axes = draw_model(spec, language=Language.EN).axes[0]
    written = {item.get_text() for item in axes.texts}
    assert "only those that have this are in the data" in written
    assert "unobserved" not in written
    boxes = [patch for patch in axes.patches if type(patch).__name__ == "FancyBboxPatch"]
    assert len(boxes) == 1 + 2 + 2  # one for e, two for s, two in the legend
    alt = picture_alt_text(spec, language=Language.NL)
    assert "Dubbele rand, alleen eenheden die dit hebben staan in de gegevens: s." in alt
