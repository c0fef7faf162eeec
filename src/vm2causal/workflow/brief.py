"""From a fit on disk, and the monitor's re-analysis where it was made, to a brief on disk."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Final

import pandas as pd

from vm2causal.checks.gate.licences import as_licensed
from vm2causal.checks.gate.state import State
from vm2causal.disclosure import ReleasedTable, flattened, released_table, with_origin
from vm2causal.effects.contrasts import default_contrasts
from vm2causal.effects.intervals import interval
from vm2causal.effects.what_if import Settings, members_of
from vm2causal.effects.what_if_defaults import default_causes, default_outcomes, default_places
from vm2causal.effects.what_if_grid import AS_IS, released_grid, what_if_grid
from vm2causal.identify import CausalQuestion, Identification, identify_effects
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.report.brief.content.attack_sections import ATTACKS
from vm2causal.report.brief.content.blocks import Brief, WhatIf
from vm2causal.report.brief.content.claims import Claim, Levels, headline_rows
from vm2causal.report.brief.content.monitor_brief import NAME as MONITOR
from vm2causal.report.brief.content.monitor_brief import compose_monitor_brief
from vm2causal.report.brief.content.monitor_sections import MonitorEvidence
from vm2causal.report.brief.content.panel import what_if_panel
from vm2causal.report.brief.content.shared_sections import MOST_CLAIMS
from vm2causal.report.brief.content.study_brief import NAME as STUDY
from vm2causal.report.brief.content.study_brief import claims_of, compose_study_brief
from vm2causal.report.brief.content.study_sections import StudyEvidence
from vm2causal.report.brief.html.page import render_html
from vm2causal.report.brief.pdf.document import render_annex, render_pdf
from vm2causal.report.canvas.form import PHONE, drawn_for
from vm2causal.report.documents.csv_text import csv_text
from vm2causal.report.documents.records import records
from vm2causal.report.figures.levels import LevelRow, draw_levels, level_numbers, longest_of
from vm2causal.report.figures.named_figure import (
    FORMATS,
    NamedFigure,
    in_two_forms,
    out_of_pyplot,
    picture_of,
    save_figures,
)
from vm2causal.report.words.effect_rows import has_event
from vm2causal.report.words.frequencies import PER
from vm2causal.report.words.gate import doubtful_outcomes, listed, shape_in_words
from vm2causal.report.words.level_labels import level_label
from vm2causal.report.words.names import by_group_name, numbered_name
from vm2causal.report.words.sentences import after_years
from vm2causal.storage import alone_in, require_writable_folder, write_atomically
from vm2causal.texts import Language, number, text
from vm2causal.timings import remove_timings
from vm2causal.workflow.attack_records import (
    SECOND,
    KeptAttack,
    kept_attack,
    left_out_levels,
)
from vm2causal.workflow.brief_folder import replace_files, require_replaceable
from vm2causal.workflow.effects import FitOnDisk, failed_arrows, open_fit
from vm2causal.workflow.figures import draw_figure, possible_figures
from vm2causal.workflow.fit_tables import FitTables
from vm2causal.workflow.questions import not_identified
from vm2causal.workflow.small_groups import shown_settings

_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "model": ("dag",),
    "arrows": ("arrows",),
    "effects": ("trajectories", "mediation"),
    "groups": ("sectors",),
    "differences": ("slopes",),
    "diagnostics": ("ppc",),
}
"""Which figures stand in which part of a brief."""

FORMS: Final = (".html", ".pdf", "-annex.pdf")
"""Of each brief; the last holds what the others leave out on paper."""

_ALWAYS: Final = tuple(f"{STUDY}{form}" for form in FORMS)

FORESEEN: Final = (
    *_ALWAYS,
    *(f"figures/dag.{suffix}" for suffix in FORMATS),
    "tables/arrows.csv",
    "tables/totals.csv",
)
"""Files of the brief of any fit that passes its gate; the names of the others depend on it."""

FORESEEN_OF_MONITOR: Final = (
    *(f"{MONITOR}{form}" for form in FORMS),
    "tables/monitor-estimates.csv",
)
"""Files of the brief on the published tables, whatever comes out of it."""


def brief_of_fit(fit: Path, out: Path, *, language: Language) -> list[Path]:
    """Write the brief of a fit: HTML, two PDFs, figures and tables, in the place of an earlier one.

    Parameters
    ----------
    fit
        Folder of a fit. What ``test``, ``refute`` and ``sensitivity`` found on it is taken up.
    out
        Folder to write to.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    FitError
        When the folder holds no whole fit, or one that an earlier version checked for less.
    OutputError
        When ``out`` cannot be written, which is found out first, its list of what an earlier brief
        wrote is damaged, or files in it that no brief wrote stand in the way.
    """
    require_writable_folder(out)
    require_replaceable(out, _ALWAYS)
    command = f"vm2causal brief {shlex.quote(fit.resolve().name)} --lang {language.value}"

    def write(folder: Path) -> list[Path]:
        study, written = study_evidence(fit, out=folder, command=command, language=language)
        return [*written, *write_study_brief(study, folder, language=language)]

    with alone_in(out):
        written = replace_files(out, write)
        remove_timings(out)  # of a run that this brief takes the place of
        return written


def study_evidence(
    fit: Path, *, out: Path, command: str, language: Language
) -> tuple[StudyEvidence, list[Path]]:
    """Ask a fit everything that a brief says of it; write its figures and tables.

    Parameters
    ----------
    out
        Gets ``figures/`` and ``tables/``.
    command
        That makes the brief again.
    """
    tables = FitTables(open_fit(fit))
    opened, answers = tables.opened, tables.answers
    attacks = _attacks(fit, opened, language)
    left_out = left_out_levels(opened, language)
    second = kept_attack(fit, SECOND, opened.record, language)
    figures = _figures(tables, language)
    with drawn_for(PHONE):
        again = _figures(tables, language)
    narrow = out_of_pyplot([item for items in again.values() for item in items])
    pictures = {part: in_two_forms(items, narrow) for part, items in figures.items()}
    written = save_figures([item for items in figures.values() for item in items], out / "figures")
    kept = attacks.get("sensitivity")
    by_group = _by_group(tables)
    if opened.passed:
        written += _write_tables(
            {
                "arrows": answers.arrows,
                "totals": released_table(as_licensed(answers.totals, answers.gates)),
                "mediation": tables.licensed_mediation,
                "slopes": answers.slopes,
                **{by_group_name(group): table for group, table in by_group.items()},
            },
            out / "tables",
            origin=opened.record["origin"],
        )
    data = opened.forward.data
    evidence = StudyEvidence(
        spec=data.spec,
        fit=shlex.quote(fit.resolve().name),
        record=opened.shown,
        size=study_size(data),
        arrows=answers.arrows,
        totals=answers.totals,
        mediation=answers.mediation,
        differences=answers.differences,
        slopes=answers.slopes,
        by_group=by_group,
        group_notes={
            group: tables.notes_by(group, table, language) for group, table in by_group.items()
        },
        gates=answers.gates,
        withheld=answers.withheld + tables.by_few[1] + tables.by_many[1],
        identified=_identified(data),
        attacks={name: found.document for name, found in attacks.items()},
        left_out=left_out,
        second=None if second is None else second.document,
        pictures=pictures | {"sensitivity": kept.pictures if kept else ()},
        levels=_levels(opened, answers.totals),
        horizon=_horizon(data, language),
        files=_named_files(by_group, {path.name for path in written}),
        panel=_panel(opened, language) if opened.passed else None,
        command=command,
    )
    return evidence, written


def write_study_brief(
    study: StudyEvidence, out: Path, *, language: Language, made_on: date | None = None
) -> list[Path]:
    """Compose the brief on a study and write it, with the picture of its headlines.

    Parameters
    ----------
    made_on
        Day in the foot of every page; today where None.
    """
    claims = [item for item in claims_of(study, language) if item.levels is not None]
    figures = _with_and_without(claims, study, language)
    written = save_figures(figures, out / "figures")
    brief = compose_study_brief(
        study,
        drawn=tuple(picture_of(item) for item in figures),
        made=_made(language, made_on),
        language=language,
    )
    return [*written, *_write(brief, out)]


def write_monitor_brief(
    monitor: MonitorEvidence, out: Path, *, language: Language, made_on: date | None = None
) -> list[Path]:
    """Compose the brief on the published tables and write it; see :func:`write_study_brief`."""
    made = _made(language, made_on)
    return _write(compose_monitor_brief(monitor, made=made, language=language), out)


def _made(language: Language, made_on: date | None) -> str:
    day = made_on or date.today()
    return text(
        "brief.made",
        language,
        version=metadata.version("vm2causal"),
        when=text("brief.day", language, day=day.day, month=day.month, year=day.year),
    )


def _write(brief: Brief, out: Path) -> list[Path]:
    contents: tuple[str | bytes, ...] = (
        render_html(brief),
        render_pdf(brief),
        render_annex(brief),
    )
    return [
        write_atomically(out / f"{brief.name}{form}", content)
        for form, content in zip(FORMS, contents, strict=True)
    ]


def _with_and_without(
    claims: Sequence[Claim], study: StudyEvidence, language: Language
) -> list[NamedFigure]:
    """The headlines on people as bars, a picture each on one scale: both sides of each contrast."""
    rows = [
        LevelRow(
            text("brief.picture.row", language, outcome=claim.outcome, cause=claim.cause),
            (claim.sides[0], claim.sides[1]),
            claim.levels,
        )
        for claim in claims
        if claim.levels is not None
    ]
    return [
        draw_levels(
            [row],
            name=numbered_name(["with", "and", "without"], place, len(rows)),
            title=text("figures.levels.study", language, per=number(PER, language)),
            data=released_table(level_numbers([row])),
            language=language,
            synthetic=study.synthetic,
            longest=longest_of(rows),
        )
        for place, row in enumerate(rows)
    ]


def _by_group(tables: FitTables) -> dict[str, ReleasedTable]:
    """Totals by the groups that are drawn, without the rows for everybody."""
    found = {tables.few: tables.by_few[0], tables.many: tables.by_many[0]}
    return {
        group: released_table(table[table["by"] == group].reset_index(drop=True))
        for group, table in found.items()
        if group is not None and not table.empty
    }


def _attacks(fit: Path, opened: FitOnDisk, language: Language) -> dict[str, KeptAttack]:
    kept = {name: kept_attack(fit, name, opened.record, language) for name in ATTACKS}
    return {name: found for name, found in kept.items() if found is not None}


def _figures(tables: FitTables, language: Language) -> dict[str, list[NamedFigure]]:
    """Every figure that the fit can give, by part of the brief.

    Of a fit that failed its gate only those that show how it failed.
    """
    possible = possible_figures(tables)
    passed = tables.opened.passed
    parts = {name: figures for name, figures in _PARTS.items() if passed or name == "diagnostics"}
    return {
        part: [
            item
            for name in names
            if name in possible
            for item in draw_figure(name, tables, language, groups=False)
        ]
        for part, names in parts.items()
    }


def _named_files(by_group: Mapping[str, ReleasedTable], written: Collection[str]) -> dict[str, str]:
    """Tables that the brief names, by what they hold, of those that were written."""
    names = {name: f"{name}.csv" for name in ("arrows", "mediation")}
    names |= {group: f"{by_group_name(group)}.csv" for group in by_group}
    return {name: f"tables/{file}" for name, file in names.items() if file in written}


def _levels(opened: FitOnDisk, totals: ReleasedTable) -> Levels:
    """Outcomes on people at both sides of the contrasts that have a headline.

    Computed as ``what-if`` computes them, so that their difference is the total effect.
    """
    forward = opened.forward
    spec = forward.data.spec
    if not opened.passed:
        return {}
    rows = []
    for row in headline_rows(records(totals), most=MOST_CLAIMS):
        variable = spec.variables[row["effect"]]
        if not has_event(spec, row["effect"]) or variable.kind.unordered:
            continue
        asked = {item.text: item for item in default_contrasts(forward, row["cause"])}
        contrast = asked[row["contrast"]]
        settings = Settings.of(forward, [row["cause"]], outcomes=[row["effect"]])
        members = members_of(forward, None, row["effect"])
        low, high = (
            interval(
                settings.responses({row["cause"]: value})[row["effect"]] @ members,
                row["natural"]["level"],
            )
            for value in (contrast.low, contrast.high)
        )
        key = {name: row[name] for name in ("cause", "effect", "contrast")}
        rows.append(key | {"low": low, "high": high})
    shown = records(released_table(pd.DataFrame(rows)))
    return {
        (row["cause"], row["effect"], row["contrast"]): (row["low"], row["high"]) for row in shown
    }


def _horizon(data: StructuralData, language: Language) -> str:
    """How many years after the start careers are counted last, by tranche where they differ."""
    if data.years is None:
        return ""
    cohorts = data.groups.get("tranche")
    if cohorts is None:
        years = sorted(set(map(int, data.years)))
        said = [after_years(year, language) for year in years]
    else:
        last = {
            cohorts.labels[code]: int(data.years[cohorts.codes == code].max())
            for code in sorted(set(map(int, cohorts.codes)))
        }
        said = [
            text(
                "brief.study.horizon.tranche",
                language,
                tranche=level_label(data.spec, "tranche", label, language),
                years=after_years(years, language),
            )
            for label, years in last.items()
        ]
    return text("brief.study.horizon", language, horizons="; ".join(said))


def study_size(data: StructuralData) -> dict[str, int]:
    """Number of units and, of a study, of schools and of the pupils who take part."""
    size = {"units": len(data.units)}
    if data.years is None:
        return size
    schools = len(data.groups["school"].labels) if "school" in data.groups else len(data.units)
    # those who take part: all pupils less these are those left out, who may be few
    return size | {"pupils": round(float(data.persons.sum())), "schools": schools}


def _identified(data: StructuralData) -> tuple[Identification, ...]:
    """Answers to the declared questions about what is in the data."""
    spec = data.spec
    asked = [
        CausalQuestion(query.cause, query.effect, query.kind)
        for query in spec.queries
        if query.cause in spec.graph.observed and query.effect in spec.graph.observed
    ]
    return tuple(identify_effects(spec.graph, asked))


def _panel(opened: FitOnDisk, language: Language) -> WhatIf | None:
    """The panel of a model with levers; None where nothing can be moved, or nothing follows."""
    forward = opened.forward
    causes = default_causes(forward)
    failed, unjudged = (
        doubtful_outcomes(opened.gate["predictions"], state)
        for state in (State.FAILED, State.UNJUDGED)
    )
    possible = default_outcomes(forward, causes) if causes else ()
    outcomes = tuple(name for name in possible if name not in failed)
    if not outcomes:
        return None
    causes, places = shown_settings(forward, causes, default_places(forward))
    if not causes:
        return None
    offered = {name: (AS_IS, *values) for name, values in causes.items()}
    now, then = what_if_grid(forward, offered, places=places, outcomes=outcomes)
    now, then = released_grid(now), released_grid(then)
    panel = what_if_panel(forward, now, then, causes, language)
    spec = forward.data.spec
    warnings = [
        text(
            "brief.panel.not_identified",
            language,
            cause=spec.label(cause, language),
            outcome=spec.label(effect, language),
        )
        for cause in causes
        for effect in not_identified(forward, [cause], outcomes)
    ]
    for state, names in ((State.FAILED, failed), (State.UNJUDGED, unjudged)):
        concerned = [spec.label(name, language) for name in possible if name in names]
        if concerned:
            key = f"gate.predictions.{state.value}"
            warnings.append(text(key, language, names=", ".join(concerned)))
    bent = failed_arrows(opened, list(causes), outcomes)
    if bent:
        what = listed((shape_in_words(row, spec, language) for row in bent), language)
        warnings.append(text("gate.arrows", language, what=what))
    return replace(panel, lead=" ".join([panel.lead, *warnings]))


def _write_tables(tables: Mapping[str, ReleasedTable], folder: Path, *, origin: str) -> list[Path]:
    """Write tables as CSV, each row with the origin of its numbers."""
    return [
        write_atomically(folder / f"{name}.csv", csv_text(with_origin(flattened(table), origin)))
        for name, table in tables.items()
        if not table.empty
    ]
