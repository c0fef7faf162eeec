"""What coefficients differ by tells of no few persons, nor do limits that close in on a draw."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from figure_cases import opened, unsampled_fit
from vm2causal.checks.gate.parameters import parameter_table
from vm2causal.disclosure import by_error
from vm2causal.effects.arrow_shapes import shapes_table
from vm2causal.effects.heterogeneity import differences_table, slopes_table
from vm2causal.effects.what_if import Settings, members_of
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.data.structural_data import table_data
from vm2causal.spec import Arrow, CausalSpec, Query, Variable
from vm2causal.spec.words import Rows
from vm2causal.workflow.effects import FitOnDisk, all_effects
from vm2causal.workflow.probabilities import probability_of
from vm2causal.workflow.shown_record import shown_record

PERSONS = 90
FEW_LWOO, FEW_C, FEW_HIGH = 4, 5, 6


@cache
def fit(rows: Rows | None = None, *, grouped: bool = False) -> FitOnDisk:
    """Ninety persons: x does more or less by kind, of which five are c, and with lwoo, of four.

    ``grouped``: the kind is a group of the model too.
    """
    rng = np.random.default_rng(3)
    spec = CausalSpec(
        name="persons",
        variables={
            "lwoo": Variable(kind="binary", levels=("nee", "ja")),
            "soort": Variable(kind="nominal", levels=("a", "b", "c")),
            "stap": Variable(kind="ordinal", levels=("laag", "midden", "hoog")),
            "x": Variable(),
            "y": Variable(),
        },
        arrows=[
            Arrow(cause="x", effect="y", varies=["soort"], depends_on=["lwoo"]),
            Arrow(cause="lwoo", effect="y"),
            Arrow(cause="soort", effect="y"),
            Arrow(cause="stap", effect="y", shape="monotone"),
        ],
        queries=[Query(cause="x", effect="y")],
    )
    table = pd.DataFrame(
        {
            "lwoo": ["ja"] * FEW_LWOO + ["nee"] * (PERSONS - FEW_LWOO),
            "soort": ["c"] * FEW_C + ["a"] * 40 + ["b"] * (PERSONS - 40 - FEW_C),
            "stap": ["laag", "midden"] * ((PERSONS - FEW_HIGH) // 2) + ["hoog"] * FEW_HIGH,
            "x": rng.normal(size=PERSONS),
            "y": rng.normal(size=PERSONS),
        }
    )
    spec = spec if rows is None else spec.model_copy(update={"rows": rows})
    spec = spec.changed(groups=("soort",)) if grouped else spec
    return opened(unsampled_fit(table_data(spec, table)))


def parameters(of: FitOnDisk) -> set[str]:
    rows = row_dicts(parameter_table(of.fit.posterior))
    shown = shown_record(of.forward.layout, {**of.record, "parameters": rows})
    return {row["name"] for row in shown["parameters"]}


def test_slopes_of_a_variable_with_a_level_of_few_are_not_told() -> None:
    """The attack: deviations add up to nothing, so three means less two slopes is the third."""
    forward = fit().forward
    slopes = slopes_table(forward).set_index("group")["link"]
    arrow = next(row["link"] for row in row_dicts(all_effects(fit()).arrows) if row["cause"] == "x")
    won = 3 * arrow["mean"] - slopes["a"]["mean"] - slopes["b"]["mean"]
    assert won == pytest.approx(slopes["c"]["mean"], abs=0.05)
    assert all_effects(fit()).slopes.empty
    assert set(all_effects(fit(Rows.UNITS)).slopes["group"]) == {"a", "b", "c"}


def test_slopes_of_a_group_that_is_a_variable_add_up_to_nothing_too() -> None:
    forward = fit(grouped=True).forward
    assert forward.parameters["soort_slope_z"].shape[-1] == 3
    assert forward.slopes("soort", 0).sum(axis=1) == pytest.approx(0.0, abs=1e-9)
    assert "soort" not in set(all_effects(fit(grouped=True)).slopes["by"])
    assert "soort" in set(all_effects(fit(Rows.UNITS, grouped=True)).slopes["by"])


def test_variances_of_what_few_persons_have_are_not_told() -> None:
    rows = [{"variable": name, "component": "residual"} for name in ("lwoo", "y")]
    shown = {
        of: shown_record(fit(of).forward.layout, {**fit(of).record, "variances": rows})
        for of in (None, Rows.UNITS)
    }
    assert [row["variable"] for row in shown[None]["variances"]] == ["y"]
    assert [row["variable"] for row in shown[Rows.UNITS]["variances"]] == ["lwoo", "y"]


def test_what_an_arrow_depends_on_or_varies_by_is_not_told_of_few() -> None:
    assert set(differences_table(fit().forward)["by"]) == {"lwoo", "soort"}
    assert all_effects(fit()).differences.empty
    assert set(all_effects(fit(Rows.UNITS)).differences["by"]) == {"lwoo", "soort"}


def test_steps_to_all_other_levels_tell_that_of_few_no_longer() -> None:
    """The attack: parts of one way add up to 1, and two of them have one sd."""
    first, last = shapes_table(fit().forward)["of_total"]
    assert first["mean"] == pytest.approx(1 - last["mean"])
    assert first["sd"] == pytest.approx(last["sd"])
    assert all_effects(fit()).shapes.empty
    assert len(all_effects(fit(Rows.UNITS)).shapes) == 2


def test_no_parameter_of_the_record_says_what_few_persons_differ_by() -> None:
    about_few = {
        "product[x × lwoo -> y]",
        "arrow_step[stap -> y: laag–midden]",
        "arrow_step[stap -> y: midden–hoog]",
        "soort_slope_sd[x -> y]",
    }
    assert about_few < parameters(fit(Rows.UNITS))
    assert not about_few & parameters(fit())
    assert "weight[x -> y]" in parameters(fit())


def test_limits_that_close_in_find_an_average_as_it_is_rounded() -> None:
    """The attack: where a probability passes one half lies a draw, in as many digits as asked."""
    forward = fit().forward
    low, high = -50.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        half = probability_of(fit(), f"y < {middle:.17f}", {"x": "1"}).then < 0.5
        low, high = (middle, high) if half else (low, middle)
    world = Settings.of(forward, {"x": 1.0}, outcomes=["y"]).responses({"x": 1.0})
    draws = world["y"] @ members_of(forward, None, "y")
    assert by_error(high, float(draws.std())) == pytest.approx(high, abs=1e-12)
    assert np.abs(draws - high).min() > 1e-6
