"""How a rule of a model file that is broken is told: place, value, rule and mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import NoReturn

from vm2causal.errors import ModelFileError
from vm2causal.spec.places import Places


def suggestion(word: str, known: Iterable[str], *, otherwise: str) -> str:
    """Advice that names the nearest known word, or falls back on other advice.

    Examples
    --------
    >>> suggestion("ordnal", ["ordinal", "nominal"], otherwise="")
    "Did you mean 'ordinal'?"
    """
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"Did you mean '{near[0]}'?" if near else otherwise


def refuse(
    rule: str, places: Places, path: Sequence[str | int], value: object, fix: str
) -> NoReturn:
    """Refuse a model.

    Parameters
    ----------
    path
        Of what breaks the rule, from the top of the document down.
    """
    raise ModelFileError(rule, file=places.file, line=places.line(path), value=value, fix=fix)
