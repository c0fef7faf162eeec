"""Numbers of pupils that agree with all that is told together: integer programs.

Written anew, with SciPy alone: what is attacked shares nothing with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

type Sum = Mapping[str, float]
"""Factor by unknown."""


@dataclass
class Program:
    """Whole numbers of which sums are known to lie between bounds."""

    highest: dict[str, float] = field(default_factory=dict)
    fractions: set[str] = field(default_factory=set)
    known: list[tuple[Sum, float, float]] = field(default_factory=list)

    def unknown(self, name: str, highest: float, *, whole: bool = True) -> str:
        """A number from 0 on."""
        self.highest.setdefault(name, highest)
        if not whole:
            self.fractions.add(name)
        return name

    def learn(self, sums: Sum, lowest: float, highest: float) -> None:
        """What a sum of unknowns lies between."""
        self.known.append((sums, lowest, highest))

    def range_of(self, target: Sum) -> tuple[int, int] | None:
        """The least and the most that a sum can be; None where nothing agrees with what is told."""
        ends = [self._least({name: sign * of for name, of in target.items()}) for sign in (1, -1)]
        if ends[0] is None or ends[1] is None:
            return None
        return round(ends[0]), round(-ends[1])

    def names(self, target: Sum) -> bool:
        """Whether a sum can only be one number, and that is from 1 to 9."""
        found = self.range_of(target)
        return found is not None and found[0] == found[1] and 1 <= found[0] <= 9

    def _least(self, target: Sum) -> float | None:
        names = list(self.highest)
        place = {name: number for number, name in enumerate(names)}
        rows = np.zeros((len(self.known), len(names)))
        for row, (sums, _, _) in zip(rows, self.known, strict=True):
            for name, of in sums.items():
                row[place[name]] += of
        cost = np.zeros(len(names))
        for name, of in target.items():
            cost[place[name]] += of
        limits = LinearConstraint(
            rows, [low for _, low, _ in self.known], [high for _, _, high in self.known]
        )
        found = milp(
            cost,
            integrality=[name not in self.fractions for name in names],
            bounds=Bounds(0, [self.highest[name] for name in names]),
            constraints=limits if self.known else (),
        )
        return None if found.x is None else float(found.fun)
