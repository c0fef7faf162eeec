"""The JSON documents of the published cohorts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from vm2causal.checks.gate.diagnostics import Diagnostics
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.rows import row_dicts
from vm2causal.monitor.effects import ALL_PUPILS, ORDINARY_YEARS
from vm2causal.report.documents.records import plain, records
from vm2causal.report.words.sentences import (
    after_years,
    estimate_sentence,
    license_sentence,
    probability,
    replication_note,
)
from vm2causal.texts import Language, number, percentage, text

_OUTCOME_KEYS: Final = (
    "table",
    "tranche",
    "group",
    "selection",
    "outcome",
    "date",
    "years_since_start",
    "percent",
    "count",
    "denominator",
)


LEAST_FOR_PERCENTAGE: Final = 10
"""Experiments below which a sentence gives the count alone: one more or less moves the share by
over ten points."""


def tables_document(tables: PublishedTables) -> dict[str, Any]:
    """All published numbers (``vm2causal monitor tables``).

    Parameters
    ----------
    tables
        The published tables of the monitor.
    """
    outcomes = tables.outcomes[list(_OUTCOME_KEYS)].assign(
        source=tables.outcomes["document"] + ", table " + tables.outcomes["table"]
    )
    status = tables.status.query("unit == 'count' and status != 'totaal'")
    status = status[["table", "tranche", "sector", "status", "value"]]
    return {
        "schema": "vm2causal/published/1",
        "outcomes": records(outcomes),
        "status": records(status.rename(columns={"value": "count"}).astype({"count": int})),
        "positions": records(tables.positions),
        "pupils": records(tables.pupils),
        "tests": records(tables.tests),
        "interim": records(tables.interim),
        "sites": records(tables.sites),
        "costs": records(tables.costs),
        "forecasts": records(tables.forecasts),
        "quality": records(tables.quality),
    }


def replication_document(replication: pd.DataFrame, language: Language) -> dict[str, Any]:
    """Every reported test beside its recomputation (``vm2causal monitor replicate``).

    Parameters
    ----------
    replication
        Of :func:`~vm2causal.monitor.replication.replicate_tests`.
    language
        Of the texts: Dutch or English.
    """
    return {
        "schema": "vm2causal/replication/1",
        "tests": [_replicated(row, language) for row in row_dicts(replication)],
    }


def _replicated(row: dict[str, Any], language: Language) -> dict[str, Any]:
    return {
        **{key: row[key] for key in ("id", "document", "outcome", "tranche", "comparison")},
        **{key: row[key] for key in ("selection", "date")},
        "reported": {
            "significant": bool(row["significant"]),
            "p": plain(row["p_below"]),
            "phi": plain(row["phi"]),
        },
        "recomputed": {"chi2": row["chi2"], "p": row["p"], "phi": row["phi_recomputed"]},
        "denominators": row["denominators"],
        "denominator_range": [row["denominator_lower"], row["denominator_upper"]],
        "denominator_runs": row["denominator_runs"],
        "chi2_range": [row["chi2_lower"], row["chi2_upper"]],
        "significance_certain_range": [plain(row["holds_from"]), plain(row["holds_to"])],
        "agrees": bool(row["agrees"]),
        "note": replication_note(row, language),
    }


def monitor_document(
    estimates: pd.DataFrame,
    hazards: pd.DataFrame,
    starters: Mapping[tuple[str, str, str], float],
    diagnostics: Mapping[tuple[str, str], Diagnostics],
    overall: Diagnostics,
    *,
    complier: pd.DataFrame,
    sensitivity: pd.DataFrame,
    parallel_trends: pd.DataFrame,
    language: Language,
) -> dict[str, Any]:
    """Estimates of all methods, a plain sentence for each, and the gate.

    Parameters
    ----------
    estimates
        Of :func:`~vm2causal.monitor.effects.estimate_table`.
    hazards
        Effects by year, of :func:`~vm2causal.monitor.careers.hazard_effects`.
    starters
        Pupils by (selection, method, tranche); ``pooled`` included.
    diagnostics
        By (selection, method); ``overall`` is the worst of them.
    overall
        The least favourable diagnostics of all fits.
    complier
        Of :func:`~vm2causal.monitor.compliers.complier_table`; may be empty.
    sensitivity
        Estimates under other choices; may be empty.
    parallel_trends
        Of :func:`~vm2causal.monitor.parallel_trends.trend_table`; empty where not asked for.
    language
        Of the texts: Dutch or English.
    """
    rows = []
    for row in row_dicts(estimates):
        # the contrast on all pupils is made of the draws of the clustered fit
        fitted = "did_clustered" if row["method"] == ALL_PUPILS else row["method"]
        gate = diagnostics.get((row["selection"], fitted))
        failures = gate.failures if gate else ()
        who = starters[row["selection"], row["method"], row["tranche"]]
        said = estimate_sentence(row, who, language)
        rows.append(
            row
            | {
                "sentence": _unless_withheld(said, failures, language),
                "license": "" if failures else license_sentence(row, language),
            }
        )
    return {
        "schema": "vm2causal/monitor/1",
        "estimates": [{name: plain(value) for name, value in row.items()} for row in rows],
        "hazards": records(hazards),
        "complier": records(complier),
        "sensitivity": records(sensitivity),
        "parallel_trends": records(parallel_trends),
        "diagnostics": overall.to_dict(),
    }


def sectors_document(
    stop: pd.DataFrame, contrasts: pd.DataFrame, diagnostics: Diagnostics, language: Language
) -> dict[str, Any]:
    """Stopping by sector and tranche (``vm2causal monitor sectors``).

    Parameters
    ----------
    stop
        Of :func:`~vm2causal.monitor.sector_effects.stop_table`.
    contrasts
        Of :func:`~vm2causal.monitor.sector_effects.stop_contrasts`.
    diagnostics
        Of :func:`~vm2causal.checks.gate.diagnostics.diagnose`.
    language
        Of the texts: Dutch or English.
    """
    rows = [
        row
        | {
            "sentence": _unless_withheld(
                _stop_sentence(row, language), diagnostics.failures, language
            )
        }
        for row in row_dicts(stop)
    ]
    return {
        "schema": "vm2causal/sectors/1",
        "stop": rows,
        "contrasts": records(contrasts),
        "license": text("license.sectors", language),
        "diagnostics": diagnostics.to_dict(),
    }


def cost_document(
    costs: pd.DataFrame, diagnostics: Diagnostics, language: Language
) -> dict[str, Any]:
    """Cost per averted vsv and per extra SK (``vm2causal monitor cost``).

    Parameters
    ----------
    costs
        Of :func:`~vm2causal.monitor.cost.cost_table`.
    diagnostics
        Of :func:`~vm2causal.checks.gate.diagnostics.diagnose`.
    language
        Of the texts: Dutch or English.
    """
    rows = [
        row
        | {
            "unbounded": bool(row["upper"] == float("inf")),
            "sentence": _unless_withheld(
                _cost_sentence(row, language), diagnostics.failures, language
            ),
        }
        for row in row_dicts(costs)
    ]
    return {
        "schema": "vm2causal/cost/1",
        "costs": rows,
        "license": text("license.cost", language),
        "diagnostics": diagnostics.to_dict(),
    }


def _unless_withheld(sentence: str, failures: tuple[str, ...], language: Language) -> str:
    """The sentence, or where the gate failed the reason in its place."""
    if not failures:
        return sentence
    return text("license.gate_failed", language, failures=", ".join(failures))


def _stop_sentence(row: dict[str, Any], language: Language) -> str:
    chance = row["probability"]
    few = row["started"] < LEAST_FOR_PERCENTAGE
    return text(
        "sectors.line.few" if few else "sectors.line",
        language,
        sector=text(f"sector.{row['sector']}", language),
        tranche=text(f"tranche.{row['tranche']}", language),
        mean=percentage(chance["mean"], language, 0),
        lower=percentage(chance["lower"], language, 0),
        upper=percentage(chance["upper"], language, 0),
        level=number(100 * chance["level"], language),
        stopped=row["stopped"],
        started=row["started"],
    )


def _cost_sentence(row: dict[str, Any], language: Language) -> str:
    ahead = row["outcome"] == "sk" and row["years_since_start"] < ORDINARY_YEARS
    return text(
        "cost.line",
        language,
        outcome=text(f"outcome.{row['outcome']}", language),
        tranche=text(f"tranche.{row['tranche']}", language),
        years=after_years(row["years_since_start"], language),
        unit=text(f"cost.unit.{'sk_sooner' if ahead else row['outcome']}", language),
        median=euros(row["median"], language),
        lower=euros(row["lower"], language),
        upper=euros(row["upper"], language),
        level=number(100 * row["level"], language),
        p=probability(row["p_no_benefit"], language),
    )


def euros(amount: float, language: Language) -> str:
    """Write an amount in whole euros; an infinite one in words.

    Parameters
    ----------
    amount
        In euros.
    language
        Of the texts: Dutch or English.
    """
    if amount == float("inf"):
        return text("cost.unbounded", language)
    return number(amount, language)
