"""What a figure shows in one breath: its pattern, for those who cannot see it.

The numbers stand in the table beside a figure; a sentence that read them all aloud would hide what
they have in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from vm2causal.effects.verdict import Verdict
from vm2causal.report.words.level_labels import cause_label, effect_label
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, text

_MOST_NAMED: Final = 3


def counted_verdicts(rows: Iterable[Mapping[str, Any]], language: Language) -> str:
    """How many arrows came out how, from the clearest verdict on.

    Parameters
    ----------
    rows
        Of :func:`~vm2causal.effects.arrows.arrow_table`.
    language
        Of the texts: Dutch or English.

    Examples
    --------
    >>> rows = [{"verdict": "onbeslist"}, {"verdict": "ondersteund"}, {"verdict": "onbeslist"}]
    >>> counted_verdicts(rows, Language.EN)
    '1 supported, 2 undecided'
    """
    seen = [row["verdict"] for row in rows]
    return ", ".join(
        f"{number(seen.count(one.value), language)} {text(f'effects.verdict.{one}', language)}"
        for one in Verdict
        if one.value in seen
    )


def strongest(rows: Iterable[Mapping[str, Any]], spec: CausalSpec, language: Language) -> str:
    """The arrows with the largest standardised coefficients, with these.

    Parameters
    ----------
    rows
        Of :func:`~vm2causal.effects.arrows.arrow_table`.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    known = [row for row in rows if row["standardised"] is not None]
    known.sort(key=lambda row: -abs(row["standardised"]["mean"]))
    return "; ".join(
        f"{cause_label(row, spec, language)} → {effect_label(row, spec, language)} "
        f"{number(row['standardised']['mean'], language, 2)}"
        for row in known[:_MOST_NAMED]
    )


def span_of(found: Sequence[tuple[str, float]], language: Language, decimals: int) -> str:
    """From the smallest to the largest of some named numbers.

    Parameters
    ----------
    found
        Names with their numbers, at least one.
    language
        Of the texts: Dutch or English.
    decimals
        Of the numbers.

    Examples
    --------
    >>> span_of([("zorg", 2.0), ("techniek", -1.25), ("groen", 0.0)], Language.NL, 1)
    'van −1,2 (techniek) tot 2,0 (zorg)'
    """
    low, high = (end(found, key=lambda pair: pair[1]) for end in (min, max))
    return text(
        "figures.span",
        language,
        low=number(low[1], language, decimals),
        low_name=low[0],
        high=number(high[1], language, decimals),
        high_name=high[0],
    )
