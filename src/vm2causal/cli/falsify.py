"""``vm2causal test``: what the data say against the model of a fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vm2causal.cli.attacks import Executor, Fit, Resume, Work, announce_gate
from vm2causal.cli.options import DEFAULT_LANGUAGE, DEFAULT_SEED, Json, Lang, Seed
from vm2causal.cli.output import announce, print_json, print_table, say
from vm2causal.progress import told_count
from vm2causal.texts import Language, number, percentage, text

if TYPE_CHECKING:
    from vm2causal.disclosure import Released
    from vm2causal.spec import CausalSpec


def falsify(
    fit: Fit,
    *,
    rival: Annotated[
        list[str] | None,
        typer.Option(metavar="M", help="Another model of the same data; may be given again."),
    ] = None,
    folds: Annotated[
        int, typer.Option(min=0, help="Folds of schools where LOO fails; 0 for none.")
    ] = 5,
    false_alarms: Annotated[
        int,
        typer.Option(metavar="N", min=0, help="Data sets to draw from the model and to test."),
    ] = 0,
    dowhy_seconds: Annotated[
        float, typer.Option(min=0, help="Time for DoWhy's second opinion; 0 for none.")
    ] = 120,
    executor: Executor = "serial",
    work: Work = None,
    resume: Resume = True,
    seed: Seed = DEFAULT_SEED,
    lang: Lang = DEFAULT_LANGUAGE,
    as_json: Json = False,
) -> None:
    """Test what the model implies: its independences, its graph, and its rivals."""
    from vm2causal.report.documents.falsification import falsification_document
    from vm2causal.spec import read_model
    from vm2causal.workflow.attack_records import keep_falsification
    from vm2causal.workflow.attacks import batch_folder
    from vm2causal.workflow.effects import open_fit
    from vm2causal.workflow.falsification import falsify_fit

    opened = open_fit(fit)
    announce_gate(opened.shown, lang)
    with told_count(text("falsification.progress", lang), lang) as progress:
        found = falsify_fit(
            opened,
            folder=work or batch_folder(fit),
            seed=seed,
            rivals=[read_model(name) for name in rival or ()],
            folds=folds,
            false_alarms=false_alarms,
            dowhy_seconds=dowhy_seconds,
            executor=executor,
            resume=resume,
            progress=progress,
        )
    keep_falsification(fit, opened, found)
    document = falsification_document(found, record=opened.shown, behind=opened.behind)
    _announce(document["failed_tests"], found.damaged, lang)
    if as_json:
        print_json(document)
        return
    spec = opened.forward.data.spec
    _print_independences(document, spec, lang)
    _print_graph(document, lang)
    _print_rivals(document["rivals"], spec, lang)
    _print_false_alarms(document["false_alarms"], lang)


def _announce(failed: Mapping[str, str], damaged: Sequence[str], lang: Language) -> None:
    for name, reason in failed.items():
        announce(text("falsification.failed", lang, name=name, reason=reason))
    if damaged:
        announce(text("falsification.damaged", lang, names=", ".join(damaged)))


def _print_independences(document: Released, spec: CausalSpec, lang: Language) -> None:
    from vm2causal.report.documents.falsification import detectable_sentences

    rows, summary = document["independences"], document["summary"]
    columns = ["pair", "coefficient", "detectable", "tail", "q", "bayes_factor", "verdict"]
    judged = sorted((row for row in rows if row["untested"] is None), key=itemgetter("tail"))
    tested = [_row(row, spec, lang) for row in judged]
    print_table(text("falsification.title", lang), _headings(columns, lang), tested)
    untested = Counter(row["untested"] for row in rows if row["untested"] is not None)
    if untested:
        reasons = [
            (text(f"falsification.untested.{reason}", lang), number(count, lang))
            for reason, count in untested.most_common()
        ]
        headings = _headings(["reason", "number"], lang)
        print_table(text("falsification.untested.title", lang), headings, reasons)
    say(
        text(
            "falsification.summary",
            lang,
            tested=number(summary["tested"], lang),
            total=number(len(rows), lang),
            **{name: number(summary[name], lang) for name in ("violated", "holds", "undecided")},
            below=number(summary["below_five_percent"], lang),
            expected=number(summary["expected_by_chance"], lang, 1),
        )
    )
    for sentence in detectable_sentences(summary["undecided_detectable"], lang):
        say(sentence)


def _row(row: Mapping[str, Any], spec: CausalSpec, lang: Language) -> tuple[str, ...]:
    from vm2causal.report.words.effect_rows import bayes_factor_text

    return (
        f"{spec.label(row['cause'], lang)} → {spec.label(row['effect'], lang)}",
        "\n".join(_coefficient(item, lang) for item in row["coefficients"]),
        "\n".join(_size(item["detectable"], lang) for item in row["coefficients"]),
        number(row["tail"], lang, 3),
        number(row["q"], lang, 3),
        bayes_factor_text(row["bayes_factor"], lang, at_least=row["bayes_factor_at_least"]),
        text(f"falsification.verdict.{row['verdict']}", lang),
    )


def _size(found: float | None, lang: Language) -> str:
    return text("effects.none", lang) if found is None else number(found, lang, 2)


def _coefficient(item: Mapping[str, float], lang: Language) -> str:
    shown = [number(item[part], lang, 2) for part in ("mean", "lower", "upper")]
    return f"{shown[0]} ({shown[1]}; {shown[2]})"


def _print_graph(document: Released, lang: Language) -> None:
    permuted, dowhy = document["permuted_graphs"], document["dowhy"]
    mean = permuted["mean_share"]
    say(
        text(
            "falsification.permuted",
            lang,
            violations=number(permuted["violations"], lang),
            tests=number(permuted["tests"], lang),
            share=percentage(permuted["share"], lang, 0),
            mean=text("effects.none", lang) if mean is None else percentage(mean, lang, 0),
            p=number(permuted["p_value"], lang, 3),
        )
    )
    if not permuted["informative"]:
        share = percentage(permuted["equivalent"], lang, 0)
        say(text("falsification.uninformative", lang, share=share))
    if dowhy is None:
        say(text(f"falsification.dowhy.{document['dowhy_silent']}", lang))
        return
    key = {None: "empty", True: "falsified", False: "kept"}[dowhy["falsified"]]
    rows = dowhy["rows"]
    say(
        text(
            "falsification.dowhy",
            lang,
            rows=text("effects.none", lang) if rows is None else number(rows, lang),
            violations=number(dowhy["violations"], lang),
            tests=number(dowhy["tests"], lang),
            p=number(dowhy["p_markov"], lang, 3),
            conclusion=text(f"falsification.dowhy.{key}", lang),
        )
    )


def _print_rivals(rivals: Mapping[str, Any] | None, spec: CausalSpec, lang: Language) -> None:
    if rivals is None:
        return
    columns = ["model", "elpd", "elpd_diff", "dse", "weight"]
    print_table(
        text("falsification.loo.title", lang),
        _headings([*columns, "high_k"], lang),
        [(*_scores(row, lang), percentage(row["high_k"], lang, 1)) for row in rivals["loo"]],
    )
    if not rivals["loo_reliable"]:
        say(text("falsification.loo_unreliable", lang))
    if rivals["kfold"]:
        title = text("falsification.kfold.title", lang, folds=number(rivals["folds"], lang))
        rows = [_scores(row, lang) for row in rivals["kfold"]]
        print_table(title, _headings(columns, lang), rows)
    for key in ("scored", "not_scored"):
        names = [spec.label(name, lang) for name in rivals[key] if name in spec.variables]
        if names:
            say(text(f"falsification.{key}", lang, names=", ".join(names)))


def _scores(row: Mapping[str, Any], lang: Language) -> tuple[str, ...]:
    return (
        row["model"],
        *(number(row[name], lang, 1) for name in ("elpd", "elpd_diff", "dse")),
        number(row["weight"], lang, 2),
    )


def _print_false_alarms(alarms: Mapping[str, Any] | None, lang: Language) -> None:
    if alarms is None:
        return
    say(
        text(
            "falsification.false_alarms",
            lang,
            replications=number(alarms["replications"], lang),
            per_test=percentage(alarms["per_test"], lang, 1),
            error=_error(alarms["per_test_error"], lang),
            any=percentage(alarms["any_violated"], lang, 0),
            at_most=percentage(alarms["any_violated_at_most"], lang, 0),
        )
    )


def _error(found: float | None, lang: Language) -> str:
    return text("effects.none", lang) if found is None else percentage(found, lang, 1)


def _headings(names: list[str], lang: Language) -> list[str]:
    return [text(f"falsification.column.{name}", lang) for name in names]
