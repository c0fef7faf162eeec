"""The panel of a brief: levers, places and outcomes in words around a grid of settings."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import xarray as xr

from vm2causal.effects.contrasts import unit_values
from vm2causal.effects.forward import Forward
from vm2causal.effects.what_if_grid import AS_IS, EVERYBODY, cause_dim
from vm2causal.model.data.columns import Floats
from vm2causal.report.brief.content.blocks import Choice, Lever, Option, WhatIf
from vm2causal.report.words.level_labels import level_label
from vm2causal.texts import Language, text


def what_if_panel(
    forward: Forward,
    now: xr.DataArray,
    then: xr.DataArray,
    causes: Collection[str],
    language: Language,
    *,
    level: float = 0.95,
) -> WhatIf:
    """Put a grid of settings into words.

    Parameters
    ----------
    now, then
        Of :func:`~vm2causal.effects.what_if_grid.what_if_grid`.
    causes
        Of that grid, in its order.
    level
        Mass of the intervals of the grid.
    """
    levers = tuple(
        _lever(forward, name, then[cause_dim(name)].values.tolist(), language) for name in causes
    )
    return WhatIf(
        title=text("panel.title", language),
        lead=text("panel.lead", language),
        levers=levers,
        places=tuple(_place(forward, str(name), language) for name in now["place"].values),
        outcomes=tuple(
            Choice(str(name), forward.data.spec.label(str(name), language))
            for name in now["outcome"].values
        ),
        now=now,
        then=then,
        level=level,
    )


def _place(forward: Forward, name: str, language: Language) -> Choice:
    if name == EVERYBODY:
        flat = forward.data.years is None
        return Choice(name, text("panel.everything" if flat else "panel.everybody", language))
    for group, grouping in forward.data.groups.items():
        if name in grouping.labels:
            return Choice(name, level_label(forward.data.spec, group, name, language))
    return Choice(name, name)


def _lever(forward: Forward, name: str, values: list[str], language: Language) -> Lever:
    as_is = Option(AS_IS, text("panel.option.as_is", language))
    chosen = [value for value in values if value != AS_IS]
    column = forward.data.columns.get(name)
    if column is None or column.kind.numeric:
        options, limits = _quarters(forward, name, chosen, language)
    else:
        options = [
            Option(value, level_label(forward.data.spec, name, value, language)) for value in chosen
        ]
        shown = "; ".join(option.label for option in options)
        limits = text("panel.limits.levels", language, levels=shown)
    return Lever(name, _label(forward, name, language), (as_is, *options), limits)


def _quarters(
    forward: Forward, name: str, values: list[str], language: Language
) -> tuple[list[Option], str]:
    """Values as the quarter of the data in whose middle they lie; a score has no unit to name."""
    data = unit_values(forward, name)
    known = data[~np.isnan(data)]
    spec = forward.data.spec
    form = "score" if spec.variables[name].kind.measured else "number"
    options = [
        Option(
            value,
            text(
                f"panel.option.{form}",
                language,
                value=level_label(spec, name, value, language),
                quarter=text(f"panel.quarter.{_quarter(known, float(value))}", language),
            ),
        )
        for value in values
    ]
    return options, text(f"panel.limits.{form}", language)


def _quarter(known: Floats, value: float) -> int:
    """Which quarter of the data a value lies in, from 1."""
    return min(4, 1 + int(4 * float((known < value).mean())))


def _label(forward: Forward, name: str, language: Language) -> str:
    spec = forward.data.spec
    unit = spec.variables[name].unit
    label = spec.label(name, language)
    if unit is None:
        return label
    return text("panel.lever.unit", language, label=label, unit=unit.in_language(language))
