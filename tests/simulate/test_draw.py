import itertools

import numpy as np
import pandas as pd
import pytest

from vm2causal.errors import OptionError, StudyError
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.study.frame import POSITIONS, PUPIL_COVARIATES, StudyFrame
from vm2causal.simulate import (
    Truth,
    default_truth,
    draw_experiments,
    plain_truth,
    simulate_study,
    with_missing_share,
)
from vm2causal.simulate.margins import published_status
from vm2causal.spec import Arrow, CausalSpec, read_model

EXPERIMENT = "experiment"


def test_the_same_seed_gives_the_same_study(spec: CausalSpec, truth: Truth) -> None:
    first, second, other = (simulate_study(spec, truth, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first.experiments, second.experiments)
    pd.testing.assert_frame_equal(first.careers, second.careers)
    assert not first.careers.equals(other.careers)


def test_experiments_are_those_of_the_published_table(
    study: StudyFrame, tables: PublishedTables
) -> None:
    counts = study.experiments.groupby(["tranche", "sector"]).size()
    published = published_status(tables).sum(axis="columns")
    assert counts.to_dict() == published.to_dict()
    assert study.experiments["school"].nunique() == 90
    assert study.experiments["experiment"].is_unique
    assert study.synthetic
    assert study.teldata == {"T1": 4, "T2": 3}


@pytest.mark.parametrize("number", [1, 2, 12, 36, 157, 1000])
def test_any_number_of_experiments_keeps_proportions(
    number: int, spec: CausalSpec, truth: Truth, tables: PublishedTables
) -> None:
    drawn = simulate_study(spec, truth, experiments=number, seed=1).experiments
    assert len(drawn) == number
    assert drawn["school"].nunique() == max(1, round(90 * number / 157))
    published = published_status(tables).sum(axis="columns")
    exact = published * number / published.sum()
    found = drawn.groupby(["tranche", "sector"]).size().reindex(exact.index, fill_value=0)
    assert ((found - exact).abs() < 1).all()


def test_careers_are_possible(study: StudyFrame) -> None:
    """SK is kept, other education does not lead back to VM2, nothing after the last teldatum."""
    careers = study.careers
    years = [f"teldatum_{year}" for year in range(1, 5)]
    assert set(careers[years].stack().dropna()) <= set(POSITIONS)
    for before, after in itertools.pairwise(years):
        known = careers[careers[after].notna()]
        moves = set(zip(known[before], known[after], strict=True))
        possible = {(p, p) for p in POSITIONS} | {
            ("vm2", "ander_onderwijs"),
            *((enrolled, end) for enrolled in ("vm2", "ander_onderwijs") for end in ("vsv", "sk")),
            ("vsv", "ander_onderwijs"),
        }
        assert moves <= possible
    tranche = careers[EXPERIMENT].map(study.experiments.set_index(EXPERIMENT)["tranche"])
    assert (careers["teldatum_4"].isna() == (tranche == "T2")).all()
    assert careers["teldatum_3"].notna().all()
    assert not careers.duplicated([EXPERIMENT, *PUPIL_COVARIATES, *years]).any()
    assert (careers["leerlingen"] > 0).all()
    assert set(careers[EXPERIMENT]) == set(study.experiments[EXPERIMENT])


def test_what_describes_a_school_is_the_same_in_its_experiments(study: StudyFrame) -> None:
    per_school = study.experiments.groupby("school")[["zelfde_bestuur", "krimp"]].nunique()
    assert (per_school == 1).all(axis=None)


def test_what_nobody_measured_is_not_shown(study: StudyFrame) -> None:
    hidden = {"schoolkwaliteit", "samenwerking", "binding", "vsv", "sk"}
    assert not hidden & set(study.experiments)


def test_an_arrow_changes_only_what_follows_from_it(spec: CausalSpec, truth: Truth) -> None:
    changed = truth.with_effects({"vmbo_examen->versnelling": 3.0})
    before, after = (draw_experiments(spec, t, seed=4).values for t in (truth, changed))
    different = {name for name in before if not np.array_equal(before[name], after[name])}
    followed = {"versnelling", "binding", "vsv", "sk", "status"}
    # what the school expects follows from the status, and few experiments have another one now
    assert followed <= different <= followed | {"continuiteit"}


def test_missing_questionnaires_lose_every_answer_at_once(spec: CausalSpec, truth: Truth) -> None:
    lost = with_missing_share(truth, questionnaire=0.5, item=0.0)
    drawn = simulate_study(spec, lost, experiments=2000, seed=1).experiments
    asked = drawn.columns.difference(
        ["experiment", "school", "sector", "tranche", "zelfde_bestuur", "krimp", "status"]
    )
    missing = drawn[asked].isna()
    assert (missing.any(axis="columns") == missing.all(axis="columns")).all()
    assert drawn.drop(columns=asked).notna().all(axis=None)
    share = missing[asked[0]].groupby([drawn["tranche"], drawn["sector"]]).mean()
    assert share["T1", "economie"] == pytest.approx(0.5, abs=0.12)
    # MAR: techniek and T2 answer less, by what the truth says
    assert share["T2", "techniek"] == pytest.approx(1 / (1 + np.exp(-0.8)), abs=0.07)


def test_single_answers_are_missing_at_the_share_asked_for(spec: CausalSpec, truth: Truth) -> None:
    none = simulate_study(spec, with_missing_share(truth, questionnaire=0, item=0), seed=1)
    assert none.experiments.notna().all(axis=None)
    some = simulate_study(
        spec, with_missing_share(truth, questionnaire=0, item=0.1), experiments=3000, seed=1
    )
    assert some.experiments["positie_1"].isna().mean() == pytest.approx(0.1, abs=0.02)
    # what is missing changes nothing else
    pd.testing.assert_frame_equal(none.careers, simulate_study(spec, truth, seed=1).careers)


def test_the_model_of_2011_can_be_drawn(tables: PublishedTables) -> None:
    spec = read_model("onderzoeksmodel-2011")
    drawn = simulate_study(spec, default_truth(spec, tables=tables), seed=1)
    assert len(drawn.experiments) == 157


def test_a_model_of_something_else_is_refused(tables: PublishedTables) -> None:
    spec = read_model("maatwerk-2014")
    message = "'maatwerk-2014' describes no VM2 study: it lacks variables. Got: 'sector, tranche, "
    with pytest.raises(StudyError, match=message):
        simulate_study(spec, plain_truth(spec), seed=1)


def test_a_truth_without_population_is_refused(spec: CausalSpec, truth: Truth) -> None:
    with pytest.raises(StudyError, match="column population: This truth says nothing of who"):
        simulate_study(spec, truth.model_copy(update={"population": None}), seed=1)


def test_a_column_the_format_lacks_is_refused(spec: CausalSpec, truth: Truth) -> None:
    krimp = spec.variables["krimp"].model_copy(update={"column": "bevolking"})
    other = spec.model_copy(update={"variables": {**spec.variables, "krimp": krimp}})
    with pytest.raises(StudyError, match=r"column krimp: .*no such column.* Got: 'bevolking'"):
        simulate_study(other, truth, seed=1)


def test_sizes_depend_on_tranche_and_status_as_the_truth_says(
    spec: CausalSpec, truth: Truth
) -> None:
    drawn = simulate_study(spec, truth, experiments=4000, seed=1)
    pupils = drawn.careers.groupby("experiment")["leerlingen"].sum()
    table = drawn.experiments.set_index("experiment").assign(pupils=pupils)
    assert truth.population is not None
    for (tranche, status), mean in table.groupby(["tranche", "status"])["pupils"].mean().items():
        assert mean == pytest.approx(truth.population.sizes.mean[tranche][status], rel=0.08)


def test_a_cause_of_another_level_than_the_school_is_refused(
    spec: CausalSpec, truth: Truth
) -> None:
    arrow = Arrow(cause="communicatie", effect="krimp")
    other = spec.model_copy(update={"arrows": (*spec.arrows, arrow)})
    message = r"column krimp: A variable of the school .* Got: 'communicatie->krimp'"
    with pytest.raises(StudyError, match=message):
        simulate_study(other, truth, seed=1)


@pytest.mark.parametrize(
    ("name", "levels", "message"),
    [
        ("sector", ("techniek", "economie"), "column sector: .* Got: 'intersectoraal'"),
        ("tranche", ("T2", "T3"), "column tranche: .* Got: 'T1'"),
        ("tranche", ("T1", "T2", "B1"), "column teldata: .* Got: 'B1'"),
        ("status", ("gestopt", "open"), "column status: .* Got: 'open'"),
    ],
)
def test_other_levels_than_the_population_has_are_refused(
    name: str, levels: tuple[str, ...], message: str, spec: CausalSpec, truth: Truth
) -> None:
    variable = spec.variables[name].model_copy(update={"levels": levels})
    other = spec.model_copy(update={"variables": {**spec.variables, name: variable}})
    with pytest.raises(StudyError, match=message):
        simulate_study(other, truth, seed=1)


def test_a_study_has_at_least_one_experiment(spec: CausalSpec, truth: Truth) -> None:
    with pytest.raises(OptionError, match=r"at least one experiment\. Got: 0"):
        simulate_study(spec, truth, experiments=0, seed=1)
