"""Which groups of pupils are too small for an effect or share of their own."""

from __future__ import annotations

from collections.abc import Mapping

from vm2causal.disclosure.protection import MINIMUM


def hidden_groups(pupils: Mapping[str, float]) -> dict[str, bool]:
    """Groups too small to show, and the next smallest where they are together too small.

    What is left out follows from the rest as a whole, so that whole must be large enough too.

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
    shown = {label: number for label, number in pupils.items() if number >= MINIMUM}
    small = {label for label, number in pupils.items() if 0 < number < MINIMUM}
    if 0 < sum(pupils[label] for label in small) < MINIMUM and shown:
        small.add(min(shown, key=lambda label: (shown[label], label)))
    return {label: label in small for label in pupils}
