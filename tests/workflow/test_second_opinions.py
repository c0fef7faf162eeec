"""Second opinions beside a fit: in both languages, by their gate, and without small groups."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from figure_cases import RECORD
from model.fit_cases import stand_in_fit
from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.checks.gate.diagnostics import Diagnostics
from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import interval
from vm2causal.effects.second_opinion import SecondOpinion
from vm2causal.errors import FitError, OutputError
from vm2causal.identify import Strategy
from vm2causal.identify.result import Bilingual
from vm2causal.model.data.structural_data import study_data
from vm2causal.spec.words import QueryKind
from vm2causal.texts import Language
from vm2causal.workflow import attack_records
from vm2causal.workflow.attack_records import (
    SECOND,
    holds_second_opinions,
    keep_second_opinions,
    kept_attack,
    require_room_beside,
)
from vm2causal.workflow.effects import FitOnDisk, all_effects
from vm2causal.workflow.second_opinions import (
    JudgedOpinion,
    second_opinions_document,
    with_second_opinions,
)

DRAWS = {"draws_sha256": "a" * 64, "model_sha256": "c" * 64}
GATE = Diagnostics(1.0, 900.0, 900.0, 0, 0.9, ())
FAILED = replace(GATE, rhat_max=1.2, failures=("rhat_max",))


@pytest.fixture
def opened() -> FitOnDisk:
    """A study of which one sector has nine pupils."""
    data = study_data(STUDY_SPEC, small_study())
    grouping, weights = data.groups["sector"], data.weights.copy()
    own = grouping.codes == grouping.labels.index("landbouw")
    weights[own] *= 9 / weights[own].sum()
    fit = stand_in_fit(replace(data, weights=weights), draws=20)
    return FitOnDisk(fit, RECORD | DRAWS, Forward(fit.layout, fit.posterior, draws=20))


def opinion(
    cause: str = "samenwerking",
    contrast: Contrast | None = None,
    *,
    gate: Diagnostics | None = GATE,
    **changes: Any,
) -> JudgedOpinion:
    """On vsv, as if it had been estimated."""
    row = {
        "effect_level": None,
        "first": interval([0.0, 1.0, 2.0]),
        "second": None if gate is None else interval([7.0, 8.0, 9.0]),
        "first_career": None,
        "second_career": None,
        "distance": None if gate is None else -4.9,
        "disagrees": None if gate is None else True,
    }
    found = SecondOpinion(
        contrast=contrast or Contrast(cause, 1.0, 0.0, "1", "0"),
        effect="vsv",
        kind=QueryKind.TOTAL,
        strategy=Strategy.BACKDOOR,
        adjusted_for=None if gate is None else ("sector",),
        held=("binding",),
        reason=Bilingual("geen reeks", "no set") if gate is None else None,
        table=pd.DataFrame([row]),
        arrow=None,
        fit=None,
    )
    return JudgedOpinion(replace(found, **changes), gate)


def test_what_is_kept_is_told_in_both_languages(opened: FitOnDisk, tmp_path: Path) -> None:
    found = (opinion(), opinion(gate=FAILED), opinion(gate=None))
    keep_second_opinions(tmp_path / "fit", opened, found)
    reasons = {Language.NL: "geen reeks", Language.EN: "no set"}
    for language, reason in reasons.items():
        kept = kept_attack(tmp_path / "fit", SECOND, DRAWS, language)
        assert kept is not None
        agreeing, unusable, none = kept.document["opinions"]
        assert (none["reason"], none["second"], none["passed"]) == (reason, None, None)
        assert (unusable["passed"], unusable["failures"]) == (False, ["rhat_max"])
        assert (agreeing["passed"], agreeing["failures"]) == (True, [])
        assert (agreeing["adjusted_for"], agreeing["held"]) == (["sector"], ["binding"])
        assert agreeing["second"]["mean"] == 8.0
        assert agreeing["contrast"] == "1 vs 0"


def test_what_is_kept_counts_for_its_draws_and_its_code(
    opened: FitOnDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = tmp_path / "fit"
    assert not holds_second_opinions(fit, DRAWS)
    path = keep_second_opinions(fit, opened, (opinion(),))
    assert holds_second_opinions(fit, DRAWS)
    assert not holds_second_opinions(fit, DRAWS | {"draws_sha256": "b" * 64})
    assert not holds_second_opinions(fit, DRAWS | {"model_sha256": "b" * 64})
    with monkeypatch.context() as patch:
        patch.setattr(attack_records, "code_of_jobs", lambda: "0" * 16)
        assert not holds_second_opinions(fit, DRAWS)
    path.write_text("{")
    assert not holds_second_opinions(fit, DRAWS)
    with pytest.raises(
        FitError,
        match=r"second-opinion\.json: What second opinions found cannot be read\. "
        r"Delete the file, or run 'vm2causal effects --second-opinion' again",
    ):
        kept_attack(fit, SECOND, DRAWS, Language.NL)


def test_that_nothing_can_be_kept_is_found_out_first(tmp_path: Path) -> None:
    require_room_beside(tmp_path / "fit")
    assert (tmp_path / "fit-refits" / "found").is_dir()
    (tmp_path / "other-refits").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        require_room_beside(tmp_path / "other")


def test_groups_of_few_pupils_have_no_second_opinion(opened: FitOnDisk) -> None:
    column = opened.forward.data.columns["sector"]
    usual = column.levels[column.reference]
    others = [level for level in column.levels if level != usual]
    found = [opinion("sector", Contrast("sector", 1.0, 0.0, level, usual)) for level in others]
    document = second_opinions_document(opened, [*found, opinion()], Language.EN)
    assert "landbouw" not in json.dumps(document["opinions"])
    assert [row["cause"] for row in document["opinions"]] == ["samenwerking"]
    # one alone would follow from the rest
    assert document["withheld"] == 2
    answers = with_second_opinions(opened, all_effects(opened), found, Language.EN)
    assert answers.second.empty


def test_nothing_asked_is_nothing_told(opened: FitOnDisk) -> None:
    assert second_opinions_document(opened, (), Language.NL) == {"opinions": [], "withheld": 0}
