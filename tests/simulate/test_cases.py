import dataclasses

import pandas as pd
import pytest

from vm2causal.errors import StudyError
from vm2causal.inputs.study.frame import StudyFrame
from vm2causal.simulate import Truth, draw_cases, simulate_study
from vm2causal.simulate.cases import SECTORS, case_candidates
from vm2causal.spec import CausalSpec


def _altered(study: StudyFrame, **columns: object) -> StudyFrame:
    return dataclasses.replace(study, experiments=study.experiments.assign(**columns))


@pytest.mark.parametrize("seed", range(5))
def test_cases_meet_the_design(spec: CausalSpec, truth: Truth, seed: int) -> None:
    study = simulate_study(spec, truth, seed=seed)
    chosen = draw_cases(study, seed=seed)
    table = study.experiments.set_index("experiment").loc[chosen["experiment"]]
    assert chosen["experiment"].is_unique
    assert (table["tranche"] == "T2").all()
    cells = chosen.groupby(["samenwerking", "realisatie"]).size()
    assert len(cells) == 6
    assert (cells == 2).all()
    assert chosen["sector"].value_counts().to_dict() == dict.fromkeys(SECTORS, 3)
    assert chosen["vmbo_examen"].value_counts().to_dict() == {"ja": 8, "nee": 4}
    mean = chosen.groupby("samenwerking")["gemiddelde"]
    assert mean.min()["goed"] > mean.max()["minder"]
    assert (chosen["realisatie"] == "niet").equals(chosen["status"] == "gestopt")
    assert (chosen.loc[chosen["realisatie"] == "volledig", "versnelling"] != "0").all()
    assert (chosen.loc[chosen["realisatie"] == "tussenin", "versnelling"] == "0").all()


def test_the_seed_decides_the_cases(study: StudyFrame) -> None:
    pd.testing.assert_frame_equal(draw_cases(study, seed=1), draw_cases(study, seed=1))
    assert set(draw_cases(study, seed=1)["experiment"]) != set(
        draw_cases(study, seed=2)["experiment"]
    )


def test_the_order_of_the_words_is_that_of_the_design(study: StudyFrame) -> None:
    chosen = draw_cases(study, seed=1)
    assert chosen["samenwerking"].tolist() == ["goed"] * 6 + ["minder"] * 6
    assert (
        chosen["realisatie"].tolist()
        == ["volledig"] * 2
        + ["tussenin"] * 2
        + ["niet"] * 2
        + ["volledig"] * 2
        + ["tussenin"] * 2
        + ["niet"] * 2
    )


def test_pedagogy_is_constant_among_the_cases(spec: CausalSpec, truth: Truth) -> None:
    """`gevalsstudies-2013` 3.2: the cases did not differ; at most a single answer does here."""
    for seed in range(5):
        study = simulate_study(spec, truth, seed=seed)
        table = study.experiments.set_index("experiment").loc[
            draw_cases(study, seed=seed)["experiment"]
        ]
        answers = table.filter(like="pedagogiek_").stack().dropna()
        assert (answers != "5").sum() <= 3
        assert set(answers) <= {"4", "5"}


def test_candidates_answered_what_the_design_needs(study: StudyFrame) -> None:
    candidates = case_candidates(study).set_index("experiment")
    table = study.experiments.set_index("experiment").loc[candidates.index]
    assert table[["status", "versnelling", "vmbo_examen"]].notna().all(axis=None)
    assert "intersectoraal" not in set(table["sector"])
    first = table.filter(like="samenwerking_").iloc[0].astype(float)
    assert candidates["gemiddelde"].iloc[0] == pytest.approx(first.mean())


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"status": "lopend"},
            r"^column samenwerking goed, realisatie niet: The design of the twelve cases needs 2 "
            r"experiments of T2 in this cell; the study has 0\. Draw from a larger study",
        ),
        ({"versnelling": "1"}, r"^column samenwerking goed, realisatie tussenin: .* has 0\."),
        ({"vmbo_examen": "ja"}, r"^column vmbo_examen nee: .* needs 4 .* the study has 0\."),
        ({"sector": "landbouw"}, r"^column sector techniek: .* needs 3 .* the study has 0\."),
        ({"tranche": "T1"}, r"^column samenwerking goed, realisatie volledig: .* has 0\."),
        ({"versnelling": None}, r"^column samenwerking goed, realisatie volledig: .* has 0\."),
    ],
)
def test_a_study_that_cannot_supply_them_is_told_which_cell_lacks(
    study: StudyFrame, columns: dict[str, object], message: str
) -> None:
    with pytest.raises(StudyError, match=message):
        draw_cases(_altered(study, **columns), seed=1)


def test_cells_that_are_filled_but_not_together_are_refused(study: StudyFrame) -> None:
    """All that stopped are of one sector: four of them cannot be three."""
    status = study.experiments["status"]
    sector = study.experiments["sector"].where(status != "gestopt", "techniek")
    with pytest.raises(StudyError, match="but no twelve of them meet all of it at once"):
        draw_cases(_altered(study, sector=sector), seed=1)


@pytest.mark.parametrize("column", ["status", "versnelling", "vmbo_examen"])
def test_a_study_without_a_needed_column_is_refused(study: StudyFrame, column: str) -> None:
    without = dataclasses.replace(study, experiments=study.experiments.drop(columns=column))
    with pytest.raises(StudyError, match=f"^column {column}: The design of the twelve cases needs"):
        draw_cases(without, seed=1)


def test_a_study_without_the_items_is_refused(study: StudyFrame) -> None:
    items = study.experiments.filter(like="samenwerking_").columns
    without = dataclasses.replace(study, experiments=study.experiments.drop(columns=items))
    with pytest.raises(StudyError, match=r"^column samenwerking_1: "):
        draw_cases(without, seed=1)
