"""``vm2causal effects`` and ``what-if``: what a fit answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vm2causal.cli.assignments import assignments
from vm2causal.cli.attacks import Fit
from vm2causal.cli.options import DEFAULT_LANGUAGE, Json, Lang, Level
from vm2causal.cli.output import announce, print_columns, print_json, say
from vm2causal.progress import told_steps
from vm2causal.texts import Language, number, percentage, text

if TYPE_CHECKING:
    import pandas as pd

    from vm2causal.spec import CausalSpec
    from vm2causal.workflow.effects import Answers, FitOnDisk


_FEW_LEVELS: Final = 12
"""Levels of a group whose coefficients are printed unasked."""


def effects(
    fit: Fit,
    do: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CAUSE=VALUE", help="What is done; given again: done together. See --versus."
        ),
    ] = None,
    versus: Annotated[
        list[str] | None,
        typer.Option(metavar="CAUSE=VALUE", help="Against what; by default the usual other value."),
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="EFFECT", help="On which variable; by default all.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="GROUP", help="Per level of a group, e.g. sector.")
    ] = None,
    new: Annotated[
        str | None,
        typer.Option(
            metavar="GROUP", help="In other levels of a group than the data have, e.g. school."
        ),
    ] = None,
    second: Annotated[
        bool,
        typer.Option("--second-opinion", help="Estimate the declared effects again by adjustment."),
    ] = False,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Every arrow, those of control variables too, and all columns."),
    ] = False,
    lang: Lang = DEFAULT_LANGUAGE,
    level: Level = 0.95,
    as_json: Json = False,
) -> None:
    """Weigh every arrow; total and indirect effects under an intervention.

    Without --do: all arrows, and the questions the model file declares.
    """
    from vm2causal.errors import OptionError
    from vm2causal.report.documents.effects import effects_document
    from vm2causal.workflow import effects as workflow
    from vm2causal.workflow.answer_lines import answer_lines, unanswered_lines, unknowable_shares
    from vm2causal.workflow.fit_tables import notes_by

    if not do and (versus or on is not None):
        raise OptionError("--versus and --on need --do.", fix="Say what is done: --do CAUSE=VALUE.")
    if second and do:
        raise OptionError("--second-opinion is for the declared effects; leave out --do.")
    opened = workflow.open_fit(fit)
    if not do:
        answers = workflow.all_effects(opened, by=by, new=new, level=level)
        if second:
            answers = _with_second(fit, opened, answers, lang, level)
        spec = opened.forward.data.spec
        for line in unanswered_lines(opened.shown["unanswerable"], spec, lang):
            announce(line)
    else:
        done, against = assignments(do, "--do"), assignments(versus or (), "--versus")
        answers = workflow.effects_of(
            opened, done, versus=against, on=on, by=by, new=new, level=level
        )
        if len(done) > 1:
            announce(text("effects.joint", lang))
    unknowable = unknowable_shares(opened, answers)
    for line in answer_lines(opened, answers, lang, unknowable=unknowable):
        announce(line)
    notes = None if by is None else notes_by(opened, by, answers.totals, lang)
    if as_json:
        print_json(
            effects_document(
                answers.arrows,
                answers.totals,
                answers.mediation,
                record=opened.shown,
                behind=opened.behind,
                withheld=answers.withheld,
                gates=answers.gates,
                by_group=None if by is None or notes is None else (by, notes),
                second=answers.second,
                differences=answers.differences,
                slopes=answers.slopes,
                shapes=answers.shapes,
                notes=unknowable,
            )
        )
        return
    said = () if notes is None else notes.sentences
    printed = _print_everything if everything else _print_compact
    printed(opened, answers, lang, said, by)


def _with_second(
    fit: Path, opened: FitOnDisk, answers: Answers, lang: Language, level: float
) -> Answers:
    from vm2causal.workflow import second_opinions as workflow
    from vm2causal.workflow.attack_records import keep_second_opinions, require_room_beside

    # a brief shows one level throughout
    kept = level == workflow.LEVEL and _written(lambda: require_room_beside(fit), lang)
    queries = opened.forward.data.spec.queries
    with told_steps(lang, total=len(queries)) as progress:
        found = workflow.second_opinions(opened, level=level, progress=progress)
    if kept:
        _written(lambda: keep_second_opinions(fit, opened, found), lang)
    return workflow.with_second_opinions(opened, answers, found, lang)


def _written(write: Callable[[], object], lang: Language) -> bool:
    """Write beside a fit; where that cannot be done it is said, and the answer comes anyway."""
    from vm2causal.errors import OutputError

    try:
        write()
    except OutputError:
        announce(text("effects.second.not_kept", lang))
        return False
    return True


def what_if(
    fit: Fit,
    do: Annotated[
        list[str],
        typer.Option(metavar="CAUSE=VALUE", help="A change; given again: another one with it."),
    ],
    place: Annotated[
        str | None,
        typer.Option("--at", metavar="SCHOOL", help="A school, experiment or group of the fit."),
    ] = None,
    lang: Lang = DEFAULT_LANGUAGE,
    level: Level = 0.95,
    as_json: Json = False,
) -> None:
    """Say what would become of a school's pupils under a change."""
    from vm2causal.report.documents.effects import what_if_document
    from vm2causal.report.documents.records import records
    from vm2causal.report.words.effect_rows import has_event, interval_text
    from vm2causal.workflow import effects as workflow
    from vm2causal.workflow.answer_lines import what_if_lines

    opened = workflow.open_fit(fit)
    done = assignments(do, "--do")
    table, outside = workflow.answer_what_if(opened, done, place=place, level=level)
    causes = tuple(done)
    for line in what_if_lines(opened, causes, list(table["outcome"]), outside, lang):
        announce(line)
    if as_json:
        print_json(
            what_if_document(
                table, record=opened.shown, place=place, changes=do, behind=opened.behind
            )
        )
        return
    headings = ["outcome", "now", "then", "difference", "p_positive"]
    spec = opened.forward.data.spec
    print_columns(
        text(
            "effects.what_if.title",
            lang,
            changes=", ".join(do),
            place=place or text("effects.everybody", lang),
        ),
        [text(f"effects.column.{name}", lang) for name in headings],
        [
            (
                text(
                    f"effects.scale.{row['scale']}", lang, outcome=spec.label(row["outcome"], lang)
                ),
                *(
                    interval_text(
                        row[name],
                        lang,
                        share=has_event(spec, row["outcome"]),
                        signed=name == "difference",
                    )
                    for name in ("now", "then", "difference")
                ),
                percentage(row["p_positive"], lang, 0),
            )
            for row in records(table)
        ],
    )


def _print_compact(
    opened: FitOnDisk, answers: Answers, lang: Language, notes: Sequence[str], by: str | None
) -> None:
    """Print what fits 80 columns: arrows in order of what they say, then effects."""
    from vm2causal.checks.gate.licences import as_licensed
    from vm2causal.report.documents.records import records
    from vm2causal.report.words import compact_rows, effect_rows
    from vm2causal.report.words.arrow_order import ordered_arrows

    spec = opened.forward.data.spec
    about, controls = ordered_arrows(records(answers.arrows), spec)
    cells = [compact_rows.compact_arrow(row, spec, lang) for row in about]
    _print_cells("arrows", cells, lang)
    if cells:
        say(_wrong_signs(answers.arrows, lang))
        for sentence in effect_rows.notes_explained(about, lang):
            say(sentence)
    if controls:
        names = ", ".join(dict.fromkeys(row["cause"] for row in controls))
        shown = number(len(controls), lang)
        say(text("effects.controls.more", lang, number=shown, names=names))
    for name in ("differences", "slopes", "second"):
        _print_cells(name, _cells_of(name, answers, spec, lang, by), lang)
    totals = records(as_licensed(answers.totals, answers.gates))
    _print_cells("totals", compact_rows.compact_totals(totals, spec, lang), lang)
    _say_of_totals(opened, answers, lang, notes)
    parts = records(as_licensed(answers.mediation, answers.gates))
    _print_cells("mediation", compact_rows.compact_mediation(parts, spec, lang), lang)


def _print_everything(
    opened: FitOnDisk, answers: Answers, lang: Language, notes: Sequence[str], by: str | None
) -> None:
    """Print every table that is not empty, with all its columns; control variables last.

    An effect that the checks withhold has dashes there, and the reason beneath; ``notes`` go
    beneath the tables by group. Of a group with many levels ``slopes`` are shown when asked by it.
    """
    from vm2causal.report.documents.records import records
    from vm2causal.report.words import effect_rows
    from vm2causal.report.words.arrow_order import ordered_arrows

    spec = opened.forward.data.spec
    about, controls = ordered_arrows(records(answers.arrows), spec)
    for title, rows in (("arrows", about), ("controls", controls)):
        cells = [effect_rows.arrow_cells(row, spec, lang) for row in rows]
        _print_cells(title, cells, lang)
    if about or controls:
        say(_wrong_signs(answers.arrows, lang))
    for sentence in effect_rows.notes_explained([*about, *controls], lang):
        say(sentence)
    for name in ("differences", "slopes", "totals", "mediation", "second"):
        _print_cells(name, _cells_of(name, answers, spec, lang, by), lang)
        if name == "totals":
            _say_of_totals(opened, answers, lang, notes)


def _cells_of(
    name: str, answers: Answers, spec: CausalSpec, lang: Language, by: str | None
) -> list[dict[str, str]]:
    """All cells of a table."""
    from vm2causal.checks.gate.licences import as_licensed
    from vm2causal.report.documents.records import records
    from vm2causal.report.words import effect_rows

    table, said = {
        "differences": (answers.differences, effect_rows.difference_cells),
        "slopes": (_few_levels(answers.slopes, by), effect_rows.slope_cells),
        "totals": (as_licensed(answers.totals, answers.gates), effect_rows.total_cells),
        "mediation": (as_licensed(answers.mediation, answers.gates), effect_rows.mediation_cells),
        "second": (answers.second, effect_rows.opinion_cells),
    }[name]
    return [said(row, spec, lang) for row in records(table)]


def _say_of_totals(
    opened: FitOnDisk, answers: Answers, lang: Language, notes: Sequence[str]
) -> None:
    """What the checks withhold or have not judged, and what goes with effects by group."""
    from vm2causal.report.words.gate import unchecked_lines, withheld_lines

    if answers.totals.empty:
        return
    reasons = withheld_lines(answers.gates, opened.forward.data.spec, lang)
    for sentence in (*reasons, *unchecked_lines(answers.totals, lang), *notes):
        say(sentence)


def _print_cells(name: str, rows: Sequence[Mapping[str, str]], lang: Language) -> None:
    if rows:
        headings = [text(f"effects.column.{column}", lang) for column in rows[0]]
        print_columns(text(f"effects.{name}.title", lang), headings, [row.values() for row in rows])
        say("")


def _few_levels(slopes: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """Coefficients by groups of few levels, and by the group that effects are asked by."""
    if slopes.empty:
        return slopes
    levels = slopes.groupby("by")["group"].transform("nunique")
    return slopes[(levels <= _FEW_LEVELS) | (slopes["by"] == by)]


def _wrong_signs(arrows: pd.DataFrame, lang: Language) -> str:
    """How many of the signs that the arrows name are to be expected wrong."""
    from vm2causal.report.words.effect_rows import wrong_signs_fields

    return text("effects.wrong_signs.long", lang, **wrong_signs_fields(arrows, lang))
