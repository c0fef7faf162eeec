"""What a model asks of a column of a table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """How the cells of a column are read."""

    NUMBER = "number"
    COUNT = "count"
    LEVELS = "levels"
    SCALE = "scale"
    GROUP = "group"


@dataclass(frozen=True)
class Use:
    """One column that a model uses.

    Parameters
    ----------
    column
        Its name in the table.
    role
        ``scale`` are levels from low to high, such as the answers to an item.
    levels
        What the model declares its levels to be; empty where it leaves that to the data.
    missing
        Texts that the model file says stand for a missing value.
    """

    column: str
    role: Role
    levels: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def numeric(self) -> bool:
        """Whether the cells are numbers."""
        return self.role in (Role.NUMBER, Role.COUNT)
