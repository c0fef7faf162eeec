"""The level that the others of a nominal variable are compared with, held against the data.

Against a level that no row has, every comparison would be with the prior.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.remarks import Remark
from vm2causal.model.data.columns import Column
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.spec.rules import suggestion


def with_occurring_references(data: StructuralData) -> tuple[StructuralData, tuple[Remark, ...]]:
    """The same data, the first level that occurs the reference where the model names none.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.

    Returns
    -------
    data : StructuralData
        With another reference for variables whose first level no row has.
    remarks : tuple of Remark
        One for each of these.

    Raises
    ------
    StudyError
        When no row has the level that the model names as the reference.
    """
    remarks: list[Remark] = []
    columns, covariates = (
        {name: _checked(data, name, column, remarks) for name, column in items.items()}
        for items in (data.columns, data.covariates)
    )
    if not remarks:
        return data, ()
    return replace(data, columns=columns, covariates=covariates), tuple(remarks)


def _checked(data: StructuralData, name: str, column: Column, remarks: list[Remark]) -> Column:
    if not column.kind.unordered:
        return column
    ranks = np.unique(column.values[~column.missing]).astype(int)
    occurring = [column.levels[rank] for rank in ranks]
    former = column.levels[column.reference] if column.levels else ""
    if not occurring or former in occurring:
        return column
    wanted = data.spec.variables[name].reference
    if wanted is not None:
        raise StudyError(
            f"No row has the level that '{name}' is compared with, its reference.",
            column=data.spec.column(name),
            value=wanted,
            fix=suggestion(wanted, occurring, otherwise=f"Choose one of: {', '.join(occurring)}."),
        )
    shown = {"column": name, "former": former, "level": occurring[0]}
    remarks.append(Remark("reference", shown))
    return replace(column, reference=int(ranks[0]))
