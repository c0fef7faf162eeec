"""A fit with every group that ArviZ asks for: what was observed, expected and could have been."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import xarray as xr

from vm2causal.checks.replicate.prior_predictive import prior_draws
from vm2causal.effects.forward import Forward, World
from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.families.family import Observed
from vm2causal.model.families.numbers import Located
from vm2causal.model.structural_fit import StructuralFit

MOST: Final = 8_000_000
"""Most numbers (draws × units) per variable; of larger fits every so many draws are given."""
PRIOR_DRAWS: Final = 500


@dataclass(frozen=True)
class _Part:
    """Observations of a variable, or of one item, with the name and places they go under."""

    label: str
    dim: str
    places: list[str]
    rows: Observed = field(repr=False)
    centre: float = 0.0
    scale: float = 1.0
    density_scale: float = 1.0
    whole: bool = True

    def own(self, seen: Floats) -> Floats | Ints:
        """Values in the unit of the data; ranks and events as whole numbers."""
        values = self.centre + self.scale * seen
        return np.rint(values).astype(np.int64) if self.whole else values


def arviz_tree(fit: StructuralFit) -> xr.DataTree:
    """Everything ArviZ can use of a fit, computed from its posterior.

    Of data so large that draws × units exceed :data:`MOST` every so many draws are given, in all
    groups alike, and ``attrs["every"]`` says how many.

    Parameters
    ----------
    fit
        A fit of the structural model: layout, data and posterior draws.

    Returns
    -------
    xarray.DataTree
        ``posterior`` and ``sample_stats`` as sampled; ``observed_data``, ``posterior_predictive``
        and ``log_likelihood`` with a variable per variable of the model that has an equation (per
        item where items measure it), in its own unit, levels as ranks from 0; units without a
        value are left out of it; ``prior`` and ``prior_predictive`` of :data:`PRIOR_DRAWS` draws;
        ``constant_data`` with what has no equation, and the groups. Observations are conditional
        on the effects of groups and on the scores and noise of units, so that ``az.loo`` asks for
        another observation in the same groups.
    """
    every = _every(fit)
    posterior = fit.posterior.isel(draw=slice(None, None, every))
    stats = fit.tree["sample_stats"].to_dataset()
    if "draw" in stats.dims:
        stats = stats.isel(draw=slice(None, None, every))
    draws = posterior.sizes["chain"] * posterior.sizes["draw"]
    forward = Forward(fit.layout, posterior, draws=draws, seed=fit.seed)
    sizes = (posterior.sizes["chain"], posterior.sizes["draw"])
    coords = {name: posterior[name].values for name in ("chain", "draw") if name in posterior}
    prior = prior_draws(fit.layout, draws=PRIOR_DRAWS, seed=fit.seed)
    ahead = Forward(fit.layout, prior, draws=PRIOR_DRAWS, seed=fit.seed)
    groups = {
        "posterior": posterior,
        "sample_stats": stats,
        "observed_data": _observed(forward),
        "constant_data": _constant(forward),
        "posterior_predictive": _replicated(forward, forward.observed, sizes, coords),
        "log_likelihood": _log_likelihood(forward, sizes, coords),
        "prior": prior,
        "prior_predictive": _replicated(ahead, ahead.world(), (1, PRIOR_DRAWS), {}),
    }
    tree = xr.DataTree.from_dict(groups)
    tree.attrs |= {**fit.tree.attrs, "every": every}
    return tree


def _every(fit: StructuralFit) -> int:
    posterior, units = fit.posterior, len(fit.layout.data.units)
    draws = posterior.sizes["chain"] * posterior.sizes["draw"]
    return max(1, -(-draws * units // MOST))


def _parts(forward: Forward, world: World) -> Iterator[_Part]:
    data = forward.data
    for name in forward.layout.predictors_of:
        family = forward.layout.family(name)
        column = data.columns.get(name)
        numeric = column is not None and column.numeric
        for rows in family.observed(forward, name, world):
            label = name if rows.item in (None, name) else f"{name}[{rows.item}]"
            whole = np.array_equal(rows.unit, np.arange(len(data.units)))
            places = [str(data.units[unit]) for unit in rows.unit]
            if len(set(places)) < len(places):
                places = [f"{place}:{number}" for number, place in enumerate(places)]
            centre, scale = (
                (column.centre, column.scale) if numeric and column is not None else (0.0, 1.0)
            )
            # a density of whole numbers has no unit
            located = isinstance(family, Located)
            dim = data.unit if whole else f"{data.unit}_{label}"
            density = scale if located else 1.0
            yield _Part(label, dim, places, rows, centre, scale, density, not located)


def _observed(forward: Forward) -> xr.Dataset:
    return _dataset(
        (part, ((part.dim,), part.own(part.rows.seen), _levels(part)))
        for part in _parts(forward, forward.observed)
    )


def _replicated(
    forward: Forward, world: World, sizes: tuple[int, int], coords: dict[str, Any]
) -> xr.Dataset:
    def drawn(part: _Part) -> Floats | Ints:
        found = part.rows.given(part.rows.rows).draw(forward.noise(f"replicated {part.label}"))
        return part.own(np.asarray(found)).reshape(*sizes, -1)

    return _dataset(
        ((part, (("chain", "draw", part.dim), drawn(part))) for part in _parts(forward, world)),
        coords,
    )


def _log_likelihood(forward: Forward, sizes: tuple[int, int], coords: dict[str, Any]) -> xr.Dataset:
    def density(part: _Part) -> Floats:
        found = part.rows.given(part.rows.rows).log_density(part.rows.seen)
        own: Floats = (found - np.log(part.density_scale)).reshape(*sizes, -1)
        return own

    return _dataset(
        (
            (part, (("chain", "draw", part.dim), density(part)))
            for part in _parts(forward, forward.observed)
        ),
        coords,
    )


def _dataset(
    variables: Iterator[tuple[_Part, tuple[Any, ...]]], coords: dict[str, Any] | None = None
) -> xr.Dataset:
    found, places = {}, dict(coords or {})
    for part, variable in variables:
        found[part.label] = variable
        places[part.dim] = part.places
    return xr.Dataset(found, coords=places)


def _levels(part: _Part) -> dict[str, Any]:
    return {"levels": list(part.rows.levels)} if part.rows.levels else {}


def _constant(forward: Forward) -> xr.Dataset:
    """What has no equation, and the groups of units."""
    data = forward.data
    found: dict[str, Any] = {
        name: (data.unit, column.values, {"levels": list(column.levels)} if column.levels else {})
        for name, column in data.columns.items()
        if name not in forward.layout.predictors_of and name not in data.covariates
    }
    found |= {
        name: (data.unit, [str(group.labels[code]) for code in group.codes])
        for name, group in data.groups.items()
    }
    return xr.Dataset(found, coords={data.unit: [str(unit) for unit in data.units]})
