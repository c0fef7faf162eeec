"""The JSON Schema of model files, for editors that check while one types."""

from __future__ import annotations

from typing import Any

from vm2causal.spec.causal_spec import CausalSpec


def model_json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a model file.

    It covers keys, words and types. What holds between parts (declared names, no cycles) is
    checked by ``read_model`` only.

    Examples
    --------
    >>> model_json_schema()["required"]
    ['schema', 'variables']
    """
    generated = CausalSpec.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **generated,
        "title": "vm2causal model file",
        "description": "A causal model with its evidence; see docs/model-files.md.",
        "required": ["schema", "variables"],
    }
