"""A model typed, fitted to a table in memory and asked; one small fit serves all tests."""

import gc
from pathlib import Path

import arviz as az
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader

import vm2causal as vm
from vm2causal.effects.expectation import expected
from vm2causal.errors import OptionError, QueryError

pytestmark = pytest.mark.mcmc

ROWS = 160


def table() -> pd.DataFrame:
    """x → m → y in straight lines, and whether y is high; four classes that do nothing."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=ROWS)
    treated = (rng.random(ROWS) < 0.5).astype(int)
    m = 1.0 + 0.5 * x - 0.4 * treated + 0.8 * rng.normal(size=ROWS)
    y = 2.0 - 1.0 * m + 0.3 * x + 0.5 * rng.normal(size=ROWS)
    passed = (rng.random(ROWS) < 1 / (1 + np.exp(-y - 0.5 * treated))).astype(int)
    room = [f"c{number % 4}" for number in range(ROWS)]
    return pd.DataFrame(
        {"x": x, "treated": treated, "m": m, "y": y, "passed": passed, "class": room}
    )


@pytest.fixture(scope="module")
def fit() -> vm.Fit:
    model = vm.Model(
        "x -> m -> y; x -> y; treated -> m; treated -> passed; y -> passed; u? -> x",
        binary=["treated", "passed"],
        groups="class",
        queries=[("x", "y")],
    )
    return model.fit(table(), draws=800, progress=False, language="en")


def test_a_fit_says_what_it_is_and_what_it_found(fit: vm.Fit) -> None:
    assert repr(fit).startswith("Fit of 'model' to 160 rows, seed 2013\n")
    assert "m → y: −" in repr(fit)
    assert "undecided" not in repr(fit)  # what is not clear is not strong
    assert len(repr(fit)) < 3000
    assert "<li>" in fit._repr_html_()


def test_arrows_are_a_flat_table_of_numbers(fit: vm.Fit) -> None:
    arrows = fit.arrows().set_index(["cause", "effect"])
    numbers = ["mean", "lower", "upper", "p_direction", "standardised_mean"]
    assert all(pd.api.types.is_float_dtype(arrows[name]) for name in numbers)
    row = arrows.loc[("m", "y")]
    assert row["mean"] == pytest.approx(-1.0, abs=4 * row["sd"])
    assert arrows.loc[("u", "x"), "untestable"] == "unobserved"


def test_a_slope_is_what_the_coefficients_of_a_straight_line_say(fit: vm.Fit) -> None:
    """Of a linear normal model the total effect is b(xy) + b(xm) b(my), in every draw."""
    weight = fit.opened.forward.parameters["weight"]
    index = {
        (item.cause, item.effect): place for place, item in enumerate(fit.opened.fit.layout.weights)
    }
    scale = {name: column.scale for name, column in fit.opened.forward.data.columns.items()}
    b = {pair: weight[:, place] for pair, place in index.items()}
    total = (b["x", "y"] + b["x", "m"] * b["m", "y"]) * scale["y"] / scale["x"]
    found = fit.effect("x", "y", to=1.5, versus=-0.5, scale="slope")
    assert found.mean == pytest.approx(total.mean(), abs=5e-4 + 2e-3)
    assert found.upper - found.lower == pytest.approx(
        np.ptp(np.quantile(total, [0.025, 0.975])), rel=0.02
    )
    twice = fit.effect("x", "y", to=1.5, versus=-0.5)
    assert twice.mean == pytest.approx(2 * found.mean, abs=7e-3)  # both rounded, to 0.01 or less


def test_ratios_are_of_the_shares_whose_difference_is_told(fit: vm.Fit) -> None:
    forward = fit.opened.forward
    shares = [expected(forward, {"treated": rank}, ["passed"]) for rank in (1, 0)]
    one, none = (item.responses["passed"].mean(axis=1) for item in shares)
    ratio = fit.effect("treated", "passed", to=1, versus=0, scale="ratio")
    odds = fit.effect("treated", "passed", to=True, versus=False, scale="odds ratio")
    assert ratio.mean == pytest.approx((one / none).mean(), abs=6e-3)
    assert odds.mean == pytest.approx((one * (1 - none) / (none * (1 - one))).mean(), abs=6e-3)
    with pytest.raises(QueryError, match="Only shares have odds"):
        fit.effect("x", "y", scale="odds ratio")
    with pytest.raises(QueryError, match="cannot be negative"):
        fit.effect("x", "y", scale="ratio")
    with pytest.raises(OptionError, match=r"no such scale.*odds ratio"):
        fit.effect("treated", "passed", scale="risk")


def test_effects_among_some_average_to_that_on_everybody(fit: vm.Fit) -> None:
    """Everybody is the treated and the others, by their numbers."""
    on = {
        value: fit.effect("treated", "passed", to=1, versus=0, among={"treated": value})
        for value in (0, 1)
    }
    share = table()["treated"].mean()
    everybody = fit.effect("treated", "passed", to=1, versus=0)
    expected = share * on[1].mean + (1 - share) * on[0].mean
    assert everybody.mean == pytest.approx(expected, abs=2e-3)
    assert on[1].table[["by", "group"]].iloc[0].tolist() == ["treated", "1"]
    with pytest.raises(OptionError, match="by group or among some"):
        fit.effect("treated", "passed", by="class", among={"treated": 1})
    with pytest.raises(QueryError, match="no such level"):
        fit.effect("treated", "passed", among={"treated": 2})
    with pytest.raises(QueryError, match="variable or a group"):
        fit.effect("treated", "passed", among={"klas": "c1"})


def test_an_effect_in_new_classes_is_less_sure_of_one_of_them(fit: vm.Fit) -> None:
    answer = fit.effect("treated", "passed", to=1, versus=0, new="class")
    whole, one = answer.table.to_dict("records")
    assert (whole["group"], one["group"]) == ("new levels", "one new level")
    assert {whole["by"], one["by"]} == {"class"}
    here = fit.effect("treated", "passed", to=1, versus=0)
    assert whole["mean"] == pytest.approx(here.mean, abs=0.02)
    assert one["upper"] - one["lower"] > whole["upper"] - whole["lower"]
    assert any("For other levels of 'class'" in remark for remark in answer.remarks)
    with pytest.raises(OptionError, match="not both"):
        fit.effect("treated", "passed", by="class", new="class")
    with pytest.raises(OptionError, match="a difference among everybody"):
        fit.effect("treated", "passed", new="class", scale="ratio")


def test_nothing_is_told_among_few_persons(fit: vm.Fit) -> None:
    value = float(table()["x"].iloc[0])
    with pytest.raises(QueryError, match="fewer than ten persons"):
        fit.effect("treated", "passed", among={"x": value})


def test_a_change_may_be_of_a_variable_with_any_name(fit: vm.Fit) -> None:
    by_name = fit.what_if({"treated": 1}).table
    assert by_name.equals(fit.what_if(treated=1).table)
    with pytest.raises(OptionError, match="what is changed"):
        fit.what_if()


def test_mediation_adds_up(fit: vm.Fit) -> None:
    shares = fit.mediation("x", "y", to=1, versus=0).table.set_index("share")["mean"]
    assert shares["indirect"] + shares["direct"] == pytest.approx(shares["total"], abs=0.02)


def test_arviz_finds_every_group(fit: vm.Fit) -> None:
    tree = fit.idata
    assert set(tree.children) == {
        "posterior",
        "sample_stats",
        "observed_data",
        "constant_data",
        "log_likelihood",
        "posterior_predictive",
        "prior",
        "prior_predictive",
    }
    data = table()
    for name in ("x", "y", "m", "passed"):
        assert np.allclose(tree["observed_data"][name], data[name])
    assert np.allclose(tree["constant_data"]["treated"], data["treated"])
    drawn = tree["posterior_predictive"]
    assert float(drawn["y"].mean()) == pytest.approx(data["y"].mean(), abs=0.2)
    assert set(np.unique(drawn["passed"])) == {0, 1}
    assert az.loo(tree, var_name="passed").n_data_points == ROWS
    az.plot_ppc_dist(tree, var_names=["y"])
    az.plot_forest(tree, var_names=["weight"])
    az.plot_trace(tree, var_names=["weight"])


def test_log_densities_are_in_the_unit_of_the_data(fit: vm.Fit) -> None:
    """The mean log-density of a normal variable around its own equation, from its residual sd."""
    density = float(fit.idata["log_likelihood"]["y"].mean())
    assert density == pytest.approx(-np.log(0.5) - 0.5 * np.log(2 * np.pi * np.e), abs=0.1)


def test_a_fit_is_kept_and_opened_again(fit: vm.Fit, tmp_path: Path) -> None:
    fit.save(tmp_path / "fit")
    again = vm.Fit.load(str(tmp_path / "fit"), language="nl")
    assert again.effect("x", "y", to=1, versus=0).mean == fit.effect("x", "y", to=1, versus=0).mean
    assert repr(again).startswith("Fit van 'model' op 160 rijen")


def test_figures_show_themselves(fit: vm.Fit, tmp_path: Path) -> None:
    before = plt.get_fignums()
    drawn = fit.plot("arrows")
    assert plt.get_fignums() == before  # a notebook would show it twice
    assert drawn._repr_mimebundle_()["image/svg+xml"].startswith("<svg")
    assert drawn.save(tmp_path / "arrows.svg")[0].stat().st_size > 1000
    with pytest.raises(OptionError, match="no such figure"):
        fit.plot("arows")


def test_a_figure_of_some_effects_in_the_width_of_a_column(fit: vm.Fit, tmp_path: Path) -> None:
    whole, drawn = (
        fit.plot("arrows"),
        fit.plot("arrows", select="passed", width="85mm", title=False),
    )
    assert set(drawn.table["effect"]) == {"passed"} < set(whole.table["effect"])
    assert drawn.figure.get_figwidth() < whole.figure.get_figwidth()
    (path,) = drawn.save(tmp_path / "arrows.pdf")
    (page,) = (reader := PdfReader(path)).pages
    assert reader.metadata is not None
    assert reader.metadata.title == drawn.drawn[0].title
    width = float(page.mediabox.width)
    assert width == pytest.approx(72 * drawn.figure.get_figwidth(), abs=0.1)
    with pytest.raises(OptionError, match="no width for a figure"):
        fit.plot("arrows", width="85")


def test_the_probability_of_a_statement_is_that_of_the_average(fit: vm.Fit) -> None:
    """Of the share, not of single persons: it is nearly 0 or 1 far from the middle."""
    forward = fit.opened.forward
    average = expected(forward, {"treated": 1}, ["passed"]).responses["passed"].mean(axis=1)
    middle = float(np.quantile(average, 0.3))
    found = fit.probability(f"passed < {middle:.6f}", do={"treated": 1})
    assert found.table["probability"].item() == pytest.approx(0.3, abs=0.011)
    at_least = fit.probability(f"passed >= {middle:.6f}", treated=1).table["probability"].item()
    assert at_least == pytest.approx(1 - found.table["probability"].item())
    assert fit.probability("passed > 0.05", treated=0).table["probability"].item() == 1.0
    now = fit.what_if(treated=1).table.set_index("outcome").loc["passed", "now_mean"]
    assert fit.probability(f"passed > {now - 0.3}", treated=1).table["probability_now"].item() == 1
    with pytest.raises(OptionError, match="no statement on an average"):
        fit.probability("passed", treated=1)
    with pytest.raises(QueryError, match="no such outcome"):
        fit.probability("x > 0", treated=1)


def test_what_one_row_would_have_been_starts_from_what_it_was(fit: vm.Fit) -> None:
    """Half a point of x less: y moves by that much of its slope, from its own value."""
    data = table()
    found = fit.counterfactual(data.iloc[[3]], x=float(data["x"][3]) - 0.5)
    rows = found.table.set_index("effect")
    slope = fit.effect("x", "y", to=1, versus=0).mean
    assert rows.loc["y", "factual"] == data["y"][3]
    assert rows.loc["y", "mean"] == pytest.approx(data["y"][3] - 0.5 * slope, abs=0.02)
    assert rows.loc["y", "sd"] < 0.2  # that of single rows is 0.5
    assert rows.loc["passed", ["effect_level", "scale"]].tolist() == ["1", "probability"]
    assert any("one person" in line for line in found.remarks)
    assert any("monotone coupling" in line for line in found.remarks)
    same = fit.counterfactual(data.iloc[[3]], treated=int(data["treated"][3])).table
    assert same["mean"].to_numpy() == pytest.approx(same["factual"].to_numpy(), abs=1e-9)


def test_a_counterfactual_is_of_one_row_that_was_fitted(fit: vm.Fit) -> None:
    row = table().iloc[[3]]
    with pytest.raises(QueryError, match="of one row"):
        fit.counterfactual(table().iloc[:2], treated=1)
    with pytest.raises(QueryError, match="No row of the fit"):
        fit.counterfactual(row.assign(x=99.0), treated=1)
    with pytest.raises(QueryError, match=r"lacks a column.*class"):
        fit.counterfactual(row.drop(columns="class"), treated=1)
    with pytest.raises(OptionError, match="what is changed"):
        fit.counterfactual(row)


def test_the_temporary_folder_goes_with_the_fit() -> None:
    small = vm.Model("x -> y").fit(table(), draws=50, tune=50, chains=1, progress=False)
    folder = small.opened.folder
    assert folder is not None
    assert folder.stat().st_mode & 0o077 == 0
    assert folder.is_dir()
    del small
    gc.collect()
    assert not folder.exists()
