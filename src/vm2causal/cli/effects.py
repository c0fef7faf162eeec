"""``vm2causal effects`` and ``what-if``: what a fit answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vm2causal.cli.assignments import assignments
from vm2causal.cli.attacks import Fit
from vm2causal.cli.options import DEFAULT_LANGUAGE, Json, Lang, Level
from vm2causal.cli.output import announce, print_json, print_table, say
from vm2causal.progress import told_steps
from vm2causal.texts import Language, percentage, text

if TYPE_CHECKING:
    import pandas as pd

    from vm2causal.workflow.effects import Answers, FitOnDisk


_FEW_LEVELS: Final = 12
"""Levels of a group whose coefficients are printed unasked."""

_BY_NUMBER: Final = ("totals", "mediation")
"""Tables of effects that the checks of a fit can take the number from."""


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
    second: Annotated[
        bool,
        typer.Option("--second-opinion", help="Estimate the declared effects again by adjustment."),
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
        answers = workflow.all_effects(opened, by=by, level=level)
        if second:
            answers = _with_second(fit, opened, answers, lang, level)
        spec = opened.forward.data.spec
        for line in unanswered_lines(opened.shown["unanswerable"], spec, lang):
            announce(line)
    else:
        done, against = assignments(do, "--do"), assignments(versus or (), "--versus")
        answers = workflow.effects_of(opened, done, versus=against, on=on, by=by, level=level)
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
    _print_answers(opened, answers, lang, () if notes is None else notes.sentences, by)


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
    print_table(
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


def _print_answers(
    opened: FitOnDisk, answers: Answers, lang: Language, notes: Sequence[str], by: str | None
) -> None:
    """Print every table that is not empty.

    An effect that the checks withhold has dashes there, and the reason beneath; ``notes`` go
    beneath the tables by group. Of a group with many levels ``slopes`` are shown when asked by it.
    """
    from vm2causal.checks.gate.licences import as_licensed
    from vm2causal.report.documents.records import records
    from vm2causal.report.words import effect_rows
    from vm2causal.report.words.gate import unchecked_lines, withheld_lines

    cells = {
        "arrows": (answers.arrows, effect_rows.arrow_cells),
        "differences": (answers.differences, effect_rows.difference_cells),
        "slopes": (_few_levels(answers.slopes, by), effect_rows.slope_cells),
        "shapes": (answers.shapes, effect_rows.shape_cells),
        "totals": (as_licensed(answers.totals, answers.gates), effect_rows.total_cells),
        "mediation": (as_licensed(answers.mediation, answers.gates), effect_rows.mediation_cells),
        "second": (answers.second, effect_rows.opinion_cells),
    }
    spec = opened.forward.data.spec
    for name, (table, said) in cells.items():
        rows = [said(row, spec, lang) for row in records(table)]
        if rows:
            headings = [text(f"effects.column.{column}", lang) for column in rows[0]]
            last = [_wrong_signs_row(table, rows[0], lang)] if name == "arrows" else []
            shown = [row.values() for row in (*rows, *last)]
            print_table(text(f"effects.{name}.title", lang), headings, shown)
        if name == "arrows" and rows:
            for sentence in effect_rows.notes_explained(records(table), lang):
                say(sentence)
        if name in _BY_NUMBER and rows:
            reasons = withheld_lines(answers.gates, spec, lang) if name == "totals" else ()
            for sentence in (*reasons, *unchecked_lines(table, lang), *notes):
                say(sentence)


def _few_levels(slopes: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """Coefficients by groups of few levels, and by the group that effects are asked by."""
    if slopes.empty:
        return slopes
    levels = slopes.groupby("by")["group"].transform("nunique")
    return slopes[(levels <= _FEW_LEVELS) | (slopes["by"] == by)]


def _wrong_signs_row(
    arrows: pd.DataFrame, columns: Iterable[str], lang: Language
) -> dict[str, str]:
    """Last row of a table of arrows: how many of the signs it names are to be expected wrong."""
    from vm2causal.report.words.effect_rows import wrong_signs_fields

    said = {
        "cause": text("effects.wrong_signs", lang),
        "verdict": text("effects.wrong_signs.value", lang, **wrong_signs_fields(arrows, lang)),
    }
    return {column: said.get(column, "") for column in columns}
