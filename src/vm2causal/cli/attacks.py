"""What the commands that ask or attack a fit share: options, beginnings, announcements."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vm2causal.cli.output import announce
from vm2causal.texts import Language, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vm2causal.checks.refute.refitted_effect import AttackedQuery, NotAttacked
    from vm2causal.disclosure import Released
    from vm2causal.spec import CausalSpec
    from vm2causal.workflow.attacks import Targets
    from vm2causal.workflow.effects import FitOnDisk

Fit = Annotated[Path, typer.Argument(metavar="FIT", help="Folder that 'fit' wrote.")]
Cause = Annotated[str | None, typer.Option(metavar="X", help="Cause of the effect.")]
Effect = Annotated[str | None, typer.Option(metavar="Y", help="Effect; with --cause.")]
Executor = Annotated[
    str,
    typer.Option(metavar="WHERE", help="serial, processes[:N], dask or dask://host:port."),
]
Work = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where finished refits are kept; by default FIT-refits."),
]
Resume = Annotated[
    bool, typer.Option("--resume/--afresh", help="Take over what an earlier run finished.")
]


def open_targets(
    fit: Path, cause: str | None, effect: str | None, lang: Language, *, full: bool = False
) -> tuple[FitOnDisk, Targets]:
    """Open a fit and choose the effects to attack; say what is skipped and what is assumed.

    Errors are those of :func:`~vm2causal.workflow.effects.open_fit` and
    :func:`~vm2causal.workflow.attacks.targets`.
    """
    from vm2causal.workflow.attacks import targets
    from vm2causal.workflow.effects import open_fit

    opened = open_fit(fit)
    chosen = targets(opened, cause=cause, effect=effect, full=full)
    announce_targets(chosen.queries, chosen.not_attacked, opened.forward.data.spec, lang)
    return opened, chosen


def announce_gate(record: Released, lang: Language) -> None:
    """Say that data are synthetic or weighted, hold an outlier, or that the fit failed."""
    from vm2causal.workflow.answer_lines import standing_lines

    for line in standing_lines(record, lang):
        announce(line)


def announce_targets(
    queries: Sequence[AttackedQuery],
    not_attacked: Sequence[NotAttacked],
    spec: CausalSpec,
    lang: Language,
) -> None:
    """Say what is skipped, and what is assumed of the rest."""
    for item in not_attacked:
        reason = item.reason.in_language(lang)
        announce(text("attacks.skipped", lang, **ends_of(item, spec, lang), reason=reason))
    for query in queries:
        if query.assumed:
            names = ", ".join(spec.label(name, lang) for name in query.assumed)
            announce(text("attacks.assumed", lang, **ends_of(query, spec, lang), names=names))


def ends_of(item: AttackedQuery | NotAttacked, spec: CausalSpec, lang: Language) -> dict[str, str]:
    """Labels of the cause and the effect, as texts take them."""
    return labels_of(item.cause, item.effect, spec, lang)


def labels_of(cause: str, effect: str, spec: CausalSpec, lang: Language) -> dict[str, str]:
    """The same of their names."""
    return {"cause": spec.label(cause, lang), "effect": spec.label(effect, lang)}
