"""Places that may not be asked about: those of few pupils, and those that give them away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from figure_cases import RECORD
from model.fit_cases import stand_in_fit
from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.disclosure import MINIMUM
from vm2causal.effects.forward import Forward
from vm2causal.effects.what_if import within
from vm2causal.errors import QueryError
from vm2causal.model.data.columns import Floats, Grouping
from vm2causal.model.data.structural_data import StructuralData, study_data
from vm2causal.spec.words import Rows
from vm2causal.workflow.effects import FitOnDisk, answer_what_if, effects_of
from vm2causal.workflow.small_groups import large_enough, require_shown

UNITS = 24


def study(weights: Floats, groups: Mapping[str, Grouping] | None = None) -> FitOnDisk:
    """Careers of so many pupils in each of the experiments."""
    data: StructuralData = study_data(STUDY_SPEC, small_study(UNITS))
    fit = stand_in_fit(replace(data, weights=weights, groups=groups or data.groups), draws=20)
    forward = Forward(fit.layout, fit.posterior, draws=20)
    return FitOnDisk(fit, RECORD | {"unanswerable": []}, forward)


def with_small_sector(pupils: float) -> FitOnDisk:
    """Economie has so many pupils, techniek a hundred times as many, landbouw fifty times."""
    grouping = study_data(STUDY_SPEC, small_study(UNITS)).groups["sector"]
    weights = np.zeros(UNITS)
    for label, number in {"economie": pupils, "techniek": 1000, "landbouw": 500}.items():
        own = grouping.codes == grouping.labels.index(label)
        weights[own] = number / own.sum()
    return study(weights)


def with_small_experiment(unit: int, pupils: float) -> FitOnDisk:
    weights = np.linspace(20, 40, UNITS).round()
    weights[unit] = pupils
    return study(weights)


def refused(fit: FitOnDisk, places: Iterable[str]) -> dict[str, str]:
    """Of the places that get no answer, why not."""
    found = {}
    for place in places:
        try:
            require_shown(fit.forward, place)
        except QueryError as error:
            found[place] = str(error)
    return found


def is_small(fit: FitOnDisk, place: str) -> bool:
    pupils = fit.forward.data.weights @ within(fit.forward, place)
    return bool(0 < pupils < MINIMUM)


def answered(fit: FitOnDisk) -> list[str]:
    """All levels and experiments that get an answer."""
    data = fit.forward.data
    places = [*(label for item in data.groups.values() for label in item.labels), *data.units]
    hidden = refused(fit, places)
    return [place for place in places if place not in hidden]


def follows(fit: FitOnDisk, place: str, shown: Sequence[str]) -> bool:
    """Whether a place is made of everybody and places that are answered, added and subtracted."""
    return spans(fit, shown, within(fit.forward, place))


def spans(fit: FitOnDisk, shown: Sequence[str], units: Floats) -> bool:
    """Whether a combination of units is made of everybody and places that are answered."""
    pupils = fit.forward.data.weights
    known = np.array([pupils, *(pupils * within(fit.forward, each) for each in shown)])
    beside = np.vstack([known, pupils * units])
    return bool(np.linalg.matrix_rank(beside) == np.linalg.matrix_rank(known))


def test_the_places_that_are_refused_are_the_groups_that_are_left_out() -> None:
    """All sectors but one, and everybody, would give the small one by subtraction."""
    small = with_small_sector(9)
    sectors = small.forward.data.groups["sector"].labels
    told = refused(small, sectors)
    assert set(told) == {"economie", "landbouw"}
    # in the same words, or they would tell which of the two is small
    assert told["economie"].replace("economie", "landbouw") == told["landbouw"]
    by_sector = effects_of(small, {"samenwerking": "1"}, on="binding", by="sector")
    assert set(by_sector.totals["group"]) == {"techniek"}
    assert by_sector.withheld == 2
    assert refused(with_small_sector(10), sectors) == {}


def test_a_place_that_covers_for_a_small_one_is_refused_as_the_small_one() -> None:
    with pytest.raises(
        QueryError,
        match=r"This place is not answered about, so that nothing can be worked out about fewer "
        r"than 10 persons\. Got: 'landbouw'\. Ask about another place, or about everybody\.",
    ):
        answer_what_if(with_small_sector(9), {"versnelling": "1"}, place="landbouw")


def test_experiments_do_not_add_up_to_a_small_sector() -> None:
    small = with_small_sector(9)
    data = small.forward.data
    places = [*data.groups["sector"].labels, *data.units]
    hidden = refused(small, places)
    assert not follows(small, "economie", [place for place in places if place not in hidden])
    # as it would if only places of few pupils were refused
    assert follows(small, "economie", [place for place in places if not is_small(small, place)])


@pytest.mark.parametrize("unit", range(0, UNITS, 5))
def test_a_small_experiment_does_not_follow_from_the_others(unit: int) -> None:
    """Neither from its school nor from its sector or tranche, nor from everybody."""
    small = with_small_experiment(unit, 9)
    data = small.forward.data
    label = data.units[unit]
    hidden = refused(small, data.units)
    assert label in hidden
    assert [other for other in data.units if is_small(small, other)] == [label]
    assert len(hidden) < UNITS / 2
    answered = [other for other in data.units if other not in hidden]
    for grouping in data.groups.values():
        assert refused(small, grouping.labels) == {}
        assert follows(small, label, [*grouping.labels, *set(data.units) - {label}])
        assert not follows(small, label, [*grouping.labels, *answered])
    assert refused(with_small_experiment(unit, 10), data.units) == {}


def test_two_small_ones_follow_together() -> None:
    """Two schools of four and five are nine pupils, and follow as such from the others."""
    data = study_data(STUDY_SPEC, small_study(UNITS))
    weights = np.linspace(20, 40, UNITS).round()
    school = data.groups["school"]
    both = np.zeros(UNITS)
    for label, pupils in {"school3": 4, "school5": 5}.items():
        own = school.codes == school.labels.index(label)
        weights[own] = pupils / 2
        both += own
    fit = study(weights)
    told = refused(fit, school.labels)
    assert {"school3", "school5"} < set(told)
    shown = answered(fit)
    assert not spans(fit, shown, both)
    # as they would if only places of few pupils were refused
    large = [label for label in school.labels if not is_small(fit, label)]
    assert spans(fit, large, both)


def test_an_experiment_without_starters_covers_for_none() -> None:
    weights = np.full(UNITS, 30.0)
    weights[[0, 1]] = 9, 0
    fit = study(weights)
    with pytest.raises(QueryError, match="No pupils are known here"):
        answer_what_if(fit, {"versnelling": "1"}, place="e1")
    told = refused(fit, fit.forward.data.units)
    assert "e0" in told
    assert not follows(fit, "e0", sorted(set(fit.forward.data.units) - set(told)))


def test_a_school_of_one_experiment_is_the_same_place_twice() -> None:
    """Where a school is refused its only experiment is refused too, and the other way round."""
    single = Grouping(tuple(f"s{unit:02d}" for unit in range(UNITS)), np.arange(UNITS))
    weights = np.linspace(20, 40, UNITS).round()
    weights[7] = 9
    fit = study(weights, {**with_small_sector(10).forward.data.groups, "school": single})
    schools = [single.labels.index(label) for label in refused(fit, single.labels)]
    assert len(schools) == 2
    assert 7 in schools
    units = [fit.forward.data.units.index(label) for label in refused(fit, fit.forward.data.units)]
    assert schools == units
    assert not follows(fit, "s07", answered(fit))


def test_levels_of_one_group_do_not_give_away_those_of_another() -> None:
    """Schools lie in sectors: a sector without all its other schools is the small school."""
    school = np.repeat(np.arange(12), 2)
    groups = {
        "school": Grouping(tuple(f"k{code:02d}" for code in range(12)), school),
        "sector": Grouping(("a", "b", "c"), school % 3),
    }
    weights = np.linspace(20, 40, UNITS).round()
    weights[school == 7] = 4, 5
    fit = study(weights, {**study_data(STUDY_SPEC, small_study(UNITS)).groups, **groups})
    schools, sectors = groups["school"].labels, groups["sector"].labels
    hidden = set(refused(fit, schools))
    assert hidden == {"k01", "k07"}  # k00 is smaller, but lies in another sector
    assert refused(fit, sectors) == {}
    assert follows(fit, "k07", [*sectors, *(set(schools) - {"k00", "k07"})])
    assert not follows(fit, "k07", answered(fit))
    for name, labels in {"school": schools, "sector": sectors}.items():
        found = pd.DataFrame({"group": [None, *labels], "mean": 0.0})
        shown, withheld = large_enough(fit.forward, found, name)
        assert set(labels) - set(shown["group"]) == hidden & set(labels)
        assert withheld == len(hidden & set(labels))


@pytest.mark.parametrize("rows", [None, Rows.PERSONS])
def test_a_row_of_a_table_is_a_person_unless_the_model_says_otherwise(rows: Rows | None) -> None:
    fit = study(np.ones(UNITS))
    units = fit.forward.data.units
    assert len(refused(fit, units)) == UNITS
    cells = {}
    spec = STUDY_SPEC.model_copy(update={"rows": rows})
    fit.forward.data = replace(fit.forward.data, years=None, cells=cells, spec=spec)
    told = refused(fit, units)
    assert len(told) == UNITS
    assert (
        "Where the rows of a table are no persons, say so in its model: 'rows: units'"
        in (told["e0"])
    )
    spec = STUDY_SPEC.model_copy(update={"rows": Rows.UNITS})
    fit.forward.data = replace(fit.forward.data, spec=spec)
    assert refused(fit, units) == {}
