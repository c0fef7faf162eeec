"""Steps and curves: closed forms, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest

from vm2causal.checks.replicate.prior_predictive import prior_draws
from vm2causal.errors import StudyError
from vm2causal.model.data.columns import Column
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.shapes import STEP_LOG, curve_through, steps_between
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.spec import Arrow, CausalSpec, Variable
from vm2causal.spec.words import Kind

VALUES = np.random.default_rng(1).normal(size=200)


def test_a_curve_has_no_mean_and_no_slope_over_the_data() -> None:
    curve = curve_through(VALUES)
    assert curve is not None
    columns = curve.columns(VALUES)
    line = np.column_stack([np.ones_like(VALUES), VALUES])
    np.testing.assert_allclose(line.T @ columns, 0.0, atol=1e-9)
    assert (columns**2).sum() / len(VALUES) == pytest.approx(1.0)


def test_the_penalty_of_a_curve_is_the_sum_of_squares_of_its_coefficients() -> None:
    """The integral of f″² is |z|², up to one scale for all, as of a smoothing spline."""
    curve = curve_through(VALUES)
    assert curve is not None
    rng, step = np.random.default_rng(2), 1e-3
    middles, halves = (curve.knots[1:] + curve.knots[:-1]) / 2, np.diff(curve.knots) / 2
    ratios = []
    for _ in range(4):
        z = rng.normal(size=curve.size)
        # second derivatives are linear between knots, so that two Gauss nodes are exact
        nodes = middles + np.array([[-1.0], [1.0]]) * halves / np.sqrt(3.0)
        bent = (curve.slopes(nodes + step, z[None]) - curve.slopes(nodes - step, z[None])) / (
            2 * step
        )
        ratios.append(float((bent**2 * halves).sum() / (z @ z)))
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-6)


def test_a_curve_is_straight_beyond_its_ends_and_its_slopes_are_derivatives() -> None:
    curve = curve_through(VALUES)
    assert curve is not None
    beyond = np.array([4.0, 5.0, 6.0, 7.0])
    for ends in (beyond, -beyond):
        np.testing.assert_allclose(np.diff(curve.columns(ends), n=2, axis=0), 0.0, atol=1e-8)
    at, each = np.linspace(-3, 3, 13), np.eye(curve.size)
    np.testing.assert_allclose(curve.combined(at[None], each), curve.columns(at).T, atol=1e-9)
    numeric = (curve.columns(at + 1e-5) - curve.columns(at - 1e-5)) / 2e-5
    np.testing.assert_allclose(curve.slopes(at[None], each).T, numeric, atol=1e-6)


def test_a_curve_needs_four_values() -> None:
    assert curve_through(np.array([0.0, 1.0, 2.0, 1.0])) is None
    assert curve_through(np.array([0.0, 1.0, 2.0, 3.0])) is not None


def test_steps_keep_the_way_from_the_lowest_to_the_highest() -> None:
    column = Column(Kind.ORDINAL, np.array([0.0, 1, 1, 2, 3, 3]), tuple("abcd"), 0, 1.67, 1.1)
    steps = steps_between(column, 0)
    entered = steps.by_level(np.array([[1.0, 1.0, 1.0], [5.0, 1.0, 0.5]]))
    np.testing.assert_allclose(entered[:, -1] - entered[:, 0], 3 / 1.1)
    shares = [column.share(level) for level in range(4)]
    np.testing.assert_allclose(entered @ shares, 0.0, atol=1e-12)
    np.testing.assert_allclose(np.diff(entered[0]), 1 / 1.1)


def layout(arrow: dict[str, object], **columns: object) -> Layout:
    rng = np.random.default_rng(3)
    rows = 40
    table = {
        "grade": rng.choice(list("abcd"), rows),
        "x": rng.normal(size=rows),
        "y": rng.normal(size=rows),
        "school": rng.choice(list("pqr"), rows),
    }
    kind = {"kind": "ordinal", "levels": tuple("abcd")}
    spec = CausalSpec(
        name="m",
        variables={"grade": Variable(**kind), "x": Variable(), "y": Variable()},
        arrows=[
            Arrow.model_validate({"from": "x", "to": "y"} | arrow),
            *([] if arrow.get("from") == "grade" else [Arrow(cause="grade", effect="y")]),
        ],
        groups=["school"],
    )
    return structural_layout(table_data(spec, pd.DataFrame(table | columns)))


def test_the_log_ratios_of_steps_scatter_as_those_of_a_flat_dirichlet() -> None:
    found = layout({"from": "grade", "shape": "monotone"})
    sizes = prior_draws(found, draws=4_000, seed=2)["arrow_step"].to_numpy()[0]
    flat = np.random.default_rng(4).dirichlet(np.ones(3), 200_000)
    ratios = np.log(sizes[:, 0] / sizes[:, 1])
    assert ratios.std() == pytest.approx(np.log(flat[:, 0] / flat[:, 1]).std(), rel=0.05)
    assert kstest(np.log(sizes[:, 0]) / STEP_LOG[1], "norm").pvalue > 0.001


def test_every_step_and_column_has_a_name() -> None:
    found = layout({"from": "grade", "shape": "monotone"})
    assert found.block("arrow_step").dims["arrow_step_of"] == (
        "grade -> y: a–b",
        "grade -> y: b–c",
        "grade -> y: c–d",
    )
    found = layout({"shape": "smooth"})
    assert found.block("arrow_curve_sd").dims["arrow_curve_of"] == ("x -> y",)
    assert found.block("arrow_curve_z").shape == (found.curves[0].curve.size,)
    found = layout({"split": "school"})
    assert found.block("arrow_group_mean").dims["arrow_group_mean_of"] == ("x (school) -> y",)


@pytest.mark.parametrize(
    ("arrow", "columns", "message"),
    [
        ({"shape": "smooth"}, {"x": [0.0, 1.0] * 20}, "4 different values of its cause"),
        ({"shape": "smooth"}, {"x": [None, *range(39)]}, "'shape', so every row must have a value"),
        (
            {"split": "school"},
            {"x": [None, *range(39)]},
            r"row 1, column x.*has 'split', so every row",
        ),
        (
            {"split": "school"},
            {"x": [1.0, 2.0] * 20, "school": ["p", "q"] * 20},
            "has one value in each 'school'",
        ),
        (
            {"split": "school"},
            {"x": [1.0, 1.0, 2.0, 2.0] * 10, "school": ["p", "q"] * 20},
            "the same mean in every 'school'",
        ),
    ],
)
def test_what_cannot_be_told_is_refused(
    arrow: dict[str, object], columns: dict[str, object], message: str
) -> None:
    with pytest.raises(StudyError, match=message):
        layout(arrow, **columns)
