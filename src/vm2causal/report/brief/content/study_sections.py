"""What a brief says of the fit of a study or a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from vm2causal.checks.gate.licences import as_licensed
from vm2causal.disclosure import MINIMUM, Released, ReleasedTable
from vm2causal.effects.judgement import arrow_verdicts
from vm2causal.effects.verdict import Verdict
from vm2causal.identify.result import Identification
from vm2causal.report.brief.content.blocks import (
    Alert,
    Block,
    Box,
    BulletList,
    Definitions,
    Files,
    Paragraph,
    Picture,
    Section,
    Table,
    Tone,
    WhatIf,
)
from vm2causal.report.brief.content.claims import Levels
from vm2causal.report.brief.content.table_cells import Row, in_labels, sorted_by, table_of
from vm2causal.report.documents.records import records
from vm2causal.report.words import effect_rows
from vm2causal.report.words.gate import table_note
from vm2causal.report.words.group_notes import GroupNotes
from vm2causal.report.words.level_labels import declared_label, group_label
from vm2causal.report.words.reading import outlier_lines, remark_lines
from vm2causal.report.words.selection import selection_lines
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, capitalised, catalogue, number, text


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
    differences, slopes
        How much coefficients vary and depend, and what they are in each level.
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
        By part: ``model``, ``arrows``, ``effects``, ``groups``, ``differences``, ``sensitivity``,
        ``diagnostics``.
    panel
        None where the model has no levers.
    gates
        What the checks make of each effect and share that is told.
    levels
        Outcomes on people at both sides of each contrast, see
        :data:`~vm2causal.report.brief.content.claims.Levels`.
    horizon
        After how many years a share of careers holds, in words; empty for a flat table.
    files
        Tables beside the brief, by what they hold: ``arrows``, ``mediation``, and groups.
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
    differences: ReleasedTable = field(repr=False)
    slopes: ReleasedTable = field(repr=False)
    by_group: Mapping[str, ReleasedTable] = field(repr=False)
    group_notes: Mapping[str, GroupNotes] = field(repr=False)
    gates: tuple[Mapping[str, Any], ...] = field(repr=False)
    withheld: int
    identified: Sequence[Identification] = field(repr=False)
    attacks: Mapping[str, Released] = field(repr=False)
    left_out: Released | None = field(repr=False)
    second: Released | None = field(repr=False)
    pictures: Mapping[str, Sequence[Picture]] = field(repr=False)
    panel: WhatIf | None = field(repr=False)
    levels: Levels = field(repr=False)
    horizon: str
    files: Mapping[str, str]
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
    """Every arrow drawn with its verdict; its numbers stand in a file."""
    # groups are adjusted for, by many contrasts; their arrows stand in the CSV file
    shown = found.arrows[~found.arrows["cause"].isin(found.spec.groups)]
    blocks: list[Block] = [
        Paragraph(text("brief.arrows.lead", language)),
        *found.drawn("arrows"),
        Paragraph(_arrows_note(shown, language)),
    ]
    return Section("arrows", text("brief.section.arrows", language), tuple(blocks))


def files_section(found: StudyEvidence, language: Language) -> Section:
    """Where the tables are that nobody reads as a page."""
    items = []
    for name, path in found.files.items():
        known = f"brief.files.{name}"
        label = group_label(found.spec, name, language)
        said = (
            text("brief.files.by", language, group=label)
            if known not in catalogue()
            else (text(known, language))
        )
        items.append((said, path))
    lead = Paragraph(text("brief.files.lead", language))
    return Section("files", text("brief.section.files", language), (lead, Files(tuple(items))))


def sources_in_words(spec: CausalSpec, language: Language) -> str:
    """The documents that the model cites, on one line each."""
    if not spec.documents:
        return text("brief.sources.none", language)
    return " ".join(
        " ".join(filter(None, (item.authors, f"({item.year}).", f"{item.title}.", item.publisher)))
        for item in spec.documents.values()
    )


def _arrows_note(arrows: pd.DataFrame, language: Language) -> str:
    """What beneath the table explains its verdicts; last, how many signs may be wrong."""
    fields = effect_rows.wrong_signs_fields(arrows, language)
    said = effect_rows.notes_explained(records(arrows), language)
    return " ".join((*said, text("effects.wrong_signs.long", language, **fields)))


def effects_section(found: StudyEvidence, language: Language) -> Section:
    """Totals in a table, what they run through in figures."""
    blocks: list[Block] = [*found.drawn("effects")]
    gates = found.gates
    if not found.totals.empty:
        shown = as_licensed(found.totals, gates)
        note = table_note(found.totals, gates, found.spec, language)
        caption = text("brief.table.totals", language)
        blocks.append(
            _effects_table(
                "totals", caption, shown, effect_rows.total_cells, _TOTALS, found, language, note
            )
        )
    if not found.mediation.empty:
        blocks += _note_on(found.mediation, gates, found, language)
    return Section("effects", text("brief.section.effects", language), tuple(blocks))


def _note_on(
    table: pd.DataFrame,
    gates: Sequence[Mapping[str, Any]],
    found: StudyEvidence,
    language: Language,
) -> tuple[Block, ...]:
    """What the checks say of the effects in a table that stands in a file."""
    note = table_note(table, gates, found.spec, language)
    return (Paragraph(note, Tone.ASIDE),) if note else ()


def groups_section(found: StudyEvidence, language: Language) -> Section | None:
    """Totals by sector and school; None where there are no groups."""
    if not found.by_group:
        return None
    blocks: list[Block] = [*found.drawn("groups")]
    for group, table in found.by_group.items():
        blocks += _group_notes(group, found, language)
        blocks += _note_on(table, _gates_of(table, found), found, language)
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


_TOTALS = ("cause", "effect", "kind", "contrast", "natural", "career")
_NUMBERS = frozenset({"natural", "career"})


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
        contrast = declared_label(found.spec, row["cause"], row["contrast"], language)
        cells = said(row, found.spec, language) | {"contrast": contrast}
        rows.append({key: _orderly(cells[key], row.get(key)) for key in columns})
    titles = {key: text(f"effects.column.{key}", language) for key in columns}
    if "career" in columns:
        note = " ".join(filter(None, (text("brief.totals.note", language), found.horizon, note)))
    return table_of(name, caption, titles, rows, numeric=_NUMBERS & set(columns), note=note)


def _orderly(words: str, value: Any) -> Any:
    """A cell that sorts by its number where it has one."""
    if isinstance(value, dict):
        return sorted_by(words, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return sorted_by(words, {"mean": value})
    return words


def identification_section(found: StudyEvidence, language: Language) -> Section:
    """Per question whether and how it can be answered; then once what the answers lean on."""
    title = text("brief.section.identification", language)
    if not found.identified:
        none = Paragraph(text("brief.identification.none", language))
        return Section("identification", title, (none,))
    columns = ("number", "question", "answer")
    table = table_of(
        "questions",
        text("brief.identification.table", language),
        {name: text(f"brief.identification.column.{name}", language) for name in columns},
        [
            _answered(place, item, found.spec, language)
            for place, item in enumerate(found.identified, start=1)
        ],
    )
    blocks: list[Block] = [Paragraph(text("brief.identification.lead", language)), table]
    leaning = _leaning(found, language)
    if leaning:
        leans = text("brief.identification.leans", language)
        blocks.append(Section("leans-on", leans, (BulletList(leaning),)))
    return Section("identification", title, tuple(blocks))


def _answered(place: int, item: Identification, spec: CausalSpec, language: Language) -> Row:
    said = [item.sentence, *item.notes]
    words = " ".join(one.in_language(language) for one in said)
    return {
        "number": sorted_by(number(place, language), {"mean": place}),
        "question": text(
            "brief.identification.question",
            language,
            kind=capitalised(text(f"fit.kind.{item.kind.value}", language)),
            cause=spec.label(item.cause, language),
            effect=spec.label(item.effect, language),
        ),
        "answer": in_labels(words, spec, language),
    }


def _leaning(found: StudyEvidence, language: Language) -> tuple[str, ...]:
    """Each assumption once, with the questions whose answers rest on it."""
    places: dict[str, list[int]] = {}
    for place, item in enumerate(found.identified, start=1):
        for assumption in item.assumptions:
            words = in_labels(assumption.in_language(language), found.spec, language)
            places.setdefault(words, []).append(place)
    whole = len(found.identified)
    return tuple(
        text("brief.identification.of_all", language, words=words)
        if len(where) == whole
        else text(
            "brief.identification.of_some", language, words=words, numbers=_ranges(where, language)
        )
        for words, where in sorted(places.items(), key=lambda pair: -len(pair[1]))
    )


def _ranges(places: Sequence[int], language: Language) -> str:
    """Whole numbers in order, three or more in a row by their ends.

    >>> _ranges([1, 2, 4, 5, 6], Language.EN)
    '1, 2, 4–6'
    """
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    said: list[str] = []
    for run in runs:
        first, last = (number(end, language) for end in (run[0], run[-1]))
        said += [f"{first}–{last}"] if len(run) > 2 else [number(one, language) for one in run]
    return ", ".join(said)


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
