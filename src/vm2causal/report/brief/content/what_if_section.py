"""The panel of a brief on paper: a few telling settings in a table."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

from vm2causal.report.brief.content.blocks import (
    Cell,
    Column,
    Paragraph,
    Section,
    Table,
    Tone,
    WhatIf,
)
from vm2causal.report.brief.content.panel_data import points
from vm2causal.texts import Language, capitalised, number, percentage, text


def what_if_section(block: WhatIf, language: Language) -> Section:
    """Lay out what a panel shows without anyone to move its levers.

    The table holds everybody (the first place): as things are, and with each lever alone at either
    end.

    Examples
    --------
    >>> import numpy as np
    >>> from vm2causal.report.brief.content.blocks import Choice, Lever, Option
    >>> options = (Option("", "as now"), Option("1", "more"))
    >>> lever = Lever("x", "time", options, "Seen: 0 and 1.")
    >>> kept = {"place": [""], "outcome": ["y"]}
    >>> three, six = ["mean", "lower", "upper"], ["difference", *"ab"]
    >>> now = xr.DataArray(np.full((1, 1, 3), 0.5), {**kept, "quantity": three})
    >>> then = xr.DataArray(
    ...     np.array([0.6, 0.5, 0.7, 0.1, 0.0, 0.2]) * np.ones((2, 1, 1, 6)),
    ...     {"x": ["", "1"], **kept,
    ...      "quantity": [*three, "difference", "difference_lower", "difference_upper"]},
    ... )
    >>> panel = WhatIf("What if?", "", (lever,), (Choice("", "all"),), (Choice("y", "passing"),),
    ...                now, then, 0.95)
    >>> section = what_if_section(panel, Language.EN)
    >>> [[cell.text for cell in row] for row in section.blocks[0].rows][-1]
    ['time: more', '60.0% (50.0 to 70.0)', '10.0 (0.0 to 20.0)']
    """
    note = " ".join(f"{capitalised(lever.label)}: {lever.limits}" for lever in block.levers)
    pieces = (
        Paragraph(block.lead),
        what_if_table(block, language),
        Paragraph(note, Tone.ASIDE),
    )
    shown = tuple(piece for piece in pieces if not isinstance(piece, Paragraph) or piece.text)
    return Section("what-if-table", block.title, shown)


def what_if_table(block: WhatIf, language: Language) -> Table:
    """Shares now, and with each lever alone at either end.

    Everybody's shares; in percentages and percentage points, with their intervals.
    """
    start = {lever.name: lever.options[0].value for lever in block.levers}
    now_row = [Cell(text("whatif_table.now", language))]
    for outcome in block.outcomes:
        shown = _at(block.now, block, outcome.name)
        now_row += [_share(shown, language), Cell("–")]
    rows = [tuple(now_row)]
    for label, setting in _settings(block, start):
        row = [Cell(label)]
        for outcome in block.outcomes:
            shown = _at(block.then.sel(setting), block, outcome.name)
            row += [_share(shown, language), _difference(shown, language)]
        rows.append(tuple(row))
    return Table(
        name="what-if",
        caption=text("whatif_table.caption", language, place=block.places[0].label),
        columns=_columns(block, language),
        rows=tuple(rows),
        note=_note(block, language),
    )


def _columns(block: WhatIf, language: Language) -> tuple[Column, ...]:
    columns = [Column(text("whatif_table.setting", language))]
    for outcome in block.outcomes:
        columns.append(Column(capitalised(outcome.label), numeric=True))
        columns.append(Column(text("whatif_table.difference", language), numeric=True))
    return tuple(columns)


def _settings(block: WhatIf, start: Mapping[str, str]) -> list[tuple[str, dict[str, str]]]:
    """Each lever alone at either end of what is offered."""
    return [
        (f"{lever.label}: {option.label}", {**start, lever.name: option.value})
        for lever in block.levers
        for option in dict.fromkeys((lever.options[1], lever.options[-1]))
    ]


def _at(shares: xr.DataArray, block: WhatIf, outcome: str) -> dict[str, float]:
    here = shares.sel(place=block.places[0].name, outcome=outcome)
    return {str(name): float(here.sel(quantity=name)) for name in here["quantity"].values}


def _share(shown: Mapping[str, float], language: Language) -> Cell:
    low, high = (points(shown[end], language) for end in ("lower", "upper"))
    mean = percentage(shown["mean"], language)
    return Cell(text("whatif_table.interval", language, mean=mean, lower=low, upper=high))


def _difference(shown: Mapping[str, float], language: Language) -> Cell:
    mean, low, high = (
        points(shown[name], language)
        for name in ("difference", "difference_lower", "difference_upper")
    )
    return Cell(text("whatif_table.interval", language, mean=mean, lower=low, upper=high))


def _note(block: WhatIf, language: Language) -> str:
    level = number(100 * block.level, language)
    return text("whatif_table.note", language, level=level)
