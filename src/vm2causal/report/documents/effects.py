"""Documents that ``effects`` and ``what-if`` print as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from vm2causal.disclosure import Behind, Released, released
from vm2causal.effects.judgement import WrongSigns, wrong_signs
from vm2causal.effects.totals import ONE_COEFFICIENT, OWN_COEFFICIENTS
from vm2causal.identify.result import Bilingual
from vm2causal.report.documents.records import records
from vm2causal.report.words.group_notes import GroupNotes
from vm2causal.report.words.reading import bearing_remarks
from vm2causal.texts import Language


def effects_document(
    arrows: pd.DataFrame,
    totals: pd.DataFrame,
    mediation: pd.DataFrame,
    *,
    record: Released,
    withheld: int,
    gates: Sequence[Mapping[str, Any]],
    by_group: tuple[str, GroupNotes] | None,
    second: pd.DataFrame | None = None,
    differences: pd.DataFrame | None = None,
    slopes: pd.DataFrame | None = None,
    shapes: pd.DataFrame | None = None,
    notes: Sequence[Bilingual] = (),
    behind: Behind,
) -> Released:
    """Arrows, totals, mediation and second opinions with the gate of the fit they come from.

    Parameters
    ----------
    arrows
        Coefficients with their verdicts, as they may be shown.
    totals
        Of :func:`~vm2causal.effects.totals.totals_table`, as it may be shown.
    mediation
        Of :func:`~vm2causal.effects.mediation.mediation_table`, as it may be shown.
    record
        ``run.json`` of the fit, as it may be shown.
    withheld
        Rows left out because they are about too few persons.
    gates
        What the checks license, one per effect.
    by_group
        The group that effects are given by, and what goes with that.
    second
        Second opinions; None where not asked for.
    differences, slopes
        How coefficients vary and depend on other causes, and what they are in each level.
    shapes
        How effects follow their causes, of arrows that step, bend or hold within a group.
    notes
        What must be known of the mediation: parts that no data can tell.
    behind
        How many persons and units stand behind the numbers.
    """
    signs = wrong_signs(arrows) if not arrows.empty else WrongSigns(0, 0.0)
    document = {
        "schema": "vm2causal/effects/1",
        **_gate(record),
        "remarks": bearing_remarks(record),
        "outliers": record.get("outliers"),
        "unanswerable": record["unanswerable"],
        "selection": record.get("selection"),
        "gate": {**record["gate"], "effects": list(gates)},
        "withheld_groups": withheld,
        "arrows": records(arrows),
        "signs_named": signs.named,
        "expected_wrong_signs": signs.expected,
        "differences": [] if differences is None else records(differences),
        "slopes": [] if slopes is None else records(slopes),
        "shapes": [] if shapes is None else records(shapes),
        "by_group": None if by_group is None else _by_group(*by_group),
        "totals": records(totals),
        "mediation": records(mediation),
        "mediation_notes": [
            {language.value: note.in_language(language) for language in Language} for note in notes
        ],
        "second_opinions": records(second) if second is not None else [],
    }
    return released(document, behind)


def _by_group(group: str, notes: GroupNotes) -> dict[str, Any]:
    """What effects by a group are worth."""
    return {
        "group": group,
        "coefficients": OWN_COEFFICIENTS if notes.own else ONE_COEFFICIENT,
        "said": list(notes.said),
        "against": list(notes.against),
    }


def what_if_document(
    table: pd.DataFrame,
    *,
    record: Released,
    place: str | None,
    changes: list[str],
    behind: Behind,
) -> Released:
    """Outcomes now and under changes, with the gate of the fit they come from.

    Parameters
    ----------
    table
        Of :func:`~vm2causal.effects.what_if.what_if`, as it may be shown.
    record
        ``run.json`` of the fit, as it may be shown.
    place
        A unit, or a level of a group; everybody where None.
    changes
        Each ``cause=value``, as asked.
    behind
        How many persons and units stand behind the numbers.
    """
    document = {
        "schema": "vm2causal/what-if/1",
        **_gate(record),
        "predictions": record["gate"]["predictions"],
        "place": place,
        "do": changes,
        "outcomes": records(table),
    }
    return released(document, behind)


def _gate(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "origin": record["origin"],
        "passed": record["diagnostics"]["passed"],
        "failures": record["diagnostics"]["failures"],
    }
