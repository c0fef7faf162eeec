"""One plain sentence per number, and one on what it does and does not license."""

from __future__ import annotations

from typing import Any

from vm2causal.monitor.effects import ORDINARY_YEARS
from vm2causal.texts import Language, capitalised, number, percentage, text

_BORGING = ("B1", "B2")
_FULLY_FOLLOWED = "T1"
"""The one tranche that was followed for the four years of the ordinary route."""


def estimate_sentence(row: Any, starters: float, language: Language) -> str:
    """Say an estimate in pupils; ``row`` is one row of the estimate table.

    Parameters
    ----------
    row
        Of a table of the monitor.
    starters
        VM2 pupils the estimate is about.
    language
        Of the texts: Dutch or English.
    """
    pupils, moved = row["fewer_pupils"], row["p_beneficial_moved"]
    # from few to many pupils, also where the effect is an increase
    low, high = sorted((pupils["lower"], pupils["upper"]), reverse=pupils["upper"] <= 0)
    said = text(
        "estimate.line",
        language,
        method=capitalised(text(f"method.{row['method']}", language)),
        **_cohort(row, language),
        selection=text(f"selection.{row['selection']}", language),
        people=people_of(row["outcome"], row["years_since_start"], language),
        pupils=fewer_or_more(pupils["mean"], language),
        lower=fewer_or_more(low, language),
        upper=fewer_or_more(high, language),
        starters=number(starters, language),
        level=number(100 * pupils["level"], language),
    )
    if moved is None:
        return said
    return f"{said} {text('estimate.moved', language, p=probability(moved, language))}"


def _cohort(row: Any, language: Language) -> dict[str, str]:
    """Which cohort, and how long after its start."""
    return {
        "tranche": text(f"tranche.{row['tranche']}", language),
        "years": after_years(row["years_since_start"], language),
    }


def after_years(years: int, language: Language) -> str:
    """How long after the start.

    Parameters
    ----------
    years
        Since the start, at least 1.
    language
        Of the texts: Dutch or English.

    Examples
    --------
    >>> after_years(4, Language.NL), after_years(1, Language.EN)
    ('vier jaar na de start', 'one year after the start')
    """
    return text(f"years.{years}", language)


def people_of(outcome: str, years: int, language: Language) -> str:
    """Whom an outcome counts; an SK before the end of the ordinary route is one ahead of time.

    Parameters
    ----------
    outcome
        ``vsv`` or ``sk``.
    years
        Since the start, at least 1.
    language
        Of the texts: Dutch or English.

    Examples
    --------
    >>> people_of("sk", 3, Language.EN)
    'pupils with a starting qualification ahead of time'
    """
    ahead = outcome == "sk" and years < ORDINARY_YEARS
    return text("people.sk_sooner" if ahead else f"people.{outcome}", language)


def license_sentence(row: Any, language: Language) -> str:
    """What an estimate does and does not license.

    Parameters
    ----------
    row
        Of a table of the monitor.
    language
        Of the texts: Dutch or English.
    """
    keys = [f"license.{row['method']}"]
    if row["selection"] == "as_intended":
        keys.append("license.as_intended")
    if row["tranche"] in _BORGING and row["method"] != "naive_landelijk":
        keys.append("license.borging")
    if row["tranche"] == "pooled":
        keys.append("license.pooled")
    if row["outcome"] == "sk" and row["years_since_start"] < ORDINARY_YEARS:
        keys.append("license.sooner")
    if row["tranche"] != _FULLY_FOLLOWED:
        keys.append("license.not_followed")
    if row["method"] in {"did", "did_clustered"} and row["tranche"] not in _BORGING:
        keys.append("license.shrunk")
    return " ".join(text(key, language) for key in keys)


def trend_sentence(row: Any, language: Language) -> str:
    """How large a violation of parallel trends an answer survives; a row of the trend table.

    Parameters
    ----------
    row
        Of a table of the monitor.
    language
        Of the texts: Dutch or English.
    """
    return text(
        "trends.line",
        language,
        outcome=capitalised(text(f"outcome.{row['outcome']}", language)),
        **_cohort(row, language),
        lost=number(100 * row["sign_lost"], language, 1),
        zero=number(100 * row["interval_holds_zero"], language, 1),
        mbar_lost=number(row["mbar_sign_lost"], language, 1),
        mbar_zero=number(row["mbar_interval_holds_zero"], language, 1),
        verdict=text(f"trends.{row['verdict']}", language),
    )


def fewer_or_more(fewer: float, language: Language) -> str:
    """Write a number of pupils with its direction.

    Parameters
    ----------
    fewer
        How many fewer; negative where there are more.
    language
        Of the texts: Dutch or English.

    Examples
    --------
    >>> fewer_or_more(45.2, Language.NL), fewer_or_more(-8.0, Language.EN)
    ('45 minder', '8 more')
    """
    count = round(abs(fewer))
    if count == 0:
        return text("estimate.none", language)
    key = "estimate.fewer" if fewer > 0 else "estimate.more"
    return text(key, language, count=number(count, language))


def probability(value: float, language: Language) -> str:
    """Write a probability; draws cannot tell more than that it is below or above a tenth percent.

    Parameters
    ----------
    value
        Between 0 and 1.
    language
        Of the texts: Dutch or English.

    Examples
    --------
    >>> probability(0.99999, Language.NL), probability(0.5, Language.EN)
    ('> 99,9%', '50.0%')
    """
    if value > 0.999:
        return f"> {percentage(0.999, language)}"
    if value < 0.001:
        return f"< {percentage(0.001, language)}"
    return percentage(value, language)


def p_value(value: float, language: Language) -> str:
    """Write a p with its sign.

    Parameters
    ----------
    value
        Between 0 and 1.
    language
        Of the texts: Dutch or English.

    Examples
    --------
    >>> p_value(0.0171, Language.NL), p_value(1e-9, Language.EN)
    ('= 0,017', '< 0.001')
    """
    return f"< {number(0.001, language, 3)}" if value < 0.001 else f"= {number(value, language, 3)}"


def reported_test(significant: bool, p: float | None, phi: float | None, language: Language) -> str:
    """What a document prints of a test; ``p`` is the printed bound, None where nothing is.

    Parameters
    ----------
    significant
        Whether the report calls the difference significant.
    p
        As reported, between 0 and 1; None where it is not.
    phi
        As reported, between −1 and 1; None where it is not.
    language
        Of the texts: Dutch or English.
    """
    words = text("word.significant" if significant else "word.not_significant", language)
    if p is not None:
        words += f", p < {number(p, language, 2)}"
    if phi is not None:
        words += f", φ {number(phi, language, 2)}"
    return words


def replication_note(row: Any, language: Language) -> str:
    """Why a recomputed test agrees or not; ``row`` is one row of the replication.

    Parameters
    ----------
    row
        Of a table of the monitor.
    language
        Of the texts: Dutch or English.
    """
    return text(
        row["note"],
        language,
        phi=number(abs(row["phi_recomputed"]), language, 3),
        printed=number(abs(row["phi"]), language, 2),
        p=p_value(row["p"], language),
        holds_from=number(row["holds_from"], language),
        holds_to=number(row["holds_to"], language),
    )
