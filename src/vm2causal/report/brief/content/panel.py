"""The panel of a brief: levers, places and outcomes in words around a grid of settings."""

from __future__ import annotations

import shlex
from collections.abc import Collection

import numpy as np
import xarray as xr

from vm2causal.effects.contrasts import unit_values
from vm2causal.effects.forward import Forward
from vm2causal.effects.what_if_grid import EVERYBODY, cause_dim
from vm2causal.report.brief.content.blocks import Choice, Lever, Option, WhatIf
from vm2causal.report.words.level_labels import level_label
from vm2causal.texts import Language, percentage, text


def what_if_panel(
    forward: Forward,
    now: xr.DataArray,
    then: xr.DataArray,
    causes: Collection[str],
    language: Language,
    *,
    fit: str,
    level: float = 0.95,
) -> WhatIf:
    """Put a grid of settings into words.

    Parameters
    ----------
    now, then
        Of :func:`~vm2causal.effects.what_if_grid.what_if_grid`.
    causes
        Of that grid, in its order.
    fit
        Path of the fit as its user knows it, for the command that asks the same.
    level
        Mass of the intervals of the grid.
    """
    levers = tuple(
        _lever(forward, name, then[cause_dim(name)].values.tolist(), language) for name in causes
    )
    asked = "".join(f" --do {name}={{{name}}}" for name in causes)
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
        command=f"vm2causal what-if {shlex.quote(fit)}{asked}{{}}",
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
    column = forward.data.columns.get(name)
    if column is None or column.kind.numeric:
        return _numeric_lever(forward, name, values, language)
    options = tuple(
        Option(value, level_label(forward.data.spec, name, value, language)) for value in values
    )
    ranks = column.values[~column.missing].astype(int)
    often = np.bincount(ranks, minlength=len(column.levels))
    start = max(range(len(values)), key=lambda place: often[column.levels.index(values[place])])
    shown = "; ".join(option.label for option in options)
    limits = text("panel.limits.levels", language, levels=shown)
    return Lever(name, _label(forward, name, language), options, start, limits)


def _numeric_lever(forward: Forward, name: str, values: list[str], language: Language) -> Lever:
    data = unit_values(forward, name)
    known = data[~np.isnan(data)]
    numbers = np.array([float(value) for value in values])
    spec = forward.data.spec
    written = [level_label(spec, name, value, language) for value in values]
    options = tuple(
        Option(
            value,
            text(
                "panel.option.higher",
                language,
                value=label,
                share=percentage(float((known < at).mean()), language, 0),
            ),
        )
        for value, label, at in zip(values, written, numbers, strict=True)
    )
    score = spec.variables[name].kind.measured
    limits = text(
        "panel.limits.score" if score else "panel.limits.number",
        language,
        first=written[0],
        last=written[-1],
        inside=percentage(
            float(((known >= numbers[0]) & (known <= numbers[-1])).mean()), language, 0
        ),
    )
    start = int(np.abs(numbers - np.median(known)).argmin())
    return Lever(name, _label(forward, name, language), options, start, limits)


def _label(forward: Forward, name: str, language: Language) -> str:
    spec = forward.data.spec
    unit = spec.variables[name].unit
    label = spec.label(name, language)
    if unit is None:
        return label
    return text("panel.lever.unit", language, label=label, unit=unit.in_language(language))
