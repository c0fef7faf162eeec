"""How long a job took, in a file of its own: all else that two equal jobs write is equal."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from vm2causal.plain_files import read_json

TIMINGS_FILE: Final = "timings.json"
"""Name of the file."""

SCHEMA: Final = "vm2causal/timings/1"
"""What it says under ``schema``."""


def timings_text(timings: Mapping[str, float]) -> str:
    """Content of the file.

    Parameters
    ----------
    timings
        Seconds by part of the job.
    """
    return json.dumps({"schema": SCHEMA, **timings}, indent=2, allow_nan=False) + "\n"


def remove_timings(folder: Path) -> None:
    """Take the file out of a folder whose job was replaced; a file that tells otherwise stays.

    Parameters
    ----------
    folder
        Of what a job wrote.
    """
    try:
        read_timings(folder)
    except (OSError, ValueError):
        return
    (folder / TIMINGS_FILE).unlink()


def read_timings(folder: Path) -> dict[str, float]:
    """What the file in a folder says.

    Parameters
    ----------
    folder
        Of what a job wrote.

    Returns
    -------
    dict
        Seconds by part of the job.

    Raises
    ------
    OSError
        When it is absent or no plain file.
    ValueError
        When it says anything else than seconds.
    """
    found = read_json(folder / TIMINGS_FILE, follow=False)
    if not isinstance(found, dict) or found.pop("schema", None) != SCHEMA:
        raise ValueError("it does not tell how long a job took")
    if not all(type(item) in (int, float) and 0 <= item < math.inf for item in found.values()):
        raise ValueError("it holds other things than seconds")
    return {name: float(item) for name, item in found.items()}
