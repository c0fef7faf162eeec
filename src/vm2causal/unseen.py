"""Characters that nobody sees and that change what is seen: controls and marks of direction.

In a name they make two names look alike, turn the text that follows them round, or steer the
terminal that shows it. Names may not hold them; wherever a text is shown, they show as numbers.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_KINDS: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories: controls, formats, halves of pairs, separators of lines and paragraphs."""

_HARMLESS: Final = frozenset("\u00ad\u200c\u200d")
"""Formats that writing needs: soft hyphen, and what parts or joins letters and emoji."""

_LAYOUT: Final = "\n\t"
"""What a text of several lines holds."""


def is_unseen(character: str) -> bool:
    r"""Whether a character is a control, a mark of direction, or otherwise not seen.

    Parameters
    ----------
    character
        One character.

    Examples
    --------
    >>> [is_unseen(one) for one in ("a", "\u00e9", "\n", "\x9b", "\u202e")]
    [False, False, True, True, True]
    """
    if character.isascii():
        return not " " <= character <= "~"
    return unicodedata.category(character) in _KINDS and character not in _HARMLESS


def first_unseen(text: str, *, allowed: str = "") -> str | None:
    r"""Number of the first such character of a text; None where there is none.

    Parameters
    ----------
    text
        Any text.
    allowed
        Characters that may stand in this text all the same.

    Examples
    --------
    >>> first_unseen("a\u202eb"), first_unseen("a\nb", allowed="\n")
    ('U+202E', None)
    """
    if text.isascii() and text.isprintable():
        return None
    found = (one for one in text if is_unseen(one) and one not in allowed)
    return next((f"U+{ord(one):04X}" for one in found), None)


def visible(text: str, *, allowed: str = _LAYOUT) -> str:
    r"""A text in which every such character shows as its number.

    Parameters
    ----------
    text
        Any text.
    allowed
        Characters that stay as they are though they are not seen.

    Examples
    --------
    >>> visible("a\u202eb\x9b2J")
    'a[U+202E]b[U+009B]2J'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"[U+{ord(one):04X}]" if is_unseen(one) and one not in allowed else one for one in text
    )
