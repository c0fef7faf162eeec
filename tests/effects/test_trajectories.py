"""Careers by teldatum: the same as effects use, and the plain count where one can count."""

from __future__ import annotations

import numpy as np
import pytest

from figure_cases import (
    opened,
    study_fit,
    study_spec,
    study_tables,
    table_tables,
    unsampled_fit,
)
from model.structural_cases import small_study
from vm2causal.effects.forward import Forward
from vm2causal.effects.responses import Careers
from vm2causal.effects.trajectories import career_trajectories
from vm2causal.errors import QueryError
from vm2causal.inputs.study_frame import PUPILS
from vm2causal.model.structural_data import study_data


def _forward() -> Forward:
    return study_tables().opened.forward


def test_the_last_teldatum_is_that_of_the_careers_of_effects() -> None:
    forward = _forward()
    found = career_trajectories(forward, by="tranche").set_index(["group", "position", "year"])
    shares = Careers(forward).shares(forward.observed)
    for code, label in enumerate(forward.data.groups["tranche"].labels):
        weights = forward.data.weights * (forward.data.groups["tranche"].codes == code)
        for position in ("vsv", "sk"):
            draws = shares[position] @ weights / weights.sum()
            row = found.loc[label, position, 2]
            np.testing.assert_allclose(
                [row["mean"], row["sd"], row["lower"]],
                [draws.mean(), draws.std(ddof=1), np.quantile(draws, 0.025)],
            )


def test_nobody_can_have_returned_at_the_first_teldatum() -> None:
    careers = small_study().careers
    found = career_trajectories(_forward()).set_index(["position", "year"])["observed"]
    starters = careers[PUPILS].sum()
    for position in ("vsv", "vm2"):
        counted = careers.loc[careers["teldatum_1"] == position, PUPILS].sum() / starters
        assert found[position, 1] == pytest.approx(counted)
    assert found["sk", 1] == 0.0


def test_plain_counts_in_every_year_without_returns() -> None:
    study = small_study()
    careers = study.careers
    gone = careers["teldatum_1"] == "vsv"
    careers["teldatum_2"] = careers["teldatum_2"].mask(gone, "vsv")
    fit = unsampled_fit(study_data(study_spec(), study), draws=2)
    assert fit.layout.data.returned[0] == 0
    found = career_trajectories(opened(fit).forward).set_index(["position", "year"])["observed"]
    starters = careers[PUPILS].sum()
    for position in ("vsv", "sk", "vm2"):
        counted = careers.loc[careers["teldatum_2"] == position, PUPILS].sum() / starters
        assert found[position, 2] == pytest.approx(counted)


def test_groups_are_those_of_the_model() -> None:
    found = career_trajectories(_forward(), by="sector", level=0.5)
    assert set(found["group"]) == {"techniek", "economie", "landbouw"}
    assert found["level"].unique().tolist() == [0.5]
    total = found[(found["position"] == "vsv") & (found["year"] == 1)]["starters"].sum()
    assert total == int(study_fit().layout.data.weights.sum())
    with pytest.raises(QueryError, match=r"Got: 'streek'. One of: school, sector, tranche."):
        career_trajectories(_forward(), by="streek")


def test_a_flat_table_has_no_careers() -> None:
    with pytest.raises(QueryError, match="This fit has no careers"):
        career_trajectories(table_tables().opened.forward)


def test_shares_stay_shares_and_vm2_only_shrinks() -> None:
    found = career_trajectories(_forward())
    assert found[["lower", "mean", "upper"]].to_numpy().min() >= 0
    assert found[["lower", "mean", "upper"]].to_numpy().max() <= 1
    vm2 = found[found["position"] == "vm2"]["mean"]
    assert (vm2.diff().dropna() <= 0).all()
