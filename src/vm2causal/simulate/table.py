"""Drawing a plain table from any model, and the columns that show a variable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from vm2causal.errors import OptionError, StudyError
from vm2causal.simulate.agreement import require_agreement
from vm2causal.simulate.generate import (
    IntArray,
    Units,
    Values,
    draw_items,
    draw_variables,
    exposures,
    intercepts,
    stream,
)
from vm2causal.simulate.terms import levels_of
from vm2causal.simulate.truth import Truth
from vm2causal.spec import CausalSpec


def simulate_table(
    spec: CausalSpec,
    truth: Truth,
    *,
    rows: int,
    groups: Mapping[str, int] | None = None,
    seed: int,
) -> pd.DataFrame:
    """Draw a plain table from any model: one row per case, one column per observed quantity.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    rows
        Number of rows.
    groups
        By column of a group its number of groups; rows are spread over them at random.
    seed
        Of every draw.

    Returns
    -------
    pandas.DataFrame
        Groups first, then the variables in the order of the model: items for a latent variable,
        successes and trials for a count, nothing for what is unobserved.

    Raises
    ------
    StudyError
        When the truth does not fit the model, or a group is one of its variables.
    OptionError
        When there is no row to draw.
    """
    if rows < 1:
        raise OptionError("A table has at least one row.", value=rows)
    sizes = dict(groups or {})
    variables = [group for group in sizes if group in spec.variables]
    if variables:
        raise StudyError(
            "This group is a variable of the model: it is drawn, and acts where there is an arrow.",
            column=variables[0],
            fix="Leave it out of the groups.",
        )
    require_agreement(spec, truth, given=(), groups=tuple(sizes))
    index = {
        group: stream(seed, "group", group).integers(size, size=rows)
        for group, size in sizes.items()
    }
    units = Units(rows, index)
    values = draw_variables(spec, truth, units, seed=seed)
    columns: dict[str, Any] = {
        group: pd.array(numbered(group, sizes[group])[index[group]], dtype="str") for group in sizes
    }
    for name in spec.variables:
        columns |= columns_of(spec, truth, name, units, values, seed)
    return pd.DataFrame(columns)


def columns_of(
    spec: CausalSpec, truth: Truth, name: str, units: Units, values: Values, seed: int
) -> dict[str, Any]:
    """What a table shows of one variable: nothing of what is unobserved.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    variable, drawn = spec.variables[name], values[name]
    if not variable.observed:
        return {}
    if variable.kind.measured:
        answers = draw_items(variable, truth.equations[name], drawn, seed=seed)
        return {
            item: _texts(variable.levels, codes) if variable.levels else codes
            for item, codes in answers.items()
        }
    if variable.kind.numeric:
        exposed = variable.exposure
        over = {exposed: exposures(name, units, seed=seed)} if exposed else {}
        return {spec.column(name): drawn, **over}
    if variable.kind.counted:
        return _count(spec, truth, name, units, values, seed)
    return {spec.column(name): _texts(levels_of(variable), drawn)}


def numbered(prefix: str, number: int) -> npt.NDArray[Any]:
    """Names with a number, as wide as the last needs.

    Examples
    --------
    >>> numbered("E", 10)[[0, 9]].tolist()
    ['E01', 'E10']
    """
    width = len(str(number))
    return np.array([f"{prefix}{index + 1:0{width}d}" for index in range(number)])


def _count(
    spec: CausalSpec, truth: Truth, name: str, units: Units, values: Values, seed: int
) -> dict[str, Any]:
    equation, rng = truth.equations[name], stream(seed, "count", name)
    constant = intercepts(spec, truth, name, units)[:, 0]
    trials = 1 + rng.poisson((equation.trials or 1.0) - 1, size=units.size)
    successes = rng.binomial(trials, expit(constant + values[name]))
    return {spec.column(name): successes, str(spec.variables[name].trials): trials}


def _texts(levels: tuple[str, ...], codes: IntArray) -> pd.api.extensions.ExtensionArray:
    return pd.array(np.array(levels)[codes], dtype="str")
