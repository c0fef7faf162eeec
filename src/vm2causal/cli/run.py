"""``vm2causal run``: the main job."""

from __future__ import annotations

from pathlib import Path

import typer

from vm2causal.cli.options import DEFAULT_LANGUAGE, DEFAULT_SEED, Lang, Out, Seed
from vm2causal.cli.output import announce, steps


def run(
    out: Out = Path("results"), lang: Lang = DEFAULT_LANGUAGE, seed: Seed = DEFAULT_SEED
) -> None:
    """Re-analyse the published monitor and write page, figures, tables and fits to --out."""
    from vm2causal import workflow

    with steps(workflow.run_steps()) as progress:
        written = workflow.run(out, language=lang, seed=seed, progress=progress)
    announce(f"{len(written)} files written.")
    typer.echo(str(out / "index.html"))
