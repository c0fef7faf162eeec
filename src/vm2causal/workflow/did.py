"""A difference-in-differences of anyone's tables: fits, estimates and what bends them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.checks.gate.diagnostics import Diagnostics, diagnose, worst
from vm2causal.disclosure import ReleasedTable, flattened
from vm2causal.disclosure.exemption import Exempt, exempt_table
from vm2causal.errors import OptionError, StudyError
from vm2causal.inputs.event_tables.reading import EventTable
from vm2causal.inputs.rows import row_tuples
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import Backend
from vm2causal.monitor.did.design import Design, design_of
from vm2causal.monitor.did.effects import (
    POOLED,
    UNPOOLED,
    closed_form_table,
    effect_draws,
    event_study_table,
)
from vm2causal.monitor.did.group_time import DEFAULT_ICC
from vm2causal.monitor.did.layout import event_layout
from vm2causal.monitor.did.sampling import EventModel, sample_event_study
from vm2causal.monitor.did.trends import (
    bound_table,
    equivalence_table,
    leave_one_out,
    placebo_table,
    trend_table,
)
from vm2causal.monitor.did.weighting import Weighting
from vm2causal.report.documents.did import DidTables, did_document
from vm2causal.texts import Language
from vm2causal.workflow.monitor import DEFAULT_SEED

FITS: Final = {POOLED: True, UNPOOLED: False}
"""Fits by method, and whether they pool effects; the steps of :func:`fit_did`."""

_SETTINGS: Final = SamplerSettings(draws=2_000)


@dataclass(frozen=True)
class Choices:
    """What a user decides about the analysis.

    Parameters
    ----------
    icc
        How alike pupils of one cluster are: mean of the prior of their intra-class correlation.
    weighting
        How groups and periods count in an effect of several.
    drift
        Standard deviation by which trends may part in a period [share]; None for parallel ones.
    margin
        Largest placebo effect that counts as none [share]; None where nobody says.
    level
        Mass of the intervals.
    seed
        The same seed gives the same numbers.
    """

    icc: float = DEFAULT_ICC
    weighting: Weighting = Weighting.PUPILS
    drift: float | None = None
    margin: float | None = None
    level: float = 0.95
    seed: int = DEFAULT_SEED

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises
        ------
        OptionError
            When a number is out of its range.
        """
        if not 0 < self.level < 1:
            raise OptionError(
                "The mass of an interval lies between 0 and 1.",
                value=self.level,
                fix="Write 0.95, for instance.",
            )
        if not 0 < self.icc < 1:
            raise OptionError(
                "An intra-class correlation lies between 0 and 1.",
                value=self.icc,
                fix="Write 0.05, for instance.",
            )
        for name in ("drift", "margin"):
            value = getattr(self, name)
            if value is not None and not 0 < value < 1:
                raise OptionError(
                    f"A {name} lies above 0 and below 100 points.",
                    value=value,
                    fix="Write 0.5pp for half a percentage point.",
                )


def made_choices(*, weights: str, **others: Any) -> Choices:
    """Choices as a caller writes them.

    Parameters
    ----------
    weights
        ``pupils`` or ``equal``.
    others
        The other fields of :class:`Choices`.

    Raises
    ------
    OptionError
        When one of them cannot be.
    """
    if weights not in list(Weighting):
        raise OptionError(
            "Groups and periods count by their pupils or alike.",
            value=weights,
            fix=f"Write one of {', '.join(Weighting)}.",
        )
    return Choices(weighting=Weighting(weights), **others)


@dataclass(frozen=True)
class DidResult:
    """A difference-in-differences of a table.

    Parameters
    ----------
    table, design
        What was read, and what of it is compared with what.
    choices
        Of the user.
    tables
        Estimates, and how far they hold.
    diagnostics
        The least favourable of both fits.
    """

    table: EventTable
    design: Design
    choices: Choices
    tables: DidTables
    diagnostics: Diagnostics


def read_design(table: EventTable) -> Design:
    """Find what of a table can be compared.

    Parameters
    ----------
    table
        Counts by group and period.

    Raises
    ------
    StudyError
        When nothing can.
    """
    design = design_of(table)
    if design.effects.empty:
        treated = table.cells.dropna(subset="treated_from")
        # where no treated group was seen once treated there is nothing that could be left out
        seen = treated if design.left_out.empty else design.left_out
        first = seen.iloc[0]
        raise StudyError(
            "A treated group is compared with one that is untreated in the same period and in the "
            "last period before its treatment.",
            file=table.name,
            column="group",
            value=f"{first['group']}, {first['time']}",
            fix="Add such a group, or the periods in which it was seen.",
        )
    return design


def fit_did(
    table: EventTable,
    *,
    choices: Choices | None = None,
    settings: SamplerSettings | None = None,
    backend: Backend = Backend.KERNEL,
    progress: Callable[[str], None] = lambda step: None,
) -> DidResult:
    """Estimate what treatment did, by five methods, and how far trends may part.

    Parameters
    ----------
    table
        Counts by group and period.
    choices
        Of the user; the defaults where None.
    settings
        Draws, tuning steps and chains of the sampler.
    backend
        What evaluates the density.
    progress
        Called with the name of each step as it starts.

    Raises
    ------
    StudyError
        When nothing of it can be compared.
    """
    chosen = choices or Choices()
    design = read_design(table)
    layout = event_layout(design)
    found: dict[str, Any] = {}
    gates: list[Diagnostics] = []
    for method, pooled in FITS.items():
        progress(method)
        tree = sample_event_study(
            EventModel(layout, chosen.icc, pooled),
            seed=chosen.seed,
            settings=settings or _SETTINGS,
            backend=backend,
        )
        gates.append(diagnose(tree))
        found[method] = effect_draws(tree["posterior"].to_dataset(), layout)
    tables = _tables(table, design, found, chosen)
    return DidResult(table, design, chosen, tables, worst(gates))


def _tables(table: EventTable, design: Design, found: dict[str, Any], chosen: Choices) -> DidTables:
    weighting, icc, level = chosen.weighting, chosen.icc, chosen.level
    estimates = [closed_form_table(design, weighting, icc, level=level)]
    estimates += [
        event_study_table(
            draws,
            design,
            weighting,
            method=method,
            drift=chosen.drift,
            seed=chosen.seed,
            level=level,
        )
        for method, draws in found.items()
    ]
    return DidTables(
        estimates=pd.concat(estimates, ignore_index=True),
        placebos=placebo_table(design, icc, level=level),
        trends=trend_table(
            design,
            weighting,
            found[UNPOOLED][0],
            found[POOLED][0],
            icc=icc,
            seed=chosen.seed,
            level=level,
        ),
        bounds=bound_table(design, weighting, icc, seed=chosen.seed, level=level),
        equivalence=_with_margin(equivalence_table(design, icc), chosen.margin),
        without=leave_one_out(table, weighting, icc, level=level),
        left_out=design.left_out[["outcome", "after", "group", "time"]],
    )


def _with_margin(table: pd.DataFrame, margin: float | None) -> pd.DataFrame:
    within = None if margin is None else table["equivalent_within"] <= margin
    shown = pd.Series(within, index=table.index, dtype=object)
    return table.assign(margin=np.nan if margin is None else margin, equivalent=shown)


def document_of(result: DidResult, language: Language) -> dict[str, Any]:
    """The printed document of a difference-in-differences.

    Parameters
    ----------
    result
        Of :func:`fit_did`.
    language
        Of the texts: Dutch or English.
    """
    clustered = bool(result.table.cells["clusters"].notna().any())
    choices = result.choices
    return did_document(
        result.tables,
        source=result.table.name,
        settings={
            "weighting": choices.weighting.value,
            "icc": choices.icc if clustered else None,
            "drift": choices.drift,
            "margin": choices.margin,
            "level": choices.level,
            "seed": choices.seed,
        },
        diagnostics=result.diagnostics,
        notes=[note.in_language(language) for note in result.table.notes],
        language=language,
    )


def check_document(table: EventTable, language: Language) -> dict[str, Any]:
    """What a table holds, and what of it can be compared.

    Parameters
    ----------
    table
        Counts by group and period.
    language
        Of the texts: Dutch or English.

    Raises
    ------
    StudyError
        When nothing of it can.
    """
    design = read_design(table)
    cells = table.cells
    untreated = cells["treated_from"].isna()
    return {
        "schema": "vm2causal/did-check/1",
        "source": table.name,
        "cells": len(cells),
        "outcomes": list(dict.fromkeys(cells["outcome"])),
        "after": sorted(int(value) for value in cells["after"].unique()),
        "times": sorted(int(value) for value in cells["time"].unique()),
        "treated": [
            {"group": str(group), "treated_from": int(part.iloc[0])}
            for group, part in cells[~untreated].groupby("group")["treated_from"]
        ],
        "never_treated": list(dict.fromkeys(cells.loc[untreated, "group"])),
        "effects": len(design.effects),
        "placebos": len(design.placebos),
        "left_out": [
            {"outcome": row.outcome, "after": int(row.after), "group": row.group, "time": row.time}
            for row in row_tuples(design.left_out)
        ],
        "clusters_known": bool(cells["clusters"].notna().any()),
        "masked": int(
            ((cells["events_low"] < cells["events_high"]) | cells["share_low"].notna()).sum()
        ),
        "notes": [note.in_language(language) for note in table.notes],
    }


def held_rows(rows: list[dict[str, Any]]) -> ReleasedTable:
    """Rows of a document as a table without cells in cells, for who holds the data.

    Parameters
    ----------
    rows
        Of one part of the document.
    """
    return flattened(exempt_table(pd.DataFrame(rows), Exempt.HOLDER))
