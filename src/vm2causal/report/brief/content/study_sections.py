"""What a brief says of the fit of a study or a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from vm2causal.checks.gate.licences import as_licensed
from vm2causal.disclosure import MINIMUM, Released, ReleasedTable
from vm2causal.effects.judgement import arrow_verdicts
from vm2causal.effects.verdict import Verdict
from vm2causal.identify.result import Bilingual, Identification
from vm2causal.report.brief.content.blocks import (
    Alert,
    Block,
    Box,
    BulletList,
    Definitions,
    Paragraph,
    Picture,
    Section,
    Table,
    Tone,
    WhatIf,
)
from vm2causal.report.brief.content.table_cells import Row, in_labels, sorted_by, table_of
from vm2causal.report.documents.records import records
from vm2causal.report.words import effect_rows
from vm2causal.report.words.gate import table_note
from vm2causal.report.words.group_notes import GroupNotes
from vm2causal.report.words.level_labels import group_label
from vm2causal.report.words.names import by_group_name, joined_name
from vm2causal.report.words.reading import outlier_lines, remark_lines
from vm2causal.report.words.selection import selection_lines
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, capitalised, number, text

FEW: Final = 12
"""Most groups whose effects a brief tabulates; of more it draws them, and names the file."""


@dataclass(frozen=True)
class StudyEvidence:
    """Everything that was found out from a fit.

    Parameters
    ----------
    spec
        The model as it was fitted.
    fit
        Path of the fit as its user knows it.
    record
        ``run.json`` of the fit.
    size
        ``units``, and of a study ``pupils`` and ``schools``.
    arrows, totals, mediation
        Of :mod:`vm2causal.workflow.effects`.
    by_group
        Totals by group of the model, by its name, without the numbers that the checks withhold.
    group_notes
        What goes with each of them.
    withheld
        Groups with too few pupils to show.
    identified
        Answers to the declared questions.
    attacks
        Documents of the attacks that were made.
    left_out
        Of ``refute``, or of the part of it that a run makes: levels of a group left out in turn.
        None where neither was made.
    second
        Document of the second opinions; None where nobody asked for them.
    pictures
        By part: ``model``, ``arrows``, ``effects``, ``groups``, ``sensitivity``, ``diagnostics``.
    panel
        None where the model has no levers.
    command
        That made the fit.
    """

    spec: CausalSpec
    fit: str
    record: Released = field(repr=False)
    size: Mapping[str, int]
    arrows: ReleasedTable = field(repr=False)
    totals: ReleasedTable = field(repr=False)
    mediation: ReleasedTable = field(repr=False)
    by_group: Mapping[str, ReleasedTable] = field(repr=False)
    group_notes: Mapping[str, GroupNotes] = field(repr=False)
    withheld: int
    identified: Sequence[Identification] = field(repr=False)
    attacks: Mapping[str, Released] = field(repr=False)
    left_out: Released | None = field(repr=False)
    second: Released | None = field(repr=False)
    pictures: Mapping[str, Sequence[Picture]] = field(repr=False)
    panel: WhatIf | None = field(repr=False)
    command: str

    @property
    def synthetic(self) -> bool:
        """Whether the study was made up."""
        return bool(self.record["origin"] == "synthetic")

    @property
    def failures(self) -> tuple[str, ...]:
        """Checks of the computation that the fit did not pass."""
        return tuple(self.record["diagnostics"]["failures"])

    @property
    def effect_gates(self) -> dict[tuple[str, str, str], Mapping[str, Any]]:
        """What the other checks say of each effect, by cause, effect and contrast."""
        rows = self.record["gate"]["effects"]
        return {(row["cause"], row["effect"], row["contrast"]): row for row in rows}

    def drawn(self, part: str) -> tuple[Picture, ...]:
        """Pictures of a part."""
        return tuple(self.pictures.get(part, ()))


def model_reading(found: StudyEvidence, language: Language) -> str:
    """How many arrows came out how, in one sentence."""
    counts = arrow_verdicts(found.arrows)["verdict"].value_counts()
    fields = {
        "supported": Verdict.ONDERSTEUND,
        "found": Verdict.EEN_EFFECT,
        "contradicted": Verdict.TEGENGESPROKEN,
        "none": Verdict.GEEN_AANWIJZING,
        "undecided": Verdict.ONBESLIST,
        "untestable": Verdict.NIET_TOETSBAAR,
    }
    return text(
        "brief.model.read",
        language,
        fitted=number(int(counts.sum()), language),
        **{name: number(int(counts.get(item.value, 0)), language) for name, item in fields.items()},
        **effect_rows.wrong_signs_fields(found.arrows, language),
    )


def untestable_arrows(found: StudyEvidence, language: Language) -> list[str]:
    """Arrows between observed variables that these data cannot weigh."""
    spec = found.spec
    chosen = found.arrows[found.arrows["verdict"] == Verdict.NIET_TOETSBAAR.value]
    pairs = dict.fromkeys(zip(chosen["cause"], chosen["effect"], strict=True))
    return [
        f"{spec.label(cause, language)} → {spec.label(effect, language)}"
        for cause, effect in pairs
        if spec.variables[cause].observed and spec.variables[effect].observed
    ]


def arrows_section(found: StudyEvidence, language: Language) -> Section:
    """The scorecard: literature beside posterior, per arrow."""
    # groups are adjusted for, by many contrasts; their arrows stand in the CSV file
    shown = found.arrows[~found.arrows["cause"].isin(found.spec.groups)]
    caption = text("brief.table.arrows", language)
    table = _effects_table(
        "arrows",
        caption,
        shown,
        effect_rows.arrow_cells,
        _ARROWS,
        found,
        language,
        note=_arrows_note(shown, language),
    )
    return Section(
        "arrows",
        text("brief.section.arrows", language),
        (Paragraph(text("brief.arrows.lead", language)), *found.drawn("arrows"), table),
    )


def _arrows_note(arrows: pd.DataFrame, language: Language) -> str:
    """What beneath the table explains its verdicts; last, how many signs may be wrong."""
    fields = effect_rows.wrong_signs_fields(arrows, language)
    said = effect_rows.notes_explained(records(arrows), language)
    return " ".join((*said, text("effects.wrong_signs.long", language, **fields)))


def effects_section(found: StudyEvidence, language: Language) -> Section:
    """Totals, and what they run through."""
    blocks: list[Block] = [*found.drawn("effects")]
    tables = {
        "totals": (found.totals, effect_rows.total_cells, _TOTALS),
        "mediation": (found.mediation, effect_rows.mediation_cells, _MEDIATION),
    }
    gates = found.record["gate"]["effects"]
    for name, (table, said, columns) in tables.items():
        if not table.empty:
            caption = text(f"brief.table.{name}", language)
            shown, note = as_licensed(table, gates), table_note(table, gates, found.spec, language)
            blocks.append(
                _effects_table(name, caption, shown, said, columns, found, language, note)
            )
    return Section("effects", text("brief.section.effects", language), tuple(blocks))


def groups_section(found: StudyEvidence, language: Language) -> Section | None:
    """Totals by sector and school; None where there are no groups."""
    if not found.by_group:
        return None
    blocks: list[Block] = [*found.drawn("groups")]
    for group, table in found.by_group.items():
        blocks += _group_notes(group, found, language)
        if table["group"].nunique() <= FEW:
            label = group_label(found.spec, group, language)
            caption = text("brief.table.by", language, group=label)
            said = effect_rows.total_cells
            name = by_group_name(group)
            note = table_note(table, _gates_of(table, found), found.spec, language)
            blocks.append(
                _effects_table(name, caption, table, said, _GROUPS, found, language, note)
            )
        else:
            file = f"tables/{by_group_name(group)}.csv"
            where = text("brief.groups.in_file", language, file=file)
            blocks.append(Paragraph(where, Tone.ASIDE))
    if found.withheld:
        withheld = text(
            "effects.withheld", language, minimum=MINIMUM, number=number(found.withheld, language)
        )
        blocks.append(Paragraph(withheld, Tone.ASIDE))
    return Section("groups", text("brief.section.groups", language), tuple(blocks))


def _gates_of(table: pd.DataFrame, found: StudyEvidence) -> list[Mapping[str, Any]]:
    """What the checks say of the effects in a table."""
    shown = set(zip(table["cause"], table["effect"], table["contrast"], strict=True))
    return [row for key, row in found.effect_gates.items() if key in shown]


def _group_notes(group: str, found: StudyEvidence, language: Language) -> Iterator[Block]:
    """What numbers by a group are worth, before them; in a box where the data contradict it."""
    notes = found.group_notes[group]
    yield Paragraph(" ".join(notes.said))
    if notes.against:
        title = text(
            "brief.groups.against", language, group=group_label(found.spec, group, language)
        )
        yield Box(Alert.WITHHELD, title, " ".join(notes.against))


_ARROWS = (
    "cause", "effect", "literature", "standardised", "natural", "p_direction", "direction",
    "bayes_factor", "verdict",
)  # fmt: skip
_TOTALS = ("cause", "effect", "kind", "contrast", "natural", "career")
_MEDIATION = ("cause", "effect", "contrast", "through", "indirect", "direct", "total")
_GROUPS = ("group", "cause", "effect", "contrast", "natural", "career")
_NUMBERS = frozenset({
    "standardised", "natural", "career", "indirect", "direct", "total",
    "p_direction", "bayes_factor",
})  # fmt: skip


def _effects_table(
    name: str,
    caption: str,
    table: pd.DataFrame,
    said: Callable[[Mapping[str, Any], CausalSpec, Language], dict[str, str]],
    columns: Sequence[str],
    found: StudyEvidence,
    language: Language,
    note: str = "",
) -> Table:
    rows: list[Row] = []
    for row in records(table):
        cells = said(row, found.spec, language)
        known = {**row, "bayes_factor": row.get("bayes_factor") or row.get("bayes_factor_at_least")}
        rows.append({key: _orderly(cells[key], known.get(key)) for key in columns})
    titles = {key: text(f"effects.column.{key}", language) for key in columns}
    if "career" in columns:
        note = " ".join(filter(None, (text("brief.totals.note", language), note)))
    return table_of(name, caption, titles, rows, numeric=_NUMBERS & set(columns), note=note)


def _orderly(words: str, value: Any) -> Any:
    """A cell that sorts by its number where it has one."""
    if isinstance(value, dict):
        return sorted_by(words, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return sorted_by(words, {"mean": value})
    return words


def identification_section(found: StudyEvidence, language: Language) -> Section:
    """Per question: whether and how it can be answered, and what that leans on."""
    common = _common_assumptions(found.identified)
    parts = tuple(
        Section(
            joined_name("question", item.cause, item.effect, item.kind.value),
            text(
                "brief.identification.question",
                language,
                kind=capitalised(text(f"fit.kind.{item.kind.value}", language)),
                cause=found.spec.label(item.cause, language),
                effect=found.spec.label(item.effect, language),
            ),
            _answer(item, common, found.spec, language),
        )
        for item in found.identified
    )
    blocks: list[Block] = [Paragraph(text("brief.identification.lead", language))]
    if common:
        blocks.append(Paragraph(text("brief.identification.common", language)))
        blocks.append(_bullets(common, found.spec, language))
    title = text("brief.section.identification", language)
    return Section("identification", title, (*blocks, *parts))


def _common_assumptions(found: Sequence[Identification]) -> tuple[Bilingual, ...]:
    """What every answer leans on, said once; nothing where there is one answer only."""
    if len(found) < 2:
        return ()
    shared = set.intersection(*(set(item.assumptions) for item in found))
    return tuple(item for item in found[0].assumptions if item in shared)


def _answer(
    item: Identification, common: Sequence[Bilingual], spec: CausalSpec, language: Language
) -> tuple[Block, ...]:
    blocks: list[Block] = [
        Paragraph(in_labels(item.sentence.in_language(language), spec, language))
    ]
    if item.notes:
        blocks.append(_bullets(item.notes, spec, language))
    own = [one for one in item.assumptions if one not in common]
    if own:
        blocks.append(_bullets(own, spec, language))
    return tuple(blocks)


def _bullets(found: Sequence[Bilingual], spec: CausalSpec, language: Language) -> BulletList:
    said = (item.in_language(language) for item in found)
    return BulletList(tuple(in_labels(item, spec, language) for item in said))


def left_out_text(pupils: int | None, language: Language) -> str:
    """How many pupils could not take part; of few only that they are few.

    Parameters
    ----------
    pupils
        None where their number is withheld.
    """
    if pupils is None:
        return text("disclosure.few", language, minimum=MINIMUM)
    return number(pupils, language)


def data_definitions(found: StudyEvidence, language: Language) -> Definitions:
    """What the data lacked, and what was left out for it."""
    record, spec = found.record, found.spec
    none = text("brief.quality.none", language)
    refused = [
        f"{spec.label(item['cause'], language)} → {spec.label(item['effect'], language)}: "
        f"{item['reason'][language.value]}"
        for item in record["unanswerable"]
    ]
    left_out = [spec.label(name, language) for name in record["left_out"]]
    pairs = {
        "missing": ", ".join(spec.label(name, language) for name in record["missing"]),
        "items": ", ".join(record["items_left_out"]),
        "left_out": ", ".join(left_out),
        "unanswerable": "; ".join(refused),
        "pupils": left_out_text(record["pupils_left_out"], language),
    }
    said = [*remark_lines(record, language), *outlier_lines(record, spec, language)]
    if said:
        pairs["reading"] = " ".join(said)
    if selected := selection_lines(record.get("selection"), spec, language):
        pairs["selection"] = " ".join(selected)
    return Definitions(
        tuple(
            (text(f"brief.quality.{key}", language), value or none) for key, value in pairs.items()
        )
    )
