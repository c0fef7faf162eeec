"""A model that is written reads back as the same model."""

from __future__ import annotations

import pytest
from hypothesis import given

from model_strategies import models
from vm2causal.spec import CausalSpec, build_model, list_models, model_to_yaml, read_model
from vm2causal.spec.yaml_tree import parse_yaml


def _again(spec: CausalSpec) -> CausalSpec:
    tree, places = parse_yaml(model_to_yaml(spec), "written.yaml")
    return build_model(tree, places)


@given(models())
def test_any_model_reads_back(spec: CausalSpec) -> None:
    assert _again(spec) == spec


@pytest.mark.parametrize("name", list_models())
def test_the_shipped_models_read_back(name: str) -> None:
    spec = read_model(name)
    assert _again(spec) == spec


def test_words_that_other_readers_take_for_truth_are_quoted() -> None:
    spec = build_model({"name": "no", "variables": {"y": {"label": "on"}, "n": {}}})
    text = model_to_yaml(spec)
    assert 'name: "no"' in text
    assert '"y": {label: {nl: "on", en: "on"}}' in text
