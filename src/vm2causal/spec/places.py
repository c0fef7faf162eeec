"""Where in a file something stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
"""Keys and list positions from the top of a document down, e.g. ``("arrows", 3, "to")``."""


@dataclass(frozen=True)
class Places:
    """Lines of a document by path.

    Parameters
    ----------
    file
        Name of the file as the user knows it; None for what was made in Python.
    lines
        Line (counting from 1) of each path.
    """

    file: str | None = None
    lines: Mapping[Path, int] = field(default_factory=dict)

    def line(self, path: Sequence[str | int]) -> int | None:
        """Line of a path, or of the nearest thing around it that has one."""
        for length in range(len(path), 0, -1):
            line = self.lines.get(tuple(path[:length]))
            if line is not None:
                return line
        return None


NOWHERE = Places()
"""The places of a document that was made in Python."""
