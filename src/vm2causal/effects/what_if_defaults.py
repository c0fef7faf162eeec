"""What a panel offers where nobody chose: causes with their values, places, outcomes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np

from vm2causal.effects.contrasts import unit_values
from vm2causal.effects.forward import Forward
from vm2causal.effects.hidden_places import hidden_levels
from vm2causal.effects.responses import CAREER_OUTCOMES
from vm2causal.effects.what_if import outcomes_of
from vm2causal.model.data.columns import Floats

MIDDLES: Final = (0.125, 0.375, 0.625, 0.875)
"""Quantiles that a continuous or latent cause is offered at: the middle of each quarter."""

_MOST_PLACES: Final = 12
"""A group of more levels is no list to choose from."""

_MOST_OUTCOMES: Final = 4


def default_causes(forward: Forward, *, most: int = 3) -> dict[str, tuple[str, ...]]:
    """The first causes of the model's declared queries, with values to offer.

    Left out are counts, covariates of pupils, and causes that do not vary. A continuous or latent
    cause gets the middle of each quarter of its data; another one its observed levels.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    most
        How many causes.

    Returns
    -------
    dict of tuple of str
        Values as ``--do`` writes them, from low to high.
    """
    found: dict[str, tuple[str, ...]] = {}
    for query in forward.data.spec.queries:
        cause = query.cause
        if cause in found or cause not in forward.layout.order:
            continue
        if cause in forward.data.covariates or cause in forward.data.cells:
            continue
        values = default_values(forward, cause)
        if len(values) > 1:
            found[cause] = values
    return dict(list(found.items())[:most])


def default_values(forward: Forward, cause: str) -> tuple[str, ...]:
    """Observed levels, or the middle of each quarter of the data.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    cause
        Name of the variable that is intervened on.
    """
    column = forward.data.columns.get(cause)
    if column is None or column.kind.numeric:
        return quarters(unit_values(forward, cause))
    seen = np.unique(column.values[~column.missing]).astype(int)
    return tuple(column.levels[rank] for rank in seen)


def quarters(values: Floats) -> tuple[str, ...]:
    """The middle of each quarter of some numbers, as short texts, each once.

    Parameters
    ----------
    values
        Numbers; missing ones are left out.

    Examples
    --------
    >>> quarters(np.arange(1.0, 9.0))
    ('1.875', '3.625', '5.375', '7.125')
    >>> quarters(np.array([0.0, 0.0, 0.0, 0.0, 1204.0]))
    ('0', '602')
    """
    known = values[~np.isnan(values)]
    middles = np.quantile(known, MIDDLES)
    return tuple(dict.fromkeys(f"{middle + 0.0:.4g}" for middle in middles))


def default_places(forward: Forward) -> tuple[str | None, ...]:
    """Everybody, and the levels of the sector that may be shown.

    Without sectors: of the first group with few levels. Left out are levels without pupils and
    those of :func:`~vm2causal.effects.hidden_places.hidden_in`.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    """
    name = next(
        (
            name
            for name in ("sector", *forward.data.groups)
            if name in forward.data.groups and len(forward.data.groups[name].labels) <= _MOST_PLACES
        ),
        None,
    )
    if name is None:
        return (None,)
    grouping = forward.data.groups[name]
    pupils = np.bincount(
        grouping.codes, weights=forward.data.weights, minlength=len(grouping.labels)
    )
    hidden = hidden_levels(forward, name)
    some = zip(grouping.labels, pupils, strict=True)
    return (None, *(label for label, number in some if number and label not in hidden))


def default_outcomes(forward: Forward, causes: Collection[str]) -> tuple[str, ...]:
    """Shares that the causes act on: of careers, or else of binary variables and counts.

    Of the latter those that the model declares queries about come first.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    causes
        Names of the variables that are set.
    """
    possible = outcomes_of(forward, causes)
    careers = tuple(name for name in possible if name in CAREER_OUTCOMES)
    if careers:
        return careers
    asked = [query.effect for query in forward.data.spec.queries if query.effect in possible]
    ordered = dict.fromkeys((*asked, *possible))
    kinds = forward.data.spec.variables
    return tuple(name for name in ordered if kinds[name].kind.has_event)[:_MOST_OUTCOMES]
