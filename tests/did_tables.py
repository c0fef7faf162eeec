"""Tables of counts with a known truth, drawn without the package's models."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from vm2causal.inputs.event_tables.reading import EventTable, read_event_table


def table_of(rows: list[dict[str, object]]) -> EventTable:
    """A table from cells; what a row leaves out is empty."""
    return read_event_table(pd.DataFrame(rows))


def exact(
    shares: Mapping[str, list[float]],
    since: Mapping[str, int],
    *,
    trials: int = 10_000,
    first: int = 1,
    **others: object,
) -> EventTable:
    """A table in which every group has exactly these shares by period."""
    return table_of(
        [
            {
                "group": group,
                "time": first + place,
                "events": round(share * trials),
                "trials": trials,
                "treated_from": since.get(group),
                **others,
            }
            for group, path in shares.items()
            for place, share in enumerate(path)
        ]
    )


def staggered(
    effect: Callable[[int], float],
    *,
    rng: np.random.Generator | None = None,
    trials: int = 4_000,
    drift: float = 0.0,
) -> EventTable:
    """Three starts and a group without, over eight periods, parallel in points.

    ``effect`` is of periods since the start; ``drift`` is what treated groups part by in each
    period from their start on, without treatment. Counts are drawn where ``rng`` is given.
    """
    since = {"early": 3, "middle": 5, "late": 7}
    rows: list[dict[str, object]] = []
    for place, group in enumerate(["early", "middle", "late", "never"]):
        for time in range(1, 9):
            start = since.get(group)
            share = 0.30 + 0.03 * place + 0.005 * time
            if start is not None and time >= start:
                share += effect(time - start) + drift * (time - start + 1)
            events = round(share * trials) if rng is None else int(rng.binomial(trials, share))
            rows.append(
                {
                    "group": group,
                    "time": time,
                    "events": events,
                    "trials": trials,
                    "treated_from": start,
                }
            )
    return table_of(rows)
