"""The default truth shows the published margins."""

import numpy as np
import pandas as pd
import pytest

from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.study.frame import StudyFrame
from vm2causal.simulate import (
    Truth,
    draw_experiments,
    published_margins,
    simulate_study,
    study_margins,
)
from vm2causal.simulate.calibrate import calibrate, misfits
from vm2causal.simulate.calibrated import read_calibration
from vm2causal.simulate.expected import expected_careers, follow, kinds_of_pupils
from vm2causal.simulate.margins import published_status, starters_of
from vm2causal.simulate.study_model import pupil_variables
from vm2causal.spec import CausalSpec

STUDIES = 200
WITHIN = 1.5
CAREERS = ("vsv", "sk", "vm2")


@pytest.fixture(scope="module")
def studies(spec: CausalSpec, truth: Truth) -> list[StudyFrame]:
    return [simulate_study(spec, truth, seed=seed) for seed in range(STUDIES)]


@pytest.fixture(scope="module")
def compared(studies: list[StudyFrame], tables: PublishedTables) -> pd.DataFrame:
    """Published margins, and the mean over many simulated studies."""
    mean = pd.concat([study_margins(study) for study in studies], axis="columns").mean(axis=1)
    both = pd.DataFrame({"published": published_margins(tables), "simulated": mean}).dropna()
    return both.assign(off=both["simulated"] - both["published"])


def test_careers_lie_within_one_and_a_half_points_of_every_published_one(
    compared: pd.DataFrame,
) -> None:
    careers = compared.loc[list(CAREERS)]
    # vsv, SK and VM2 at every published teldatum, all and as intended
    assert len(careers) == 26
    assert careers["off"].abs().max() <= WITHIN


def test_status_lies_within_one_and_a_half_points_by_tranche(compared: pd.DataFrame) -> None:
    status = compared.loc[["gestopt", "lopend", "afgerond"]]
    by_tranche = status[status.index.get_level_values("part") == "all"]
    assert len(by_tranche) == 6
    assert by_tranche["off"].abs().max() <= WITHIN


@pytest.mark.parametrize("sector", ["techniek", "economie", "zorg_welzijn", "landbouw"])
def test_stopping_lies_within_one_and_a_half_points_by_sector(
    compared: pd.DataFrame, sector: str
) -> None:
    assert abs(compared.loc[("gestopt", "T1+T2", sector, 0), "off"]) <= WITHIN


def test_status_by_sector_and_tranche_lies_within_an_experiment_and_a_half(
    studies: list[StudyFrame], tables: PublishedTables
) -> None:
    """Cells of 1 to 35 experiments; the cutpoints are of tranches, the effects of sectors."""
    drawn = pd.concat([study.experiments for study in studies])
    counts = drawn.groupby(["tranche", "sector", "status"]).size().unstack(fill_value=0) / STUDIES
    published = published_status(tables)
    assert (counts[published.columns] - published).abs().max(axis=None) <= 1.5


def test_pupils_lie_within_two_percent(studies: list[StudyFrame], tables: PublishedTables) -> None:
    totals: dict[tuple[str, str], list[int]] = {}
    for study in studies:
        of = study.careers["experiment"].map(study.experiments.set_index("experiment")["tranche"])
        status = study.careers["experiment"].map(
            study.experiments.set_index("experiment")["status"]
        )
        for tranche in ("T1", "T2"):
            pupils = study.careers["leerlingen"][of == tranche]
            totals.setdefault((tranche, "all"), []).append(pupils.sum())
            totals.setdefault((tranche, "as_intended"), []).append(
                pupils[status[of == tranche] != "gestopt"].sum()
            )
    for (tranche, part), pupils in totals.items():
        assert np.mean(pupils) == pytest.approx(starters_of(tables, tranche, part), rel=0.02)


def test_the_shipped_numbers_still_solve_the_margins(
    spec: CausalSpec, tables: PublishedTables
) -> None:
    off = misfits(spec, tables, read_calibration())["off"]
    careers = off.loc[list(CAREERS)]
    assert careers.abs().max() < 1.2
    assert np.sqrt((careers**2).mean()) < 0.45
    # solved for: status by tranche, stopped by sector; one set of effects gives the other shares
    assert off.loc[["gestopt", "lopend", "afgerond"]].abs().max() < WITHIN


@pytest.mark.slow
def test_calibration_solves_what_it_is_solved_on(spec: CausalSpec, tables: PublishedTables) -> None:
    """On few experiments, whose chance it fits too: the shipped numbers come from many."""
    few = 157 * 4
    solved = calibrate(spec, tables, experiments=few)
    off = misfits(spec, tables, solved, experiments=few)["off"]
    assert off.abs().max() < 1.5
    assert solved == calibrate(spec, tables, experiments=few)


def test_shares_of_the_twelve_cases_hold_for_the_study(spec: CausalSpec, truth: Truth) -> None:
    """Agreements do not apply in 4 of 12, 8 of 12 keep the examination (`gevalsstudies-2013`)."""
    drawn = simulate_study(spec, truth, experiments=8000, seed=1).experiments
    agreements = drawn["financiele_afspraken"].value_counts(normalize=True)
    examination = drawn["vmbo_examen"].value_counts(normalize=True)
    assert agreements["nvt"] == pytest.approx(4 / 12, abs=0.03)
    assert examination["ja"] == pytest.approx(8 / 12, abs=0.03)


def test_published_margins_are_those_of_the_documents(tables: PublishedTables) -> None:
    published = published_margins(tables)
    assert published["vsv", "T1", "all", 4] == 23.5
    assert published["sk", "T2", "as_intended", 3] == 22.3
    assert published["vm2", "T2", "all", 3] == pytest.approx(10.3, abs=0.05)
    assert published["gestopt", "T1+T2", "techniek", 0] == pytest.approx(100 * 22 / 38)
    assert published["afgerond", "T1", "all", 0] == pytest.approx(100 * 19 / 36)


def test_margins_of_a_small_study_by_hand() -> None:
    from vm2causal.inputs.study.frame import Origin

    experiments = pd.DataFrame(
        {
            "experiment": ["a", "b", "c"],
            "sector": ["techniek", "economie", "techniek"],
            "tranche": ["T1", "T1", "T2"],
            "status": ["gestopt", "lopend", "afgerond"],
        }
    )
    careers = pd.DataFrame(
        {
            "experiment": ["a", "a", "b", "c"],
            "teldatum_1": ["vsv", "vm2", "sk", "vm2"],
            "leerlingen": [3, 5, 2, 4],
        }
    )
    study = StudyFrame("s", Origin.SYNTHETIC, {"T1": 1, "T2": 1}, experiments, careers)
    found = study_margins(study)
    assert found["vsv", "T1", "all", 1] == 30
    assert found["vm2", "T1", "all", 1] == 50
    assert found["sk", "T1", "as_intended", 1] == 100
    assert found["gestopt", "T1+T2", "techniek", 0] == 50
    assert found["gestopt", "T1", "techniek", 0] == 100
    assert found["afgerond", "T2", "all", 0] == 100


def test_worked_out_careers_equal_drawn_ones(spec: CausalSpec, truth: Truth) -> None:
    """The same experiments, their pupils once followed as chances and once drawn.

    Sizes hardly differ here: the weights of the experiments would be noise.
    """
    assert truth.population is not None
    sizes = truth.population.sizes.model_copy(update={"shape": 1e6})
    population = truth.population.model_copy(update={"sizes": sizes})
    even = truth.model_copy(update={"population": population})
    drawn = draw_experiments(spec, even, experiments=15_000, seed=5)
    expected = expected_careers(spec, even, drawn)
    found = study_margins(simulate_study(spec, even, experiments=15_000, seed=5))
    assert (found.loc[expected.index] - expected).abs().max() < 1.0  # four standard errors


def test_a_year_is_followed_in_the_order_of_the_analysis() -> None:
    """Leaving first, then SK, then staying; who left returns next year, to other education."""
    hazards = {"vsv": [[0.1, 0.2]], "sk": [[0.3, 0.5]], "binding": [[0.6, 0.5]]}
    shares = follow({k: np.array(v) for k, v in hazards.items()}, terugkeer=0.05)
    assert shares["vsv"][0, 0] == pytest.approx(0.1)
    assert shares["sk"][0, 0] == pytest.approx(0.9 * 0.3)
    assert shares["vm2"][0, 0] == pytest.approx(0.9 * 0.7 * 0.6)
    assert shares["vsv"][0, 1] == pytest.approx(0.1 * 0.95 + 0.63 * 0.2)
    assert shares["sk"][0, 1] == pytest.approx(0.27 + 0.63 * 0.8 * 0.5)
    assert shares["vm2"][0, 1] == pytest.approx(0.378 * 0.8 * 0.5 * 0.5)


def test_kinds_of_pupils_make_up_everybody(spec: CausalSpec, truth: Truth) -> None:
    kinds = kinds_of_pupils(spec, truth)
    assert len(kinds) == 2 * 3 * 2
    assert sum(weight for _, weight in kinds) == pytest.approx(1)
    assert all(set(codes) == set(pupil_variables(spec)) for codes, _ in kinds)
