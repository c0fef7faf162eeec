"""Calibrated words for probabilities, and shares as simple fractions."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import Final

from vm2causal.texts import Language, percentage, text

_WORDS: Final = (
    (0.99, "virtually_certain"),
    (0.9, "very_likely"),
    (0.66, "likely"),
    (0.33, "as_likely_as_not"),
    (0.1, "unlikely"),
    (0.01, "very_unlikely"),
)
"""From which probability on each word holds: the likelihood scale of Mastrandrea et al. (2010),
Guidance note for lead authors of the IPCC fifth assessment report, table 1."""

_FRACTIONS: Final = {
    1 / 4: "quarter",
    1 / 3: "third",
    1 / 2: "half",
    2 / 3: "two_thirds",
    3 / 4: "three_quarters",
}
_AS_GOOD_AS: Final = 0.015
"""Share within which a fraction is named without 'nearly' or 'over'."""
_REACH: Final = 0.09
"""Share beyond which no simple fraction is near."""


def certainty_word(probability: float, language: Language) -> str:
    """The word of the IPCC's scale for a probability.

    Parameters
    ----------
    probability
        Between 0 and 1.

    Examples
    --------
    >>> certainty_word(0.995, Language.NL), certainty_word(0.7, Language.EN)
    ('vrijwel zeker', 'likely')
    >>> certainty_word(0.004, Language.EN)
    'exceptionally unlikely'
    """
    found = next((word for least, word in _WORDS if probability >= least), None)
    return text(f"certainty.{found or 'exceptionally_unlikely'}", language)


def probability_of_side(effect: Mapping[str, float]) -> float:
    """Probability that an effect lies on the side of 0 that its mean is on.

    From the interval as it is shown, taken for a normal one: where a check has widened the
    interval, the word beside it follows.

    Parameters
    ----------
    effect
        ``mean``, ``lower``, ``upper`` and the ``level`` of the interval.

    Examples
    --------
    >>> wide = {"mean": -0.02, "lower": -0.06, "upper": 0.02, "level": 0.95}
    >>> round(probability_of_side(wide), 3)
    0.836
    """
    half = (effect["upper"] - effect["lower"]) / 2
    sd = half / NormalDist().inv_cdf((1 + effect["level"]) / 2)
    return NormalDist().cdf(abs(effect["mean"]) / sd) if sd > 0 else 1.0


def share_in_words(share: float, language: Language) -> str:
    """A share as a simple fraction where one is near, else in whole percents.

    Examples
    --------
    >>> share_in_words(22 / 38, Language.NL), share_in_words(29 / 119, Language.EN)
    ('ruim de helft', 'a quarter')
    >>> share_in_words(0.06, Language.EN)
    '6%'
    """
    nearest = min(_FRACTIONS, key=lambda fraction: abs(share - fraction))
    if abs(share - nearest) > _REACH:
        return percentage(share, language, 0)
    named = text(f"fraction.{_FRACTIONS[nearest]}", language)
    if abs(share - nearest) <= _AS_GOOD_AS:
        return named
    side = "above" if share > nearest else "below"
    return text(f"fraction.{side}", language, fraction=named)
