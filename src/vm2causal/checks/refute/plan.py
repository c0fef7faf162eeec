"""Which refits attack an estimate: every attack, its options and its seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np

from vm2causal.checks.refute.changed_data import clusters, folds
from vm2causal.checks.refute.negative_controls import Control, controls, named_control
from vm2causal.checks.refute.refitted_effect import AttackedQuery
from vm2causal.disclosure import small_count
from vm2causal.effects.forward import Forward
from vm2causal.effects.hidden_places import hidden_in
from vm2causal.model.data.structural_data import StructuralData

FEWEST: Final = 4
"""Refits of an attack by noise or by subsets, at least."""

LEAST: Final = 0.05
"""Share of the pupils or rows below which a level by itself cannot move an effect far."""

_FEWEST_LEVELS: Final = 3


class Attack(StrEnum):
    """What is done to the data."""

    BASE = "base"
    """Nothing: the estimate under attack."""
    PLACEBO = "placebo"
    RANDOM_CAUSE = "random_cause"
    SUBSET = "subset"
    DUMMY = "dummy"
    CONTROL = "control"
    LEVEL_OUT = "level_out"
    CLUSTER_OUT = "cluster_out"


@dataclass(frozen=True)
class Plan:
    """One refit to be done.

    Parameters
    ----------
    place
        Of the question among those asked.
    attack
        Which attack it belongs to.
    label
        Tells it apart from other refits of the attack.
    number
        Of the refit within its attack.
    query
        What is asked of the changed data.
    options
        What :func:`~vm2causal.checks.refute.refutation.changed_data` must know besides the attack.
    """

    place: int
    attack: Attack
    label: str
    number: int
    query: AttackedQuery
    options: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Of its task."""
        return f"{self.place}-{self.attack.value}-{self.label}"

    def seed(self, entropy: int) -> tuple[int, ...]:
        """Hangs on attack and number: more refits of one leave the others as they are.

        Parameters
        ----------
        entropy
            Seed of the whole batch, 0 or more.
        """
        attack = list(Attack).index(self.attack)
        return (entropy, self.place, attack, self.number)


def plans(
    forward: Forward,
    query: AttackedQuery,
    place: int,
    refits: int,
    named: Sequence[str],
    *,
    levels_of: str | None = None,
) -> Iterator[Plan]:
    """Every refit of one question.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    query
        The effect under attack, and the regression that estimates it.
    place
        Of the question among those asked.
    refits
        Of each attack that deals out anew what must then have no effect.
    named
        Negative controls to use; those the graph offers where empty.
    levels_of
        Only leave out, in turn, the levels of this group that hold :data:`LEAST` of the pupils or
        rows; every attack where None.

    Raises
    ------
    QueryError
        When a named control is none by the graph.
    """

    def plan(
        attack: Attack,
        number: int,
        label: str | None = None,
        asked: AttackedQuery = query,
        **options: Any,
    ) -> Plan:
        return Plan(place, attack, label or f"{number + 1:03d}", number, asked, options)

    data = forward.data
    yield plan(Attack.BASE, 0)
    for number, (group, code) in enumerate(_levels_out(data, query)):
        # numbered through all groups, so that seeds do not hang on what is asked for
        if _is_asked(forward, group, code, levels_of):
            label = refit_label(group, data.groups[group].labels[code])
            yield plan(Attack.LEVEL_OUT, number, label, group=group, code=code)
    if levels_of is not None:
        return
    for attack in (Attack.PLACEBO, Attack.RANDOM_CAUSE, Attack.SUBSET, Attack.DUMMY):
        few = attack in (Attack.RANDOM_CAUSE, Attack.SUBSET)
        for number in range(max(FEWEST, refits // 4) if few else refits):
            yield plan(attack, number)
    for number, control in enumerate(_controls(forward, query, named)):
        label = f"{control.role.value}-{control.variable}"
        yield plan(Attack.CONTROL, number, label, control.query)
    for number, left_out in enumerate(folds(data)):
        if not (data.of_persons and small_count(_persons_in(data, left_out))):
            yield plan(Attack.CLUSTER_OUT, number, clusters=left_out)


def _persons_in(data: StructuralData, left_out: Sequence[int]) -> float:
    return float(data.persons[np.isin(clusters(data), left_out)].sum())


def _is_asked(forward: Forward, group: str, code: int, levels_of: str | None) -> bool:
    """Whether a level is left out: not where few persons are in it or follow from it.

    The effect without them, beside that of everybody, would be an effect of theirs.
    """
    if (group, forward.data.groups[group].labels[code]) in hidden_in(forward):
        return False
    return levels_of is None or (levels_of == group and _share(forward.data, group, code) >= LEAST)


def _share(data: StructuralData, group: str, code: int) -> float:
    here = data.groups[group].codes == code
    return float(data.weights[here].sum() / data.weights.sum())


def refit_label(group: str, level: str) -> str:
    """Label of the refit that leaves out one level of a group.

    Parameters
    ----------
    group
        Name of a group of the model.
    level
        Name of the level that is left out.
    """
    return f"{group}-{level}"


def _controls(forward: Forward, query: AttackedQuery, named: Sequence[str]) -> tuple[Control, ...]:
    if query.full:
        return ()
    if named:
        return tuple(named_control(forward, query, name) for name in named)
    return controls(forward, query)


def _levels_out(data: StructuralData, query: AttackedQuery) -> Iterator[tuple[str, int]]:
    """Levels of groups that are variables, where some remain without each."""
    for name, grouping in data.groups.items():
        present = sorted({int(code) for code in grouping.codes})
        if name in data.spec.variables and name != query.cause and len(present) >= _FEWEST_LEVELS:
            yield from ((name, code) for code in present)
