"""The data of a structural model ↔ labelled arrays, without loss.

What has causes stands in ``observed_data``, everything else in ``constant_data``, as ArviZ expects.
Names that belong to no variable hold a dot, which names of variables cannot.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from vm2causal.inputs.study.frame import Origin
from vm2causal.model.data.columns import Cells, Column, Grouping
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.result_names import held_as
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import Kind, Rows

OBSERVED: Final = "observed_data"
CONSTANT: Final = "constant_data"

_PATTERN: Final = "pattern.row"


def arrays_of(data: StructuralData) -> dict[str, xr.Dataset]:
    """Arrange data as the groups ``observed_data`` and ``constant_data``.

    Returns
    -------
    dict
        Variables by their own name; a count has its cells in ``<name>.unit``, ``.pattern`` and
        ``.trials``, a construct its items along ``<name>.item``. Levels, reference, centre and
        scale are attributes.
    """
    arrays: dict[str, dict[str, xr.DataArray]] = {OBSERVED: {}, CONSTANT: {}}
    for name, column in data.columns.items():
        _place(arrays, data, name)[_stored(data.unit, name)] = _column_array(column, data.unit)
        if column.exposure is not None:
            arrays[CONSTANT][f"{name}.exposure"] = xr.DataArray(column.exposure, dims=data.unit)
    for name, answers in data.items.items():
        dims, items = (data.unit, f"{name}.item"), list(data.spec.variables[name].items)
        _place(arrays, data, name)[_stored(data.unit, name)] = xr.DataArray(
            answers, dims=dims, coords={f"{name}.item": items}
        )
    for name, cells in data.cells.items():
        _place(arrays, data, name)[_stored(data.unit, name)] = _cell_array(name, cells.events)
        for part in ("unit", "pattern", "trials"):
            arrays[CONSTANT][f"{name}.{part}"] = _cell_array(name, getattr(cells, part))
    arrays[CONSTANT] |= _other_arrays(data)
    labels = {data.unit: list(data.units)}
    return {
        OBSERVED: xr.Dataset(arrays[OBSERVED], labels),
        CONSTANT: xr.Dataset(arrays[CONSTANT], labels, attrs=_facts(data)),
    }


def data_of(spec: CausalSpec, arrays: Mapping[str, xr.Dataset]) -> StructuralData:
    """Data of a model from its labelled arrays.

    Raises
    ------
    KeyError
        When something is missing.
    """
    constant = arrays[CONSTANT]
    facts = constant.attrs
    unit = str(facts["unit"])
    units = tuple(map(str, constant[unit].to_numpy()))
    found = _Arrays(unit, arrays)
    return StructuralData(
        spec=spec,
        origin=Origin(facts["origin"]),
        unit=unit,
        units=units,
        groups={name: found.grouping(name) for name in facts["groups"]},
        columns={name: found.column(name) for name in facts["columns"]},
        items={name: found.values(name).astype(np.int64) for name in facts["items"]},
        cells={name: found.cells(name) for name in facts["cells"]},
        patterns=found.patterns(facts["patterns"], int(facts["pattern_rows"])),
        covariates={name: found.column(name) for name in facts["covariates"]},
        weights=constant["unit.weights"].to_numpy(),
        years=constant["unit.years"].to_numpy() if "unit.years" in constant else None,
        returned=(int(facts["returned"][0]), int(facts["returned"][1])),
        dropped=int(facts["dropped"]),
        rows=Rows(facts["rows"]) if facts["rows"] else None,
    )


def digest(*datasets: xr.Dataset) -> str:
    """SHA-256 of names, dims, labels, values and attributes; not of how they are stored."""
    found = hashlib.sha256()
    for dataset in datasets:
        found.update(_json(dict(dataset.attrs)))
        for name in sorted(map(str, dataset.variables)):
            variable = dataset.variables[name]
            found.update(_json([name, list(variable.dims), dict(variable.attrs)]))
            values = variable.to_numpy()
            number = values.dtype.kind in "iufb"
            found.update(
                np.ascontiguousarray(values).tobytes() if number else _json(values.tolist())
            )
    return found.hexdigest()


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, default=str).encode()


def _stored(unit: str, name: str) -> str:
    """Name of an array; the name of the unit itself is taken by its labels."""
    return f"{name}.value" if name == unit else name


def _place(
    arrays: dict[str, dict[str, xr.DataArray]], data: StructuralData, name: str
) -> dict[str, xr.DataArray]:
    measured = name in data.items or name in data.cells
    return arrays[OBSERVED if measured or data.spec.parents(name) else CONSTANT]


def _column_array(column: Column, dim: str) -> xr.DataArray:
    attrs: dict[Hashable, Any] = {
        "kind": column.kind.value,
        "levels": list(column.levels),
        "reference": column.reference,
        "centre": column.centre,
        "scale": column.scale,
    }
    return xr.DataArray(column.values, dims=dim, attrs=attrs)


def _cell_array(name: str, values: Any) -> xr.DataArray:
    return xr.DataArray(values, dims=f"{name}.cell")


def _other_arrays(data: StructuralData) -> dict[str, xr.DataArray]:
    found = {
        f"{held_as(name)}.code": xr.DataArray(
            grouping.codes, dims=data.unit, attrs={"labels": list(grouping.labels)}
        )
        for name, grouping in data.groups.items()
    }
    for name, column in data.covariates.items():
        found[name] = _column_array(column, _PATTERN)
    for name in data.patterns.columns:
        values = data.patterns[name].to_numpy()
        plain = values if values.dtype.kind in "iu" else values.astype(str)
        found[f"pattern.{name}"] = xr.DataArray(plain, dims=_PATTERN)
    found["unit.weights"] = xr.DataArray(data.weights, dims=data.unit)
    if data.years is not None:
        found["unit.years"] = xr.DataArray(data.years, dims=data.unit)
    return found


def _facts(data: StructuralData) -> dict[str, Any]:
    return {
        "unit": data.unit,
        "origin": data.origin.value,
        "groups": list(data.groups),
        "columns": list(data.columns),
        "items": list(data.items),
        "cells": list(data.cells),
        "patterns": list(data.patterns.columns),
        "pattern_rows": len(data.patterns),
        "covariates": list(data.covariates),
        "returned": list(data.returned),
        "dropped": data.dropped,
        "rows": data.rows.value if data.rows else "",
    }


class _Arrays:
    """Both groups, read by the name of a variable."""

    def __init__(self, unit: str, arrays: Mapping[str, xr.Dataset]) -> None:
        self.unit = unit
        self.constant = arrays[CONSTANT]
        self.observed = arrays[OBSERVED]

    def array(self, name: str) -> xr.DataArray:
        stored = _stored(self.unit, name)
        return (self.observed if stored in self.observed.data_vars else self.constant)[stored]

    def values(self, name: str) -> Any:
        return self.array(name).to_numpy()

    def column(self, name: str) -> Column:
        array, exposure = self.array(name), f"{name}.exposure"
        return Column(
            Kind(array.attrs["kind"]),
            array.to_numpy(),
            tuple(map(str, array.attrs["levels"])),
            int(array.attrs["reference"]),
            float(array.attrs["centre"]),
            float(array.attrs["scale"]),
            self.constant[exposure].to_numpy() if exposure in self.constant else None,
        )

    def grouping(self, name: str) -> Grouping:
        array = self.constant[f"{held_as(name)}.code"]
        return Grouping(tuple(map(str, array.attrs["labels"])), array.to_numpy())

    def cells(self, name: str) -> Cells:
        unit, pattern, trials = (
            self.constant[f"{name}.{part}"].to_numpy() for part in ("unit", "pattern", "trials")
        )
        return Cells(unit, pattern, self.values(name), trials)

    def patterns(self, names: list[str], rows: int) -> pd.DataFrame:
        columns = {name: self.constant[f"pattern.{name}"].to_numpy() for name in names}
        texts = [name for name, values in columns.items() if values.dtype.kind not in "iu"]
        return pd.DataFrame(columns, index=range(rows)).astype(dict.fromkeys(texts, "str"))
