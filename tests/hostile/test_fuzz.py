"""A short seeded run of inputs of a stranger at every door; the long ones are run by hand."""

from __future__ import annotations

import random

import pytest

from hostile.fuzz import DOORS, Found, changed_value, several, tried

INPUTS = {
    "graph": 200,
    "model": 200,
    "options": 400,
    "duo": 60,
    "table": 60,
    "study": 40,
    "record": 40,
    "run": 40,
    "did": 200,
}


def test_every_door_has_a_share() -> None:
    assert INPUTS.keys() == DOORS.keys()


def test_inputs_are_changed_and_the_same_seed_changes_them_alike() -> None:
    text = "a,b\n1,2\n3,4\n"
    many = {several(text, random.Random(seed)) for seed in range(50)}
    assert len(many) > 30
    assert several(text, random.Random(7)) == several(text, random.Random(7))
    record = {"a": [1, {"b": 2}], "c": "d"}
    assert any(changed_value(record, random.Random(seed)) != record for seed in range(5))


def test_a_traceback_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def crashing(*arguments: object) -> None:
        raise KeyError("1")

    monkeypatch.setattr("hostile.fuzz.run", crashing)
    found = tried("options", inputs=2, seed=1)
    assert isinstance(found, Found)
    assert len(found.faults) == 2
    assert "KeyError at test_fuzz.py" in found.faults[0]


@pytest.mark.slow
@pytest.mark.parametrize("door", INPUTS)
def test_no_input_of_a_stranger_ends_in_a_traceback(door: str) -> None:
    found = tried(door, inputs=INPUTS[door], seed=2013)
    assert found.faults == []
    assert found.accepted > 0
    assert found.refused > 0
