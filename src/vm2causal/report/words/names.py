"""Names of figures, tables and sections: what differs has another name."""

from __future__ import annotations

from collections.abc import Sequence


def joined_name(*parts: str) -> str:
    """Parts with hyphens between them; a hyphen within a part is doubled.

    Names of variables hold letters, digits, underscores and hyphens, and begin with a letter, so
    that no two lists of them have the same joined name.

    Examples
    --------
    >>> joined_name("frequency", "plan", "vsv"), joined_name("mbo-plan", "vsv")
    ('frequency-plan-vsv', 'mbo--plan-vsv')
    """
    return "-".join(part.replace("-", "--") for part in parts)


def numbered_name(parts: Sequence[str], place: int, alike: int) -> str:
    """Name of one of several figures that differ in their contrast only.

    They are numbered, for a file name cannot hold every level, and not every level is short.

    Parameters
    ----------
    parts
        Of the name.
    place
        Of the figure among those alike, from 0.
    alike
        How many of them there are.

    Examples
    --------
    >>> numbered_name(["schools", "plan", "vsv"], 0, 1), numbered_name(["schools", "plan"], 1, 3)
    ('schools-plan-vsv', 'schools-plan-2')
    """
    return joined_name(*parts, *([str(place + 1)] if alike > 1 else []))


def by_group_name(group: str) -> str:
    """Name of a table by a group; a group may be named like a path, its table may not.

    Parameters
    ----------
    group
        Name of a group of the model.

    Examples
    --------
    >>> by_group_name("school"), by_group_name("../school")
    ('by-school', 'by-..%00002fschool')
    """
    kept = (one if one.isalnum() or one in "_-." else f"%{ord(one):06x}" for one in group)
    return f"by-{''.join(kept)}"
