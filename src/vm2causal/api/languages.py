"""Which language texts are in: as asked, as ``VM2CAUSAL_LANG`` says, or as the locale does."""

from __future__ import annotations

import os
from typing import Final

from vm2causal.errors import OptionError
from vm2causal.texts import Language, locale_language

VARIABLE: Final = "VM2CAUSAL_LANG"
"""Environment variable that names a language."""


def language_of(asked: str | Language | None) -> Language:
    """The language that is asked for, or the usual one.

    Parameters
    ----------
    asked
        ``nl`` or ``en``; None for what ``VM2CAUSAL_LANG`` says, else Dutch in a Dutch locale and
        English in any other.

    Raises
    ------
    OptionError
        When there are no texts in it.

    Examples
    --------
    >>> language_of("en")
    <Language.EN: 'en'>
    """
    if asked is None:
        asked = os.environ.get(VARIABLE) or locale_language() or Language.EN
    try:
        return Language(asked.lower())
    except ValueError as error:
        known = ", ".join(Language)
        raise OptionError(
            "There are no texts in this language.", value=asked, fix=f"One of: {known}."
        ) from error
