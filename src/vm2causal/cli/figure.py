"""``vm2causal figure``: a figure of a fit, as SVG and PNG with the numbers behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vm2causal.cli.attacks import Fit, announce_gate
from vm2causal.cli.options import DEFAULT_LANGUAGE, Lang, Level, Out
from vm2causal.cli.output import announce, announce_marked, say

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="dag, arrows, sectors, schools, slopes, trajectories, mediation, frequency, priors, "
        "ppc, tipping, or all: every figure the fit can give without refits.",
    ),
]


def figure(
    name: Name,
    fit: Fit,
    out: Out = Path("figures"),
    formats: Annotated[
        str, typer.Option("--format", metavar="LIST", help="Some of svg,png,csv.")
    ] = "svg,png,csv",
    width: Annotated[
        str,
        typer.Option(metavar="WIDTH", help="As 85mm, a column of a journal; labels move above."),
    ] = "",
    title: Annotated[
        bool, typer.Option("--title/--no-title", help="Whether the title stands above the drawing.")
    ] = True,
    select: Annotated[
        str,
        typer.Option(
            metavar="LIST",
            help="Only these: causes or effects by name, or 'cause->effect', with commas.",
        ),
    ] = "",
    work: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where 'tipping' keeps refits; beside the fit if absent."),
    ] = None,
    lang: Lang = DEFAULT_LANGUAGE,
    level: Level = 0.95,
) -> None:
    """Draw a figure of a fit for publication; prints the files it wrote."""
    from vm2causal.report.canvas.form import PAGE, Form, drawn_for, width_in_inches
    from vm2causal.report.figures.named_figure import chosen_formats, other_widths, save_figures
    from vm2causal.storage import require_writable_folder
    from vm2causal.workflow.attacks import batch_folder
    from vm2causal.workflow.effects import open_fit
    from vm2causal.workflow.figures import draw_figure, require_figure, require_selectable
    from vm2causal.workflow.fit_tables import FitTables, chosen_pairs

    require_figure(name)
    wanted = chosen_formats(formats)
    form = Form(width_in_inches(width) if width else PAGE.width, titled=title)
    opened = open_fit(fit)
    require_writable_folder(out, below=False)
    announce_gate(opened.shown, lang)
    chosen = chosen_pairs(select, opened.forward.data.spec)
    if chosen:
        require_selectable(name)
    tables = FitTables(opened, level=level, chosen=chosen)
    with drawn_for(form):
        drawn = draw_figure(name, tables, lang, refits=work or batch_folder(fit))
    if width:
        for line in other_widths(drawn, form.width, lang):
            announce(line)
    written = save_figures(drawn, out, formats=wanted)
    announce_marked(written, lang)
    for path in written:
        say(str(path))
