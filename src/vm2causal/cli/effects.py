"""``vm2causal effects`` and ``what-if``: what a fit answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vm2causal.cli.attacks import Fit, announce_gate
from vm2causal.cli.options import DEFAULT_LANGUAGE, Json, Lang, Level
from vm2causal.cli.output import announce, print_json, print_table, say, steps
from vm2causal.texts import Language, percentage, text

if TYPE_CHECKING:
    import pandas as pd

    from vm2causal.identify.result import Bilingual
    from vm2causal.workflow.effects import Answers, FitOnDisk


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
        _announce_unanswered(opened, lang)
    else:
        answers = workflow.effects_of(opened, do, versus=versus or (), on=on, by=by, level=level)
        if len(do) > 1:
            announce(text("effects.joint", lang))
    unknowable = _mediation_notes(opened, answers)
    _warn(opened, answers, unknowable, lang)
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
                notes=unknowable,
            )
        )
        return
    _print_answers(opened, answers, lang, () if notes is None else notes.sentences)


def _with_second(
    fit: Path, opened: FitOnDisk, answers: Answers, lang: Language, level: float
) -> Answers:
    from vm2causal.workflow import second_opinions as workflow
    from vm2causal.workflow.attack_records import keep_second_opinions, require_room_beside

    # a brief shows one level throughout
    kept = level == workflow.LEVEL and _written(lambda: require_room_beside(fit), lang)
    queries = opened.forward.data.spec.queries
    with steps([query.effect for query in queries]) as progress:
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

    opened = workflow.open_fit(fit)
    table, outside = workflow.answer_what_if(opened, do, place=place, level=level)
    announce_gate(opened.shown, lang)
    causes = tuple(dict.fromkeys(change.partition("=")[0].strip() for change in do))
    _warn_not_identified(opened, {causes: list(table["outcome"])}, lang)
    _warn_predictions(opened, causes, list(table["outcome"]), lang)
    for change in outside:
        contrast = f"{change.cause}={change.high_text}"
        announce(text("effects.outside", lang, contrast=contrast, cause=change.cause))
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


def _announce_unanswered(opened: FitOnDisk, lang: Language) -> None:
    """Say of each declared question that the data cannot answer why it has no effect here."""
    spec = opened.forward.data.spec
    for item in opened.shown["unanswerable"]:
        said = {
            "cause": spec.label(item["cause"], lang),
            "effect": spec.label(item["effect"], lang),
            "kind": text(f"fit.kind.{item['kind']}", lang),
            "reason": item["reason"][lang.value],
        }
        announce(text("fit.unanswerable", lang, **said))


def _announce_back_in_time(opened: FitOnDisk, lang: Language) -> None:
    """Say which arrows of a study lead from what was asked last to earlier years."""
    found = opened.shown.get("back_in_time", ())
    names = ", ".join(f"{item['cause']} → {item['effect']}" for item in found)
    if names:
        announce(text("fit.back_in_time", lang, names=names))


def _mediation_notes(opened: FitOnDisk, answers: Answers) -> tuple[Bilingual, ...]:
    """What no data can tell of the mediation that is shown."""
    from vm2causal.workflow.questions import mediation_notes

    if answers.mediation.empty:
        return ()
    pairs = zip(answers.mediation["cause"], answers.mediation["effect"], strict=True)
    return mediation_notes(opened.forward.data.spec.graph, pairs)


def _warn(
    opened: FitOnDisk, answers: Answers, unknowable: Sequence[Bilingual], lang: Language
) -> None:
    from vm2causal.disclosure import MINIMUM
    from vm2causal.report.words.reading import outlier_lines
    from vm2causal.report.words.selection import selection_lines

    announce_gate(opened.shown, lang)
    for line in selection_lines(opened.shown.get("selection"), opened.forward.data.spec, lang):
        announce(line)
    for note in unknowable:
        announce(note.in_language(lang))
    for line in outlier_lines(opened.shown, opened.forward.data.spec, lang):
        announce(line)
    _announce_back_in_time(opened, lang)
    if not answers.totals.empty:
        outside = answers.totals[answers.totals["outside"]]
        for cause, contrast in dict.fromkeys(
            zip(outside["cause"], outside["contrast"], strict=True)
        ):
            announce(text("effects.outside", lang, contrast=contrast, cause=cause))
        totals = answers.totals[answers.totals["kind"] == "total"]
        asked: dict[tuple[str, ...], list[str]] = {}
        for cause, effect in dict.fromkeys(zip(totals["cause"], totals["effect"], strict=True)):
            asked.setdefault(tuple(cause.split(", ")), []).append(effect)
        _warn_not_identified(opened, asked, lang)
    if answers.withheld:
        announce(text("effects.withheld", lang, minimum=MINIMUM, number=answers.withheld))
    _warn_gate(opened, answers, lang)


def _warn_predictions(
    opened: FitOnDisk, causes: tuple[str, ...], outcomes: list[str], lang: Language
) -> None:
    """What the checks say of predictions, and of the arrows that lead to them."""
    from vm2causal.report.words.gate import listed, prediction_lines, shape_in_words
    from vm2causal.workflow.effects import failed_arrows

    spec = opened.forward.data.spec
    asked = [row for row in opened.gate["predictions"] if row["variable"] in outcomes]
    for line in prediction_lines(asked, spec, lang):
        announce(line)
    failed = failed_arrows(opened, causes, outcomes)
    if failed:
        what = listed((shape_in_words(row, spec, lang) for row in failed), lang)
        announce(text("gate.arrows", lang, what=what))


def _warn_gate(opened: FitOnDisk, answers: Answers, lang: Language) -> None:
    """What the checks say of the arrows and the total effects that are shown."""
    from vm2causal.report.words.gate import effect_lines, listed, shape_in_words

    spec = opened.forward.data.spec
    if not answers.arrows.empty:
        failed = [row for row in opened.gate["tests"] if row["state"] == "failed"]
        what = listed((shape_in_words(row, spec, lang) for row in failed), lang)
        if what:
            announce(text("gate.arrows", lang, what=what))
    for line in effect_lines(answers.gates, spec, lang):
        announce(line)


def _warn_not_identified(
    opened: FitOnDisk, asked: Mapping[tuple[str, ...], Iterable[str]], lang: Language
) -> None:
    """Say of which effects the graph does not let the data decide; ``asked`` is by causes."""
    from vm2causal.identify.sentences import listed
    from vm2causal.workflow.questions import not_identified

    spec = opened.forward.data.spec
    for causes, effects in asked.items():
        names = [spec.label(name, lang) for name in not_identified(opened.forward, causes, effects)]
        if names:
            said = {"cause": listed([spec.label(name, lang) for name in causes], lang)}
            said["effects"] = ", ".join(names)
            announce(text("effects.not_identified", lang, **said))


def _print_answers(
    opened: FitOnDisk, answers: Answers, lang: Language, notes: Sequence[str]
) -> None:
    """Print every table that is not empty.

    An effect that the checks withhold has dashes there, and the reason beneath; ``notes`` go
    beneath the tables by group.
    """
    from vm2causal.checks.gate.licences import as_licensed
    from vm2causal.report.documents.records import records
    from vm2causal.report.words import effect_rows
    from vm2causal.report.words.gate import unchecked_lines, withheld_lines

    cells = {
        "arrows": (answers.arrows, effect_rows.arrow_cells),
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
