"""``vm2causal study adapt``: a study folder made of a delivery."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vm2causal.cli.options import DEFAULT_LANGUAGE, Lang
from vm2causal.cli.output import announce, say
from vm2causal.cli.study import study_app
from vm2causal.texts import number, text


@study_app.command("adapt")
def adapt(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="Folder of the delivery.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; absent or empty.")],
    adapter: Annotated[str, typer.Option(help="Layout of the delivery: duo.")],
    lang: Lang = DEFAULT_LANGUAGE,
) -> None:
    """Make a study folder of a delivery of enrolments and diplomas."""
    from vm2causal.inputs.deliveries import adapters
    from vm2causal.inputs.study.pupil_counts import collapse_pupils

    study = adapters.adapt(source, folder, adapter=adapter)
    counts = collapse_pupils(study / "pupils.csv", keys=("experiment",))
    experiments, pupils = len(counts), int(counts["leerlingen"].sum())
    say(
        text(
            "adapt.written",
            lang,
            folder=folder,
            experiments=number(experiments, lang),
            pupils=number(pupils, lang),
        )
    )
    announce(text("adapt.next", lang, folder=folder))
