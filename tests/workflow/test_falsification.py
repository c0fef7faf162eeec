"""Tests that begin with few draws end where the usual number would have ended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from checks.falsification_cases import chain_data
from figure_cases import opened, unsampled_fit
from vm2causal.checks.falsify.absent_arrow import SETTINGS
from vm2causal.checks.falsify.falsification import FIRST
from vm2causal.checks.falsify.permuted_graphs import NAME
from vm2causal.errors import FitError
from vm2causal.refits import Results, Task, run_tasks
from vm2causal.workflow import falsification as job
from vm2causal.workflow.falsification import falsify_fit


def value(factor: float) -> dict[str, Any]:
    return {"coefficients": [], "tail": 0.6, "p_direction": 0.6, "in_rope": 0.1, "inside": False,
            "bayes_factor": factor, "bayes_factor_at_least": None, "untested": None,
            "rhat": 1.0}  # fmt: skip


@pytest.mark.parametrize(
    ("first", "again", "verdict"),
    [(0.36, 1, "holds"), (0.9, 0, "undecided"), (0.1, 0, "holds")],
)
def test_only_what_is_near_a_limit_is_fitted_again(
    first: float, again: int, verdict: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[list[int]] = []

    def fitted(tasks: Sequence[Task], **options: Any) -> Results:
        if [task.name for task in tasks] == [NAME]:
            return run_tasks(tasks, **options)
        asked.append([task.arguments["settings"]["draws"] for task in tasks])
        factors = {FIRST.draws: first, SETTINGS.draws: 0.3}
        return Results(
            {task.name: value(factors[task.arguments["settings"]["draws"]]) for task in tasks}, {}
        )

    monkeypatch.setattr(job, "run_tasks", fitted)
    fit = opened(unsampled_fit(chain_data()))
    found = falsify_fit(fit, folder=tmp_path, seed=1, dowhy_seconds=0, first_look=True)
    assert asked == [[FIRST.draws], [SETTINGS.draws] * again]
    assert found.independences.table["verdict"].tolist() == [verdict]
    falsify_fit(fit, folder=tmp_path, seed=1, dowhy_seconds=0)
    assert asked[2:] == [[SETTINGS.draws]]


def test_shuffled_graphs_that_fail_end_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def failed(tasks: Sequence[Task], **options: object) -> Results:
        if [task.name for task in tasks] == [NAME]:
            return Results({}, {NAME: "LinAlgError: SVD did not converge"})
        return Results({task.name: value(0.3) for task in tasks}, {})

    monkeypatch.setattr(job, "run_tasks", failed)
    with pytest.raises(FitError, match=r"shuffled graphs failed.*SVD did not converge"):
        falsify_fit(opened(unsampled_fit(chain_data())), folder=tmp_path, seed=1, dowhy_seconds=0)
