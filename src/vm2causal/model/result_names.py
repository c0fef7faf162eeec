"""Names of parameters and dimensions in a fit; names of users and of results never meet.

Names of groups, of variables and of items are the user's. A fit has names of its own, here in one
place, and makes more of those of groups (``school_sd``). A user's name that is one of these, or
might be mistaken for one, is held in brackets, which no name of a fit's own has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

TABLE_UNIT: Final = "row"
"""Main unit of a table."""

STUDY_UNIT: Final = "experiment"
"""Main unit of a study."""

BLOCKS: Final[Mapping[str, str]] = {
    "weight": "arrow_weight",
    "intercept": "term",
    "cut": "scale",
    "gap": "gap_between",
    "loading": "item",
    "residual_sd": "continuous",
    "unit_sd": "unit_on",
    "unit_z": "unit_on",
    "latent_z": "latent",
    "product": "product_of",
    "arrow_step": "arrow_step_of",
    "arrow_curve_sd": "arrow_curve_of",
    "arrow_curve_z": "arrow_curve_column",
    "arrow_group_mean": "arrow_group_mean_of",
    "hidden_anchor": "hidden_first",
    "hidden_weight": "hidden_other",
    "imputed_z": "imputed",
}
"""Parameters that every fit may have, and the dimension of each; those of units have theirs too."""

PATTERNS: Final = "pattern"
"""Dimension of the kinds of pupils and years."""

COMPLETIONS: Final = "missing_levels"
"""The density of what is missing, summed over its levels."""

_SAMPLER: Final = frozenset(
    {"chain", "draw", "sample", "__sample__", "unconstrained_draw", "parameters"}
)
"""What PyMC, nutpie and ArviZ keep for themselves."""

TAKEN: Final = frozenset(
    {*BLOCKS, *BLOCKS.values(), PATTERNS, COMPLETIONS, TABLE_UNIT, STUDY_UNIT} | _SAMPLER
)
"""Names that no name of a user is held under."""

PARTS: Final = (
    "_sd",
    "_z",
    "_on",
    "_in",
    "_level",
    "_contrast",
    "_propensity",
    "_density",
    "_shape",
    "_slope",
)
"""What is put behind a name to make another; none of these ends in another."""

_UNUSUAL: Final = re.compile(r"[^\w -]")


def held_as(name: str) -> str:
    """Under which name a fit holds the parameters and levels of a group or unobserved cause.

    The name itself, unless a fit has it or could make it of another name.

    Examples
    --------
    >>> held_as("school"), held_as("unit"), held_as("school_sd")
    ('school', 'group[unit]', 'group[school_sd]')
    """
    return _apart("group", name)


def slopes_as(name: str) -> str:
    """What the names of parameters begin with that coefficients have by the levels of a group.

    Examples
    --------
    >>> slopes_as("school")
    'school_slope'
    """
    return f"{held_as(name)}_slope"


def shape_dim(block: str) -> str:
    """Dimension of a parameter that a likelihood has beside its linear predictor.

    Examples
    --------
    >>> shape_dim("residual_sd"), shape_dim("student_t_shape")
    ('continuous', 'student_t_shape_on')
    """
    return BLOCKS.get(block, f"{block}_on")


def drawn_as(name: str) -> str:
    """The name of the random variable of a variable in the ``pm.Model``.

    Examples
    --------
    >>> drawn_as("vsv"), drawn_as("weight")
    ('vsv', 'variable[weight]')
    """
    return _apart("variable", name)


def answered_as(item: str) -> str:
    """The name of the random variable of the answers to an item; no variable has it.

    Examples
    --------
    >>> answered_as("q1")
    'item[q1]'
    """
    return f"item[{_escaped(item)}]"


def _apart(role: str, name: str) -> str:
    unusual = _UNUSUAL.search(name) is not None
    return f"{role}[{_escaped(name)}]" if unusual or _is_taken(name.lower()) else name


def _is_taken(name: str) -> bool:
    return name.endswith(PARTS) or not TAKEN.isdisjoint({name, *(name + end for end in PARTS)})


def _escaped(name: str) -> str:
    """The name without signs that no array or file may have, such as a slash."""
    return _UNUSUAL.sub(lambda sign: quote(sign.group(), safe=""), name)
