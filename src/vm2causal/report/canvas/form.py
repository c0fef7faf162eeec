"""How large a figure may be, and what stands in it besides the drawing.

A page, a column of a journal and a phone want the same figure in other proportions. What draws asks
for the form; who wants another one says so around the drawing, as with
:func:`~vm2causal.report.canvas.style.figure_style`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from vm2causal.errors import OptionError

_MILLIMETRES: Final = 25.4
_PER_INCH: Final = {"mm": _MILLIMETRES, "cm": _MILLIMETRES / 10, "in": 1.0}
_LEAST: Final = 2.4
_MOST: Final = 16.0
_STACKED_BELOW: Final = 4.6
_WRITTEN: Final = re.compile(r"\s*(?P<size>\d+(?:[.,]\d+)?)\s*(?P<unit>mm|cm|in)\s*")


@dataclass(frozen=True)
class Form:
    """Width in inches, and whether the title stands above the drawing.

    Parameters
    ----------
    width
        Most that a figure takes, where its words allow it.
    titled
        Whether the title is drawn; a journal sets its own.
    """

    width: float = 6.7
    titled: bool = True

    @property
    def stacked(self) -> bool:
        """Whether labels stand above what they name, and panels below one another."""
        return self.width < _STACKED_BELOW


PAGE: Final = Form()
"""Between the margins of an upright A4."""

PHONE: Final = Form(width=3.4)
"""Letters of 8 points come out at some 11 pixels on a screen of 390."""

_form: ContextVar[Form] = ContextVar("form", default=PAGE)


def form() -> Form:
    """The form asked for where this is called."""
    return _form.get()


@contextmanager
def drawn_for(wanted: Form) -> Iterator[None]:
    """Draw in a form, for the length of a ``with`` block.

    Parameters
    ----------
    wanted
        The form.
    """
    token = _form.set(wanted)
    try:
        yield
    finally:
        _form.reset(token)


def width_in_inches(written: str) -> float:
    """A width as one types it, such as ``85mm``.

    Parameters
    ----------
    written
        A number with ``mm``, ``cm`` or ``in``; between 61 and 406 mm.

    Raises
    ------
    OptionError
        When it is no such width.

    Examples
    --------
    >>> round(width_in_inches("85mm"), 3), width_in_inches("6,7 in")
    (3.346, 6.7)
    """
    found = _WRITTEN.fullmatch(written)
    inches = float(found["size"].replace(",", ".")) / _PER_INCH[found["unit"]] if found else 0.0
    if not _LEAST <= inches <= _MOST:
        low, high = (round(_MILLIMETRES * end) for end in (_LEAST, _MOST))
        raise OptionError(
            "This is no width for a figure.",
            value=written,
            fix=f"A number with mm, cm or in, between {low}mm and {high}mm; a column is 85mm.",
        )
    return inches
