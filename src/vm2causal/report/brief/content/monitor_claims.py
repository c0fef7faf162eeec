"""Headlines on VM2 from the published tables: tranche by tranche, each after its own years.

An effect is named only where it stands with and without strength lent between tranches, and had the
gap between sites and nation moved once more as far as it is known to have moved without VM2 (M̄ = 1,
see :mod:`~vm2causal.monitor.parallel_trends`). What falls by less is said to hang on that; what
pooling decides is undecided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vm2causal.inputs.published.schema import OUTCOMES
from vm2causal.monitor.effects import ORDINARY_YEARS, POOLED_TRANCHES
from vm2causal.monitor.parallel_trends import HOLDS
from vm2causal.report.brief.content.blocks import Standing
from vm2causal.report.brief.content.claims import (
    Claim,
    claim_title,
    gate_names,
    text_of_gate,
    withheld_claim,
)
from vm2causal.report.words.frequencies import PER, amount, amounts_between, is_clear
from vm2causal.report.words.names import joined_name
from vm2causal.report.words.sentences import after_years, people_of, probability
from vm2causal.texts import Language, capitalised, number, text

_FULLY_FOLLOWED: Final = "T1"


def monitor_claims(document: Mapping[str, Any], language: Language) -> tuple[Claim, ...]:
    """What the published tables say of VM2 on each outcome: T1 and T2 apart, in one headline.

    Parameters
    ----------
    document
        Of :func:`~vm2causal.report.documents.monitor.monitor_document`, with ``parallel_trends``.
    """
    failures = gate_names(document["diagnostics"]["failures"], language)
    return tuple(
        _claim(outcome, document, failures, language)
        for outcome in OUTCOMES
        if any(row["outcome"] == outcome for row in document["parallel_trends"])
    )


def _claim(
    outcome: str, document: Mapping[str, Any], failures: Sequence[str], language: Language
) -> Claim:
    # three parts, as no effect of a study has
    name = joined_name("monitor", "vm2", outcome)
    what = {"cause": "VM2", "outcome": text(f"outcome.{outcome}", language)}
    if failures:
        return withheld_claim(name, what, text_of_gate(failures, language), language)
    trends = {
        row["tranche"]: row for row in document["parallel_trends"] if row["outcome"] == outcome
    }
    pairs = [(trends[tranche], _estimate(document, trends[tranche])) for tranche in POOLED_TRANCHES]
    holding = [estimate for trend, estimate in pairs if trend["verdict"] == HOLDS]
    # the larger tranche is drawn
    shown = max((estimate for _, estimate in pairs), key=lambda row: row["years_since_start"] < 4)
    years = shown["years_since_start"]
    return Claim(
        name,
        _title(outcome, holding, what, language),
        (
            *(_line(trend, estimate, language) for trend, estimate in pairs),
            _fourth_year(document, outcome, language),
        ),
        text("brief.licence.vm2", language),
        Standing.CAUSAL if holding else Standing.UNDECIDED,
        shown["risk_difference"],
        people_of(outcome, years, language),
        text(
            "brief.among.starters",
            language,
            tranche=text(f"tranche.{shown['tranche']}", language),
            years=after_years(years, language),
        ),
        published=True,
    )


def _estimate(document: Mapping[str, Any], trend: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row of the main analysis on the same cohort after as many years."""
    keys = ("outcome", "tranche", "years_since_start")
    (found,) = (
        row
        for row in document["estimates"]
        if (row["method"], row["selection"]) == ("did_clustered", "all")
        and all(row[key] == trend[key] for key in keys)
    )
    row: Mapping[str, Any] = found
    return row


def _title(
    outcome: str,
    holding: Sequence[Mapping[str, Any]],
    what: Mapping[str, str],
    language: Language,
) -> str:
    if not holding:
        return text("brief.title.undecided", language, **what)
    if outcome == "sk" and all(row["risk_difference"]["mean"] > 0 for row in holding):
        late = any(row["years_since_start"] >= ORDINARY_YEARS for row in holding)
        early = any(row["years_since_start"] < ORDINARY_YEARS for row in holding)
        if early:
            return text(f"brief.vm2.causal.{'both' if late else 'sooner'}", language)
    return claim_title("causal", holding[0]["risk_difference"], what, language)


def _line(trend: Mapping[str, Any], estimate: Mapping[str, Any], language: Language) -> str:
    """One cohort after its years, in words that go as far as its verdict."""
    share, years = estimate["risk_difference"], estimate["years_since_start"]
    verdict = trend["verdict"]
    key = "causal.line" if verdict == HOLDS else f"{verdict}.line"
    return text(
        f"brief.vm2.{key}",
        language,
        place=capitalised(text(f"tranche.{estimate['tranche']}", language)),
        years=after_years(years, language),
        people=people_of(estimate["outcome"], years, language),
        amount=amount(share["mean"], language),
        between=amounts_between(share, language),
        apart=amounts_between(trend["risk_difference"], language),
        per=number(PER, language),
        level=number(100 * share["level"], language),
        p=probability(estimate["p_beneficial_moved"], language),
        moved=number(100 * trend["moved"], language, 1),
        least=number(100 * trend["interval_holds_zero"], language, 1),
        mbar=number(trend["mbar_interval_holds_zero"], language, 1),
    )


def _fourth_year(document: Mapping[str, Any], outcome: str, language: Language) -> str:
    """What the last year of the one tranche that has it adds, and that the other has it not."""
    (row,) = (
        item
        for item in document["hazards"]
        if (item["selection"], item["outcome"]) == ("all", outcome)
        and (item["tranche"], item["years_since_start"]) == (_FULLY_FOLLOWED, ORDINARY_YEARS)
    )
    odds = row["log_odds"]
    clear = "clear" if is_clear(odds) else "unclear"
    return text(
        f"brief.vm2.fourth.{outcome}.{clear}",
        language,
        **{part: number(odds[part], language, 2) for part in ("mean", "lower", "upper")},
    )


def sector_claim(document: Mapping[str, Any], language: Language) -> Claim:
    """In which sector experiments stopped more often than in the others together.

    Parameters
    ----------
    document
        Of :func:`~vm2causal.report.documents.monitor.sectors_document`.
    """
    what = {"cause": text("brief.sectors.cause", language),
            "outcome": text("brief.sectors.outcome", language)}  # fmt: skip
    failures = gate_names(document["diagnostics"]["failures"], language)
    if failures:
        return withheld_claim("sectors", what, text_of_gate(failures, language), language)
    versus = [row for row in document["contrasts"] if row["versus"] == "others"]
    # chosen after seeing the data, which the texts say
    top = max(versus, key=lambda row: float(row["p_higher"]))
    clear = top["p_higher"] >= 0.95
    rows = [row for row in document["stop"] if row["sector"] == top["sector"]]
    sector = text(f"sector.{top['sector']}", language)
    sentence = text(
        f"brief.sectors.{'clear' if clear else 'unclear'}",
        language,
        sector=sector,
        p=probability(top["p_higher"], language),
        rows="; ".join(
            text(
                "brief.sectors.row",
                language,
                tranche=text(f"tranche.{row['tranche']}", language),
                stopped=row["stopped"],
                started=row["started"],
            )
            for row in rows
        ),
    )
    title = text(f"brief.sectors.title.{'clear' if clear else 'unclear'}", language, sector=sector)
    return Claim("sectors", title, (sentence,), document["license"], Standing.ASSOCIATION)
