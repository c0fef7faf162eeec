"""What is made of the published monitor as flat tables of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from vm2causal.disclosure import ReleasedTable, flattened
from vm2causal.disclosure.exemption import Exempt, exempt_table
from vm2causal.errors import OptionError
from vm2causal.inputs.published.schema import OUTCOMES
from vm2causal.texts import Language, text


def flat(table: pd.DataFrame) -> ReleasedTable:
    """A table of published numbers, or of what follows from these, without cells in cells."""
    return flattened(exempt_table(table, Exempt.PUBLISHED))


def estimate_rows(document: Mapping[str, Any]) -> ReleasedTable:
    """Estimates of a document of the monitor, a row each."""
    return flat(pd.DataFrame(document["estimates"]))


def gate_remarks(document: Mapping[str, Any], language: Language) -> tuple[str, ...]:
    """Why nothing may be said of numbers whose fit failed; nothing where it passed."""
    failures = document["diagnostics"]["failures"]
    if not failures:
        return ()
    return (text("license.gate_failed", language, failures=", ".join(failures)),)


def require_outcome(outcome: str) -> None:
    """An outcome of the monitor.

    Raises
    ------
    OptionError
        When it is none.
    """
    if outcome not in OUTCOMES:
        known = f"One of: {', '.join(OUTCOMES)}."
        raise OptionError("The monitor has no such outcome.", value=outcome, fix=known)
