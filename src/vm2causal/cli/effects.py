"""``vm2causal effects`` and ``what-if``: what a fit answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vm2causal.cli.options import DEFAULT_LANGUAGE, Json, Lang, Level
from vm2causal.cli.output import announce, print_json, print_table, steps
from vm2causal.texts import Language, number, percentage, text

if TYPE_CHECKING:
    from vm2causal.workflow.effects import Answers, FitOnDisk

Fit = Annotated[Path, typer.Argument(metavar="FIT", help="Folder that 'fit' wrote.")]


def effects(
    fit: Fit,
    do: Annotated[
        str | None, typer.Option(metavar="CAUSE=VALUE", help="What is done; see --versus.")
    ] = None,
    versus: Annotated[
        str | None,
        typer.Option(metavar="CAUSE=VALUE", help="Against what; by default the usual value."),
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
    from vm2causal.report.effects_documents import effects_document
    from vm2causal.workflow import effects as workflow

    if do is None and (versus is not None or on is not None):
        raise OptionError("--versus and --on need --do.", fix="Say what is done: --do CAUSE=VALUE.")
    if second and do is not None:
        raise OptionError("--second-opinion is for the declared effects; leave out --do.")
    opened = workflow.open_fit(fit)
    if do is None:
        answers = workflow.all_effects(opened, by=by, level=level)
        if second:
            answers = _with_second(opened, answers, lang, level)
    else:
        answers = workflow.effects_of(opened, do, versus=versus, on=on, by=by, level=level)
    _warn(opened, answers, lang)
    if as_json:
        print_json(
            effects_document(
                answers.arrows,
                answers.totals,
                answers.mediation,
                record=opened.record,
                withheld=answers.withheld,
                second=answers.second,
            )
        )
        return
    _print_answers(opened, answers, lang)


def _with_second(opened: FitOnDisk, answers: Answers, lang: Language, level: float) -> Answers:
    from vm2causal.workflow import effects as workflow

    queries = opened.forward.data.spec.queries
    with steps([query.effect for query in queries]) as progress:
        found = workflow.second_opinions(opened, lang, level=level, progress=progress)
    return replace(answers, second=found)


def what_if(
    fit: Fit,
    do: Annotated[
        list[str], typer.Option(metavar="CAUSE=VALUE", help="A change; may be given again.")
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
    from vm2causal.report.documents import records
    from vm2causal.report.effects_documents import what_if_document
    from vm2causal.workflow import effects as workflow

    opened = workflow.open_fit(fit)
    table, outside = workflow.answer_what_if(opened, do, place=place, level=level)
    _warn_gate(opened, lang)
    for change in outside:
        contrast = f"{change.cause}={change.high_text}"
        announce(text("effects.outside", lang, contrast=contrast, cause=change.cause))
    if as_json:
        print_json(what_if_document(table, record=opened.record, place=place, changes=do))
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
                    _shown(row[name], _is_share(opened, row["outcome"]), lang)
                    for name in ("now", "then", "difference")
                ),
                percentage(row["p_positive"], lang, 0),
            )
            for row in records(table)
        ],
    )


def _warn(opened: FitOnDisk, answers: Answers, lang: Language) -> None:
    from vm2causal.disclosure import MINIMUM

    _warn_gate(opened, lang)
    if not answers.totals.empty:
        outside = answers.totals[answers.totals["outside"]]
        for cause, contrast in dict.fromkeys(
            zip(outside["cause"], outside["contrast"], strict=True)
        ):
            announce(text("effects.outside", lang, contrast=contrast, cause=cause))
    left_out = opened.fit.layout.left_out
    if left_out:
        labels = [opened.forward.data.spec.label(name, lang) for name in left_out]
        announce(text("effects.left_out", lang, names=", ".join(labels)))
    if answers.withheld:
        announce(text("effects.withheld", lang, minimum=MINIMUM, number=answers.withheld))


def _warn_gate(opened: FitOnDisk, lang: Language) -> None:
    if opened.record["origin"] == "synthetic":
        announce(text("fit.synthetic", lang))
    if not opened.passed:
        failures = ", ".join(opened.record["diagnostics"]["failures"])
        announce(text("effects.gate_failed", lang, failures=failures))


def _print_answers(opened: FitOnDisk, answers: Answers, lang: Language) -> None:
    from vm2causal.report.documents import records

    if not answers.arrows.empty:
        columns = ["cause", "effect", "contrast", "standardised", "natural", "p_direction"]
        columns += ["bayes_factor", "literature", "verdict"]
        rows = [_arrow(opened, row, lang) for row in records(answers.arrows)]
        _print("effects.arrows.title", columns, rows, lang)
    if not answers.totals.empty:
        columns = ["cause", "effect", "kind", "contrast", "group", "natural", "career"]
        rows = [_total(opened, row, lang) for row in records(answers.totals)]
        _print("effects.totals.title", columns, rows, lang)
    if not answers.mediation.empty:
        columns = ["cause", "effect", "contrast", "through", "indirect", "direct", "total"]
        rows = [_mediated(opened, row, lang) for row in records(answers.mediation)]
        _print("effects.mediation.title", columns, rows, lang)
    if not answers.second.empty:
        columns = ["cause", "effect", "contrast", "first", "second", "adjusted_for", "agreement"]
        rows = [_opinion(opened, row, lang) for row in records(answers.second)]
        _print("effects.second.title", columns, rows, lang)


def _print(title: str, columns: list[str], rows: Sequence[Sequence[Any]], lang: Language) -> None:
    headings = [text(f"effects.column.{name}", lang) for name in columns]
    print_table(text(title, lang), headings, rows)


def _arrow(opened: FitOnDisk, row: Mapping[str, Any], lang: Language) -> tuple[str, ...]:
    spec = opened.forward.data.spec
    effect = spec.label(row["effect"], lang)
    if row["effect_level"]:
        effect = f"{effect}: {row['effect_level']}"
    verdict = text(f"effects.verdict.{row['verdict']}", lang)
    if row["untestable"]:
        reason = text(f"effects.untestable.{row['untestable']}", lang)
        verdict = text("effects.verdict.with_reason", lang, verdict=verdict, reason=reason)
    literature = row["literature"] or "aanname"
    none = text("effects.none", lang)
    return (
        spec.label(row["cause"], lang),
        effect,
        row["contrast"] or none,
        _shown(row["standardised"], False, lang),
        _shown(row["natural"], _is_share(opened, row["effect"]), lang),
        none if row["p_direction"] is None else percentage(row["p_direction"], lang, 0),
        none if row["bayes_factor"] is None else _factor(row["bayes_factor"], lang),
        text(f"model.evidence.{literature}", lang),
        verdict,
    )


def _total(opened: FitOnDisk, row: Mapping[str, Any], lang: Language) -> tuple[str, ...]:
    spec = opened.forward.data.spec
    effect = spec.label(row["effect"], lang)
    everybody = text("effects.everybody", lang)
    return (
        spec.label(row["cause"], lang),
        f"{effect}: {row['effect_level']}" if row["effect_level"] else effect,
        text(f"effects.kind.{row['kind']}", lang),
        row["contrast"],
        everybody if row["by"] is None else row["group"],
        _shown(row["natural"], _is_share(opened, row["effect"]), lang),
        _shown(row["career"], True, lang),
    )


def _mediated(opened: FitOnDisk, row: Mapping[str, Any], lang: Language) -> tuple[str, ...]:
    spec, share = opened.forward.data.spec, _is_share(opened, row["effect"])
    return (
        spec.label(row["cause"], lang),
        spec.label(row["effect"], lang),
        row["contrast"],
        ", ".join(spec.label(name, lang) for name in row["through"]),
        *(_shown(row[name], share, lang) for name in ("indirect", "direct", "total")),
    )


def _opinion(opened: FitOnDisk, row: Mapping[str, Any], lang: Language) -> tuple[str, ...]:
    spec, share = opened.forward.data.spec, _is_share(opened, row["effect"])
    if row["second"] is None:
        agreement = row["reason"] or text("effects.none", lang)
    elif not row["passed"]:
        agreement = text("effects.second.gate_failed", lang)
    else:
        key = "disagrees" if row["disagrees"] else "agrees"
        agreement = text(f"effects.second.{key}", lang)
    effect = spec.label(row["effect"], lang)
    return (
        spec.label(row["cause"], lang),
        f"{effect}: {row['effect_level']}" if row["effect_level"] else effect,
        row["contrast"],
        _shown(row["first"], share, lang),
        _shown(row["second"], share, lang),
        ", ".join(spec.label(name, lang) for name in row["adjusted_for"] or ())
        or text("effects.none", lang),
        agreement,
    )


def _factor(value: float, lang: Language) -> str:
    """A Bayes factor; past a thousand its size says no more."""
    return f"> {number(1000, lang)}" if value > 1000 else number(value, lang, 1)


def _is_share(opened: FitOnDisk, name: str) -> bool:
    """Whether a variable's response is a probability, shown as percentages."""
    return opened.forward.data.spec.variables[name].kind.value in ("count", "binary", "nominal")


def _shown(value: Mapping[str, float] | None, share: bool, lang: Language) -> str:
    if value is None:
        return text("effects.none", lang)
    shown = [
        percentage(value[part], lang, 1) if share else number(value[part], lang, 2)
        for part in ("mean", "lower", "upper")
    ]
    return f"{shown[0]} ({shown[1]}; {shown[2]})"
