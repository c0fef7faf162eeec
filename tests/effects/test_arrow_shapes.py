"""Steps, curves and what holds within groups: known truths and what others published."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from effects.effect_cases import prior_forward
from vm2causal.effects.arrow_shapes import shapes_table
from vm2causal.effects.arrows import arrow_table
from vm2causal.effects.contrasts import chosen_contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.judgement import Note
from vm2causal.effects.totals import totals_table
from vm2causal.model.data.structural_data import StructuralData, table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import fit_structural
from vm2causal.spec import Arrow, CausalSpec, Variable

INCOME = ("below 20", "20 to 40", "40 to 100", "above 100")
MEANS = (30.0, 60.0, 70.0, 75.0)
"""Of life satisfaction, per level of income: the example of ``mo`` in brms."""
WITHIN, BETWEEN = 3.0, 8.0


def truth(rows: int, seed: int) -> StructuralData:
    """Steps of income, a wave of age, and ses that acts less within schools than between them."""
    rng = np.random.default_rng(seed)
    income, school = rng.integers(0, 4, rows), np.arange(rows) % 40
    age = rng.normal(40, 12, rows)
    ses = rng.normal(size=rows) + 0.8 * rng.normal(size=40)[school]
    mean = np.bincount(school, ses) / np.bincount(school)
    y = np.array(MEANS)[income] + 6 * np.sin(age / 8) + rng.normal(0, 7, rows)
    y += WITHIN * (ses - mean[school]) + BETWEEN * mean[school] + 2 * rng.normal(size=40)[school]
    spec = CausalSpec(
        name="shapes",
        variables={
            "income": Variable(kind="ordinal", levels=INCOME),
            "age": Variable(),
            "ses": Variable(),
            "y": Variable(),
        },
        arrows=[
            Arrow(cause="income", effect="y", shape="monotone"),
            Arrow(cause="age", effect="y", shape="smooth"),
            Arrow(cause="ses", effect="y", split="school"),
        ],
        groups=["school"],
    )
    table = {"income": np.array(INCOME)[income], "age": age, "ses": ses, "y": y}
    return table_data(spec, pd.DataFrame(table | {"school": [f"s{k}" for k in school]}))


@pytest.fixture(scope="module")
def before() -> Forward:
    return prior_forward(truth(60, 1), draws=30)


def test_steps_add_up_to_what_the_whole_way_does(before: Forward) -> None:
    table = shapes_table(before)
    steps = table[table["kind"] == "monotone"]
    assert sum(row["mean"] for row in steps["of_total"]) == pytest.approx(1.0)
    (contrast,) = chosen_contrast(before, "income", INCOME[-1], INCOME[0])
    total = totals_table(before, [contrast], {"income": ["y"]}).iloc[0]["natural"]
    assert sum(row["mean"] for row in steps["link"]) == pytest.approx(total["mean"], rel=1e-6)


def test_a_curve_is_what_an_intervention_does(before: Forward) -> None:
    table = shapes_table(before)
    age = before.data.columns["age"]
    (contrast,) = chosen_contrast(before, "age", str(age.centre + age.scale), str(age.centre))
    total = totals_table(before, [contrast], {"age": ["y"]}).iloc[0]["natural"]
    there = table[(table["kind"] == "smooth") & (table["at"] == 1.0)].iloc[0]
    assert there["link"]["mean"] == pytest.approx(total["mean"], rel=1e-6)


def test_an_intervention_on_everybody_leaves_group_means_as_they_are(before: Forward) -> None:
    table = shapes_table(before).set_index("part")
    (contrast,) = chosen_contrast(before, "ses", "1", "0")
    total = totals_table(before, [contrast], {"ses": ["y"]}).iloc[0]["natural"]
    assert total["mean"] == pytest.approx(table.loc["within", "link"]["mean"], rel=1e-6)
    parts = [table.loc[part, "link"]["mean"] for part in ("between", "within", "context")]
    assert parts[0] == pytest.approx(parts[1] + parts[2])


@pytest.mark.mcmc
def test_known_shapes_are_recovered() -> None:
    settings = SamplerSettings(draws=600, tune=400, chains=2)
    fit = fit_structural(truth(400, 2), seed=1, settings=settings)
    assert int(fit.tree["sample_stats"]["diverging"].sum()) == 0
    forward = Forward(fit.layout, fit.posterior, seed=1)
    table = shapes_table(forward)
    steps = table[table["kind"] == "monotone"]
    for row, true in zip(steps["of_total"], np.diff(MEANS) / (MEANS[-1] - MEANS[0]), strict=True):
        assert abs(row["mean"] - true) < 3 * row["sd"]
        assert row["sd"] < 0.05
    parts = table.set_index("part")["link"]
    for part, true in (("within", WITHIN), ("between", BETWEEN)):
        assert abs(parts[part]["mean"] - true) < 3 * parts[part]["sd"]
    for high, low in ((55.0, 35.0), (45.0, 25.0)):
        (contrast,) = chosen_contrast(forward, "age", str(high), str(low))
        total = totals_table(forward, [contrast], {"age": ["y"]}).iloc[0]["natural"]
        true = 6 * (np.sin(high / 8) - np.sin(low / 8))
        assert abs(total["mean"] - true) < 3 * total["sd"]
        assert total["sd"] < 2.0


def test_a_verdict_says_what_part_of_an_arrow_it_is_about(before: Forward) -> None:
    notes = {row["cause"]: set(row["notes"]) for row in arrow_table(before).to_dict("records")}
    assert Note.STRAIGHT_PART.value in notes["age"]
    assert Note.WITHIN_GROUPS.value in notes["ses"]
    assert not notes["income"] & {Note.STRAIGHT_PART.value, Note.WITHIN_GROUPS.value}
