"""The one catalogue of what users read: every label and sentence in Dutch and English.

Texts stand in ``catalogue/*.yaml`` as ``key: {nl: …, en: …}``, one file per subject; a text may
hold ``{named}`` fields.
Numbers are written the way each language writes them (decimal comma in Dutch).
"""

from __future__ import annotations

import locale
import os
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Final

import yaml

from vm2causal.errors import OptionError

_PARSER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Every command reads the catalogue; the parser in C takes a tenth of the time."""


_LOCALE: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Variables that name the language of messages, the first that is set (POSIX, 8.2)."""


class Language(StrEnum):
    """Languages in which texts exist."""

    NL = "nl"
    EN = "en"


def locale_language() -> Language | None:
    """The language that the locale names; None where it names none (``C``, ``POSIX``).

    Dutch in a Dutch locale, English in any other: there are no texts in a third language.
    """
    named = next(filter(None, map(os.environ.get, _LOCALE)), None)
    spoken = (named if named is not None else locale.getlocale(locale.LC_CTYPE)[0] or "").lower()
    if not spoken or spoken.partition(".")[0] in ("c", "posix"):
        return None
    return Language.NL if spoken.startswith(("nl", "dutch")) else Language.EN


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All texts, by key and language; a key stands in one file only."""
    texts: dict[str, dict[str, str]] = {}
    folder = resources.files("vm2causal").joinpath("catalogue")
    for source in sorted(folder.iterdir(), key=lambda item: item.name):
        if source.name.endswith(".yaml"):
            _add(texts, yaml.load(source.read_text(encoding="utf-8"), _PARSER), source.name)
    return texts


def _add(texts: dict[str, dict[str, str]], new: dict[str, dict[str, str]], source: str) -> None:
    repeated = texts.keys() & new.keys()
    if repeated:
        raise OptionError("A text stands in two files.", file=source, value=min(repeated))
    texts.update(new)


def text(key: str, language: Language, **fields: object) -> str:
    """One text in one language, its fields filled in.

    Parameters
    ----------
    key
        Hash of what the numbers depend on: tables, code, seed and settings.
    language
        Of the texts: Dutch or English.

    Raises
    ------
    OptionError
        When the key is not in the catalogue.

    Examples
    --------
    >>> text("outcome.vsv", Language.EN)
    'early leaving (vsv)'
    """
    entry = catalogue().get(key)
    if entry is None:
        raise OptionError("This text is not in the catalogue.", value=key)
    template = entry[language.value]
    return template.format(**fields) if fields else template


def number(value: float, language: Language, decimals: int = 0, *, trim: bool = False) -> str:
    """Write a number as the language does, with separators for thousands.

    Parameters
    ----------
    value
        Finite.
    language
        Of the texts: Dutch or English.
    decimals
        Digits after the decimal mark, 0 or more.
    trim
        Leave out zeros at the end of the decimals: a number that was rounded before has no others
        to show.

    Examples
    --------
    >>> number(1234.5, Language.NL, 1), number(1234.5, Language.EN, 1)
    ('1.234,5', '1,234.5')
    >>> number(-0.001, Language.EN, 1)
    '0.0'
    >>> number(16.0, Language.EN, 3, trim=True), number(0.670, Language.NL, 3, trim=True)
    ('16', '0,67')
    """
    # z: what rounds to zero has no sign
    written = f"{value:z,.{decimals}f}".replace("-", "−")
    if trim and decimals:
        written = written.rstrip("0").rstrip(".")
    if language is Language.NL:
        return written.translate(str.maketrans(",.", ".,"))
    return written


def capitalised(words: str) -> str:
    """Write the first letter as a capital and leave the rest as it is.

    Parameters
    ----------
    words
        Any text.

    Examples
    --------
    >>> capitalised("startkwalificatie (SK)")
    'Startkwalificatie (SK)'
    """
    return words[:1].upper() + words[1:]


def percentage(share: float, language: Language, decimals: int = 1) -> str:
    """Write a share as a percentage.

    Parameters
    ----------
    share
        A share, 1 being the whole.
    language
        Of the texts: Dutch or English.
    decimals
        Digits after the decimal mark, 0 or more.

    Examples
    --------
    >>> percentage(0.235, Language.NL)
    '23,5%'
    """
    return f"{number(100 * share, language, decimals)}%"
