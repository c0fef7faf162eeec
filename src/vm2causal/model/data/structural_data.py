"""A model file and data → arrays: what the structural model is fitted to.

One main unit carries every variable that has causes: the experiment of a study, the row of a
table. Variables of schools are carried down to it; pupils stand in cells below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.study.flows import yearly_flows
from vm2causal.inputs.study.frame import PUPIL_COVARIATES, PUPILS, Origin, StudyFrame
from vm2causal.inputs.tables.spelling import one_spelling
from vm2causal.model.data.columns import (
    YEAR as YEAR,
)
from vm2causal.model.data.columns import (
    Cells,
    Column,
    Floats,
    Grouping,
    Ints,
    answer_levels,
    as_text,
    constant_within,
    first_of_level,
    ranks_of,
    read_answers,
    read_column,
)
from vm2causal.model.data.own_level import one_value_each, require_levels
from vm2causal.model.data.table_rows import (
    TableRows,
    counts_of,
    persons_apart,
    rows_of,
    units_apart,
)
from vm2causal.model.families import family_of
from vm2causal.model.result_names import STUDY_UNIT, TABLE_UNIT
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import Rows


@dataclass(frozen=True)
class StructuralData:
    """Everything a structural model needs to know of the data.

    Parameters
    ----------
    spec
        The model; every variable with data is in one of the mappings below.
    unit
        Name of the main unit; ``units`` are its labels.
    columns
        Variables on the main unit, except counts and latent ones.
    items
        Per latent variable its answers as ranks, shape (unit, item); −1 where missing.
    cells
        Per count variable its cells.
    patterns
        Kinds of pupils and years that occur in cells; one row without columns for a flat table.
    covariates
        Variables of pupils, on the patterns.
    weights
        Starters per unit; 1 per row of a flat table. See :meth:`weights_for`.
    """

    spec: CausalSpec
    origin: Origin
    unit: str
    units: tuple[str, ...]
    groups: Mapping[str, Grouping]
    columns: Mapping[str, Column]
    items: Mapping[str, Ints]
    cells: Mapping[str, Cells]
    patterns: pd.DataFrame
    covariates: Mapping[str, Column]
    weights: Floats = field(repr=False)
    years: Ints | None = field(default=None, repr=False)
    """Teldata per unit; None for a flat table."""
    returned: tuple[int, int] = (0, 0)
    """Early leavers a year later back in education, and out of how many."""
    dropped: int = 0
    """Starters left out of cells because a covariate of theirs is unknown."""
    rows: Rows | None = None
    """What a row of a table with counts stood for; persons have a unit each by now."""

    def weights_for(self, effect: str) -> Floats:
        """Weights of the units in an average of an effect, shape (unit,).

        What is averaged over is what the effect describes: in a table, the persons or animals out
        of whom a count is, and rows for all else; in a study its starters; of a variable that
        describes a group the levels of it.
        """
        cells = self.cells.get(effect)
        if self.group_of(effect) is not None:
            return self.seen(effect).astype(np.float64)
        if cells is None or self.unit != TABLE_UNIT:
            return self.weights
        return np.bincount(cells.unit, cells.trials, len(self.units))

    @property
    def of_persons(self) -> bool:
        """Whether what is counted are persons: pupils of a study, or the rows of a table.

        A table whose model says ``rows: units`` is about units that are no persons.
        """
        return self.years is not None or self.spec.rows is not Rows.UNITS

    @cached_property
    def persons(self) -> Floats:
        """Persons per unit who enter a number about it, shape (unit,).

        Of a study those starters all of whose characteristics are known; of a table as many as a
        count of the row is out of, and one where it has none.
        """
        if self.years is not None and not self.dropped:
            return self.weights
        counted: list[Floats] = [
            np.bincount(cells.unit[first], cells.trials[first], len(self.units))
            for cells in self.cells.values()
            for first in (self.first_year(cells),)
        ]
        if self.years is None:
            counted.append(np.ones(len(self.units)))
        found: Floats = np.max(counted, axis=0) if counted else self.weights
        return found

    def first_year(self, cells: Cells) -> npt.NDArray[np.bool_]:
        """Which cells are of the first year; of a flat table all."""
        if YEAR not in self.patterns:
            return np.ones(len(cells.unit), dtype=bool)
        years = self.patterns[YEAR].to_numpy()
        found: npt.NDArray[np.bool_] = years[cells.pattern] == years.min()
        return found

    @cached_property
    def pattern_years(self) -> Ints:
        """Per pattern the place of its year among the years; zeros for a flat table."""
        if YEAR not in self.patterns:
            return np.zeros(len(self.patterns), dtype=np.int64)
        years = sorted(set(self.patterns[YEAR]))
        return np.array([years.index(year) for year in self.patterns[YEAR]], dtype=np.int64)

    def levels_of(self, name: str) -> Grouping:
        """Level of each unit, of a group or of a variable with levels that all are known of."""
        if name in self.groups:
            return self.groups[name]
        column = self.columns[name]
        return Grouping(column.levels, column.values.astype(np.int64))

    def group_of(self, name: str) -> str | None:
        """Group whose levels a variable describes; None where it describes the main units.

        A group that knows each unit by itself is the main unit.
        """
        return self.group_described(name) if name in self.columns else None

    def group_described(self, name: str) -> str | None:
        """The same of any variable, whether or not it has a column."""
        level = self.spec.variables[name].level
        grouping = None if level is None else self.groups.get(str(level))
        several = grouping is not None and len(np.unique(grouping.codes)) < len(self.units)
        return str(level) if several and name not in self.groups else None

    def own_units(self, name: str) -> Ints:
        """For each unit the one that holds the observation of a variable: itself, or its group's.

        Of a variable that describes a group that is the first unit of the level.
        """
        group = self.group_of(name)
        if group is None:
            return np.arange(len(self.units))
        return first_of_level(self.groups[group].codes)

    def seen(self, name: str) -> npt.NDArray[np.bool_]:
        """Units that hold an observation of a variable with a column, shape (unit,)."""
        own = self.own_units(name) == np.arange(len(self.units))
        found: npt.NDArray[np.bool_] = own & ~self.columns[name].missing
        return found

    def constant_for(self, cause: str, effect: str) -> bool:
        """Whether a cause is one value in each level that an effect describes."""
        group = self.group_of(effect)
        if group is None:
            return True
        codes = self.groups[group].codes
        if cause in self.groups:
            return constant_within(self.groups[cause].codes, codes)
        column = self.columns.get(cause)
        return column is not None and constant_within(column.values, codes)

    def column(self, name: str) -> Column | None:
        """A variable of units or of pupils; None for counts, constructs and what has no data."""
        return self.columns.get(name) or self.covariates.get(name)


def study_data(spec: CausalSpec, study: StudyFrame) -> StructuralData:
    """Arrange a study for a model.

    Raises
    ------
    StudyError
        When the model asks for a variable the study does not hold, or the study's answers are
        not levels of the model.
    """
    frame = study.experiments.reset_index(drop=True)
    covariates = [
        name
        for name in PUPIL_COVARIATES
        if name in spec.variables and spec.variables[name].observed
    ]
    flows, dropped = _known_flows(yearly_flows(study), covariates)
    patterns, pattern_of = _patterns(flows, [YEAR, *covariates])
    place = pd.Series(frame.index, index=frame["experiment"].astype(str))
    unit_of = place.loc[flows["experiment"].astype(str)].to_numpy(np.int64)
    cells = {}
    for name in counts_of(spec):
        trials = str(spec.variables[name].trials)
        _require_columns(flows, {name: (spec.column(name), trials)}, "pupils")
        cells[name] = _cells(flows, unit_of, pattern_of, spec.column(name), trials)
    starters = flows[flows[YEAR] == flows[YEAR].min()]
    pupils = study.careers.groupby("experiment")[PUPILS].sum()
    weights = frame["experiment"].map(pupils).fillna(0).to_numpy(np.float64)
    skip = {*covariates, *cells}
    return one_value_each(
        StructuralData(
            spec=spec,
            origin=study.origin,
            unit=STUDY_UNIT,
            units=tuple(frame["experiment"].astype(str)),
            groups=_groups(spec, frame),
            columns=_columns(spec, frame, skip),
            items=answers_of(spec, frame),
            cells=cells,
            patterns=patterns,
            covariates={
                name: read_column(
                    spec, name, patterns[name], _starters_by(starters, patterns, covariates)
                )
                for name in covariates
            },
            weights=weights,
            years=_teldata(study, frame),
            returned=(int(flows["terugkeer"].sum()), int(flows["terugkeer_van"].sum())),
            dropped=dropped,
        )
    )


def _teldata(study: StudyFrame, frame: pd.DataFrame) -> Ints:
    return np.asarray(frame["tranche"].map(dict(study.teldata)), dtype=np.int64)


def table_data(
    spec: CausalSpec,
    table: pd.DataFrame,
    *,
    origin: Origin = Origin.REAL,
    labels: Sequence[int] | None = None,
) -> StructuralData:
    """Arrange any table for a model: one main unit per row, or per person of it.

    What a row stands for is declared in the model
    (:func:`~vm2causal.model.data.table_rows.rows_of`).

    Parameters
    ----------
    table
        Columns of texts or numbers; what a variable's kind makes of them is up to the model.
    labels
        Number of each row in its file; counted from 1 where not given.

    Raises
    ------
    StudyError
        When a column is absent or holds what its kind cannot be, or it is not clear what a row
        stands for.
    """
    whole = table.reset_index(drop=True)
    for name in counts_of(spec):
        _require_known_counts(spec, whole, name)
    reading = rows_of(spec, whole)
    names = [str(label) for label in (range(1, len(whole) + 1) if labels is None else labels)]
    rows = units_apart(whole, names)
    if reading is Rows.PERSONS:
        # what is wrong is told by the row of the table, so it is looked for before
        _groups(spec, whole), _columns(spec, whole, set(counts_of(spec))), answers_of(spec, whole)
        rows = persons_apart(spec, whole, names)
    frame = rows.table
    cells = {name: _row_cells(spec, rows, name) for name in counts_of(spec)}
    found = StructuralData(
        spec=spec,
        origin=origin,
        unit=TABLE_UNIT,
        units=rows.labels,
        groups=_groups(spec, frame),
        columns=_columns(spec, frame, set(cells)),
        items=answers_of(spec, frame),
        cells=cells,
        patterns=pd.DataFrame(index=[0]),
        covariates={},
        weights=np.ones(len(frame)),
        rows=reading if cells else None,
    )
    require_levels(found)
    return one_value_each(found)


def _require_known_counts(spec: CausalSpec, frame: pd.DataFrame, name: str) -> None:
    """Events lie within trials in the rows that know both."""
    column, trials = spec.column(name), str(spec.variables[name].trials)
    _require_columns(frame, {name: (column, trials)}, "table")
    counts = frame[[column, trials]].apply(pd.to_numeric, errors="coerce")
    _require_counts(counts[counts.notna().all(axis=1)], column, trials)


def _row_cells(spec: CausalSpec, rows: TableRows, name: str) -> Cells:
    """A cell per unit or person whose count is known."""
    column, trials = spec.column(name), str(spec.variables[name].trials)
    counts = rows.table[[column, trials]].apply(pd.to_numeric, errors="coerce")
    events, of = rows.counted(
        *(counts[part].to_numpy(np.float64, na_value=np.nan) for part in (column, trials))
    )
    unit = np.flatnonzero(counts.notna().all(axis=1).to_numpy())
    return Cells(
        unit,
        np.zeros(len(unit), dtype=np.int64),
        events[unit].astype(np.int64),
        of[unit].astype(np.int64),
    )


def _known_flows(flows: pd.DataFrame, covariates: list[str]) -> tuple[pd.DataFrame, int]:
    """Cells whose pupils are fully described, summed over what the model does not use."""
    _require_columns(flows, {name: (name,) for name in covariates}, "pupils")
    known = flows[covariates].notna().all(axis=1)
    dropped = int(flows.loc[~known & (flows[YEAR] == 1), "vsv_van"].sum())
    counts = [name for name in flows.columns if name.removesuffix("_van") in _FLOW_NAMES]
    keys = ["experiment", YEAR, *covariates]
    return flows[known].groupby(keys, sort=True)[counts].sum().reset_index(), dropped


_FLOW_NAMES: Final = frozenset({"vsv", "sk", "binding", "terugkeer"})


def _patterns(flows: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, Ints]:
    grouped = flows.groupby(keys, sort=True)
    patterns = grouped.size().reset_index()[keys]
    return patterns, np.asarray(grouped.ngroup(), dtype=np.int64)


def _starters_by(starters: pd.DataFrame, patterns: pd.DataFrame, covariates: list[str]) -> Floats:
    """Starters like each pattern, whatever its year."""
    if not covariates:
        return np.ones(len(patterns))
    numbers = starters.groupby(covariates)["vsv_van"].sum()
    index = (
        pd.MultiIndex.from_frame(patterns[covariates])
        if len(covariates) > 1
        else (pd.Index(patterns[covariates[0]]))
    )
    return numbers.reindex(index, fill_value=0).to_numpy(np.float64)


def _cells(flows: pd.DataFrame, unit_of: Ints, pattern_of: Ints, events: str, trials: str) -> Cells:
    some = (flows[trials] > 0).to_numpy()
    return Cells(
        unit_of[some],
        pattern_of[some],
        flows.loc[some, events].to_numpy(np.int64),
        flows.loc[some, trials].to_numpy(np.int64),
    )


def _groups(spec: CausalSpec, frame: pd.DataFrame) -> dict[str, Grouping]:
    columns = {name: spec.column(name) if name in spec.variables else name for name in spec.groups}
    _require_columns(frame, {name: (column,) for name, column in columns.items()}, "groups")
    found = {name: _grouping(spec, name, frame[column]) for name, column in columns.items()}
    return {name: _within(spec, found, name) for name in found}


def _within(spec: CausalSpec, found: Mapping[str, Grouping], name: str) -> Grouping:
    """A group whose levels are those of a level of another each: class 1 of every school."""
    own, outer = found[name], spec.nested.get(name)
    if outer is None:
        return own
    around = _within(spec, found, outer)
    pairs, codes = np.unique(np.stack([around.codes, own.codes]), axis=1, return_inverse=True)
    labels = tuple(f"{around.labels[first]} / {own.labels[second]}" for first, second in pairs.T)
    return Grouping(labels, codes.astype(np.int64))


def _grouping(spec: CausalSpec, name: str, data: pd.Series[str]) -> Grouping:
    absent = data.isna().to_numpy()
    if absent.any():
        raise StudyError(
            "Every row must say to which level of a group it belongs.",
            row=int(absent.argmax()) + 1,
            column=str(data.name),
            fix="Fill it in, or take the group out of the model.",
        )
    if name in spec.variables and spec.variables[name].kind.levelled:
        column = read_column(spec, name, data)
        return Grouping(column.levels, column.values.astype(np.int64))
    spelled = one_spelling(map(as_text, data))
    levels = tuple(sorted(set(spelled.values())))
    return Grouping(levels, ranks_of(data, levels))


def _columns(spec: CausalSpec, frame: pd.DataFrame, skip: set[str]) -> dict[str, Column]:
    wanted = [
        name
        for name, variable in spec.variables.items()
        if variable.observed and variable.kind.takes("column") and name not in skip
    ]
    _require_columns(frame, {name: (spec.column(name),) for name in wanted}, "experiments")
    return {name: family_of(spec.variables[name].kind).read(spec, name, frame) for name in wanted}


def answers_of(spec: CausalSpec, frame: pd.DataFrame) -> dict[str, Ints]:
    """Answers to the items of every construct as ranks, shape (unit, item); −1 where missing.

    Raises
    ------
    StudyError
        When an item has no column, or an answer is none of its levels.
    """
    found = {}
    for name in _measured_by_items(spec):
        variable = spec.variables[name]
        _require_columns(frame, {name: variable.items}, "experiments")
        levels = variable.levels or answer_levels(frame, variable.items)
        answers = [read_answers(frame[item], levels, item) for item in variable.items]
        found[name] = np.column_stack(answers)
    return found


def _measured_by_items(spec: CausalSpec) -> list[str]:
    return [name for name, item in spec.variables.items() if item.observed and item.kind.measured]


def _require_columns(
    frame: pd.DataFrame, columns: Mapping[str, tuple[str, ...]], where: str
) -> None:
    for name, needed in columns.items():
        absent = [column for column in needed if column not in frame.columns]
        if absent:
            raise StudyError(
                f"The model's variable '{name}' has no data: column '{absent[0]}' is not there.",
                file=where,
                value=", ".join(map(str, list(frame.columns)[:12])),
                fix="Name its column in the model file, or declare it 'observed: false'.",
            )


def _require_counts(counts: pd.DataFrame, events: str, trials: str) -> None:
    numbers = counts.to_numpy(np.float64)
    wrong = (
        (numbers < 0).any(axis=1)
        | (numbers != np.floor(numbers)).any(axis=1)
        | (numbers[:, 0] > numbers[:, 1])
    )
    if wrong.any():
        row = int(wrong.argmax())
        raise StudyError(
            f"'{events}' must be a whole number from 0 to '{trials}'.",
            row=int(counts.index[row]) + 1,
            column=events,
            value=f"{numbers[row, 0]:g} of {numbers[row, 1]:g}",
            fix="Correct the counts.",
        )
