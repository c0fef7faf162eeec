"""Levels in several spellings: capitals, spaces, kinds of quotes, a ``.0`` make no other level."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import unescape
from typing import Final

from vm2causal.inputs.tables.remarks import Remark

_ALIKE: Final = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201b\u2032\u00b4`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\u00ad\u200c\u200d", "")
)
"""Signs that a word processor puts in the place of those on the keyboard, and those not seen."""

_SPACES: Final = re.compile(r"\s+")
_WHOLE: Final = re.compile(r"([-+]?\d+)[.,]0{1,2}")
"""A whole number with a decimal or two; three could be thousands."""

_TRUTH: Final = {
    "false": "0",
    "true": "1",
    "onwaar": "0",
    "waar": "1",
    "nee": "0",
    "ja": "1",
    "no": "0",
    "yes": "1",
}


def level_key(text: str) -> str:
    """What spellings of one level have in common.

    Examples
    --------
    >>> level_key(" Zorg  en welzijn"), level_key("3.0"), level_key("1.000"), level_key("01")
    ('zorg en welzijn', '3', '1.000', '01')
    >>> level_key("’s-Hertogenbosch"), level_key("mbo–vo"), level_key("zorg &amp; welzijn")
    ("'s-hertogenbosch", 'mbo-vo', 'zorg & welzijn')
    """
    signs = unicodedata.normalize("NFKC", unescape(text)).translate(_ALIKE)
    plain = _clean(signs).casefold()
    whole = _WHOLE.fullmatch(plain)
    return whole.group(1) if whole else plain


def _clean(text: str) -> str:
    """A text with single spaces and composed accents."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


def one_spelling(texts: Iterable[str], levels: Sequence[str] = ()) -> dict[str, str]:
    """The spelling to use of each text that occurs.

    Parameters
    ----------
    texts
        All values, so that the most frequent spelling of a level can be chosen (of equally
        frequent ones the first by alphabet).
    levels
        Levels that are declared: a text is the one it equals, else the only one that it is
        another spelling of; what is none of them stays as it is.

    Examples
    --------
    >>> one_spelling(["Techniek", "techniek", "techniek", "zorg"])
    {'Techniek': 'techniek', 'techniek': 'techniek', 'zorg': 'zorg'}
    >>> one_spelling(["A", "ja"], ["A", "a", "Ja"])
    {'A': 'A', 'ja': 'Ja'}
    >>> one_spelling(["TRUE", "1", "0"])
    {'0': '0', '1': '1', 'TRUE': '1'}
    """
    counts = Counter(map(str, texts))
    if len(levels):
        return {text: _declared(text, levels) for text in sorted(counts)}
    alike: dict[str, list[str]] = {}
    for text in sorted(counts, key=lambda item: (-counts[item], item)):
        alike.setdefault(level_key(text), []).append(text)
    if _is_truth_in_several_forms(alike):
        return {text: _TRUTH.get(level_key(text), level_key(text)) for text in sorted(counts)}
    chosen = {text: _clean(texts[0]) for texts in alike.values() for text in texts}
    return dict(sorted(chosen.items()))


def _is_truth_in_several_forms(keys: Iterable[str]) -> bool:
    """Whether these are words for yes and no that say the same twice: ``TRUE`` beside ``1``."""
    found = set(keys)
    truths = {_TRUTH.get(key, key) for key in found}
    return truths <= {"0", "1"} and len(truths) < len(found)


def _declared(text: str, levels: Sequence[str]) -> str:
    if text in levels:
        return text
    key = level_key(text)
    if set(levels) == {"0", "1"} and key in _TRUTH:
        return _TRUTH[key]
    alike = [level for level in levels if level_key(level) == key]
    return alike[0] if len(alike) == 1 else text


def respelled(chosen: dict[str, str]) -> dict[str, list[str]]:
    """Levels that occur in several spellings, with the others.

    Examples
    --------
    >>> respelled({"Techniek": "techniek", "techniek": "techniek", "zorg": "zorg"})
    {'techniek': ['Techniek']}
    """
    others: dict[str, list[str]] = {}
    for text, level in chosen.items():
        if text != level:
            others.setdefault(level, []).append(text)
    return others


def spelling_remarks(column: str, others: Mapping[str, Sequence[str]]) -> list[Remark]:
    """Say which spellings were taken for which level of a column."""
    return [
        Remark("spellings", {"column": column, "level": level, "others": ", ".join(texts)})
        for level, texts in others.items()
    ]
