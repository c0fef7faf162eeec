"""The main job: everything about the published tables, drawn and written."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import pandas as pd

from vm2causal.checks.diagnostics import worst
from vm2causal.effects.careers import cumulative_shares
from vm2causal.effects.monitor import published_shares
from vm2causal.effects.replication import replicate_tests
from vm2causal.inputs.published import read_published
from vm2causal.inputs.published_schema import OUTCOMES, SELECTIONS
from vm2causal.model.sampling import SamplerSettings
from vm2causal.report.documents import flattened, sectors_document
from vm2causal.report.figures import (
    NamedFigure,
    draw_methods,
    draw_sectors,
    draw_trajectories,
    save_figures,
)
from vm2causal.report.json_text import to_json
from vm2causal.report.page import PageContent, render_page
from vm2causal.storage import (
    require_writable_folder,
    write_atomically,
    write_folder_atomically,
)
from vm2causal.texts import Language
from vm2causal.workflow.monitor import (
    DEFAULT_SEED,
    MonitorResult,
    Progress,
    SectorResult,
    fit_monitor,
    fit_sectors,
    monitor_document_of,
    monitor_steps,
)
from vm2causal.workflow.reproduction import provenance


def run(
    out: Path,
    *,
    language: Language,
    seed: int = DEFAULT_SEED,
    settings: SamplerSettings | None = None,
    progress: Progress = lambda step: None,
) -> list[Path]:
    """Do the main job: replicate and re-analyse the published tables, draw and write all of it.

    Parameters
    ----------
    out
        Folder for ``index.html``, ``figures/``, ``tables/``, ``fits/`` and ``run.json``.

    Returns
    -------
    list of Path
        What was written; ``run.json`` last, so that its presence means the run is whole.

    Raises
    ------
    OutputError
        When ``out`` cannot be written; found out before any long work.
    """
    require_writable_folder(out)
    (out / "run.json").unlink(missing_ok=True)
    began = time.perf_counter()
    progress("tables")
    tables = read_published()
    replication = replicate_tests(tables)
    result = fit_monitor(
        tables, seed=seed, settings=settings, with_sensitivity=True, progress=progress
    )
    progress("sectors")
    sectors = fit_sectors(tables, seed=seed, settings=settings)
    progress("figures")
    figures = _figures(result, sectors, language)
    written = [path for items in figures.values() for path in save_figures(items, out / "figures")]
    progress("page")
    timings = {**result.timings, "total_s": time.perf_counter() - began}
    facts = provenance(tables, seed=seed, timings=timings)
    document = monitor_document_of(result, language)
    gates = [fit.diagnostics for fit in result.fits.values()]
    content = PageContent(
        document=document,
        replication=replication,
        quality=tables.quality,
        sectors=sectors_document(sectors.stop, sectors.contrasts, sectors.diagnostics, language),
        figures={
            part: [(out / "figures" / f"{item.name}.svg").read_text() for item in items]
            for part, items in figures.items()
        },
        diagnostics=worst([*gates, sectors.diagnostics]),
        provenance=facts,
        command=f"vm2causal run --lang {language.value} --seed {seed}",
    )
    written.append(write_atomically(out / "index.html", render_page(content, language)))
    written += _write_tables(result, sectors, replication, out / "tables")
    written += _write_fits(result, out / "fits")
    record = facts | {
        "language": language.value,
        "diagnostics": content.diagnostics.to_dict(),
        "monitor": document,
        "files": [str(path.relative_to(out)) for path in written],
    }
    written.append(write_atomically(out / "run.json", to_json(record) + "\n"))
    return written


def run_steps() -> tuple[str, ...]:
    """Names of the steps of :func:`run`, in order."""
    return ("tables", *monitor_steps(SELECTIONS, True), "sectors", "figures", "page")


def _figures(
    result: MonitorResult, sectors: SectorResult, language: Language
) -> dict[str, list[NamedFigure]]:
    trajectories, methods = [], []
    for selection in dict.fromkeys(result.estimates["selection"]):
        fit = result.fits[selection, "did_clustered"]
        published = published_shares(fit.data)
        modelled = cumulative_shares(fit.posterior, fit.data)
        for outcome in OUTCOMES:
            chosen = {"outcome": outcome, "selection": selection, "language": language}
            trajectories.append(draw_trajectories(published, modelled, **chosen))
            methods.append(draw_methods(result.estimates, **chosen))
    return {
        "headline": trajectories[: len(OUTCOMES)],
        "methods": methods,
        "more": trajectories[len(OUTCOMES) :],
        "sectors": [draw_sectors(sectors.stop, language=language)],
    }


def _write_tables(
    result: MonitorResult, sectors: SectorResult, replication: pd.DataFrame, folder: Path
) -> list[Path]:
    tables = {
        "estimates": result.estimates,
        "complier": result.complier,
        "sensitivity": result.sensitivity,
        "sectors": sectors.stop,
        "sector-contrasts": sectors.contrasts,
        "replication": replication,
    }
    return [
        write_atomically(folder / f"{name}.csv", flattened(table).to_csv(index=False))
        for name, table in tables.items()
    ]


def _write_fits(result: MonitorResult, folder: Path) -> list[Path]:
    paths = []
    for (selection, method), fit in result.fits.items():
        path = folder / f"{selection}-{method}.zarr"
        # format 2 specifies consolidated metadata, which az.from_zarr looks for
        write = partial(fit.tree.to_zarr, zarr_format=2, consolidated=True)
        paths.append(write_folder_atomically(path, write))
    return paths
