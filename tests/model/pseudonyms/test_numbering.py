"""Numbers of schools and experiments hang on the content of all data, and on no name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effects.effect_cases import prior_forward
from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.checks.refute import refutation
from vm2causal.checks.refute.refitted_effect import AttackedQuery, attacked_query
from vm2causal.inputs.study.frame import StudyFrame
from vm2causal.model.data.columns import Grouping
from vm2causal.model.data.structural_data import StructuralData, study_data, table_data
from vm2causal.model.fits.fit_arrays import arrays_of, digest
from vm2causal.model.pseudonyms.numbering import dealt_names
from vm2causal.model.pseudonyms.renaming import renamed_data
from vm2causal.model.pseudonyms.source_hash import source_hash
from vm2causal.model.structural_parameters import Priors
from vm2causal.refits import Task
from vm2causal.spec import Variable

HIDDEN = ("school", "experiment")

SPEC = STUDY_SPEC.model_copy(
    update={"variables": {**STUDY_SPEC.variables, "size": Variable(kind="continuous")}}
)
"""With a number whose mean is not exact, so that the order of sums could show."""


def sized(study: StudyFrame) -> StudyFrame:
    sizes = np.random.default_rng(3).normal(20, 7, len(study.experiments))
    return replace(study, experiments=study.experiments.assign(size=sizes))


def pseudonymous(data: StructuralData, hidden: Sequence[str] = HIDDEN) -> StructuralData:
    return renamed_data(data, dealt_names(data, hidden))


def content(data: StructuralData) -> str:
    """Of arrays and labels, to the last bit."""
    return digest(*arrays_of(data).values())


def shuffled(study: StudyFrame, seed: int) -> StudyFrame:
    """The rows of both tables in another order."""
    experiments = study.experiments.sample(frac=1, random_state=seed)
    careers = study.careers.sample(frac=1, random_state=seed)
    return replace(
        study,
        experiments=experiments.reset_index(drop=True),
        careers=careers.reset_index(drop=True),
    )


def renamed(study: StudyFrame, seed: int) -> StudyFrame:
    """Other schools and experiments by name, so in another order of names too."""
    rng = np.random.default_rng(seed)
    names = {
        column: {
            label: f"{column[0]}{number}"
            for label, number in zip(found, rng.permutation(len(found)), strict=True)
        }
        for column in HIDDEN
        for found in [study.experiments[column].unique()]
    }
    other = {column: study.experiments[column].map(names[column]) for column in HIDDEN}
    careers = study.careers.assign(experiment=study.careers["experiment"].map(names["experiment"]))
    return replace(study, experiments=study.experiments.assign(**other), careers=careers)


@pytest.fixture(scope="module")
def study() -> StudyFrame:
    return sized(small_study(12, missing=0.2))


@pytest.fixture(scope="module")
def data(study: StudyFrame) -> StructuralData:
    return study_data(SPEC, study)


# -- names and order have no part in it -------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(order=st.integers(0, 10**6), names=st.integers(0, 10**6))
def test_order_of_rows_and_names_do_not_show(order: int, names: int) -> None:
    study = sized(small_study(12, missing=0.2))
    other = study_data(SPEC, renamed(shuffled(study, order), names))
    data = study_data(SPEC, study)
    assert content(pseudonymous(other)) == content(pseudonymous(data))
    assert source_hash(other, hidden=HIDDEN) == source_hash(data, hidden=HIDDEN)


def test_every_assignment_of_five_known_names_gives_the_same_numbers() -> None:
    """So a list of the schools, which anyone has, confirms nothing."""
    data = study_data(STUDY_SPEC, small_study(10))
    labels = data.groups["school"].labels
    found = {
        content(pseudonymous(renamed_data(data, {"school": dict(zip(labels, names, strict=True))})))
        for names in permutations(["Aa", "Be", "Ce", "De", "Ee"])
    }
    assert found == {content(pseudonymous(data))}


def test_numbers_are_one_to_one_and_follow_the_content(data: StructuralData) -> None:
    dealt = dealt_names(data, HIDDEN)
    assert sorted(dealt["school"].values()) == [f"school {n:02d}" for n in range(1, 7)]
    assert sorted(dealt["experiment"].values()) == [f"experiment {n:02d}" for n in range(1, 13)]
    assert list(dealt["experiment"]) == list(data.units)
    assert list(dealt["experiment"].values()) != sorted(dealt["experiment"].values())
    again = dealt_names(pseudonymous(data), HIDDEN)
    for name in HIDDEN:
        assert all(label == number for label, number in again[name].items())


def test_more_than_99_get_three_digits() -> None:
    table = table_of_every_kind(150).assign(school=[f"s{row}" for row in range(150)])
    spec = EVERY_KIND.model_copy(update={"groups": ("area", "school")})
    numbers = dealt_names(table_data(spec, table), HIDDEN)["school"].values()
    assert sorted(numbers) == [f"school {n:03d}" for n in range(1, 151)]


def test_what_is_not_hidden_gets_no_number(data: StructuralData) -> None:
    assert dealt_names(data, ()) == {}
    assert dealt_names(data, ("street",)) == {}
    assert set(dealt_names(data, ("school",))) == {"school"}
    # what a table calls its rows is no name that is hidden
    assert dealt_names(table_data(EVERY_KIND, table_of_every_kind(20)), HIDDEN) == {}


# -- who knows a part cannot tell the rest ----------------------------------------------------


def with_other_event(data: StructuralData, cell: int) -> StructuralData:
    cells = data.cells["vsv"]
    events = cells.events.copy()
    events[cell] += 1 if events[cell] < cells.trials[cell] else -1
    return replace(data, cells={**data.cells, "vsv": replace(cells, events=events)})


def test_one_pupil_elsewhere_deals_anew(data: StructuralData) -> None:
    """A school of which everything is known can come anywhere: the salt is made of all data."""
    school = data.groups["school"]
    own = np.flatnonzero(school.codes == 0)
    elsewhere = np.flatnonzero(~np.isin(data.cells["vsv"].unit, own))[:40]
    numbers = [
        dealt_names(with_other_event(data, cell), HIDDEN)["school"][school.labels[0]]
        for cell in elsewhere
    ]
    assert set(numbers) == {f"school {n:02d}" for n in range(1, 7)}


def test_the_salt_is_not_the_published_hash(
    data: StructuralData, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vm2causal.model.pseudonyms import numbering as dealing

    salts = []
    salted = dealing._salted

    def watched(salt: bytes, marks: Sequence[bytes]) -> list[bytes]:
        salts.append(salt.hex())
        return salted(salt, marks)

    monkeypatch.setattr(dealing, "_salted", watched)
    dealt_names(data, HIDDEN)
    assert len(set(salts)) == 1
    assert salts[0] != source_hash(data, hidden=HIDDEN)


# -- units that nothing tells apart -----------------------------------------------------------


def twins(experiments: int = 4, schools: int = 3) -> StudyFrame:
    """Schools with the same experiments, two and two alike."""
    frame = pd.DataFrame(
        {
            "experiment": [f"e{k}" for k in range(experiments * schools)],
            "school": [f"school{k // experiments}" for k in range(experiments * schools)],
            "sector": "techniek",
            "tranche": "T1",
            "versnelling": [str(k % experiments // 2) for k in range(experiments * schools)],
            **{f"s{k}": "3" for k in (1, 2, 3)},
        }
    )
    study = small_study(4)
    careers = study.careers[study.careers["experiment"] == "e0"]
    alike = [careers.assign(experiment=label) for label in frame["experiment"]]
    return replace(study, experiments=frame, careers=pd.concat(alike, ignore_index=True))


@settings(max_examples=15, deadline=None)
@given(order=st.integers(0, 10**6), names=st.integers(0, 10**6))
def test_twins_are_interchangeable(order: int, names: int) -> None:
    """Those of one school and those of its twin school come in the same order."""
    study = twins()
    other = study_data(STUDY_SPEC, renamed(shuffled(study, order), names))
    assert content(pseudonymous(other)) == content(pseudonymous(study_data(STUDY_SPEC, study)))


def boards(data: StructuralData, codes: Sequence[int]) -> StructuralData:
    """The same with one more group of experiments, which may cut through schools."""
    labels = tuple(f"b{code}" for code in sorted(set(codes)))
    board = Grouping(labels, np.asarray(codes, dtype=np.int64))
    return replace(data, groups={**data.groups, "board": board})


@pytest.mark.parametrize("alike", [False, True], ids=["apart", "twins"])
@pytest.mark.parametrize("across", [False, True], ids=["above schools", "across schools"])
def test_several_hidden_groups(alike: bool, across: bool) -> None:
    study = twins() if alike else sized(small_study(12))
    hidden = (*HIDDEN, "board")
    found = set()
    for seed in range(6):
        order = np.random.default_rng(seed).permutation(12)
        moved = study.experiments.iloc[order].reset_index(drop=True)
        data = study_data(STUDY_SPEC, replace(study, experiments=moved))
        found.add(content(pseudonymous(boards(data, order % 2 if across else order // 8), hidden)))
    assert len(found) == 1


# -- tables -----------------------------------------------------------------------------------


def test_rows_of_a_table_stay_and_its_schools_are_numbered_by_content() -> None:
    table = table_of_every_kind(40, missing=0.1)
    table["school"] = [f"s{row % 5}" for row in range(40)]
    spec = EVERY_KIND.model_copy(update={"groups": ("area", "school")})

    def numbers(table: pd.DataFrame) -> dict[str, str]:
        return dealt_names(table_data(spec, table), HIDDEN)["school"]

    new = pseudonymous(table_data(spec, table))
    assert new.units == tuple(str(row + 1) for row in range(40))
    dealt = numbers(table)
    assert [new.groups["school"].labels[code] for code in new.groups["school"].codes] == [
        dealt[name] for name in table["school"]
    ]
    assert numbers(table.sample(frac=1, random_state=1)) == dealt
    others = {f"s{n}": f"q{(3 * n + 2) % 5}" for n in range(5)}
    renamed = numbers(table.assign(school=table["school"].map(others)))
    assert {name: renamed[others[name]] for name in dealt} == dealt


def test_schools_of_a_table_with_the_same_rows_come_in_the_order_of_the_table() -> None:
    one = table_of_every_kind(6)
    table = pd.concat([one.assign(school="z"), one.assign(school="a")], ignore_index=True)
    spec = EVERY_KIND.model_copy(update={"groups": ("area", "school")})
    assert dealt_names(table_data(spec, table), HIDDEN)["school"] == {
        "a": "school 02",
        "z": "school 01",
    }


# -- what is refitted -------------------------------------------------------------------------


def planned(
    data: StructuralData, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[str, str]]:
    """Name and key of every refit that attacks an effect of these data."""
    found: list[Task] = []

    class PlannedError(Exception):
        pass

    def planned_only(tasks: Sequence[Task], **options: object) -> None:
        found.extend(tasks)
        raise PlannedError

    monkeypatch.setattr(refutation, "run_tasks", planned_only)
    forward = prior_forward(data, draws=20)
    query = attacked_query(forward, "versnelling", "binding", priors=Priors.NEUTRAL)
    assert isinstance(query, AttackedQuery), query
    with pytest.raises(PlannedError):
        refutation.refute(forward, [query], folder=folder, seed=1, refits=2)
    return [(task.name, task.key) for task in found]


def test_finished_refits_of_an_earlier_fit_are_taken_over(
    study: StudyFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their key holds the data in their order, and that is the same in both fits."""
    first = pseudonymous(study_data(SPEC, study))
    again = pseudonymous(study_data(SPEC, renamed(shuffled(study, 5), 6)))
    tasks = planned(first, tmp_path / "first", monkeypatch)
    assert len(tasks) > 8
    assert planned(again, tmp_path / "again", monkeypatch) == tasks
    changed = pseudonymous(with_other_event(first, 0))
    other = planned(changed, tmp_path / "other", monkeypatch)
    assert not {key for _, key in other} & {key for _, key in tasks}
