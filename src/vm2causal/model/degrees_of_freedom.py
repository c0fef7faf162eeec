"""How many persons a fit has beyond the coefficients that it estimates of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.structural_layout import Layout


def residual_persons(layout: Layout) -> dict[str, float]:
    """Residual degrees of freedom by variable: persons of whom it is known, less coefficients.

    Counted are intercepts and the coefficients of causes. Effects of groups share a distribution,
    and levels of a group as a cause do too: they are shrunk to each other and not counted.

    Examples
    --------
    A line through three persons has one.

    >>> import pandas as pd
    >>> from vm2causal.model.data.structural_data import table_data
    >>> from vm2causal.model.structural_layout import structural_layout
    >>> from vm2causal.spec import Arrow, CausalSpec, Variable
    >>> spec = CausalSpec(name="line", variables={"x": Variable(), "y": Variable()},
    ...     arrows=[Arrow(cause="x", effect="y")])
    >>> data = table_data(spec, pd.DataFrame({"x": [0.0, 1.0, 3.0], "y": [0.0, 1.0, 1.0]}))
    >>> residual_persons(structural_layout(data))["y"]
    1.0
    """
    return {
        name: float(layout.data.persons[_known(layout.data, name)].sum())
        - sum(
            len(item.weights) + len(item.cell_weights) + (item.intercepts is not None)
            for item in predictors
        )
        for name, predictors in layout.predictors_of.items()
    }


def _known(data: StructuralData, name: str) -> npt.NDArray[np.bool_]:
    """Units of whom a variable is known; of a variable of pupils all."""
    if name in data.columns:
        return data.seen(name)
    if name in data.items:
        known: npt.NDArray[np.bool_] = (data.items[name] >= 0).any(axis=1)
        return known
    if name in data.cells:
        cells = data.cells[name]
        return np.isin(np.arange(len(data.units)), cells.unit[cells.trials > 0])
    return np.ones(len(data.units), dtype=bool)
