"""``vm2causal refute``: attacks on the estimates of a fit."""

from __future__ import annotations

from collections.abc import Mapping
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
    labels_of,
    open_targets,
)
from vm2causal.cli.options import DEFAULT_LANGUAGE, DEFAULT_SEED, Json, Lang, Seed
from vm2causal.cli.output import announce, print_json, print_table, say
from vm2causal.progress import told_count
from vm2causal.texts import Language, number, text

if TYPE_CHECKING:
    from vm2causal.spec import CausalSpec


def refute(
    fit: Fit,
    *,
    cause: Cause = None,
    effect: Effect = None,
    refits: Annotated[
        int,
        typer.Option(
            min=4, help="Refits of each attack that must find nothing; others get a quarter."
        ),
    ] = 32,
    negative_control: Annotated[
        list[str] | None,
        typer.Option(metavar="VAR", help="A variable that must have nothing to do with it."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Refit the whole model, not the adjusted regression.")
    ] = False,
    executor: Executor = "serial",
    work: Work = None,
    resume: Resume = True,
    seed: Seed = DEFAULT_SEED,
    lang: Lang = DEFAULT_LANGUAGE,
    as_json: Json = False,
) -> None:
    """Attack the estimates of a fit: placebos, noise, subsets, negative controls.

    Without --cause and --effect: the total effects that the model declares.
    """
    from vm2causal.report.documents.attacks import refutation_document
    from vm2causal.workflow import attacks
    from vm2causal.workflow.attack_records import keep_refutation

    opened, chosen = open_targets(fit, cause, effect, lang, full=full)
    spec = opened.forward.data.spec
    with told_count(text("attacks.progress", lang), lang) as progress:
        found = attacks.refute_fit(
            opened,
            chosen,
            folder=work or attacks.batch_folder(fit),
            seed=seed,
            refits=refits,
            executor=executor,
            resume=resume,
            negative_controls=negative_control or (),
            progress=progress,
        )
    if cause is None:
        keep_refutation(fit, opened, found)
    announce_gate(opened.shown, lang)
    document = refutation_document(
        found.refutations,
        found.not_attacked,
        spec=spec,
        record=opened.shown,
        language=lang,
        behind=opened.behind,
    )
    for query in document["queries"]:
        _announce_refits(query, spec, lang)
    if as_json:
        print_json(document)
        return
    for query in document["queries"]:
        _print(query, spec, lang)


def _announce_refits(query: Mapping[str, Any], spec: CausalSpec, lang: Language) -> None:
    ends = labels_of(query["cause"], query["effect"], spec, lang)
    unconverged = 0
    for attack in query["attacks"]:
        unconverged += sum(not refit["converged"] for refit in attack["refits"])
        name = text(f"attacks.name.{attack['attack']}", lang)
        for failed in attack["failed"]:
            announce(text("attacks.failed", lang, **ends, attack=name, **failed))
    if unconverged:
        announce(text("attacks.unconverged", lang, **ends, number=unconverged))


def _print(query: Mapping[str, Any], spec: CausalSpec, lang: Language) -> None:
    print_table(
        text(
            "attacks.title",
            lang,
            **labels_of(query["cause"], query["effect"], spec, lang),
            contrast=query["contrast"],
            estimate=_interval(query["estimate"], lang),
        ),
        [text(f"attacks.column.{name}", lang) for name in ("attack", "rule", "found", "verdict")],
        [_row(attack, lang) for attack in query["attacks"]],
    )
    said = {"structural": _interval(query["structural"], lang)}
    say(text(f"attacks.estimator.{query['estimator']}", lang, **said))


def _interval(found: Mapping[str, float] | None, lang: Language) -> str:
    if found is None:
        return text("effects.none", lang)
    mean, lower, upper = (number(found[part], lang, 3) for part in ("mean", "lower", "upper"))
    return f"{mean} ({lower}; {upper})"


def _row(attack: Mapping[str, Any], lang: Language) -> tuple[str, ...]:
    verdict = {True: "passed", False: "refuted", None: "unjudged"}[attack["passed"]]
    return (
        text(f"attacks.name.{attack['attack']}", lang),
        attack["rule"],
        f"{attack['sentence']} {attack['could_find']}".rstrip(),
        text(f"attacks.verdict.{verdict}", lang),
    )
