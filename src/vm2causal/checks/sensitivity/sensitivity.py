"""How much the answers of a fit hang on what cannot be seen in the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd

from vm2causal.checks.refute.refitted_effect import (
    SETTINGS,
    AttackedQuery,
    NotAttacked,
    interval_of,
)
from vm2causal.checks.sensitivity.confounding import SURFACE, why_not
from vm2causal.checks.sensitivity.confounding_answer import Confounding, confounding_of
from vm2causal.checks.sensitivity.front_door_violations import (
    BACK,
    DIRECT,
    VIOLATION,
    front_door_of,
)
from vm2causal.checks.sensitivity.missing_shift import SHIFT, SHIFTS, missing_shares, with_items
from vm2causal.checks.sensitivity.power_scaling import power_scaling, thinned
from vm2causal.effects.averages import averaged
from vm2causal.effects.contrasts import default_contrasts
from vm2causal.effects.forward import Forward
from vm2causal.effects.totals import expected_effects
from vm2causal.effects.verdict import hardly_varies
from vm2causal.model.data.columns import Floats
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import StructuralFit
from vm2causal.refits import Results, Task, put_data, run_tasks

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Sensitivity:
    """Everything that ``sensitivity`` reports of a fit.

    Parameters
    ----------
    confounding
        What an unmeasured common cause would do, one per effect.
    front_door
        ``cause``, ``effect``, ``mediators``, ``violation`` (``none``, ``direct`` or ``back``),
        ``size`` and interval ``total``.
    priors
        Of :func:`~vm2causal.checks.sensitivity.power_scaling.power_scaling`.
    missing
        ``cause``, ``effect``, ``shift`` and interval ``shifted``, for models with missing answers.
    missing_shares
        Share of missing levels and items, by variable.
    not_asked
        Effects for which it was not computed, with the reason.
    failed
        Refits that failed, by name.
    """

    confounding: tuple[Confounding, ...]
    front_door: pd.DataFrame = field(repr=False)
    priors: pd.DataFrame = field(repr=False)
    missing: pd.DataFrame = field(repr=False)
    missing_shares: Mapping[str, float]
    not_asked: tuple[NotAttacked, ...]
    failed: Mapping[str, str]


def analyse_sensitivity(
    fit: StructuralFit,
    forward: Forward,
    queries: Sequence[AttackedQuery],
    *,
    folder: Path,
    seed: int,
    executor: str = "serial",
    resume: bool = True,
    settings: SamplerSettings = SETTINGS,
    progress: Progress = lambda done, total: None,
) -> Sensitivity:
    """Vary what the data cannot tell: confounding, violations, priors, missing answers.

    Parameters
    ----------
    fit
        A fit of the structural model: layout, data and posterior draws.
    forward
        Equations of a fit, with its data and posterior draws.
    queries
        Effects to vary.
    folder
        Of the batch of refits; finished ones are taken over from it.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    executor
        ``serial``, ``processes`` (``processes:4`` for so many), ``dask``, or
        ``dask://HOST:PORT``.
    resume
        Whether finished refits in the folder are used again; otherwise all are fitted anew.
    settings
        Draws, tuning steps and chains of the sampler.
    progress
        Called after each part with the numbers of parts done and of all parts.
    """
    refused = [
        NotAttacked(query.cause, query.effect, reason)
        for query in queries
        if (reason := why_not(forward.data, query)) is not None
    ]
    tasks = _tasks(forward, queries, folder, seed, settings)
    results = run_tasks(tasks, folder=folder, executor=executor, resume=resume, progress=progress)
    few = thinned(fit.posterior)
    every = Forward(
        fit.layout, few, draws=few.sizes["chain"] * few.sizes["draw"], seed=forward.seed
    )
    shape = (few.sizes["chain"], few.sizes["draw"])
    totals = {_named(query): _total(every, query).reshape(shape) for query in queries}
    return Sensitivity(
        tuple(
            confounding_of(query, results.values[_surface_name(place)])
            for place, query in enumerate(queries)
            if _surface_name(place) in results.values
        ),
        _front_door_table(forward, queries, results),
        power_scaling(fit.layout, few, {**_arrows(every, shape), **totals}),
        _missing_table(queries, results),
        missing_shares(forward.data),
        tuple(refused),
        results.failures,
    )


def _named(query: AttackedQuery) -> str:
    return f"{query.cause} -> {query.effect} (total)"


def _total(forward: Forward, query: AttackedQuery) -> Floats:
    """Draws of the total effect in the whole model, of the contrast that is attacked."""
    contrast = next(
        item
        for item in default_contrasts(forward, query.cause)
        if query.high is None or item.high == query.high
    )
    found = expected_effects(forward, contrast, [query.effect])[query.effect]
    return averaged(forward, found["natural"].to_numpy(), query.effect)


def _arrows(forward: Forward, shape: tuple[int, int]) -> dict[str, Floats]:
    return {
        weight.label: forward.weight(index)[:, 0].reshape(shape)
        for index, weight in enumerate(forward.layout.weights)
    }


def _surface_name(place: int) -> str:
    return f"{place}-confounding"


def _violations() -> list[tuple[str, float]]:
    return [
        ("none", 0.0),
        *(("direct", size) for size in DIRECT),
        *(("back", size) for size in BACK),
    ]


def _tasks(
    forward: Forward,
    queries: Sequence[AttackedQuery],
    folder: Path,
    seed: int,
    settings: SamplerSettings,
) -> list[Task]:
    chosen = asdict(settings)
    data = put_data(forward.data, folder)
    filled = {
        shift: put_data(with_items(forward, shift, seed=seed), folder)
        for shift in SHIFTS
        if any(_gaps(forward, query) for query in queries)
    }
    found = []
    for place, query in enumerate(queries):
        common = {"data": data, "settings": chosen, "query": query.to_dict()}
        if why_not(forward.data, query) is None:
            arguments: dict[str, Any] = {**common, "beside": list(beside(forward, query))}
            found.append(Task(_surface_name(place), SURFACE, arguments, (seed, place, 0)))
        found += _front_door_tasks(forward, query, place, data, seed, chosen)
        for number, shift in enumerate(SHIFTS if _gaps(forward, query) else ()):
            arguments = {**common, "data": filled[shift], "shift": shift}
            found.append(Task(_missing_name(place, number), SHIFT, arguments, (seed, place, 2)))
    return found


def _front_door_tasks(
    forward: Forward,
    query: AttackedQuery,
    place: int,
    data: Mapping[str, str],
    seed: int,
    settings: Mapping[str, int],
) -> list[Task]:
    door = front_door_of(forward, query)
    if door is None:
        return []
    common: dict[str, Any] = {"data": data, "settings": settings}
    return [
        Task(
            _violation_name(place, number),
            VIOLATION,
            {
                **common,
                "door": door.to_dict(),
                "direct": size if kind == "direct" else 0.0,
                "back": size if kind == "back" else 0.0,
            },
            (seed, place, 1),
        )
        for number, (kind, size) in enumerate(_violations())
    ]


def _gaps(forward: Forward, query: AttackedQuery) -> bool:
    """Whether answers are missing in the model of a query."""
    used = {query.cause, query.effect, *query.given}
    return bool(used & set(missing_shares(forward.data)))


def _missing_name(place: int, number: int) -> str:
    return f"{place}-missing-{number}"


def _missing_table(queries: Sequence[AttackedQuery], results: Results) -> pd.DataFrame:
    rows = [
        {
            "cause": query.cause,
            "effect": query.effect,
            "shift": shift,
            "shifted": interval_of(results.values[_missing_name(place, number)]["effect"]),
        }
        for place, query in enumerate(queries)
        for number, shift in enumerate(SHIFTS)
        if _missing_name(place, number) in results.values
    ]
    return pd.DataFrame(rows, columns=["cause", "effect", "shift", "shifted"])


def _violation_name(place: int, number: int) -> str:
    return f"{place}-front-door-{number}"


def beside(forward: Forward, query: AttackedQuery) -> tuple[str, ...]:
    """Covariates to measure strengths by, beside those adjusted for; no effects of the cause.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    query
        The effect under attack, and the regression that estimates it.
    """
    data = forward.data
    graph: nx.DiGraph[Any] = data.spec.graph.to_networkx()
    after = nx.descendants(graph, query.cause) | {query.cause}
    return tuple(
        name
        for name in forward.layout.order
        if name in data.columns
        and name not in {*query.given, *after}
        and not hardly_varies(data, name)
        and (not data.columns[name].kind.unordered or name in data.groups)
    )


def _front_door_table(
    forward: Forward, queries: Sequence[AttackedQuery], results: Results
) -> pd.DataFrame:
    rows = []
    for place, query in enumerate(queries):
        door = front_door_of(forward, query)
        for number, (kind, size) in enumerate(_violations() if door else ()):
            found = results.values.get(_violation_name(place, number))
            if found is not None and door is not None:
                rows.append(
                    {
                        "cause": query.cause,
                        "effect": query.effect,
                        "mediators": door.mediators,
                        "violation": kind,
                        "size": size,
                        "total": interval_of(found["effect"]),
                    }
                )
    columns = ["cause", "effect", "mediators", "violation", "size", "total"]
    return pd.DataFrame(rows, columns=columns)
