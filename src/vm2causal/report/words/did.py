"""Sentences about a difference-in-differences of anyone's tables, and what each licenses."""

from __future__ import annotations

from typing import Any, Final

from vm2causal.texts import Language, capitalised, number, text

NAIVE: Final = ("naive", "before_after")
"""Methods whose estimates are comparisons, no effects."""

UNTIMED: Final = 0
"""``after`` of a table that does not follow careers."""


def about(row: Any, language: Language) -> str:
    """What an estimate is about: an outcome, when, and of whom.

    Parameters
    ----------
    row
        Of a table of estimates or trends.
    language
        Of the texts: Dutch or English.
    """
    return f"{outcome_after(row, language)}, {whom(row, language)}"


def whom(row: Any, language: Language) -> str:
    """Which groups and periods an estimate is about.

    Parameters
    ----------
    row
        Of a table of estimates or trends.
    language
        Of the texts: Dutch or English.
    """
    fields = {name: row.get(name) for name in ("group", "cohort", "time", "exposure")}
    key = f"did.about.{row['about']}"
    if row["about"] == "exposure" and row["exposure"] in (0, 1):
        key += ".first" if row["exposure"] == 0 else ".one"
    return text(key, language, **fields)


def outcome_after(row: Any, language: Language) -> str:
    """An outcome, and how long after the start where careers are followed.

    Parameters
    ----------
    row
        Of a table of estimates or trends.
    language
        Of the texts: Dutch or English.
    """
    outcome = str(row["outcome"])
    if row["after"] == UNTIMED:
        return outcome
    key = "did.about.after.one" if row["after"] == 1 else "did.about.after"
    return text(key, language, outcome=outcome, after=row["after"])


def estimate_sentence(row: Any, language: Language) -> str:
    """Say an estimate in points and pupils.

    Parameters
    ----------
    row
        Of the table of estimates.
    language
        Of the texts: Dutch or English.
    """
    found, pupils = row["risk_difference"], row["pupils"]
    said = text(
        "did.estimate",
        language,
        about=capitalised(about(row, language)),
        method=text(f"did.method.{row['method']}", language),
        points=_points(found["mean"], language),
        lower=_points(found["lower"], language),
        upper=_points(found["upper"], language),
        level=number(100 * found["level"], language),
        pupils=_more(pupils["mean"], language),
        trials=number(row["trials"], language),
    )
    drifted = row["with_drift"]
    if drifted is None:
        return said
    return f"{said} " + text(
        "did.drifted",
        language,
        lower=_points(drifted["lower"], language),
        upper=_points(drifted["upper"], language),
    )


def license_sentence(method: str, verdict: str, language: Language, *, clustered: bool) -> str:
    """What an estimate of a series licenses.

    Parameters
    ----------
    method
        That made it.
    verdict
        Of the table of trends.
    language
        Of the texts: Dutch or English.
    clustered
        Whether clusters are known.
    """
    said = text(f"did.license.{method if method in NAIVE else verdict}", language)
    return said if clustered else f"{said} {text('did.license.independent', language)}"


def trend_sentence(row: Any, language: Language) -> str:
    """How large a violation of parallel trends an answer survives.

    Parameters
    ----------
    row
        Of the table of trends.
    language
        Of the texts: Dutch or English.
    """
    said = text(
        "did.trend",
        language,
        about=capitalised(about(row, language)),
        lost=number(100 * row["sign_lost"], language, 1),
        zero=number(100 * row["interval_holds_zero"], language, 1),
        verdict=text(f"trends.{row['verdict']}", language),
    )
    if row["moved"] is None:
        return f"{said} {text('did.trend.unknown', language)}"
    return f"{said} " + text(
        "did.trend.moved", language, moved=number(100 * row["moved"], language, 1)
    )


def equivalence_sentence(row: Any, language: Language) -> str:
    """Within which margin effects before the treatment lie.

    Parameters
    ----------
    row
        Of the table of equivalence.
    language
        Of the texts: Dutch or English.
    """
    margin = number(100 * row["equivalent_within"], language, 1)
    said = text(
        "did.equivalence",
        language,
        outcome=capitalised(str(row["outcome"])),
        placebos=row["placebos"],
        margin=margin,
    )
    if row["equivalent"] is None:
        return said
    answer = "shown" if row["equivalent"] else "not_shown"
    asked = number(100 * row["margin"], language, 1)
    return f"{said} {text(f'did.equivalence.{answer}', language, margin=asked)}"


def _points(share: float, language: Language) -> str:
    return number(100 * share, language, 1)


def _more(pupils: float, language: Language) -> str:
    count = round(abs(pupils))
    if not count:
        return text("estimate.none", language)
    key = "estimate.more" if pupils > 0 else "estimate.fewer"
    return text(key, language, count=number(count, language))
