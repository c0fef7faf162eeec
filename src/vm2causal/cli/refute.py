"""``vm2causal refute``: attacks on the estimates of a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vm2causal.cli.attacks import (
    Cause,
    Effect,
    Executor,
    Fit,
    Resume,
    Work,
    announce_gate,
    ends_of,
    open_targets,
)
from vm2causal.cli.batch_progress import counted
from vm2causal.cli.options import DEFAULT_LANGUAGE, DEFAULT_SEED, Json, Lang, Seed
from vm2causal.cli.output import announce, print_json, print_table, say
from vm2causal.texts import Language, number, text

if TYPE_CHECKING:
    from vm2causal.checks.refutation import AttackResult, Refutation
    from vm2causal.effects.intervals import Interval
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
    from vm2causal.report.attacks_documents import refutation_document
    from vm2causal.workflow import attacks
    from vm2causal.workflow.attack_records import keep_refutation

    opened, chosen = open_targets(fit, cause, effect, lang, full=full)
    spec = opened.forward.data.spec
    with counted(text("attacks.progress", lang)) as progress:
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
    announce_gate(opened.record, lang)
    for item in found.refutations:
        _announce_refits(item, spec, lang)
    if as_json:
        print_json(
            refutation_document(
                found.refutations,
                found.not_attacked,
                spec=spec,
                record=opened.record,
                language=lang,
            )
        )
        return
    for item in found.refutations:
        _print(item, spec, lang)


def _announce_refits(item: Refutation, spec: CausalSpec, lang: Language) -> None:
    ends = ends_of(item.query, spec, lang)
    unconverged = 0
    for attack in item.attacks:
        unconverged += int((~attack.estimates["converged"].astype(bool)).sum())
        for refit, reason in attack.failed.items():
            name = text(f"attacks.name.{attack.attack.value}", lang)
            announce(text("attacks.failed", lang, **ends, attack=name, refit=refit, reason=reason))
    if unconverged:
        announce(text("attacks.unconverged", lang, **ends, number=unconverged))


def _print(item: Refutation, spec: CausalSpec, lang: Language) -> None:
    from vm2causal.report.attacks_documents import estimator_of

    print_table(
        text(
            "attacks.title",
            lang,
            **ends_of(item.query, spec, lang),
            contrast=item.query.contrast,
            estimate=_interval(item.estimate, lang),
        ),
        [text(f"attacks.column.{name}", lang) for name in ("attack", "rule", "found", "verdict")],
        [_row(attack, spec, lang) for attack in item.attacks],
    )
    said = {"structural": _interval(item.structural, lang)}
    say(text(f"attacks.estimator.{estimator_of(item.query)}", lang, **said))


def _interval(found: Interval | None, lang: Language) -> str:
    if found is None:
        return text("effects.none", lang)
    from vm2causal.disclosure import model_result

    shown = model_result(found)
    mean, lower, upper = (number(shown[part], lang, 3) for part in ("mean", "lower", "upper"))
    return f"{mean} ({lower}; {upper})"


def _row(item: AttackResult, spec: CausalSpec, lang: Language) -> tuple[str, ...]:
    from vm2causal.report.attacks_documents import attack_sentence, power_sentence

    verdict = {True: "passed", False: "refuted", None: "unjudged"}[item.passed]
    return (
        text(f"attacks.name.{item.attack.value}", lang),
        text(f"attacks.rule.{item.attack.value}", lang),
        f"{attack_sentence(item, spec, lang)} {power_sentence(item, lang)}".rstrip(),
        text(f"attacks.verdict.{verdict}", lang),
    )
