"""Headlines on VM2 from the published tables: tranche by tranche, each after its own years.

Every headline gives the share with and without VM2, and a calibrated word for how certain it is. An
effect is named only where it stands with and without strength lent between tranches, and had the
gap between sites and nation moved once more as far as it is known to have moved without VM2 (M̄ = 1,
see :mod:`~vm2causal.monitor.parallel_trends`). What falls by less is said on that condition; where
an interval holds zero, with that strength or without it, it is undecided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vm2causal.monitor.effects import ORDINARY_YEARS
from vm2causal.monitor.parallel_trends import CONDITIONAL, HOLDS
from vm2causal.report.brief.content.blocks import Standing
from vm2causal.report.brief.content.claims import (
    Claim,
    gate_names,
    text_of_gate,
    withheld_claim,
)
from vm2causal.report.words.certainty import certainty_word, share_in_words
from vm2causal.report.words.frequencies import PER, amount, amounts_between
from vm2causal.report.words.names import joined_name
from vm2causal.report.words.sentences import after_years, probability
from vm2causal.texts import Language, number, text

SPOKEN: Final = ((("vsv", "T2"), ("vsv", "T1")), (("sk", "T1"),), (("sk", "T2"),))
"""What has a headline: of vsv the larger tranche, then the one followed to the end; of SK more
after the ordinary years, and sooner, are different things."""

_STANDINGS: Final = {HOLDS: Standing.CAUSAL, CONDITIONAL: Standing.CONDITIONAL}

Row = Mapping[str, Any]


def monitor_claims(document: Row, levels: Sequence[Row], language: Language) -> tuple[Claim, ...]:
    """What the published tables say of VM2, per outcome and tranche.

    Parameters
    ----------
    document
        Of :func:`~vm2causal.report.documents.monitor.monitor_document`, with ``parallel_trends``.
    levels
        Rows of :func:`~vm2causal.monitor.levels.level_table`.
    """
    failures = gate_names(document["diagnostics"]["failures"], language)
    trends = {(row["outcome"], row["tranche"]): row for row in document["parallel_trends"]}
    if failures:
        return tuple(
            _withheld(outcome, text_of_gate(failures, language), language)
            for outcome in dict.fromkeys(pairs[0][0] for pairs in SPOKEN)
            if any(outcome == known for known, _ in trends)
        )
    spoken = [[trends[pair] for pair in pairs if pair in trends] for pairs in SPOKEN]
    return tuple(_claim(found, document, levels, language) for found in spoken if found)


def outcome_key(row: Row) -> str:
    """``vsv``, ``sk``, or ``sk_sooner``: before the end of the ordinary route an SK is sooner."""
    ahead = row["outcome"] == "sk" and row["years_since_start"] < ORDINARY_YEARS
    return "sk_sooner" if ahead else str(row["outcome"])


def estimate_of(document: Row, place: Row) -> Row:
    """The row of the main analysis on the same cohort after as many years."""
    (found,) = _same_place(
        (
            row
            for row in document["estimates"]
            if (row["method"], row["selection"]) == ("did_clustered", "all")
        ),
        place,
    )
    return found


def level_of(levels: Sequence[Row], place: Row) -> Row:
    """Shares with and without VM2 of the same cohort after as many years."""
    (found,) = _same_place(levels, place)
    return found


def _same_place(rows: Any, place: Row) -> list[Row]:
    keys = ("outcome", "tranche", "years_since_start")
    return [row for row in rows if all(row[key] == place[key] for key in keys)]


def _withheld(outcome: str, reason: str, language: Language) -> Claim:
    what = {"cause": "VM2", "outcome": text(f"outcome.{outcome}", language)}
    return withheld_claim(joined_name("monitor", "vm2", outcome), what, reason, language)


def _claim(
    trends: Sequence[Row], document: Row, levels: Sequence[Row], language: Language
) -> Claim:
    """The first of the cohorts as a headline, the others in the sentences beneath it."""
    first, *others = trends
    estimate = estimate_of(document, first)
    return Claim(
        # four parts, as no effect of a study has
        joined_name("monitor", "vm2", first["outcome"], first["tranche"]),
        _title(first, estimate["risk_difference"], language),
        (
            _with_and_without(first, estimate["risk_difference"], levels, language),
            *(_beneath(other, document, levels, language) for other in others),
        ),
        "",
        _STANDINGS.get(first["verdict"], Standing.UNDECIDED),
        certainty=_certainty(first, estimate, language),
    )


def _beneath(trend: Row, document: Row, levels: Sequence[Row], language: Language) -> str:
    estimate = estimate_of(document, trend)
    share = estimate["risk_difference"]
    said = (
        f"{_title(trend, share, language)}.",
        _with_and_without(trend, share, levels, language),
        _certainty(trend, estimate, language),
    )
    return " ".join(said)


def _title(trend: Row, share: Mapping[str, float], language: Language) -> str:
    years = after_years(trend["years_since_start"], language)
    key = outcome_key(trend)
    kind = {HOLDS: "causal", CONDITIONAL: "conditional"}.get(trend["verdict"])
    if kind is None:
        return text(f"brief.vm2.title.undecided.{key}", language, years=years)
    direction = "more" if share["mean"] > 0 else "less"
    return text(f"brief.vm2.title.{kind}.{key}.{direction}", language, years=years)


def _with_and_without(
    trend: Row, share: Mapping[str, float], levels: Sequence[Row], language: Language
) -> str:
    level = level_of(levels, trend)
    without = round(PER * level["without_vm2"]["mean"])
    return text(
        "brief.vm2.without",
        language,
        without=number(without, language),
        # so that the three numbers add up as they are shown
        with_vm2=number(without + round(PER * share["mean"]), language),
        per=number(PER, language),
        tranche=text(f"tranche.{trend['tranche']}", language),
        years=after_years(trend["years_since_start"], language),
        state=text(f"brief.vm2.state.{outcome_key(trend)}", language),
        amount=amount(share["mean"], language),
        level=number(100 * share["level"], language),
        between=amounts_between(share, language),
    )


def _certainty(trend: Row, estimate: Row, language: Language) -> str:
    """The calibrated word; on its condition where there is one, none where it is undecided."""
    plain, moved = estimate["p_beneficial"], estimate["p_beneficial_moved"]
    verdict = trend["verdict"]
    strict = moved if verdict == HOLDS else plain
    return text(
        f"brief.vm2.certainty.{verdict}",
        language,
        word=certainty_word(strict, language),
        p=probability(strict, language),
        word_moved=certainty_word(moved, language),
        p_moved=probability(moved, language),
        level=number(100 * trend["risk_difference"]["level"], language),
        apart=amounts_between(trend["risk_difference"], language),
    )


def fourth_year(document: Row, language: Language) -> tuple[str, ...]:
    """What the last year of the one tranche that has it adds: per outcome a sentence."""
    said = []
    for row in document["hazards"]:
        at_end = (row["tranche"], row["years_since_start"]) == ("T1", ORDINARY_YEARS)
        if row["selection"] != "all" or not at_end:
            continue
        odds = row["log_odds"]
        clear = "clear" if odds["lower"] > 0 or odds["upper"] < 0 else "unclear"
        what = text(f"brief.vm2.fourth.{row['outcome']}.{clear}", language)
        ends = {part: number(odds[part], language, 2) for part in ("mean", "lower", "upper")}
        said.append(text("brief.vm2.fourth", language, what=what, **ends))
    return tuple(said)


def later_difference(document: Row, outcome: str, language: Language) -> str:
    """How the difference of T1 went from its third year to its fourth."""
    points = {
        years: number(
            100
            * estimate_of(
                document, {"outcome": outcome, "tranche": "T1", "years_since_start": years}
            )["risk_difference"]["mean"],
            language,
            1,
        )
        for years in (ORDINARY_YEARS - 1, ORDINARY_YEARS)
    }
    return text(
        "brief.vm2.later",
        language,
        outcome=text(f"outcome.{outcome}", language),
        third=points[ORDINARY_YEARS - 1],
        fourth=points[ORDINARY_YEARS],
    )


def top_sector(document: Row) -> Row:
    """The sector in which experiments most probably stopped more often; of its ``contrasts``."""
    versus = [row for row in document["contrasts"] if row["versus"] == "others"]
    # chosen after seeing the data, which the texts say
    return max(versus, key=lambda row: float(row["p_higher"]))


def sector_claim(document: Row, language: Language) -> Claim:
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
    top = top_sector(document)
    clear = top["p_higher"] >= 0.95
    sector = text(f"sector.{top['sector']}", language)
    said = _counted if clear else _not_singled_out
    title = text(f"brief.sectors.title.{'clear' if clear else 'unclear'}", language, sector=sector)
    sentence = said(document["stop"], top, sector, language)
    return Claim("sectors", title, (sentence,), document["license"], Standing.ASSOCIATION)


def _counted(stop: Sequence[Row], top: Row, sector: str, language: Language) -> str:
    """How many stopped there and elsewhere, all tranches together."""
    stopped, started = _totals(row for row in stop if row["sector"] == top["sector"])
    others_stopped, others_started = _totals(row for row in stop if row["sector"] != top["sector"])
    return text(
        "brief.sectors.counted",
        language,
        sector=sector,
        part=share_in_words(stopped / started, language),
        stopped=stopped,
        started=started,
        elsewhere=share_in_words(others_stopped / others_started, language),
        others_stopped=others_stopped,
        others_started=others_started,
        p=probability(top["p_higher"], language),
    )


def _totals(rows: Any) -> tuple[int, int]:
    found = [(int(row["stopped"]), int(row["started"])) for row in rows]
    return sum(stopped for stopped, _ in found), sum(started for _, started in found)


def _not_singled_out(stop: Sequence[Row], top: Row, sector: str, language: Language) -> str:
    rows = (
        text(
            "brief.sectors.row",
            language,
            tranche=text(f"tranche.{row['tranche']}", language),
            stopped=row["stopped"],
            started=row["started"],
        )
        for row in stop
        if row["sector"] == top["sector"]
    )
    p = probability(top["p_higher"], language)
    return text("brief.sectors.unclear", language, sector=sector, p=p, rows="; ".join(rows))
