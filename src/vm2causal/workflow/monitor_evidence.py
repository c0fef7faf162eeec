"""The re-analysis of the monitor as a brief takes it up: documents, pictures and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from vm2causal.checks.gate.diagnostics import worst
from vm2causal.disclosure import flattened, with_origin
from vm2causal.disclosure.exemption import Exempt, exempt_table
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.published.schema import OUTCOMES
from vm2causal.monitor.careers import cumulative_shares
from vm2causal.monitor.effects import published_shares
from vm2causal.monitor.replication import replicate_tests
from vm2causal.report.brief.content.blocks import Picture
from vm2causal.report.brief.content.monitor_sections import MonitorEvidence
from vm2causal.report.documents.csv_text import csv_text
from vm2causal.report.documents.monitor import sectors_document
from vm2causal.report.figures.monitor import draw_methods, draw_sectors, draw_trajectories
from vm2causal.report.figures.named_figure import PUBLISHED, NamedFigure, picture_of, save_figures
from vm2causal.report.figures.trends import draw_trends
from vm2causal.storage import write_atomically
from vm2causal.texts import Language
from vm2causal.workflow.monitor import MonitorResult, SectorResult, monitor_document_of
from vm2causal.workflow.monitor_files import Reanalysis
from vm2causal.workflow.reproduction import provenance

_CITED = ("outcomes", "status", "pupils", "positions", "tests", "interim", "sites")
"""Published tables whose numbers a brief shows; those on costs are not among them."""


def monitor_evidence(
    tables: PublishedTables,
    found: Reanalysis,
    *,
    out: Path,
    seed: int,
    command: str,
    language: Language,
) -> tuple[MonitorEvidence, list[Path]]:
    """Draw and tabulate a re-analysis.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    found
        Everything that was sampled for the published tables.
    out
        Gets ``figures/`` and ``tables/``.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    command
        That makes all of it again.
    language
        Of the texts: Dutch or English.

    Returns
    -------
    evidence : MonitorEvidence
    written : list of Path
    """
    monitor, sectors = found.monitor, found.sectors
    replication = replicate_tests(tables)
    figures = monitor_figures(monitor, sectors, language)
    pictures = {part: _pictures(items) for part, items in figures.items()}
    drawn = [item for items in figures.values() for item in items]
    written = save_figures(drawn, out / "figures")
    written += _write_tables(found, replication, out / "tables")
    gates = [fit.diagnostics for fit in monitor.fits.values()]
    facts = provenance(tables, seed=seed, timings=monitor.timings)
    evidence = MonitorEvidence(
        document=monitor_document_of(monitor, language),
        sectors=sectors_document(sectors.stop, sectors.contrasts, sectors.diagnostics, language),
        replication=replication,
        quality=tables.quality,
        sources=published_sources(tables),
        pictures=pictures,
        diagnostics=worst([*gates, sectors.diagnostics]),
        provenance=facts | {"command": command},
    )
    return evidence, written


def _pictures(figures: Sequence[NamedFigure]) -> tuple[Picture, ...]:
    return tuple(picture_of(item) for item in figures)


def monitor_figures(
    monitor: MonitorResult, sectors: SectorResult, language: Language
) -> Mapping[str, list[NamedFigure]]:
    """Figures of a re-analysis: ``headline``, ``methods``, ``trends``, ``more``, ``sectors``.

    Parameters
    ----------
    monitor
        Of :func:`~vm2causal.workflow.monitor.fit_monitor`.
    sectors
        Of :func:`~vm2causal.workflow.monitor.fit_sectors`.
    language
        Of the texts: Dutch or English.
    """
    trajectories, methods = [], []
    for selection in dict.fromkeys(monitor.estimates["selection"]):
        fit = monitor.fits[selection, "did_clustered"]
        published = published_shares(fit.data)
        modelled = cumulative_shares(fit.posterior, fit.data)
        for outcome in OUTCOMES:
            chosen = {"outcome": outcome, "selection": selection, "language": language}
            trajectories.append(draw_trajectories(published, modelled, **chosen))
            methods.append(draw_methods(monitor.estimates, **chosen))
    return {
        "headline": trajectories[: len(OUTCOMES)],
        "methods": methods,
        "trends": [draw_trends(monitor.parallel_trends, language=language)],
        "more": trajectories[len(OUTCOMES) :],
        "sectors": [draw_sectors(sectors.stop, language=language)],
    }


def published_sources(tables: PublishedTables) -> pd.DataFrame:
    """Where published numbers stand: ``document``, ``table`` (or section), ``numbers``.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    """
    parts = []
    for name in _CITED:
        table = getattr(tables, name)
        place = "table" if "table" in table else "section"
        parts.append(table[["document", place]].rename(columns={place: "table"}))
    counted = pd.concat(parts).astype(str).value_counts(sort=False).rename("numbers")
    found: pd.DataFrame = counted.reset_index().sort_values(["document", "table"])
    return found


def _write_tables(found: Reanalysis, replication: pd.DataFrame, folder: Path) -> list[Path]:
    tables = {
        "estimates": found.monitor.estimates,
        "hazards": found.monitor.hazards,
        "parallel-trends": found.monitor.parallel_trends,
        "complier": found.monitor.complier,
        "sensitivity": found.monitor.sensitivity,
        "sectors": found.sectors.stop,
        "sector-contrasts": found.sectors.contrasts,
        "replication": replication,
    }
    return [
        write_atomically(
            folder / f"monitor-{name}.csv",
            csv_text(with_origin(flattened(exempt_table(table, Exempt.PUBLISHED)), PUBLISHED)),
        )
        for name, table in tables.items()
    ]
