"""Differences in words a council member understands: people out of a thousand, with a direction."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, log10
from typing import Final

from vm2causal.texts import Language, number, text

PER: Final = 1000
"""Natural frequencies count people out of this many (Gigerenzer & Hoffrage 1995)."""


def is_clear(effect: Mapping[str, float]) -> bool:
    """Whether an interval leaves zero out, so that its direction may be named.

    Parameters
    ----------
    effect
        ``mean``, ``lower`` and ``upper`` of a difference in shares, between −1 and 1.

    Examples
    --------
    >>> is_clear({"lower": 0.01, "upper": 0.05}), is_clear({"lower": -0.01, "upper": 0.05})
    (True, False)
    """
    return effect["lower"] > 0 or effect["upper"] < 0


def amount(share: float, language: Language, *, per: int = PER) -> str:
    """People out of ``per`` with a direction.

    Parameters
    ----------
    share
        Between −1 and 1.
    language
        Of the texts: Dutch or English.
    per
        People the number is out of, such as 1,000.

    Examples
    --------
    >>> amount(-0.039, Language.NL), amount(0.0002, Language.EN)
    ('39 minder', 'less than 1 more')
    """
    count = abs(share) * per
    key = "brief.fewer" if share < 0 else "brief.more"
    shown = number(count, language) if count >= 0.5 else text("brief.below_one", language)
    return text(key, language, count=shown)


def amounts_between(effect: Mapping[str, float], language: Language, *, per: int = PER) -> str:
    """The interval in people out of ``per``, from nearest to zero outwards.

    Parameters
    ----------
    effect
        ``mean``, ``lower`` and ``upper`` of a difference in shares, between −1 and 1.
    language
        Of the texts: Dutch or English.
    per
        People the number is out of, such as 1,000.

    Examples
    --------
    >>> amounts_between({"lower": -0.063, "upper": -0.015}, Language.NL)
    'tussen 15 en 63 minder'
    >>> amounts_between({"lower": -0.008, "upper": 0.02}, Language.EN)
    'between 8 fewer and 20 more'
    """
    lower, upper = effect["lower"], effect["upper"]
    if not is_clear(effect):
        near, far = amount(lower, language, per=per), amount(upper, language, per=per)
    else:
        ends = sorted((abs(lower), abs(upper)))
        near = number(ends[0] * per, language)
        far = amount(ends[1] if lower > 0 else -ends[1], language, per=per)
    return text("brief.between", language, near=near, far=far)


def decimals_of(effect: Mapping[str, float]) -> int:
    """Decimals that show two figures of the width of an interval; two at least.

    Parameters
    ----------
    effect
        ``mean``, ``lower`` and ``upper`` of a difference in shares, between −1 and 1.

    Examples
    --------
    >>> decimals_of({"lower": 0.1, "upper": 0.7}), decimals_of({"lower": -0.003, "upper": 0.005})
    (2, 4)
    """
    width = effect["upper"] - effect["lower"]
    return max(2, 1 - floor(log10(width))) if width > 0 else 2


def people_in(share: float, language: Language, *, per: int = PER) -> str:
    """People out of ``per`` in a share.

    Examples
    --------
    >>> people_in(0.2349, Language.NL), people_in(0.0002, Language.EN)
    ('235', 'less than 1')
    """
    count = share * per
    if 0 < count < 0.5:
        return text("brief.below_one", language)
    return number(count, language)
