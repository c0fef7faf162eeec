"""A model file and data → arrays: what the structural model is fitted to.

One main unit carries every variable that has causes: the experiment of a study, the row of a
table. Variables of schools are carried down to it; pupils stand in cells below it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.flows import yearly_flows
from vm2causal.inputs.study_frame import PUPIL_COVARIATES, Origin, StudyFrame
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import Kind

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

YEAR: Final = "jaar"
"""Column of a cell pattern: years since the start."""


@dataclass(frozen=True)
class Column:
    """The data of one variable on the main unit, or on the patterns of pupils.

    Parameters
    ----------
    kind
        How it acts as a cause.
    values
        Per unit: a number, or the rank of its level; NaN where missing.
    levels
        Of a binary, ordinal or nominal variable, in the order of the ranks.
    reference
        Rank of the level others are compared with; 0 unless nominal.
    centre, scale
        What standardises the values; the scale of a variable that does not vary is 1.
    """

    kind: Kind
    values: Floats = field(repr=False)
    levels: tuple[str, ...] = ()
    reference: int = 0
    centre: float = 0.0
    scale: float = 1.0

    @property
    def standardised(self) -> Floats:
        """Values as they enter a predictor; 0 where missing."""
        return np.nan_to_num((self.values - self.centre) / self.scale)

    def indicator(self, level: int) -> Floats:
        """Whether a unit has a level, minus the share of those that have; 0 where missing."""
        share = self.share(level)
        return np.where(self.missing, 0.0, (self.values == level) - share)

    def share(self, level: int) -> float:
        """Share of the known units that have a level."""
        known = self.values[~self.missing]
        return float((known == level).mean()) if len(known) else 0.0

    @property
    def missing(self) -> npt.NDArray[np.bool_]:
        """Where there is no value."""
        return np.isnan(self.values)

    @property
    def varies(self) -> bool:
        """Whether two different values occur."""
        known = self.values[~self.missing]
        return bool(len(known)) and bool(known.min() < known.max())


@dataclass(frozen=True)
class Cells:
    """Counts of one variable: in each cell ``events`` of ``trials``, all integers."""

    unit: Ints = field(repr=False)
    pattern: Ints = field(repr=False)
    events: Ints = field(repr=False)
    trials: Ints = field(repr=False)


@dataclass(frozen=True)
class Grouping:
    """Membership of the main units in the levels of a group."""

    labels: tuple[str, ...]
    codes: Ints = field(repr=False)


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
        Starters per unit, over which averages are taken; 1 per row of a flat table.
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


def construct_information(answers: Ints) -> float:
    """How much the answers to a construct's items can tell about it, between 0 and 1.

    The information of an item with answer shares p and loading 1 at the middle of the construct
    is (1 − Σ p³) / 3 (proportional odds; Whitehead 1993, Stat. Med. 12, 2257); beside the
    construct's own variance of 1 the items together explain I / (1 + I) of it.

    Parameters
    ----------
    answers
        Ranks, shape (unit, item); −1 where missing.

    Examples
    --------
    >>> construct_information(np.zeros((10, 4), dtype=np.int64))
    0.0
    """
    total = 0.0
    for item in answers.T:
        known = item[item >= 0]
        shares = np.bincount(known) / max(len(known), 1) if len(known) else np.ones(1)
        total += (1.0 - float((shares**3).sum())) / 3.0
    return total / (1.0 + total)


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
    for name in _of_kind(spec, Kind.COUNT):
        trials = str(spec.variables[name].trials)
        _require_columns(flows, {name: (spec.column(name), trials)}, "pupils")
        cells[name] = _cells(flows, unit_of, pattern_of, spec.column(name), trials)
    starters = flows[flows[YEAR] == 1]
    weights = np.bincount(
        unit_of[starters.index], weights=starters["vsv_van"], minlength=len(frame)
    )
    skip = {*covariates, *cells}
    return StructuralData(
        spec=spec,
        origin=study.origin,
        unit="experiment",
        units=tuple(frame["experiment"].astype(str)),
        groups=_groups(spec, frame),
        columns=_columns(spec, frame, skip),
        items=_items(spec, frame),
        cells=cells,
        patterns=patterns,
        covariates={
            name: _column(spec, name, patterns[name], _starters_by(starters, patterns, covariates))
            for name in covariates
        },
        weights=np.maximum(weights, 0.0),
        years=_teldata(study, frame),
        returned=(int(flows["terugkeer"].sum()), int(flows["terugkeer_van"].sum())),
        dropped=dropped,
    )


def _teldata(study: StudyFrame, frame: pd.DataFrame) -> Ints:
    return np.asarray(frame["tranche"].map(dict(study.teldata)), dtype=np.int64)


def table_data(
    spec: CausalSpec, table: pd.DataFrame, *, origin: Origin = Origin.REAL
) -> StructuralData:
    """Arrange any table for a model: one main unit per row.

    Parameters
    ----------
    table
        Columns of texts or numbers; what a variable's kind makes of them is up to the model.

    Raises
    ------
    StudyError
        When a column is absent or holds what its kind cannot be.
    """
    frame = table.reset_index(drop=True)
    cells = {}
    rows = np.arange(len(frame))
    for name in _of_kind(spec, Kind.COUNT):
        column, trials = spec.column(name), str(spec.variables[name].trials)
        _require_columns(frame, {name: (column, trials)}, "table")
        counts = frame[[column, trials]].apply(pd.to_numeric, errors="coerce")
        known = counts.notna().all(axis=1).to_numpy()
        whole = counts[known]
        _require_counts(whole, column, trials)
        cells[name] = Cells(
            rows[known],
            np.zeros(int(known.sum()), dtype=np.int64),
            whole[column].to_numpy(np.int64),
            whole[trials].to_numpy(np.int64),
        )
    return StructuralData(
        spec=spec,
        origin=origin,
        unit="row",
        units=tuple(str(row + 1) for row in rows),
        groups=_groups(spec, frame),
        columns=_columns(spec, frame, set(cells)),
        items=_items(spec, frame),
        cells=cells,
        patterns=pd.DataFrame(index=[0]),
        covariates={},
        weights=np.ones(len(frame)),
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
    return {name: _grouping(spec, name, frame[column]) for name, column in columns.items()}


def _grouping(spec: CausalSpec, name: str, data: pd.Series[str]) -> Grouping:
    absent = data.isna().to_numpy()
    if absent.any():
        raise StudyError(
            "Every row must say to which level of a group it belongs.",
            row=int(absent.argmax()) + 1,
            column=str(data.name),
            fix="Fill it in, or take the group out of the model.",
        )
    if name in spec.variables and spec.variables[name].kind in _LEVELLED:
        column = _column(spec, name, data)
        return Grouping(column.levels, column.values.astype(np.int64))
    labels = data.map(_as_text)
    levels = tuple(sorted(set(labels)))
    return Grouping(levels, _ranks(labels, levels))


_LEVELLED: Final = frozenset({Kind.BINARY, Kind.ORDINAL, Kind.NOMINAL})


def _columns(spec: CausalSpec, frame: pd.DataFrame, skip: set[str]) -> dict[str, Column]:
    wanted = [
        name
        for name, variable in spec.variables.items()
        if variable.observed and variable.kind is not Kind.LATENT and name not in skip
    ]
    _require_columns(frame, {name: (spec.column(name),) for name in wanted}, "experiments")
    return {name: _column(spec, name, frame[spec.column(name)]) for name in wanted}


def _column(
    spec: CausalSpec, name: str, data: pd.Series[str], weights: Floats | None = None
) -> Column:
    variable = spec.variables[name]
    if variable.kind is Kind.CONTINUOUS:
        values = pd.to_numeric(data, errors="coerce").to_numpy(np.float64, na_value=np.nan)
        _require_values(data, np.isnan(values), name, "a number")
        levels: tuple[str, ...] = ()
    else:
        levels = variable.levels or _levels_found(data, variable.kind)
        codes = _ranks(data, levels)
        _require_values(data, codes < 0, name, f"one of {', '.join(levels)}")
        values = np.where(codes < 0, np.nan, codes.astype(np.float64))
    reference = levels.index(variable.reference) if variable.reference in levels else 0
    centre, scale = _moments(values, weights)
    return Column(variable.kind, values, levels, reference, centre, scale)


def _moments(values: Floats, weights: Floats | None) -> tuple[float, float]:
    known = ~np.isnan(values)
    if not known.any():
        return 0.0, 1.0
    shares = (np.ones(len(values)) if weights is None else weights)[known]
    if shares.sum() <= 0:
        shares = np.ones(int(known.sum()))
    centre = float(np.average(values[known], weights=shares))
    spread = float(np.sqrt(np.average((values[known] - centre) ** 2, weights=shares)))
    return centre, spread if spread > 1e-12 * (1 + abs(centre)) else 1.0


def _levels_found(data: pd.Series[str], kind: Kind) -> tuple[str, ...]:
    found = sorted({_as_text(value) for value in data.dropna()}, key=_numbers_first)
    if kind is Kind.BINARY and len(found) > 2:
        raise StudyError(
            "A binary variable has two values at most.",
            column=str(data.name),
            value=", ".join(found[:5]),
            fix="Declare it nominal or ordinal, or recode it.",
        )
    if kind is Kind.BINARY and set(found) <= {"0", "1"}:
        return ("0", "1")
    return tuple(found)


def _numbers_first(value: str) -> tuple[int, float, str]:
    try:
        return (0, float(value), value)
    except ValueError:
        return (1, 0.0, value)


def _as_text(value: object) -> str:
    """A level as text; 3.0 and 3 are the same level."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _ranks(data: pd.Series[str], levels: tuple[str, ...]) -> Ints:
    """Rank of each value among the levels; −1 where it is missing or none of them."""
    found = pd.Index(levels).get_indexer(pd.Index(_as_levels(data, levels)))
    return found.astype(np.int64)


def _as_levels(data: pd.Series[str], levels: tuple[str, ...]) -> pd.Series[str]:
    texts = data.map(_as_text, na_action="ignore")
    lower = {level.lower(): level for level in levels}
    truth = {"false": "0", "true": "1"} if set(levels) == {"0", "1"} else {}
    return texts.map(
        lambda value: truth.get(value.lower(), lower.get(value.lower(), value)), na_action="ignore"
    )


def _items(spec: CausalSpec, frame: pd.DataFrame) -> dict[str, Ints]:
    found = {}
    for name in _of_kind(spec, Kind.LATENT):
        variable = spec.variables[name]
        _require_columns(frame, {name: variable.items}, "experiments")
        levels = variable.levels or _levels_found(
            pd.concat([frame[item] for item in variable.items]), Kind.ORDINAL
        )
        answers = [_answers(frame[item], levels, item) for item in variable.items]
        found[name] = np.column_stack(answers)
    return found


def _answers(data: pd.Series[str], levels: tuple[str, ...], item: str) -> Ints:
    codes = _ranks(data, levels)
    _require_values(data, codes < 0, item, f"one of {', '.join(levels)}")
    return codes


def _of_kind(spec: CausalSpec, kind: Kind) -> list[str]:
    return [name for name, item in spec.variables.items() if item.observed and item.kind is kind]


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


def _require_values(
    data: pd.Series[str], absent: npt.NDArray[np.bool_], name: str, rule: str
) -> None:
    wrong = absent & data.notna().to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        raise StudyError(
            f"'{name}' must be {rule}.",
            row=row + 1,
            column=str(data.name),
            value=data.iloc[row],
            fix="Correct the value, or the levels in the model file.",
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
