"""What attacks found, as it is kept beside a fit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from command_line import valid
from figure_cases import table_fit
from vm2causal.checks.falsify.falsification import Independences
from vm2causal.checks.falsify.permuted_graphs import PermutedGraphs
from vm2causal.checks.falsify.result import Falsification
from vm2causal.effects.forward import Forward
from vm2causal.errors import FitError
from vm2causal.report.documents.falsification import falsification_document
from vm2causal.report.documents.json_text import to_json
from vm2causal.texts import Language
from vm2causal.workflow import attack_records
from vm2causal.workflow.attack_records import (
    SECOND,
    keep_attack,
    keep_falsification,
    kept_attack,
)
from vm2causal.workflow.attacks import batch_folder
from vm2causal.workflow.effects import FitOnDisk

DRAWS = {"draws_sha256": "a" * 64, "model_sha256": "c" * 64}


@pytest.fixture
def opened() -> FitOnDisk:
    fit = table_fit()
    diagnostics = {
        "rhat_max": 1.0,
        "ess_bulk_min": 900.0,
        "ess_tail_min": 900.0,
        "divergences": 0,
        "ebfmi_min": 0.9,
        "passed": True,
        "failures": [],
    }
    record = DRAWS | {"origin": "real", "diagnostics": diagnostics}
    return FitOnDisk(fit, record, Forward(fit.layout, fit.posterior, seed=1, draws=2))


def nothing_found(shares: list[float]) -> Falsification:
    columns = ["cause", "effect", "given", "verdict", "untested", "coefficients"]
    columns += ["tail", "q", "p_direction", "in_rope", "bayes_factor", "bayes_factor_at_least"]
    return Falsification(
        Independences(pd.DataFrame(columns=columns), {"a-b": "diverged"}),
        PermutedGraphs(4, 1, np.array(shares), 0.25),
        None,
        "off",
        None,
        None,
        (),
    )


def test_what_test_found_is_kept_as_it_is_printed(opened: FitOnDisk, tmp_path: Path) -> None:
    found = nothing_found([0.5, 0.25, 1.0])
    printed = valid(
        to_json(falsification_document(found, record=opened.record, behind=opened.behind)), "test"
    )
    assert printed["permuted_graphs"] == {
        "tests": 4,
        "violations": 1,
        "permutations": 3,
        "mean_share": 0.58,
        "share": 0.25,
        "p_value": 0.5,
        "equivalent": 0.25,
        "informative": found.permuted.informative,
    }
    assert printed["failed_tests"] == {"a-b": "diverged"}
    assert (printed["dowhy"], printed["dowhy_silent"]) == (None, "off")
    keep_falsification(tmp_path / "fit", opened, found)
    for language in Language:
        kept = kept_attack(tmp_path / "fit", "test", DRAWS, language)
        assert kept is not None
        assert kept.document == printed


def test_a_graph_that_was_never_shuffled_has_no_mean_share(opened: FitOnDisk) -> None:
    printed = falsification_document(nothing_found([]), record=opened.record, behind=opened.behind)
    assert printed["permuted_graphs"]["mean_share"] is None


def test_what_another_version_kept_is_named_without_its_folder(tmp_path: Path) -> None:
    path = keep_attack(tmp_path / "fit", "test", DRAWS, lambda language: {})
    kept = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(kept | {"schema": "vm2causal/attack-record/0"}))
    with pytest.raises(
        FitError,
        match=r"^test\.json: This holds something else.*attack-record/0'.*'vm2causal test' again",
    ):
        kept_attack(tmp_path / "fit", "test", DRAWS, Language.NL)
    path.write_text("{")
    with pytest.raises(FitError, match=r"^test\.json: What an attack found cannot be read\."):
        kept_attack(tmp_path / "fit", "test", DRAWS, Language.NL)


@pytest.mark.parametrize("name", ["test", SECOND])
def test_what_is_kept_counts_for_its_draws_and_its_model(name: str, tmp_path: Path) -> None:
    """The same draws may come from a model that asks other questions."""
    fit = tmp_path / "fit"
    path = keep_attack(fit, name, DRAWS, lambda language: {"found": language.value})
    kept = kept_attack(fit, name, DRAWS, Language.EN)
    assert kept is not None
    assert kept.document == {"found": "en"}
    for key in DRAWS:
        assert kept_attack(fit, name, DRAWS | {key: "b" * 64}, Language.EN) is None
    content = json.loads(path.read_text(encoding="utf-8"))
    del content["model_sha256"]  # as an earlier version kept it
    path.write_text(json.dumps(content))
    assert kept_attack(fit, name, DRAWS, Language.EN) is None


def test_only_second_opinions_count_for_their_code_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are asked for again in minutes; refits take hours."""
    fit = tmp_path / "fit"
    for name in ("refute", SECOND):
        keep_attack(fit, name, DRAWS, lambda language: {})
    monkeypatch.setattr(attack_records, "code_of_jobs", lambda: "0" * 16)
    assert kept_attack(fit, "refute", DRAWS, Language.EN) is not None
    assert kept_attack(fit, SECOND, DRAWS, Language.EN) is None


@pytest.mark.parametrize(
    ("fit", "refits"),
    [(".", "fits/mine-refits"), ("..", "fits-refits"), ("../other", "fits/other-refits")],
)
def test_refits_stand_beside_a_fit_however_it_is_named(
    fit: str, refits: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "fits" / "mine"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    assert batch_folder(Path(fit)) == tmp_path / refits
    assert batch_folder(here) == tmp_path / "fits" / "mine-refits"
