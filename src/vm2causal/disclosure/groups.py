"""Which groups of pupils are too small for an effect or share of their own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vm2causal.disclosure.places import hidden_places
from vm2causal.disclosure.protection import MINIMUM


def hidden_groups(pupils: Mapping[str, float]) -> dict[str, bool]:
    """Groups too small to show, and the next smallest where they are together too small.

    The case of :func:`~vm2causal.disclosure.hidden_places` in which every pupil is in one group,
    and nothing is shown but these groups and everybody.

    Parameters
    ----------
    pupils
        Number of pupils by group; a group without any hides nothing.

    Examples
    --------
    >>> hidden_groups({"north": 40, "south": 12, "west": 3})
    {'north': False, 'south': True, 'west': True}
    >>> hidden_groups({"north": 40, "south": 12, "west": 5, "east": 4})
    {'north': False, 'south': True, 'west': True, 'east': True}
    """
    numbers = np.array(list(pupils.values()), dtype=np.float64)
    hidden = hidden_places(np.eye(len(numbers)), numbers, numbers, minimum=MINIMUM)
    return dict(zip(pupils, hidden.tolist(), strict=True))
