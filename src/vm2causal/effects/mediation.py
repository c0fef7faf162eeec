"""Through which mediators a total effect runs, overall and by group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Final

import networkx as nx
import pandas as pd

from vm2causal.effects.averages import shares_of
from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.expectation import Memo, expected
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import interval
from vm2causal.effects.totals import (
    coefficients_by,
    mediators_between,
    members_by,
    require_descendant,
)
from vm2causal.errors import QueryError
from vm2causal.identify.dag import dag_of
from vm2causal.identify.mediation import is_apart
from vm2causal.identify.projection import project
from vm2causal.model.data.columns import Floats

_MOST_TOGETHER: Final = 4
"""Sets of more mediators are tried only all at once: there are too many."""


@dataclass(frozen=True)
class Through:
    """Mediators whose share of an effect is told together.

    Parameters
    ----------
    names
        In causal order.
    identified
        Whether data could tell that share.
    inseparable
        Those of them that have none of their own.
    """

    names: tuple[str, ...]
    identified: bool = True
    inseparable: tuple[str, ...] = ()


def mediation_table(
    forward: Forward,
    contrast: Contrast,
    effect: str,
    *,
    by: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """How much of a total effect runs through each mediator, and through all that act directly.

    The indirect effect through a set M is Y(high) − Y(high, M as under low): what would be lost if
    M did not respond; the direct effect is the rest. Through one mediator at a time the shares
    need not add up, because the same path can run through several. Mediators that confound one
    another and the effect have no share of their own that data could tell; they get one together.
    Empty without mediators.

    Source: Pearl 2001, Direct and indirect effects; VanderWeele 2014, Epidemiology 25, 300 (total
    indirect effect); Avin, Shpitser, Pearl 2005 (which shares are identified).

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    contrast
        The two values of the cause that are compared.
    effect
        Name of the variable whose response is asked for.
    by
        A group of the model, such as ``sector`` or ``school``; None for everybody.
    level
        Probability that each interval holds, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        ``cause``, ``effect``, ``contrast``, ``by``, ``group``, ``coefficients`` (as of
        :func:`~vm2causal.effects.totals.totals_table`), ``through`` (tuple), ``inseparable`` (those
        of them without a share of their own), intervals ``indirect``, ``direct`` and ``total``;
        total = indirect + direct in every draw. Where no share is identified, not even that of all
        mediators together, these are one row without ``indirect`` and ``direct``.

    Raises
    ------
    QueryError
        When the effect does not lie downstream of the cause or is nominal, or there is no such
        group.
    """
    return shares_table(
        forward, mediation_shares(forward, contrast, effect), contrast, effect, by=by, level=level
    )


@dataclass(frozen=True)
class Share:
    """Draws of a total effect and of what runs through some mediators, for every unit.

    Parameters
    ----------
    through
        The mediators.
    total
        Shape (draw, unit).
    direct
        What is left when they do not respond; None where that is not identified.
    """

    through: Through
    total: Floats = field(repr=False)
    direct: Floats | None = field(repr=False)

    def averaged(self, weights: Floats) -> dict[str, Floats | None]:
        """Draws of ``indirect``, ``direct`` and ``total``, averaged over units, shape (draw,).

        Parameters
        ----------
        weights
            Of the units.
        """
        shares = shares_of(weights)
        total = self.total @ shares
        if self.direct is None:
            return {"indirect": None, "direct": None, "total": total}
        direct = self.direct @ shares
        return {"indirect": total - direct, "direct": direct, "total": total}


def mediation_shares(forward: Forward, contrast: Contrast, effect: str) -> Iterator[Share]:
    """Draws of the shares of a total effect, as :func:`mediation_table` tells them.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    contrast
        The two values of the cause that are compared.
    effect
        Name of the variable whose response is asked for.

    Raises
    ------
    QueryError
        When the effect does not lie downstream of the cause, or is nominal.
    """
    require_descendant(forward, contrast.cause, effect)
    if forward.data.spec.variables[effect].kind.unordered:
        raise QueryError(
            "Mediation needs an effect with one response; this one is nominal.", value=effect
        )
    memo = Memo()

    def response(done: float, hearing: dict[str, dict[str, float]] | None = None) -> Floats:
        do = {contrast.cause: done}
        return expected(forward, do, [effect], hearing=hearing, memo=memo).responses[effect]

    sets = shares_between(forward, contrast.cause, effect)
    if not sets:
        return
    high, low = response(contrast.high), response(contrast.low)
    for through in sets:
        direct = None
        if through.identified:
            under_low = {contrast.cause: contrast.low}
            hearing = dict.fromkeys(_hears(forward, contrast.cause, through.names), under_low)
            direct = response(contrast.high, hearing) - low
        yield Share(through, high - low, direct)


def shares_table(
    forward: Forward,
    shares: Iterable[Share],
    contrast: Contrast,
    effect: str,
    *,
    by: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Shares of an effect as :func:`mediation_table` gives them, of draws made before.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    shares
        Of :func:`mediation_shares`.
    contrast
        The two values of the cause that are compared.
    effect
        Name of the variable whose response is asked for.
    by
        A group of the model, such as ``sector`` or ``school``; None for everybody.
    level
        Probability that each interval holds, between 0 and 1.
    """
    members = list(members_by(forward, by, effect))
    rows: list[dict[str, Any]] = []
    for share in shares:
        rows += [
            {
                "cause": contrast.cause,
                "effect": effect,
                "contrast": contrast.text,
                "by": by,
                "group": group,
                "coefficients": coefficients_by(forward.data.spec, by, contrast.cause, effect),
                "through": share.through.names,
                "inseparable": share.through.inseparable,
                **{
                    name: None if draws is None else interval(draws, level)
                    for name, draws in share.averaged(weights).items()
                },
            }
            for group, weights in members
        ]
    return pd.DataFrame(rows)


def _hears(forward: Forward, cause: str, names: Iterable[str]) -> set[str]:
    """What lies between a cause and some mediators, themselves included."""
    graph: nx.DiGraph[Any] = forward.data.spec.graph.to_networkx()
    before = {one for name in names for one in (name, *nx.ancestors(graph, name))}
    return before & forward.downstream([cause])


def shares_between(forward: Forward, cause: str, effect: str) -> tuple[Through, ...]:
    """Which mediators have a share of an effect that data could tell.

    First all that act on the effect directly, then each by itself; those that have none of their
    own together with the fewest others that settle it. Where nothing is identified all of them
    together, marked so; empty without mediators.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    """
    spec = forward.data.spec
    dag = dag_of(spec.graph)
    graph, ends = project(dag), (dag.mask([cause]), dag.mask([effect]))

    def apart(names: Iterable[str]) -> bool:
        return is_apart(graph, ends[0], dag.mask(names), ends[1])

    mediators = mediators_between(forward, cause, effect)
    last = tuple(name for name in mediators if spec.arrow(name, effect) is not None)
    found: dict[tuple[str, ...], Through] = {}
    if len(last) > 1 and apart(last):
        found[last] = Through(last)
    found |= {(name,): Through((name,)) for name in mediators if apart([name])}
    rest = [name for name in mediators if (name,) not in found]
    while rest and (joint := _fewest(mediators, rest, apart)) is not None:
        alone = tuple(name for name in joint if (name,) not in found)
        found[joint] = Through(joint, inseparable=alone)
        rest = [name for name in rest if name not in joint]
    if rest:
        named = tuple(rest)
        found[named] = Through(named, identified=False, inseparable=named)
    return tuple(found.values())


def _fewest(
    mediators: tuple[str, ...], wanted: Sequence[str], apart: Callable[[Iterable[str]], bool]
) -> tuple[str, ...] | None:
    """The smallest identified set with some of the wanted; of those with most of them."""
    for size in dict.fromkeys((*range(2, min(len(mediators), _MOST_TOGETHER) + 1), len(mediators))):
        sets = [
            names
            for names in combinations(mediators, size)
            if not set(wanted).isdisjoint(names) and apart(names)
        ]
        if sets:
            most: tuple[str, ...] = max(sets, key=lambda names: len(set(names) & set(wanted)))
            return most
    return None
