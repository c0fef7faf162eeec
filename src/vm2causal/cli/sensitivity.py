"""``vm2causal sensitivity``: what the answers of a fit hang on that no data show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vm2causal.cli.attacks import (
    Cause,
    Effect,
    Executor,
    Fit,
    Resume,
    Work,
    announce_gate,
    announce_targets,
    open_targets,
)
from vm2causal.cli.options import DEFAULT_LANGUAGE, DEFAULT_SEED, Json, Lang, Seed
from vm2causal.cli.output import announce, print_json, print_table
from vm2causal.progress import told_count
from vm2causal.texts import Language, number, text

if TYPE_CHECKING:
    from vm2causal.spec import CausalSpec

type Row = Mapping[str, Any]
"""A row of a document as it is released."""


def sensitivity(
    fit: Fit,
    *,
    cause: Cause = None,
    effect: Effect = None,
    figures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the tipping-point figures here.")
    ] = None,
    executor: Executor = "serial",
    work: Work = None,
    resume: Resume = True,
    seed: Seed = DEFAULT_SEED,
    lang: Lang = DEFAULT_LANGUAGE,
    as_json: Json = False,
) -> None:
    """Vary what no data show: confounding, violations, priors, missing answers.

    Without --cause and --effect: the total effects that the model declares.
    """
    from vm2causal.report.documents.sensitivity import sensitivity_document
    from vm2causal.workflow import attacks
    from vm2causal.workflow.attack_records import keep_sensitivity

    opened, chosen = open_targets(fit, cause, effect, lang)
    spec = opened.forward.data.spec
    with told_count(text("attacks.progress", lang), lang) as progress:
        found = attacks.sensitivity_of(
            opened,
            chosen,
            folder=work or attacks.batch_folder(fit),
            seed=seed,
            executor=executor,
            resume=resume,
            progress=progress,
        )
    if cause is None:
        keep_sensitivity(fit, opened, found, chosen)
    announce_gate(opened.shown, lang)
    announce_targets((), found.not_asked, spec, lang)
    for refit, reason in found.failed.items():
        announce(text("sensitivity.failed", lang, refit=refit, reason=reason))
    if figures is not None:
        for path in attacks.write_tipping_figures(opened, found, figures, lang):
            announce(text("sensitivity.written", lang, path=path))
    document = sensitivity_document(
        found,
        chosen.not_attacked,
        record=opened.shown,
        language=lang,
        behind=opened.behind,
    )
    if as_json:
        print_json(document)
        return
    _print_confounding(document["confounding"], spec, lang)
    _print_front_door(document["front_door"], spec, lang)
    _print_priors(document["priors"], lang)
    _print_missing(document["missing"], spec, lang)


def _print_confounding(found: Sequence[Row], spec: CausalSpec, lang: Language) -> None:
    columns = ["cause", "effect", "estimate", "tipping_interval", "tipping_mean"]
    columns += ["e_value", "refit"]
    if found:
        _print(
            "sensitivity.confounding.title",
            columns,
            [_confounding(item, spec, lang) for item in found],
            lang,
        )
    rows = [row for item in found for row in _benchmarks(item, spec, lang)]
    if rows:
        columns = ["cause", "effect", "variable", "a", "b", "then"]
        _print("sensitivity.benchmarks.title", columns, rows, lang)


def _print(title: str, columns: list[str], rows: Sequence[Sequence[str]], lang: Language) -> None:
    headings = [text(f"sensitivity.column.{name}", lang) for name in columns]
    print_table(text(title, lang), headings, rows)


def _confounding(item: Row, spec: CausalSpec, lang: Language) -> tuple[str, ...]:
    last = abs(float(item["curve"][-1]["product"]))
    estimate, limit = (number(item["e_value"][part], lang, 2) for part in ("estimate", "limit"))
    refit = item["refit"]
    checked = text("effects.none", lang)
    if refit is not None:
        means = (number(refit[part]["mean"], lang, 3) for part in ("refit", "shift"))
        checked = " / ".join(means)
    return (
        spec.label(item["cause"], lang),
        spec.label(item["effect"], lang),
        _shown(item["estimate"], lang),
        _tipping(item["tipping_interval"], last, lang),
        _tipping(item["tipping_mean"], last, lang),
        f"{estimate} ({limit})",
        checked,
    )


def _tipping(value: float, last: float, lang: Language) -> str:
    if isfinite(value):
        return number(value, lang, 2)
    return text("sensitivity.beyond", lang, number=number(last, lang, 2))


def _benchmarks(item: Row, spec: CausalSpec, lang: Language) -> list[tuple[str, ...]]:
    return [
        (
            spec.label(item["cause"], lang),
            spec.label(item["effect"], lang),
            spec.label(row["variable"], lang),
            number(row["a"], lang, 2),
            number(row["b"], lang, 2),
            _shown(row["effect"], lang),
        )
        for row in item["benchmarks"]
    ]


def _print_front_door(found: Sequence[Row], spec: CausalSpec, lang: Language) -> None:
    rows = []
    for row in found:
        hidden = ", ".join(spec.label(name, lang) for name in spec.hidden)
        size = number(row["size"], lang, 1)
        rows.append(
            (
                spec.label(row["cause"], lang),
                spec.label(row["effect"], lang),
                ", ".join(spec.label(name, lang) for name in row["mediators"]),
                text(f"sensitivity.violation.{row['violation']}", lang, size=size, hidden=hidden),
                _shown(row["total"], lang),
            )
        )
    if rows:
        columns = ["cause", "effect", "mediators", "violation", "then"]
        _print("sensitivity.front_door.title", columns, rows, lang)


def _print_priors(found: Sequence[Row], lang: Language) -> None:
    flagged = [row for row in found if row["flag"] != "none"]
    if not flagged:
        announce(text("sensitivity.priors.none", lang))
        return
    rows = [
        (
            row["quantity"],
            number(row["prior"], lang, 2),
            number(row["likelihood"], lang, 2),
            text(f"sensitivity.flag.{row['flag']}", lang),
        )
        for row in flagged
    ]
    _print("sensitivity.priors.title", ["quantity", "prior", "likelihood", "flag"], rows, lang)


def _print_missing(found: Sequence[Row], spec: CausalSpec, lang: Language) -> None:
    if not found:
        announce(text("sensitivity.missing.none", lang))
        return
    rows = [
        (
            spec.label(row["cause"], lang),
            spec.label(row["effect"], lang),
            number(row["shift"], lang, 1),
            _shown(row["shifted"], lang),
        )
        for row in found
    ]
    _print("sensitivity.missing.title", ["cause", "effect", "shift", "then"], rows, lang)


def _shown(found: Mapping[str, float], lang: Language) -> str:
    mean, lower, upper = (number(found[part], lang, 3) for part in ("mean", "lower", "upper"))
    return f"{mean} ({lower}; {upper})"
