"""Data that say little must give wide posteriors, not errors; the prior is the width to expect."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vm2causal.inputs.study.frame import StudyFrame
from vm2causal.model.structural_parameters import WEIGHT_SD
from vm2causal.spec import Arrow, CausalSpec, Variable
from vm2causal.workflow.structural import FittedStudy, fit_study
from workflow.study_cases import MODEL, QUICK, study, written

pytestmark = pytest.mark.mcmc


def fitted(frame: StudyFrame, folder: Path) -> FittedStudy:
    return fit_study(
        written(frame, folder / "study"), MODEL, out=folder / "fit", seed=1, settings=QUICK
    )


def sd(found: FittedStudy, arrow: str) -> float:
    return float(found.fit.posterior["weight"].sel(arrow_weight=arrow).std())


def assert_finite(found: FittedStudy) -> None:
    for values in found.fit.posterior.data_vars.values():
        assert np.isfinite(values.to_numpy()).all()


def test_one_sector_only(tmp_path: Path) -> None:
    """Nothing is known of differences between sectors: their spread keeps its prior."""
    found = fitted(study(16, sectors=("techniek",)), tmp_path)
    assert_finite(found)
    logs = np.log(found.fit.posterior["sector_sd"])
    assert float(logs.mean()) == pytest.approx(np.log(0.4), abs=0.35)
    assert float(logs.std()) == pytest.approx(0.75, abs=0.25)


def test_one_experiment_only(tmp_path: Path) -> None:
    found = fitted(study(1, pupils=40), tmp_path)
    assert_finite(found)
    assert sd(found, "versnelling -> binding") == pytest.approx(WEIGHT_SD, abs=0.15)
    assert sd(found, "geslacht -> vsv") < 0.9 * WEIGHT_SD


def test_twelve_experiments(tmp_path: Path) -> None:
    found = fitted(study(12), tmp_path)
    assert_finite(found)
    assert 0.15 < sd(found, "samenwerking -> binding") < WEIGHT_SD


def test_all_pupils_missing_at_a_teldatum(tmp_path: Path) -> None:
    """Nobody was counted from the second one on: the first year stays."""
    frame = study(12, teldata=3)
    unknown = pd.Series(pd.NA, frame.careers.index, dtype="str")
    careers = frame.careers.assign(teldatum_2=unknown, teldatum_3=unknown)
    keys = [name for name in careers if name != "leerlingen"]
    counted = careers.groupby(keys, dropna=False, sort=True)["leerlingen"].sum().reset_index()
    found = fitted(replace(frame, careers=counted), tmp_path)
    assert_finite(found)
    years = {str(term) for term in found.fit.posterior["term"].to_numpy()}
    assert years == {"binding, jaar 1", "vsv, jaar 1"}


def test_a_variable_without_variation(tmp_path: Path) -> None:
    """Every experiment gives the same answers: arrows from and to it keep their prior."""
    frame = study(12)
    same = {f"samenwerking_{item}": "3" for item in (1, 2, 3)} | {"versnelling": "0.5"}
    found = fitted(
        replace(frame, experiments=frame.experiments.assign(**same).astype("str")), tmp_path
    )
    assert_finite(found)
    assert sd(found, "versnelling -> binding") == pytest.approx(WEIGHT_SD, abs=0.12)


def test_a_separated_outcome(tmp_path: Path) -> None:
    """Success exactly where x is high: no maximum of the likelihood, yet a proper posterior."""
    spec = CausalSpec(
        name="separated",
        variables={"x": Variable(), "y": Variable(kind="binary", levels=("no", "yes"))},
        arrows=[Arrow(cause="x", effect="y")],
    )
    rows = [f"{x},{'yes' if x > 0 else 'no'}" for x in range(-8, 9)]
    source = tmp_path / "rows.csv"
    source.write_text("x,y\n" + "\n".join(rows) + "\n", encoding="utf-8")
    found = fit_study(source, spec, out=tmp_path / "fit", seed=1, settings=QUICK)
    assert_finite(found)
    weight = found.fit.posterior["weight"]
    assert float((weight > 0).mean()) > 0.98
    assert float(weight.max()) < 5
    assert sd(found, "x -> y") > 0.2


def test_nobody_answered_a_questionnaire(tmp_path: Path) -> None:
    """A column without values has no data: the variable is unobserved, and the record says so."""
    frame = study(12)
    empty = pd.Series(pd.NA, frame.experiments.index, dtype="str")
    found = fitted(
        replace(frame, experiments=frame.experiments.assign(versnelling=empty)), tmp_path
    )
    assert found.record["missing"] == ["versnelling"]
    through = {"cause": "samenwerking", "effect": "binding", "variables": ["versnelling"]}
    assert through in found.record["through"]
