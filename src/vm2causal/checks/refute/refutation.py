"""Attacks on an estimate: change the data so that the answer is known, and ask again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.checks.refute.changed_data import (
    clusters,
    subset_of,
    with_dummy,
    with_placebo,
    with_random_cause,
    without_clusters,
    without_level,
)
from vm2causal.checks.refute.plan import Attack, Plan, plans
from vm2causal.checks.refute.power import Power, power_of
from vm2causal.checks.refute.refitted_effect import (
    SETTINGS,
    AttackedQuery,
    effect_draws,
    interval_of,
    refit_effect,
)
from vm2causal.checks.refute.rules import (
    Estimates,
    Judgement,
    controls_hold,
    finds_nothing,
    holds_in_parts,
    share_as_large,
    stays_put,
)
from vm2causal.disclosure import share
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import Interval, interval
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.refits import Results, Task, put_data, run_tasks, sampler_seed

FUNCTION: Final = "vm2causal.checks.refute.refutation:attacked"
REFITS: Final = 32
"""Refits of an attack whose effects must come out as nothing, unless told otherwise."""
UNCONVERGED: Final = 1.1
"""R-hat of a refit above which it is counted as not converged."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class AttackResult:
    """What came of one attack on one query.

    Parameters
    ----------
    attack
        Which attack.
    judgement
        The rule applied; None where half of the refits failed, or the effect itself could not
        be estimated.
    power
        What it could have found; None where it was not judged.
    estimates
        Per refit: ``refit``, interval ``effect``, ``kept`` (share of the data, in steps worth
        five persons) and ``converged``.
    as_large
        Of a placebo the share of effects at least as large as the real one.
    failed
        Names of refits that failed, with the reason.
    passed
        None where the attack could not be judged; ``estimates`` is then empty.
    """

    attack: Attack
    judgement: Judgement | None
    power: Power | None
    estimates: pd.DataFrame = field(repr=False)
    as_large: float | None
    failed: Mapping[str, str]

    @property
    def passed(self) -> bool | None:
        """Whether the estimate stands; None where that could not be judged."""
        return None if self.judgement is None else self.judgement.passed


@dataclass(frozen=True)
class Refutation:
    """Every attack on one estimate.

    Parameters
    ----------
    query
        The effect under attack, and the regression that estimates it.
    estimate
        The estimate under attack: that of the refits, before anything was changed.
    structural
        What the fit itself says of the same contrast, which is not refitted unless the whole model
        is.
    attacks
        One per attack that the data allow.
    """

    query: AttackedQuery
    estimate: Interval | None
    structural: Interval
    attacks: tuple[AttackResult, ...]

    @property
    def stands(self) -> bool:
        """Whether there is an estimate and no attack brought it down."""
        return self.estimate is not None and all(item.passed is not False for item in self.attacks)


def refute(
    forward: Forward,
    queries: Sequence[AttackedQuery],
    *,
    folder: Path,
    seed: int,
    refits: int = REFITS,
    executor: str = "serial",
    resume: bool = True,
    settings: SamplerSettings = SETTINGS,
    negative_controls: Sequence[str] = (),
    levels_of: str | None = None,
    progress: Progress = lambda done, total: None,
) -> tuple[Refutation, ...]:
    """Attack estimates in every way that the data allow.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    queries
        Effects to attack.
    folder
        Of the batch of refits; finished ones are taken over from it.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    refits
        Of each attack that deals out anew what must then have no effect; noise and subsets, which
        need fewer, get a quarter of them.
    executor
        ``serial``, ``processes`` (``processes:4`` for so many), ``dask``, or
        ``dask://HOST:PORT``.
    resume
        Whether finished refits in the folder are used again; otherwise all are fitted anew.
    settings
        Draws, tuning steps and chains of the sampler.
    negative_controls
        Variables to use as negative controls; those the graph offers where empty.
    levels_of
        Only leave out, in turn, the levels of this group; every attack where None.
    progress
        Called after each part with the numbers of parts done and of all parts.

    Raises
    ------
    QueryError
        When a named control is none by the graph.
    """
    data = put_data(forward.data, folder)
    planned = [
        plan
        for place, query in enumerate(queries)
        for plan in plans(forward, query, place, refits, negative_controls, levels_of=levels_of)
    ]
    tasks = [
        Task(
            plan.name,
            FUNCTION,
            {
                "data": data,
                "query": plan.query.to_dict(),
                "attack": plan.attack.value,
                "options": dict(plan.options),
                "settings": asdict(settings),
            },
            plan.seed(seed),
        )
        for plan in planned
    ]
    results = run_tasks(tasks, folder=folder, executor=executor, resume=resume, progress=progress)
    made = [Attack.LEVEL_OUT] if levels_of is not None else [*Attack]
    return tuple(
        _refutation(
            forward, query, [plan for plan in planned if plan.place == place], results, made
        )
        for place, query in enumerate(queries)
    )


def attacked(arguments: Mapping[str, Any], seed: tuple[int, ...]) -> dict[str, Any]:
    """One refit: the task of the engine.

    Parameters
    ----------
    arguments
        Of the task, as its plan wrote them.
    seed
        Of the random numbers of this one task, each 0 or more.
    """
    data: StructuralData = arguments["data"]
    query = AttackedQuery.of(arguments["query"])
    rng = np.random.default_rng(np.random.SeedSequence(seed[0], spawn_key=seed[1:]))
    attack = Attack(arguments["attack"])
    changed, asked = changed_data(data, query, attack, arguments["options"], rng)
    settings = SamplerSettings(**arguments["settings"])
    found = refit_effect(changed, asked, seed=sampler_seed(seed), settings=settings)
    return {**found, "kept": float(changed.weights.sum() / data.weights.sum())}


def changed_data(
    data: StructuralData,
    query: AttackedQuery,
    attack: Attack,
    options: Mapping[str, Any],
    rng: np.random.Generator,
) -> tuple[StructuralData, AttackedQuery]:
    """The data after an attack, and what is then asked of them.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    query
        The effect under attack, and the regression that estimates it.
    attack
        Which attack.
    options
        Of the attack, such as the group and level left out.
    rng
        Source of the random numbers.
    """
    if attack is Attack.RANDOM_CAUSE:
        return with_random_cause(data, query, rng)
    if attack is Attack.PLACEBO:
        return with_placebo(data, query, rng)
    changes: dict[Attack, Callable[[], StructuralData]] = {
        Attack.DUMMY: lambda: with_dummy(data, query.effect, rng),
        Attack.SUBSET: lambda: subset_of(data, rng),
        Attack.LEVEL_OUT: lambda: without_level(data, options["group"], options["code"]),
        Attack.CLUSTER_OUT: lambda: without_clusters(data, options["clusters"]),
    }
    return (changes[attack]() if attack in changes else data), query


def _refutation(
    forward: Forward,
    query: AttackedQuery,
    own: Sequence[Plan],
    results: Results,
    made: Sequence[Attack],
) -> Refutation:
    base = results.values.get(next(plan.name for plan in own if plan.attack is Attack.BASE))
    estimate = None if base is None else interval_of(base["effect"])
    number = len(np.unique(clusters(forward.data)))
    found = (
        _judged(attack, [plan for plan in own if plan.attack is attack], results, estimate, number)
        for attack in made
        if attack is not Attack.BASE
    )
    attacks = tuple(
        replace(item, estimates=_kept_in_steps(item.estimates, forward.data)) for item in found
    )
    structural = interval(effect_draws(forward, replace(query, full=True)))
    return Refutation(query, estimate, structural, attacks)


def _judged(
    attack: Attack, plans: Sequence[Plan], results: Results, base: Interval | None, number: int
) -> AttackResult:
    found = {plan.label: results.values[plan.name] for plan in plans if plan.name in results.values}
    failed = {
        plan.label: results.failures[plan.name] for plan in plans if plan.name in results.failures
    }
    judged = base is not None and 2 * len(found) > len(plans)
    return AttackResult(
        attack,
        _judgement(attack, found, base) if judged and base is not None else None,
        power_of(attack, found, base, clusters=number) if judged and base is not None else None,
        _table(found),
        share_as_large(list(found.values()), base)
        if base is not None and found and attack is Attack.PLACEBO
        else None,
        failed,
    )


def _judgement(attack: Attack, found: Estimates, base: Interval) -> Judgement:
    if attack in (Attack.PLACEBO, Attack.DUMMY):
        return finds_nothing(found)
    if attack is Attack.RANDOM_CAUSE:
        return stays_put(found, base)
    if attack is Attack.CONTROL:
        return controls_hold(found)
    kept = {name: float(item["kept"]) for name, item in found.items()}
    return holds_in_parts(found, base, kept, worst=attack is not Attack.SUBSET)


def _kept_in_steps(estimates: pd.DataFrame, data: StructuralData) -> pd.DataFrame:
    """The share of the data that stayed, as their number permits: in full it says of whom."""
    if not data.of_persons:
        return estimates
    persons = float(data.persons.sum())
    return estimates.assign(kept=[share(kept, persons) for kept in estimates["kept"]])


def _table(found: Estimates) -> pd.DataFrame:
    rows = [
        {
            "refit": name,
            "effect": interval_of(item["effect"]),
            "kept": float(item["kept"]),
            "converged": bool(item["rhat_max"] <= UNCONVERGED),
        }
        for name, item in found.items()
    ]
    return pd.DataFrame(rows, columns=["refit", "effect", "kept", "converged"])
