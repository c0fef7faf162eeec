"""The re-analysis of the monitor as a brief takes it up: documents, pictures and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import pandas as pd

from vm2causal.checks.gate.diagnostics import worst
from vm2causal.disclosure import flattened, with_origin
from vm2causal.disclosure.exemption import Exempt, exempt_table
from vm2causal.effects.intervals import interval
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.published.schema import OUTCOMES
from vm2causal.inputs.rows import row_dicts
from vm2causal.monitor.careers import cumulative_shares
from vm2causal.monitor.effects import METHODS, published_shares
from vm2causal.monitor.levels import level_table, qualification_bounds
from vm2causal.monitor.replication import replicate_tests
from vm2causal.report.brief.content.monitor_claims import SPOKEN, level_of, outcome_key
from vm2causal.report.brief.content.monitor_sections import MonitorEvidence
from vm2causal.report.canvas.form import PHONE, drawn_for
from vm2causal.report.documents.csv_text import csv_text
from vm2causal.report.documents.monitor import sectors_document
from vm2causal.report.documents.records import records
from vm2causal.report.figures.comparisons import Comparison, draw_comparisons
from vm2causal.report.figures.monitor import draw_methods, draw_sectors, draw_trajectories
from vm2causal.report.figures.named_figure import (
    PUBLISHED,
    NamedFigure,
    in_two_forms,
    out_of_pyplot,
    save_figures,
)
from vm2causal.report.figures.trends import draw_trends
from vm2causal.report.words.sentences import after_years
from vm2causal.storage import write_atomically
from vm2causal.texts import Language, capitalised, text
from vm2causal.workflow.monitor import MonitorResult, SectorResult, monitor_document_of
from vm2causal.workflow.monitor_files import Reanalysis
from vm2causal.workflow.reproduction import provenance

_LISTED: Final = (
    "estimates", "hazards", "sensitivity", "levels", "bounds", "quality", "replication",
)  # fmt: skip
"""Tables that a brief names, of those written beside it."""

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
    with drawn_for(PHONE):
        again = monitor_figures(monitor, sectors, language)
    narrow = out_of_pyplot([item for items in again.values() for item in items])
    pictures = {part: in_two_forms(items, narrow) for part, items in figures.items()}
    drawn = [item for items in figures.values() for item in items]
    written = save_figures(drawn, out / "figures")
    main = monitor.contrasts["all", "did_clustered"]
    levels, bounds = level_table(main), qualification_bounds(tables)
    more = {"levels": levels, "bounds": bounds, "quality": tables.quality}
    written += _write_tables(found, replication, more, out / "tables")
    gates = [fit.diagnostics for fit in monitor.fits.values()]
    facts = provenance(tables, seed=seed)
    evidence = MonitorEvidence(
        document=monitor_document_of(monitor, language),
        sectors=sectors_document(sectors.stop, sectors.contrasts, sectors.diagnostics, language),
        replication=replication,
        quality=tables.quality,
        sources=published_sources(tables),
        levels=records(levels),
        bounds=bounds,
        icc=site_resemblance(monitor),
        pictures=pictures,
        files={f"tables/monitor-{name}.csv": name for name in _LISTED},
        diagnostics=worst([*gates, sectors.diagnostics]),
        provenance=facts | {"command": command},
    )
    return evidence, written


def monitor_figures(
    monitor: MonitorResult, sectors: SectorResult, language: Language
) -> Mapping[str, list[NamedFigure]]:
    """Figures of a re-analysis: ``first``, ``headline``, ``methods``, ``trends``, ``sectors``.

    ``more`` are written beside a brief, and do not stand in it.

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
        "first": _first_figures(monitor, language),
        "headline": trajectories[: len(OUTCOMES)],
        "methods": methods[: len(OUTCOMES)],
        "trends": [draw_trends(monitor.parallel_trends, language=language)],
        "more": [*trajectories[len(OUTCOMES) :], *methods[len(OUTCOMES) :]],
        "sectors": [draw_sectors(sectors.stop, language=language)],
    }


def _first_figures(monitor: MonitorResult, language: Language) -> list[NamedFigure]:
    """With and without, and the four methods, of what the first page speaks of."""
    trends = records(monitor.parallel_trends)
    if monitor_failures(monitor) or not trends:
        return []
    by_place = {(row["outcome"], row["tranche"]): row for row in trends}
    levels = records(level_table(monitor.contrasts["all", "did_clustered"]))
    leading = [pairs[0] for pairs in SPOKEN if pairs[0] in by_place]
    comparisons = [
        _comparison(by_place[pair], levels, monitor.estimates, language) for pair in leading
    ]
    return draw_comparisons(comparisons, language=language)


def _comparison(
    place: Mapping[str, Any],
    levels: Sequence[Mapping[str, Any]],
    estimates: pd.DataFrame,
    language: Language,
) -> Comparison:
    chosen = estimates[
        (estimates["selection"] == "all")
        & (estimates["outcome"] == place["outcome"])
        & (estimates["tranche"] == place["tranche"])
        & (estimates["years_since_start"] == place["years_since_start"])
        & estimates["method"].isin(METHODS)
    ]
    found = level_of(levels, place)
    return Comparison(
        f"with-and-without-{place['outcome']}-{place['tranche']}",
        text(
            "figures.levels.row",
            language,
            outcome=capitalised(text(f"figures.levels.{outcome_key(place)}", language)),
            tranche=text(f"tranche.{place['tranche']}", language).partition(" (")[0],
            years=after_years(place["years_since_start"], language),
        ),
        found["without_vm2"],
        found["with_vm2"],
        {row["method"]: row["risk_difference"] for row in row_dicts(chosen)},
    )


def monitor_failures(monitor: MonitorResult) -> tuple[str, ...]:
    """Checks that not every fit of the re-analysis passed."""
    return worst([fit.diagnostics for fit in monitor.fits.values()]).failures


def site_resemblance(monitor: MonitorResult) -> dict[str, Mapping[str, float]]:
    """Per outcome the intraclass correlation of pupils within sites, as an interval."""
    icc = monitor.fits["all", "did_clustered"].posterior["icc"]
    return {
        outcome: cast(dict[str, float], interval(icc.sel(outcome=outcome))) for outcome in OUTCOMES
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


def _write_tables(
    found: Reanalysis, replication: pd.DataFrame, more: Mapping[str, pd.DataFrame], folder: Path
) -> list[Path]:
    tables = {
        "estimates": found.monitor.estimates,
        "hazards": found.monitor.hazards,
        "parallel-trends": found.monitor.parallel_trends,
        "complier": found.monitor.complier,
        "sensitivity": found.monitor.sensitivity,
        "sectors": found.sectors.stop,
        "sector-contrasts": found.sectors.contrasts,
        "replication": replication,
        **more,
    }
    return [
        write_atomically(
            folder / f"monitor-{name}.csv",
            csv_text(with_origin(flattened(exempt_table(table, Exempt.PUBLISHED)), PUBLISHED)),
        )
        for name, table in tables.items()
    ]
