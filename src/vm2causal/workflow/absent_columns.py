"""Variables of a model that no column of the data holds: refused, unless that was meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum

from vm2causal.errors import StudyError
from vm2causal.spec import CausalSpec
from vm2causal.spec.rules import suggestion

_SHOWN = 12
"""Columns that an error lists."""


class Missing(StrEnum):
    """What becomes of a variable that no column holds."""

    REFUSED = "refused"
    """It is taken for a mistake in a name."""
    UNOBSERVED = "unobserved"
    """Nobody observed it; the graph then says what can still be answered."""


def require_columns(
    spec: CausalSpec, missing: Iterable[str], present: Collection[str], *, file: str
) -> None:
    """Refuse a variable without a column: a name written otherwise would change what is adjusted.

    A column that is there and holds nothing is another matter: its variable is unobserved, and
    that is said.

    Parameters
    ----------
    missing
        Observed variables of the model that have no data.
    present
        Columns that the data have, or may have in their format.
    file
        What messages call the data.

    Raises
    ------
    StudyError
        With the first such variable and the nearest column.
    """
    for name in missing:
        absent = [column for column in spec.columns_of(name) if column not in present]
        if not absent:
            continue
        free = [column for column in present if not _is_used(spec, column)]
        listed = ", ".join(sorted(present)[:_SHOWN])
        near = suggestion(absent[0], free, otherwise=f"There are: {listed}.")
        raise StudyError(
            f"No column holds the variable '{name}' of the model.",
            file=file,
            value=absent[0],
            fix=f"{near} Name its column in the model ('column: …'). If nobody observed it, say so "
            "there ('observed: false'), or for this fit alone with --allow-missing (in Python "
            "missing='unobserved').",
        )


def _is_used(spec: CausalSpec, column: str) -> bool:
    return any(
        column in spec.columns_of(name) for name, item in spec.variables.items() if item.observed
    )
