"""``vm2causal run``: the main job; and ``brief``: its last step, for a fit."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vm2causal.cli.attacks import Fit
from vm2causal.cli.options import DEFAULT_LANGUAGE, DEFAULT_SEED, Lang, Out, Seed, Varies
from vm2causal.cli.output import announce, announce_marked, say
from vm2causal.progress import told_steps
from vm2causal.texts import Language, number, text


class Attacks(StrEnum):
    """As in the workflow, which is too heavy to load for ``--help``."""

    NONE = "none"
    QUICK = "quick"
    FULL = "full"


def run(
    study: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Your study or table; a synthetic study by default."),
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="M", help="Name of a shipped model, or a model file.")
    ] = "onderzoeksmodel-2012",
    varies: Varies = None,
    with_monitor: Annotated[
        bool | None,
        typer.Option(
            "--with-monitor/--without-monitor",
            help="Re-analyse the published tables too: by default only without --study.",
            show_default=False,
        ),
    ] = None,
    out: Out = Path("results"),
    lang: Lang = DEFAULT_LANGUAGE,
    resume: Annotated[
        bool,
        typer.Option("--resume/--afresh", help="Take over what an earlier run in --out finished."),
    ] = True,
    attacks: Annotated[
        Attacks,
        typer.Option(
            help="quick: what the model rules out, and each sector left out; full: also second "
            "opinions, 'refute', 'sensitivity'."
        ),
    ] = Attacks.QUICK,
    name_schools: Annotated[
        bool, typer.Option("--name-schools", help="Keep the names of schools and experiments.")
    ] = False,
    seed: Seed = DEFAULT_SEED,
) -> None:
    """Fit and attack a study, re-analyse the monitor, and write a brief on each to --out.

    A study of your own comes alone, unless --with-monitor asks for the national tables too.
    """
    from vm2causal import workflow
    from vm2causal.workflow.main_job import Attacks as HowHard

    options = workflow.RunOptions(
        language=lang,
        study=study,
        model=model,
        varies=tuple(varies or ()),
        with_monitor=with_monitor,
        seed=seed,
        resume=resume,
        attacks=HowHard(attacks.value),
        name_schools=name_schools,
    )
    taken_over: list[str] = []
    with told_steps(
        lang, total=len(workflow.run_steps(with_monitor=options.asks_monitor))
    ) as progress:
        written = workflow.run(out, options, progress=progress, notice=taken_over.append)
    for said in taken_over:
        announce(said)
    _say_written(written, out, lang)


def brief(
    fit: Fit,
    out: Out = Path("brief"),
    lang: Lang = DEFAULT_LANGUAGE,
) -> None:
    """Write the brief of a fit: HTML, PDF/UA (two pages, and an annex), figures, tables (CSV).

    It takes up what 'test', 'refute', 'sensitivity' and 'effects --second-opinion' found on the
    same fit, and takes the place of an earlier brief in --out.
    """
    from vm2causal.workflow.brief import brief_of_fit

    written = brief_of_fit(fit, out, language=lang)
    _say_written(written, out, lang)


def _say_written(written: Sequence[Path], out: Path, lang: Language) -> None:
    announce(text("common.files_written", lang, number=number(len(written), lang)))
    announce_marked(written, lang)
    for path in written:
        if path.parent == out and path.suffix in {".html", ".pdf"}:
            say(str(path))
