"""Arrows that vary or depend: what a model file may say, and what it is told where it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from vm2causal.errors import ModelFileError
from vm2causal.spec import Arrow, CausalSpec, Variable, diff_models, read_model
from vm2causal.spec.words import ArrowShape
from vm2causal.spec.writing import model_to_yaml

FILE = """schema: vm2causal/model/2
variables:
  x: {}
  m: {kind: ordinal, levels: [low, mid, high]}
  s: {kind: nominal}
  u: {observed: false}
  y: {}
arrows:
  - {from: x, to: y, varies: [school, s], depends_on: m}
  - {from: m, to: y}
  - {from: s, to: y}
  - {from: u, to: y}
groups: [school]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "m.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_model_with_them_reads_back(tmp_path: Path) -> None:
    spec = read_model(written(tmp_path, FILE))
    arrow = spec.arrow("x", "y")
    assert arrow is not None
    assert (arrow.varies, arrow.depends_on) == (("school", "s"), ("m",))
    text = model_to_yaml(spec)
    assert text.startswith("schema: vm2causal/model/2\n")
    assert read_model(written(tmp_path, text)) == spec


def test_shapes_and_splits_read_back(tmp_path: Path) -> None:
    text = FILE.replace("{from: m, to: y}", "{from: m, to: y, shape: monotone}").replace(
        "depends_on: m}", "depends_on: m, split: school}"
    )
    spec = read_model(written(tmp_path, text))
    found = {arrow.key: (arrow.shape, arrow.split) for arrow in spec.arrows}
    assert found["m", "y"] == (ArrowShape.MONOTONE, None)
    assert found["x", "y"] == (None, "school")
    assert read_model(written(tmp_path, model_to_yaml(spec))) == spec
    straight = read_model(written(tmp_path, FILE))
    assert len(diff_models(straight, spec).modifiers_changed) == 2


def test_a_model_made_in_python_has_the_schema_that_it_needs() -> None:
    def made(**keys: object) -> CausalSpec:
        return CausalSpec(
            name="m",
            variables={"x": Variable(), "y": Variable()},
            arrows=[Arrow(cause="x", effect="y", **keys)],
            groups=["school"],
        )

    assert made().version == "vm2causal/model/1"
    assert made(varies="school").version == "vm2causal/model/2"
    assert diff_models(made(), made(varies="school")).modifiers_changed
    assert diff_models(made(varies="school"), made(varies="school")).is_empty


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("model/2", "model/1", "'varies' belongs to the schema vm2causal/model/2.* Begin the file"),
        ("[school, s]", "[schol]", "by a group or by a variable with levels.*'schol'.*'school'"),
        ("[school, s]", "[m, x]", "another variable than its two ends. Got: 'x'"),
        ("[school, s]", "[s, s]", "This stands twice. Got: 's'"),
        ("depends_on: m", "depends_on: [m, z]", "not declared. Got: 'z'"),
        ("depends_on: m", "depends_on: u", "needs data, and 'u' has none"),
        ("depends_on: m", "depends_on: y", "another variable than its two ends"),
        (
            "  - {from: m, to: y}\n",
            "",
            "'m' changes what 'x' does to 'y', so it is a cause of 'y' too.* Add the arrow m -> y",
        ),
        ("  - {from: s, to: y}\n", "", "Add the arrow s -> y"),
        ("{from: m, to: y}", "{from: m, to: y, depends_on: x}", "stands twice.*Say it at one"),
        ("{from: u, to: y}", "{from: u, to: y, varies: school}", "'u' has none.* Remove 'varies'"),
        ("varies: [school, s]", "varies: [school, y2]", "a group or by a variable with levels"),
        ("depends_on: m}", "shape: monotone}", "'x' is continuous. Got: 'monotone'.*shape: smooth"),
        ("{from: m, to: y}", "{from: m, to: y, shape: smooth}", "'m' is ordinal.*shape: monotone"),
        ("{from: s, to: y}", "{from: s, to: y, shape: monotone}", "Declare 's' ordinal"),
        ("{from: s, to: y}", "{from: s, to: y, shape: smooth}", "'s' is nominal. Got: 'smooth'"),
        ("low, mid, high]}", "low, high]}", "'m' is ordinal with two levels"),
        ("depends_on: m}", "split: s}", "that is no variable of the model.*Got: 's'"),
        ("depends_on: m}", "split: schol}", "Got: 'schol'.*'school'"),
        ("{from: s, to: y}", "{from: s, to: y, split: school}", "'s' is nominal and has none"),
        ("depends_on: m}", "shape: smooth, split: school}", "An arrow that is split is straight"),
        ("{from: u, to: y}", "{from: u, to: y, shape: smooth}", "'u' has none.* Remove 'shape'"),
    ],
)
def test_what_does_not_hold_is_named(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    text = FILE
    if "two levels" in message:
        text = FILE.replace("{from: m, to: y}", "{from: m, to: y, shape: monotone}")
    path = written(tmp_path, text.replace(right, wrong, 1))
    with pytest.raises(ModelFileError, match=f"(?s)m.yaml.*{message}"):
        read_model(path)


def test_a_number_is_no_level_but_may_be_depended_on(tmp_path: Path) -> None:
    text = FILE.replace("[school, s]", "[school, k]").replace("  y: {}", "  k: {}\n  y: {}")
    with pytest.raises(ModelFileError, match="Say 'depends_on: k' instead"):
        read_model(written(tmp_path, text))


def test_nested_groups_read_back_and_their_rules_are_held(tmp_path: Path) -> None:
    text = FILE.replace("[school]", "[school, {class: school}]")
    spec = read_model(written(tmp_path, text))
    assert (spec.groups, dict(spec.nested)) == (("school", "class"), {"class": "school"})
    assert "groups: [school, {class: school}]" in model_to_yaml(spec)
    assert read_model(written(tmp_path, model_to_yaml(spec))) == spec
    assert diff_models(spec.changed(nested={}), spec).blocks_changed == ("groups",)
    for wrong, message in (
        ("[school, {class: schol}]", "'class' is nested in 'schol', and 'schol' is no group"),
        ("[{school: class}, {class: school}]", "Groups are nested in each other"),
        ("[school, {s: school}]", "'s' is a variable of the model"),
    ):
        with pytest.raises(ModelFileError, match=f"(?s)m.yaml.*{message}"):
            read_model(written(tmp_path, FILE.replace("[school]", wrong)))
