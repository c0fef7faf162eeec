"""What leaves as it is, and why. Modules that may say so are listed in ``pyproject.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pandas as pd

from vm2causal.disclosure.release import Released, ReleasedTable


class Exempt(StrEnum):
    """Why numbers leave as they are."""

    PUBLISHED = "published"
    """They are in the reports of the monitor, or follow from what is."""
    MODEL = "model"
    """They are of a model file, without data."""
    SIMULATED = "simulated"
    """Nobody is behind them."""
    HOLDER = "holder"
    """They are shown to who holds the data, and are not for publication."""
    KEPT = "kept"
    """They were released before they were kept."""
    CONFIDENTIAL = "confidential"
    """They are kept with a fit, which its owner alone can read."""


def exempt(document: Mapping[str, Any], why: Exempt) -> Released:
    """A document whose numbers leave as they are, for a reason that is named."""
    assert why in Exempt
    return Released(dict(document))


def exempt_table(table: pd.DataFrame, why: Exempt) -> ReleasedTable:
    """A table whose numbers leave as they are, for a reason that is named."""
    assert why in Exempt
    return ReleasedTable(table)
