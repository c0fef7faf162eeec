"""What is read is held against the description by which it is tested when written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import vm2causal
from figure_cases import RECORD
from vm2causal import described
from vm2causal.described import NotAsDescribedError, require_described

OF_THE_FIT = {
    "schema": "vm2causal/fit/2",
    "unit": "row",
    "seed": 1,
    "priors": "weak",
    "backend": "kernel",
    **{f"{name}_sha256": "0" * 64 for name in ("model", "data", "draws", "arrays")},
    "timings": {f"{name}_s": 0.1 for name in ("import", "build", "compile", "sample")},
}
ROW = {"cause": "x", "effect": "y", "contrast": "1 vs 0", "prior": 0.1, "likelihood": None}
LOO = {"variable": "x", "points": 9, "unreliable": 0.0, "p": 0.5, "verdict": "ok"}


def described_as(name: str) -> dict[str, Any]:
    path = Path(vm2causal.__file__).parent / "schemas" / f"{name}.schema.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def keywords(asked: Any) -> set[str]:
    if not isinstance(asked, dict):
        return set()
    below = [*asked.get("properties", {}).values(), *asked.get("oneOf", []), asked.get("items")]
    return set(asked).union(*map(keywords, [*below, asked.get("additionalProperties")]))


def test_the_description_of_a_fit_asks_nothing_that_is_not_checked() -> None:
    asked = keywords(described_as("fit"))
    assert {"type", "enum", "pattern", "minimum", "required"} <= asked
    assert asked <= described._KEYWORDS.keys() | described._SAID | {"type"}


@pytest.mark.parametrize("absent", ["arrays_sha256", "machine"])
def test_a_record_of_a_fit_passes_and_that_of_an_earlier_version(absent: str) -> None:
    whole = RECORD | OF_THE_FIT
    require_described(whole, "fit")
    require_described({name: item for name, item in whole.items() if name != absent}, "fit")


@pytest.mark.parametrize(
    ("change", "rule", "value"),
    [
        ({"seed": True}, "'seed' is a whole number.", True),
        ({"seed": 1.0}, "'seed' is a whole number.", 1.0),
        ({"seed": 2**70}, "'seed' is a whole number.", 2**70),
        ({"seed": -1}, "'seed' is at least 0.", -1),
        ({"priors": "strong"}, "'priors' is one of: neutral, evidence, weak.", "strong"),
        ({"unanswerable": {}}, "'unanswerable' is a list.", {}),
        ({"parameters": []}, "'parameters' has at least 1 entries.", []),
        ({"versions": {"numpy": 2}}, "'versions.numpy' is text.", 2),
        ({"versions": {"numpy": "\ud800"}}, "'versions.numpy' is text of Unicode.", "\ud800"),
        ({"draws_sha256": "0" * 64 + "\n"}, "'draws_sha256' has the form", "0" * 64 + "\n"),
        (
            {"loo_pit": [LOO, LOO | {"p": float("nan")}]},
            "'loo_pit[1].p' is a finite number or null.",
            "nan",
        ),
        ({"loo_pit": [LOO | {"p": 1.5}]}, "'loo_pit[0].p' is at most 1.", 1.5),
        ({"prior_sensitivity": [ROW]}, "'prior_sensitivity[0].flag' is missing.", None),
        ({"selection": 3}, "'selection' is a mapping.", 3),
        ({"selection": {"by": ["x"]}}, "'selection.questions' is missing.", None),
        ({"note": "x"}, "This document holds nothing but schema, python,", "note"),
    ],
)
def test_the_place_the_value_and_the_rule_are_said(
    change: dict[str, Any], rule: str, value: object
) -> None:
    with pytest.raises(NotAsDescribedError) as raised:
        require_described(RECORD | OF_THE_FIT | change, "fit")
    assert raised.value.rule.startswith(rule)
    assert str(raised.value.value) == str(value)


def test_what_is_no_mapping_is_said() -> None:
    with pytest.raises(NotAsDescribedError, match=r"This document is a mapping\."):
        require_described([], "fit")
