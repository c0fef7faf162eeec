"""Columns of a table of counts by group and period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

COUNTS: Final = "counts"
GROUPS: Final = "groups"
"""Names of the tables of a folder, without their endings."""


@dataclass(frozen=True)
class Column:
    """A column: what stands in it, and whether it has to be there.

    Parameters
    ----------
    kind
        ``text``, ``whole``, ``count`` (a number, a mask such as ``<5`` or a range such as
        ``120-140``) or ``percent``.
    required
        Whether the table must have it.
    may_be_empty
        Whether a cell of it may be empty.
    """

    kind: str
    required: bool
    may_be_empty: bool


COUNT_COLUMNS: Final[dict[str, Column]] = {
    "group": Column("text", required=True, may_be_empty=False),
    "time": Column("whole", required=True, may_be_empty=False),
    "after": Column("whole", required=False, may_be_empty=False),
    "outcome": Column("text", required=False, may_be_empty=False),
    "events": Column("count", required=False, may_be_empty=True),
    "percent": Column("percent", required=False, may_be_empty=True),
    "trials": Column("count", required=True, may_be_empty=False),
    "clusters": Column("whole", required=False, may_be_empty=True),
}
GROUP_COLUMNS: Final[dict[str, Column]] = {
    "group": Column("text", required=True, may_be_empty=False),
    "treated_from": Column("whole", required=True, may_be_empty=True),
}
"""Columns of the two tables of a folder; a single table holds those of both."""

ONE_TABLE: Final = {**COUNT_COLUMNS, "treated_from": GROUP_COLUMNS["treated_from"]}
