"""What must hold of arrows that vary over levels, or depend on other causes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vm2causal.spec.places import Places
from vm2causal.spec.refusing import refuse, suggestion

if TYPE_CHECKING:
    from vm2causal.spec.causal_spec import CausalSpec
    from vm2causal.spec.objects import Arrow


def hold_modifiers(spec: CausalSpec, places: Places) -> None:
    """Check the keys ``varies`` and ``depends_on`` of every arrow.

    Raises
    ------
    ModelFileError
        With the first rule that is broken, the place, the value and the mend.
    """
    products: set[frozenset[str]] = set()
    for position, arrow in enumerate(spec.arrows):
        path = ("arrows", position)
        _hold_observed(spec, places, path, arrow)
        for place, name in enumerate(arrow.varies):
            own = (*path, "varies", place)
            _hold_apart(places, own, arrow, arrow.varies[:place], name)
            _hold_levels(spec, places, own, arrow, name)
        for place, name in enumerate(arrow.depends_on):
            own = (*path, "depends_on", place)
            _hold_apart(places, own, arrow, arrow.depends_on[:place], name)
            _hold_cause(spec, places, own, arrow, name)
            product = frozenset({arrow.cause, name, f"-> {arrow.effect}"})
            if product in products:
                refuse(
                    f"That '{arrow.cause}' and '{name}' depend on each other in what they do to "
                    f"'{arrow.effect}' stands twice.",
                    places,
                    own,
                    name,
                    "Say it at one of the two arrows.",
                )
            products.add(product)


def _hold_observed(
    spec: CausalSpec, places: Places, path: tuple[str | int, ...], arrow: Arrow
) -> None:
    for key in ("varies", "depends_on"):
        unseen = [end for end in arrow.key if not spec.variables[end].observed]
        if getattr(arrow, key) and unseen:
            refuse(
                f"An arrow with '{key}' needs data on both ends, and '{unseen[0]}' has none.",
                places,
                (*path, key),
                f"{arrow.cause} -> {arrow.effect}",
                f"Remove '{key}'.",
            )


def _hold_apart(
    places: Places, path: tuple[str | int, ...], arrow: Arrow, before: Sequence[str], name: str
) -> None:
    if name in arrow.key:
        refuse(
            "What an arrow varies by or depends on is another variable than its two ends.",
            places,
            path,
            name,
            "Name another one, or remove it.",
        )
    if name in before:
        refuse("This stands twice.", places, path, name, "Keep one of them.")


def _hold_levels(
    spec: CausalSpec, places: Places, path: tuple[str | int, ...], arrow: Arrow, name: str
) -> None:
    levelled = [one for one, item in spec.variables.items() if item.kind.levelled]
    if name not in spec.groups and name not in levelled:
        known = [*spec.groups, *levelled]
        numeric = name in spec.variables
        refuse(
            "An arrow varies by a group or by a variable with levels.",
            places,
            path,
            name,
            f"Say 'depends_on: {name}' instead."
            if numeric
            else suggestion(name, known, otherwise="Declare it under 'groups'."),
        )
    if name in spec.variables:
        _hold_cause(spec, places, path, arrow, name)


def _hold_cause(
    spec: CausalSpec, places: Places, path: tuple[str | int, ...], arrow: Arrow, name: str
) -> None:
    """What changes what a cause does to an effect is itself a cause of that effect."""
    if name not in spec.variables:
        refuse(
            "This arrow depends on a variable that is not declared.",
            places,
            path,
            name,
            suggestion(name, spec.variables, otherwise="Declare it under 'variables'."),
        )
    if not spec.variables[name].observed:
        refuse(
            f"What an arrow varies by or depends on needs data, and '{name}' has none.",
            places,
            path,
            name,
            "Remove it.",
        )
    if spec.arrow(name, arrow.effect) is None:
        refuse(
            f"'{name}' changes what '{arrow.cause}' does to '{arrow.effect}', so it is a cause of "
            f"'{arrow.effect}' too.",
            places,
            path,
            name,
            f"Add the arrow {name} -> {arrow.effect}.",
        )
