"""A table held against a model, without fitting it: how it was read, and what there is to fit."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from vm2causal.checks.gate.answers import check_answers
from vm2causal.inputs.tables.choices import Choices
from vm2causal.inputs.tables.remarks import Remark
from vm2causal.model.data.accounts import Account, accounts
from vm2causal.model.data.columns import Column
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.spec import CausalSpec
from vm2causal.workflow.absent_columns import Missing
from vm2causal.workflow.sources import Source, read_source

SCHEMA: Final = "vm2causal/table-check/1"
"""Version of the document."""


@dataclass(frozen=True)
class TableReport:
    """What a check of a table found.

    Parameters
    ----------
    source
        The table as it would be fitted.
    accounts
        Of every variable how many rows have data.
    """

    source: Source = field(repr=False)
    accounts: tuple[Account, ...]

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What is to be said of the reading."""
        return self.source.remarks

    def to_document(self) -> dict[str, Any]:
        """Contents as JSON holds them; see ``schemas/table-check.schema.json``."""
        return {
            "schema": SCHEMA,
            "table": self.source.reading,
            "variables": [
                item.to_dict() | summary(self.source.data, item.variable) for item in self.accounts
            ],
            "missing": list(self.source.adapted.missing),
            "groups": {name: len(group.labels) for name, group in self.source.data.groups.items()},
        }


def check_table(path: Path, spec: CausalSpec, choices: Choices | None = None) -> TableReport:
    """Read a table for a model as a fit would, and report on it.

    Parameters
    ----------
    path
        File of the table.
    spec
        The causal model, as read from its file.
    choices
        What the user decides about the table; found out where None.

    Raises
    ------
    StudyError
        When a fit would refuse it.
    """
    # a check lists every such variable, where a fit stops at the first
    source = read_source(path, spec, choices, missing=Missing.UNOBSERVED)
    check_answers(source.data)
    return TableReport(source, accounts(source.data))


def summary(data: StructuralData, name: str) -> dict[str, Any]:
    """Mean, standard deviation and range of numbers; how often each level occurs; counts summed.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    name
        Of a variable of the model.
    """
    kind = data.spec.variables[name].kind
    found: dict[str, Any] = {"kind": kind.value, "numbers": None, "levels": None}
    column = data.columns.get(name)
    if column is not None:
        part = "numbers" if kind.numeric else "levels"
        found[part] = _numbers(column) if kind.numeric else _levels(column)
    elif name in data.cells:
        cells = data.cells[name]
        found["numbers"] = {"events": int(cells.events.sum()), "trials": int(cells.trials.sum())}
    elif name in data.items:
        answers = data.items[name]
        found["levels"] = {
            level: int((answers == rank).sum())
            for rank, level in enumerate(data.spec.variables[name].levels)
        }
    return found


def _numbers(column: Column) -> dict[str, float | None]:
    known = column.values[~column.missing]
    if not len(known):
        return {"mean": None, "sd": None, "min": None, "max": None}
    return {
        "mean": float(known.mean()),
        "sd": float(known.std()),
        "min": float(known.min()),
        "max": float(known.max()),
    }


def _levels(column: Column) -> dict[str, int]:
    known = column.values[~column.missing].astype(np.int64)
    counts = np.bincount(known, minlength=len(column.levels))
    return dict(zip(column.levels, map(int, counts), strict=True))
