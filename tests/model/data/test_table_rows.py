"""Rows that stand for persons weigh as many; rows whose meaning matters are not guessed at."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from effects.effect_cases import prior_forward
from model.density_cases import kernel_density
from vm2causal.effects.contrasts import chosen_contrast
from vm2causal.effects.expectation import expected
from vm2causal.effects.forward import Forward
from vm2causal.effects.mediation import mediation_table
from vm2causal.effects.totals import totals_table
from vm2causal.errors import StudyError
from vm2causal.model.data.structural_data import StructuralData, table_data
from vm2causal.model.data.table_rows import MOST_PERSONS
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import fit_structural
from vm2causal.model.structural_layout import structural_layout
from vm2causal.spec import Arrow, CausalSpec, Variable
from vm2causal.spec.words import Rows

# Graduate admissions to Berkeley, autumn 1973, six largest departments: admitted and applicants
# (Bickel, Hammel, O'Connell 1975, Science 187, 398; R data set UCBAdmissions).
BERKELEY = """
A men 512 825  A women 89 108  B men 353 560  B women 17 25  C men 120 325  C women 202 593
D men 138 417  D women 131 375  E men 53 191  E women 94 393  F men 22 373  F women 24 341
"""


def berkeley() -> pd.DataFrame:
    words = BERKELEY.split()
    rows = [
        (dept, gender, int(admitted), int(applied))
        for dept, gender, admitted, applied in zip(*[iter(words)] * 4, strict=True)
    ]
    return pd.DataFrame(rows, columns=["dept", "gender", "admitted", "applied"])


def admissions(rows: str | None = "persons", **changes: object) -> CausalSpec:
    plain = {
        "name": "admissions",
        "variables": {
            "gender": Variable(kind="binary", levels=("men", "women")),
            "dept": Variable(kind="nominal"),
            "admitted": Variable(kind="count", trials="applied"),
        },
        "arrows": [
            Arrow(cause="gender", effect="dept"),
            Arrow(cause="gender", effect="admitted"),
            Arrow(cause="dept", effect="admitted"),
        ],
        "rows": rows,
    }
    return CausalSpec(**(plain | changes))


def written_out(table: pd.DataFrame) -> pd.DataFrame:
    """The persons of a table, one row each, by hand."""
    return pd.DataFrame(
        [
            {**row, "admitted": int(number < row["admitted"]), "applied": 1}
            for row in table.to_dict("records")
            for number in range(row["applied"])
        ]
    )


def g_computed(table: pd.DataFrame) -> dict[str, float]:
    """Women minus men by maximum likelihood and shares: nothing of the package.

    The effect through departments is what would be lost if women applied as men do.
    """
    import statsmodels.api as sm

    women = (table["gender"] == "women").to_numpy(float)
    design = pd.get_dummies(table["dept"], dtype=float).assign(women=women)
    counts = table.assign(refused=table["applied"] - table["admitted"])[["admitted", "refused"]]
    fitted = sm.GLM(counts, design, family=sm.families.Binomial()).fit()
    applied = table.pivot(index="dept", columns="gender", values="applied")
    shares = applied / applied.sum()
    eta = fitted.params[applied.index]
    of_women, of_men = expit(eta + fitted.params["women"]), expit(eta)
    return {
        "total": float(shares["women"] @ of_women - shares["men"] @ of_men),
        "through": float(of_women @ (shares["women"] - shares["men"])),
    }


def test_the_table_is_that_of_the_source() -> None:
    table = berkeley()
    assert (len(table), table["applied"].sum(), table["admitted"].sum()) == (12, 4526, 1755)
    assert g_computed(table)["total"] == pytest.approx(-0.1416, abs=1e-4)
    assert g_computed(table)["through"] == pytest.approx(-0.1617, abs=1e-4)


def small(rows: str | None = "persons") -> tuple[CausalSpec, pd.DataFrame]:
    """A tenth of the applicants."""
    table = berkeley()
    table["applied"] = table["applied"] // 10 + 2
    table["admitted"] = (table["admitted"] // 10).clip(upper=table["applied"])
    return admissions(rows), table


def test_persons_have_the_density_of_their_own_rows() -> None:
    spec, table = small()
    counted, apart = (structural_layout(table_data(spec, t)) for t in (table, written_out(table)))
    assert len(counted.data.units) == table["applied"].sum()
    for seed in range(3):
        assert kernel_density(counted, seed) == kernel_density(apart, seed)


def test_persons_have_the_effects_of_their_own_rows() -> None:
    spec, table = small()
    found = []
    for rows in (table, written_out(table)):
        forward = prior_forward(table_data(spec, rows), draws=20)
        contrasts = chosen_contrast(forward, "gender", "women", "men")
        found.append(totals_table(forward, contrasts, {"gender": ["admitted", "dept"]}))
    pd.testing.assert_frame_equal(*found)


def test_what_standardises_a_column_is_that_of_persons() -> None:
    spec, table = small()
    data = table_data(spec, table)
    women = table["gender"] == "women"
    share = table.loc[women, "applied"].sum() / table["applied"].sum()
    assert data.columns["gender"].centre == pytest.approx(share)
    assert data.columns["dept"].share(0) == pytest.approx(
        table.loc[table["dept"] == "A", "applied"].sum() / table["applied"].sum()
    )


def test_persons_are_named_after_their_row() -> None:
    table = pd.DataFrame(
        {"gender": ["men", "women"], "dept": ["A", "B"], "admitted": [1, 0], "applied": [2, 1]}
    )
    data = table_data(admissions(), table)
    assert data.units == ("1.1", "1.2", "2")
    assert data.cells["admitted"].events.tolist() == [1, 0, 0]
    assert data.cells["admitted"].trials.tolist() == [1, 1, 1]


def test_trials_that_are_a_variable_too_keep_their_value() -> None:
    spec = admissions(
        variables={**admissions().variables, "size": Variable(column="applied")},
        arrows=[*admissions().arrows, Arrow(cause="size", effect="admitted")],
    )
    table = berkeley().head(2)
    sizes = table_data(spec, table).columns["size"].values
    np.testing.assert_array_equal(sizes, np.repeat([825.0, 108.0], [825, 108]))


@pytest.mark.mcmc
def test_berkeley_admissions_as_twelve_rows() -> None:
    """Direction and size of the truth, where rows that count once gave a tenth of it."""
    table = berkeley()
    truth = g_computed(table)
    settings = SamplerSettings(draws=80, tune=120, chains=2)
    fit = fit_structural(table_data(admissions(), table), seed=1, settings=settings)
    forward = Forward(fit.layout, fit.posterior, draws=100, seed=1)
    contrast = chosen_contrast(forward, "gender", "women", "men")[0]
    found = mediation_table(forward, contrast, "admitted").iloc[0]
    assert found["through"] == ("dept",)
    # standard error of a difference of shares of 4,526 persons
    error = 0.015
    assert found["total"]["mean"] == pytest.approx(truth["total"], abs=error)
    assert found["indirect"]["mean"] == pytest.approx(truth["through"], abs=error)
    assert found["total"]["sd"] < 1.5 * error
    assert found["total"]["upper"] < 0 < found["direct"]["upper"]
    assert fit.layout.data.rows is Rows.PERSONS


# -- units ------------------------------------------------------------------------------------


def herds(spec_rows: str | None = None) -> StructuralData:
    spec = CausalSpec(
        name="herds",
        variables={
            "dose": Variable(),
            "weight": Variable(),
            "ill": Variable(kind="count", trials="of"),
            "dead": Variable(kind="count", trials="ill"),
        },
        arrows=[
            Arrow(cause="dose", effect="weight"),
            Arrow(cause="dose", effect="ill"),
            Arrow(cause="weight", effect="ill"),
            Arrow(cause="ill", effect="dead"),
        ],
        rows=spec_rows,
    )
    table = pd.DataFrame(
        {
            "dose": [0.0, 1.0, 2.0, 1.5],
            "weight": [3.0, 2.0, 1.0, 4.0],
            "ill": [4, 5, 2, 1],
            "of": [10, 20, 4, 9],
            "dead": [1, 2, 2, 0],
        }
    )
    return table_data(spec, table)


def test_units_count_once_and_their_persons_in_averages_of_a_count() -> None:
    data = herds("units")
    assert data.units == ("1", "2", "3", "4")
    assert data.weights_for("ill").tolist() == [10, 20, 4, 9]
    assert data.weights_for("dead").tolist() == [4, 5, 2, 1]
    assert data.weights_for("weight").tolist() == [1, 1, 1, 1]
    forward = prior_forward(data, draws=5)
    contrasts = chosen_contrast(forward, "dose", "2", "0")
    table = totals_table(forward, contrasts, {"dose": ["ill"]})
    high, low = (
        expected(forward, {"dose": value}, ["ill"]).responses["ill"] for value in (2.0, 0.0)
    )
    averaged = np.average(high - low, axis=1, weights=[10, 20, 4, 9]).mean()
    assert table.loc[0, "natural"]["mean"] == pytest.approx(averaged)


def test_a_guess_that_could_turn_a_sign_is_refused() -> None:
    with pytest.raises(StudyError, match=r"'admitted' out of more than one, and 'dept' is") as said:
        table_data(admissions(None), berkeley())
    assert "row 1" in str(said.value)
    assert "rows: persons" in str(said.value)
    assert "rows: units" in str(said.value)


def test_missing_values_of_a_cause_matter_too() -> None:
    spec = admissions(None, arrows=[Arrow(cause="gender", effect="admitted")])
    table = berkeley()
    assert table_data(spec, table).rows is not None
    with pytest.raises(StudyError, match="'gender' is modelled too"):
        table_data(spec, table.assign(gender=table["gender"].mask(table["dept"] == "C")))


def test_rows_of_one_person_leave_nothing_to_declare() -> None:
    _, table = small()
    apart = written_out(table)
    guessed, declared = (table_data(admissions(rows), apart) for rows in (None, "persons"))
    assert guessed.units == declared.units
    assert kernel_density(structural_layout(guessed)) == kernel_density(structural_layout(declared))


# -- persons of whom not enough is known --------------------------------------------------------


def test_two_numbers_of_persons_in_one_row_are_refused() -> None:
    table = berkeley().assign(passed=3, sat=[5] * 12)
    spec = admissions(
        variables={**admissions().variables, "passed": Variable(kind="count", trials="sat")}
    )
    with pytest.raises(StudyError, match="'applied' says otherwise of how many"):
        table_data(spec, table)


def test_a_count_that_acts_on_something_must_be_known_of_each_person() -> None:
    spec = admissions(
        variables={**admissions().variables, "grade": Variable()},
        arrows=[*admissions().arrows, Arrow(cause="admitted", effect="grade")],
    )
    table = berkeley().assign(grade=np.arange(12.0))
    with pytest.raises(StudyError, match="'admitted' acts on 'grade': then it must be known"):
        table_data(spec, table)


def test_what_two_counts_share_must_be_known_of_each_person() -> None:
    variables = {
        **admissions().variables,
        "funded": Variable(kind="count", trials="applied"),
        "talent": Variable(observed=False),
    }
    arrows = [
        *admissions().arrows,
        *(Arrow(cause="talent", effect=effect) for effect in ("admitted", "funded")),
    ]
    spec = admissions(variables=variables, arrows=arrows)
    with pytest.raises(StudyError, match="'talent' acts on admitted and funded"):
        table_data(spec, berkeley().assign(funded=1))


@pytest.mark.parametrize(
    ("trials", "rule"),
    [(np.nan, "must be known"), (12.5, "whole number of persons")],
)
def test_how_many_persons_a_row_stands_for(trials: float, rule: str) -> None:
    table = berkeley().astype({"applied": float, "admitted": float})
    table.loc[3, ["admitted", "applied"]] = np.nan, trials
    with pytest.raises(StudyError, match=rule) as said:
        table_data(admissions(), table)
    assert "row 4" in str(said.value)


def test_more_persons_than_can_be_fitted_one_by_one() -> None:
    table = berkeley()
    table["applied"] += MOST_PERSONS
    with pytest.raises(StudyError, match=f"at most {MOST_PERSONS:,} are fitted one by one"):
        table_data(admissions(), table)


def test_persons_without_a_known_outcome_stay_in_the_other_equations() -> None:
    spec, table = small()
    table = table.astype({"admitted": float})
    table.loc[0, "admitted"] = np.nan
    data = table_data(spec, table)
    assert len(data.units) == table["applied"].sum()
    assert len(data.cells["admitted"].unit) == table["applied"].sum() - table.loc[0, "applied"]
