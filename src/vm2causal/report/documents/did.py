"""The JSON document of a difference-in-differences of anyone's tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from vm2causal.checks.gate.diagnostics import Diagnostics
from vm2causal.monitor.did.effects import POOLED, UNPOOLED
from vm2causal.monitor.did.weighting import OVERALL
from vm2causal.report.documents.records import records
from vm2causal.report.words.did import (
    equivalence_sentence,
    estimate_sentence,
    license_sentence,
    trend_sentence,
)
from vm2causal.texts import Language, text


@dataclass(frozen=True)
class DidTables:
    """What comes out of a difference-in-differences.

    Parameters
    ----------
    estimates
        By method: overall, by cohort, by period since the start, and by group and period.
    placebos, equivalence
        Effects of periods before the treatment, and within which margin they lie.
    trends, bounds
        How far trends may part before an answer falls, and what is left if they do.
    without
        The overall estimate without each comparison group.
    left_out
        Treated groups and periods without comparison.
    """

    estimates: pd.DataFrame
    placebos: pd.DataFrame
    equivalence: pd.DataFrame
    trends: pd.DataFrame
    bounds: pd.DataFrame
    without: pd.DataFrame
    left_out: pd.DataFrame


def did_document(
    tables: DidTables,
    *,
    source: str,
    settings: dict[str, Any],
    diagnostics: Diagnostics,
    notes: list[str],
    language: Language,
) -> dict[str, Any]:
    """All estimates with a sentence and what it licenses (``vm2causal did fit``).

    Parameters
    ----------
    tables
        What came out.
    source
        Name of the table.
    settings
        What was chosen; ``icc`` is None where clusters are not known.
    diagnostics
        The least favourable of all fits.
    notes
        About the reading of the table.
    language
        Of the texts: Dutch or English.
    """
    trends = records(tables.trends)
    verdicts = {
        (row["outcome"], row["after"]): row["verdict"] for row in trends if row["about"] == OVERALL
    }
    clustered = settings["icc"] is not None
    failures = ", ".join(diagnostics.failures)
    return {
        "schema": "vm2causal/did/1",
        "source": source,
        "settings": settings,
        "estimates": [
            {
                **row,
                "sentence": estimate_sentence(row, language),
                "license": _license(
                    row, verdicts[row["outcome"], row["after"]], failures, clustered, language
                ),
            }
            for row in records(tables.estimates)
        ],
        "placebos": records(tables.placebos),
        "equivalence": [
            {**row, "sentence": equivalence_sentence(row, language)}
            for row in records(tables.equivalence)
        ],
        "parallel_trends": [{**row, "sentence": trend_sentence(row, language)} for row in trends],
        "bounds": records(tables.bounds),
        "leave_one_out": records(tables.without),
        "left_out": records(tables.left_out),
        "diagnostics": diagnostics.to_dict(),
        "notes": notes,
    }


def _license(
    row: dict[str, Any], verdict: str, failures: str, clustered: bool, language: Language
) -> str:
    if failures and row["method"] in (POOLED, UNPOOLED):
        return text("license.gate_failed", language, failures=failures)
    return license_sentence(row["method"], verdict, language, clustered=clustered)
