from dataclasses import replace

import numpy as np
import pytest

from model.fit_cases import stand_in_fit
from model.structural_cases import (
    EVERY_KIND,
    STUDY_SPEC,
    small_study,
    table_of_every_kind,
)
from vm2causal.errors import StudyError
from vm2causal.model.data.structural_data import (
    StructuralData,
    study_data,
    table_data,
)
from vm2causal.model.fits.fit_arrays import arrays_of
from vm2causal.model.pseudonyms.renaming import renamed_data, require_renamable, with_names
from vm2causal.model.sampler.program import structural_program
from vm2causal.model.sampler.unconstrained import unconstrained_draws
from vm2causal.model.structural_layout import Layout


def shuffled(labels: tuple[str, ...], word: str, seed: int) -> dict[str, str]:
    order = np.random.default_rng(seed).permutation(len(labels))
    return {label: f"{word} {rank:02d}" for label, rank in zip(labels, order, strict=True)}


def study_names(data: StructuralData) -> dict[str, dict[str, str]]:
    return {
        "school": shuffled(data.groups["school"].labels, "school", 1),
        "experiment": shuffled(data.units, "experiment", 2),
    }


def study() -> StructuralData:
    return study_data(STUDY_SPEC, small_study(missing=0.2))


def density(layout: Layout, point: np.ndarray) -> float:
    return structural_program(layout).log_density(point)[0]


def test_a_point_keeps_its_density_under_other_names() -> None:
    """Each parameter moves with its unit or group, so the density of the moved point is equal."""
    fit = stand_in_fit(study(), draws=3)
    renamed = with_names(fit, study_names(fit.layout.data))
    old, new = fit.posterior, renamed.posterior
    names = study_names(fit.layout.data)
    for draw in range(3):
        points = [
            unconstrained_draws(layout, posterior)[0, draw]
            for layout, posterior in ((fit.layout, old), (renamed.layout, new))
        ]
        assert density(fit.layout, points[0]) == pytest.approx(
            density(renamed.layout, points[1]), rel=1e-12
        )
    for label, name in names["school"].items():
        np.testing.assert_array_equal(
            old["school_z"].sel(school=label), new["school_z"].sel(school=name)
        )


def test_every_unit_keeps_its_own_data() -> None:
    data = study()
    names = study_names(data)
    new = renamed_data(data, names)
    assert list(new.units) == sorted(names["experiment"].values())
    for unit, label in enumerate(data.units):
        place = new.units.index(names["experiment"][label])
        for name, column in data.columns.items():
            np.testing.assert_equal(new.columns[name].values[place], column.values[unit])
        for name, answers in data.items.items():
            np.testing.assert_array_equal(new.items[name][place], answers[unit])
        old_school = data.groups["school"].labels[data.groups["school"].codes[unit]]
        new_school = new.groups["school"].labels[new.groups["school"].codes[place]]
        assert new_school == names["school"][old_school]
        assert new.weights[place] == data.weights[unit]
        for name, cells in data.cells.items():
            mine, moved = cells.unit == unit, new.cells[name].unit == place
            assert sorted(cells.events[mine]) == sorted(new.cells[name].events[moved])


def test_neither_names_nor_their_order_remain() -> None:
    data = study()
    new = renamed_data(data, study_names(data))
    told = " ".join(str(dataset.to_dict()) for dataset in arrays_of(new).values())
    assert not any(f"'{label}'" in told for label in (*data.units, *data.groups["school"].labels))
    assert list(new.groups["school"].labels) == sorted(new.groups["school"].labels)
    for cells in new.cells.values():
        assert (np.diff(cells.unit) >= 0).all()


def test_imputed_values_follow_their_unit() -> None:
    data = table_data(EVERY_KIND, table_of_every_kind(missing=0.15))
    as_study = replace(data, unit="experiment", units=tuple(f"e{unit}" for unit in data.units))
    fit = stand_in_fit(as_study)
    names = {"experiment": shuffled(as_study.units, "experiment", 4)}
    new = with_names(fit, names)
    label = str(fit.posterior["imputed"].to_numpy()[0])
    variable, unit = label.removesuffix("]").split("[")
    np.testing.assert_array_equal(
        fit.posterior["imputed_z"].sel(imputed=label),
        new.posterior["imputed_z"].sel(imputed=f"{variable}[{names['experiment'][unit]}]"),
    )
    assert list(new.posterior["imputed"].to_numpy()) == list(
        new.layout.block("imputed_z").dims["imputed"]
    )


def test_without_names_nothing_changes() -> None:
    fit = stand_in_fit(study())
    again = with_names(fit, {})
    assert again.layout.data.units == fit.layout.data.units
    assert again.posterior.equals(fit.posterior)


def test_a_variable_that_names_them_is_refused() -> None:
    data = study()
    with pytest.raises(StudyError, match="The model has 'sector' as a variable, so its results"):
        require_renamable(data, {"sector": {"techniek": "a"}})
