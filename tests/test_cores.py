from __future__ import annotations

from vm2causal.cores import share_of_cores, usable_cores
from vm2causal.refits import Task, run_tasks


def test_a_share_holds_inside_and_ends_outside() -> None:
    all_of_them = usable_cores()
    with share_of_cores(3):
        assert usable_cores() == 3
        with share_of_cores(0):
            assert usable_cores() == 1
        assert usable_cores() == 3
    assert usable_cores() == all_of_them >= 1


def tasks(number: int) -> list[Task]:
    return [Task(str(place), "refits_tasks:cores", {}, (1, place)) for place in range(number)]


def test_workers_side_by_side_share_the_cores() -> None:
    with share_of_cores(8):
        alone = run_tasks(tasks(1), folder=None, executor="processes:4")
        shared = run_tasks(tasks(3), folder=None, executor="processes:2")
        serial = run_tasks(tasks(1), folder=None)
    assert {value["cores"] for value in alone.values.values()} == {8}
    assert {value["cores"] for value in shared.values.values()} == {4}
    assert serial.values["0"]["cores"] == 8
