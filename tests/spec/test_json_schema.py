"""The JSON Schema that ships is the one the code gives, and holds for the models that ship."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from vm2causal.spec import list_models, model_json_schema
from vm2causal.storage import shipped_path


def test_the_checked_in_schema_is_up_to_date() -> None:
    shipped = json.loads((shipped_path("models") / "schema.json").read_text(encoding="utf-8"))
    assert shipped == model_json_schema(), "run: uv run vm2causal model schema > models/schema.json"


@pytest.mark.parametrize("name", list_models())
def test_the_shipped_models_hold_to_it(name: str) -> None:
    path = shipped_path("models") / f"{name}.yaml"
    jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), model_json_schema())


@pytest.mark.parametrize(
    "document",
    [
        {"variables": {"x": {}}},
        {"schema": "vm2causal/model/3", "variables": {"x": {}}},
        {"schema": "vm2causal/model/1", "variables": {}},
        {"schema": "vm2causal/model/1", "variables": {"x": {"kind": "nominaal"}}},
        {"schema": "vm2causal/model/1", "variables": {"x": {"colour": "red"}}},
        {"schema": "vm2causal/model/1", "variables": {"x": {}}, "arrows": [{"from": "x"}]},
    ],
)
def test_it_refuses_what_is_no_model(document: object) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, model_json_schema())


def test_aliases_and_short_forms_pass() -> None:
    document = {
        "schema": "vm2causal/model/1",
        "variables": {"x": None, "y": {"label": "why"}},
        "arrows": [
            {
                "from": "x",
                "to": "y",
                "evidence": "supported",
                "sign": "−",
                "source": [{"document": "d"}],
            },
        ],
    }
    jsonschema.validate(document, model_json_schema())
