"""What the checks of a fit license: of everything, of predictions, and of each effect.

A check is about a claim. Whether the posterior was computed well (R-hat, ESS, divergences, E-BFMI)
concerns all of them. Whether the data look like draws of the model concerns predictions and chances
of single outcomes; an effect on a mean may be right all the same, which its robust standard error
tells. Whether one coefficient per arrow will do concerns the effects that run along that arrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

import networkx as nx
import pandas as pd

from vm2causal.checks.gate.diagnostics import Diagnostics
from vm2causal.checks.gate.robust_spread import holds_mediators
from vm2causal.checks.gate.shape_tests import MANY, Shape
from vm2causal.checks.gate.state import State, together
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.spec.words import QueryKind

_OF_VERDICT: Final = {
    "ok": State.PASSED,
    "warning": State.PASSED,
    "failure": State.FAILED,
    "unjudged": State.UNJUDGED,
}
_COMMA: Final = ", "
"""Between causes that are set together, as :attr:`Contrast.causes` writes them."""
_DECIDED_BY_PRIOR: Final = "prior_dominates"


class Distribution(StrEnum):
    """What the assumed distributions do to the interval of an effect."""

    FITS = "fits"
    """The data of every variable on its paths look like draws of the model."""
    STANDS = "stands"
    """They do not, or it could not be judged; but the robust interval says the same."""
    TURNS = "turns"
    """They do not, or it could not be judged; and the robust interval says something else."""


class Licence(StrEnum):
    """What may be said of an effect."""

    AS_IS = "as_is"
    WIDER = "wider"
    """Its interval is to be as wide as the robust standard error makes it."""
    WITHHELD = "withheld"
    """No number: it would be one for what is not one."""


@dataclass(frozen=True)
class EffectGate:
    """The judgement on one effect, or on a share of one.

    Parameters
    ----------
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    contrast
        The two values of the cause, as a reader knows them.
    state
        How the checks came out, together.
    licence
        What may be reported of the effect.
    sd, robust_sd, clusters, levels, factor
        Of :func:`~vm2causal.checks.gate.robust_spread.robust_spreads`.
    distribution
        Whether its interval leans on distributions that do not describe the data.
    misfits
        Names of variables on the way whose predictions failed.
    prior
        ``flag`` of the sensitivity to priors, or ``unjudged``.
    failed, unjudged
        Rows of :func:`~vm2causal.checks.gate.shape_tests.shape_tests` along its paths.
    kind
        ``total``, ``direct``, or ``indirect`` of a share.
    through
        The mediators whose share it is, or beside which it is what is left; none of a whole effect.
    """

    cause: str
    effect: str
    contrast: str
    state: State
    licence: Licence
    sd: float
    robust_sd: float
    clusters: str | None
    levels: int
    factor: float
    distribution: Distribution
    misfits: tuple[str, ...]
    prior: str
    failed: tuple[Mapping[str, Any], ...]
    unjudged: tuple[Mapping[str, Any], ...]
    kind: str = QueryKind.TOTAL.value
    through: tuple[str, ...] = ()

    def as_row(self) -> dict[str, Any]:
        """As it stands in ``gate.effects`` of ``run.json``."""
        return {**asdict(self), "through": list(self.through)}


def computation_state(found: Diagnostics) -> State:
    """Failed where a limit was crossed; unjudged where that is only for want of a second chain.

    Parameters
    ----------
    found
        Of :func:`~vm2causal.checks.gate.diagnostics.diagnose`.
    """
    if found.passed:
        return State.PASSED
    # with one chain R-hat is not a number, and fails no limit that could be told
    lacking = found.rhat_max != found.rhat_max
    return State.UNJUDGED if lacking and found.failures == ("rhat_max",) else State.FAILED


def predictions(
    variables: Iterable[str], predictive: pd.DataFrame, transforms: pd.DataFrame
) -> list[dict[str, Any]]:
    """Per variable whether its data look like draws of the model.

    Parameters
    ----------
    variables
        All that were fitted.
    predictive, transforms
        Of :mod:`~vm2causal.checks.replicate.posterior_predictive` and
        :mod:`~vm2causal.checks.gate.loo_pit`.

    Returns
    -------
    list of dict
        ``variable``, ``posterior_predictive`` and ``loo_pit`` by themselves, and ``state``.
    """
    rows = []
    for name in variables:
        states = {
            check: together(
                _OF_VERDICT[verdict] for verdict in table.loc[table["variable"] == name, "verdict"]
            )
            for check, table in (("posterior_predictive", predictive), ("loo_pit", transforms))
        }
        rows.append(
            {"variable": name}
            | {check: state.value for check, state in states.items()}
            | {"state": together(states.values()).value}
        )
    return rows


def along_paths(
    tests: Sequence[Mapping[str, Any]], graph: nx.DiGraph[Any], cause: str, effect: str
) -> list[Mapping[str, Any]]:
    """Tests of the arrows that lie on a directed path from causes, with commas, to an effect.

    Parameters
    ----------
    tests
        Rows of :func:`~vm2causal.checks.gate.shape_tests.shape_tests`.
    graph
        Of the model, an edge per arrow.
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    """
    passed = _passed(graph, cause, effect)
    sources = passed | set(cause.split(_COMMA))
    return [row for row in tests if row["cause"] in sources and row["effect"] in passed]


def _passed(graph: nx.DiGraph[Any], cause: str, effect: str) -> set[str]:
    """The effect, and what lies between it and its causes."""
    below = set().union(*(nx.descendants(graph, one) for one in cause.split(_COMMA)))
    return (below & nx.ancestors(graph, effect)) | {effect}


def effect_gates(
    spreads: pd.DataFrame,
    *,
    tests: pd.DataFrame,
    predicted: Sequence[Mapping[str, Any]],
    prior: pd.DataFrame,
    graph: nx.DiGraph[Any],
    sizes: Mapping[str, int],
) -> list[EffectGate]:
    """Judge every effect.

    Parameters
    ----------
    spreads
        Of :func:`~vm2causal.checks.gate.robust_spread.spreads_of`; one row per effect, contrast,
        share and level of a nominal effect, of which the one that leans most on distributions
        counts.
    tests
        Of :func:`~vm2causal.checks.gate.shape_tests.shape_tests`.
    predicted
        Of :func:`predictions`.
    prior
        Of :func:`~vm2causal.checks.sensitivity.prior_sensitivity.prior_sensitivity`.
    graph
        Of the model, an edge per arrow.
    sizes
        Number of levels of every group.
    """
    made = row_dicts(tests)
    flags = {
        (row["cause"], row["effect"], row["contrast"]): row["flag"] for row in row_dicts(prior)
    }
    states = {row["variable"]: State(row["state"]) for row in predicted}
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in row_dicts(spreads):
        key = (row["cause"], row["effect"], row["contrast"], row["kind"], row["through"])
        found.setdefault(key, []).append(row)
    return [
        _judged(key, rows, made, states, _prior_of(key, flags), graph, sizes)
        for key, rows in found.items()
    ]


def _prior_of(key: tuple[Any, ...], flags: Mapping[tuple[str, str, str], str]) -> str:
    """Of total effects it was asked; a share goes with its total, a direct effect has no answer."""
    cause, effect, contrast, kind, through = key
    if holds_mediators(kind, through):
        return State.UNJUDGED.value
    return flags.get((cause, effect, contrast), State.UNJUDGED.value)


def _judged(
    key: tuple[Any, ...],
    rows: Sequence[Mapping[str, Any]],
    tests: Sequence[Mapping[str, Any]],
    states: Mapping[str, State],
    prior: str,
    graph: nx.DiGraph[Any],
    sizes: Mapping[str, int],
) -> EffectGate:
    cause, effect, contrast, kind, through = key
    on_path = along_paths(tests, graph, cause, effect)
    passed = _passed(graph, cause, effect)
    if holds_mediators(kind, through):
        causes = set(cause.split(_COMMA))
        on_path = [row for row in on_path if row["cause"] in causes and row["effect"] == effect]
        passed = {effect}
    misfits = tuple(name for name in states if name in passed and states[name] != State.PASSED)
    worst = max(rows, key=lambda row: (turns(row), row["factor"]))
    distribution = Distribution.FITS
    if misfits:
        distribution = Distribution.TURNS if turns(worst) else Distribution.STANDS
    failed = tuple(row for row in on_path if row["state"] == State.FAILED.value)
    unjudged = tuple(row for row in on_path if row["state"] == State.UNJUDGED.value)
    decided = prior == _DECIDED_BY_PRIOR
    hidden = any(withholds(row, sizes) for row in failed) or decided
    wider = misfits or failed
    states_of = [
        State.FAILED if failed or decided or distribution is Distribution.TURNS else State.PASSED,
        State.UNJUDGED if unjudged or prior == State.UNJUDGED.value else State.PASSED,
    ]
    return EffectGate(
        cause, effect, contrast,
        together(states_of),
        Licence.WITHHELD if hidden else Licence.WIDER if wider else Licence.AS_IS,
        worst["sd"], worst["robust_sd"], worst["clusters"], worst["levels"], worst["factor"],
        distribution,
        misfits,
        prior,
        failed,
        unjudged,
        kind,
        through,
    )  # fmt: skip


def turns(row: Mapping[str, Any]) -> bool:
    """Whether an interval excludes 0, and no longer does so with the robust standard error.

    Parameters
    ----------
    row
        Mean and interval of an effect, with the factor by which its robust standard error is
        wider.
    """
    lower, upper, mean = row["lower"], row["upper"], row["mean"]
    if lower <= 0 <= upper:
        return False
    return bool(mean - row["factor"] * (mean - lower) <= 0 <= mean + row["factor"] * (upper - mean))


def withholds(test: Mapping[str, Any], sizes: Mapping[str, int]) -> bool:
    """Whether a failed test takes the number away, rather than making its interval wider.

    An average over the levels of a group has a standard error where these are many enough to be a
    sample of levels. An average over four sectors, over the values of another cause, or along a
    curve is about no one.

    Parameters
    ----------
    test
        A row of :func:`~vm2causal.checks.gate.shape_tests.shape_tests`.
    sizes
        Number of levels of each group.
    """
    if test["shape"] != Shape.VARIES.value:
        return True
    return sizes[test["by"]] < MANY


def group_sizes(data: StructuralData) -> dict[str, int]:
    """Number of levels that occur of every group.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    """
    return {name: len(set(grouping.codes)) for name, grouping in data.groups.items()}


def gate_facts(
    diagnostics: Diagnostics,
    predicted: Sequence[Mapping[str, Any]],
    tests: pd.DataFrame,
    effects: Sequence[EffectGate],
) -> dict[str, Any]:
    """The gate as it stands in ``run.json``.

    Parameters
    ----------
    diagnostics
        Of :func:`~vm2causal.checks.gate.diagnostics.diagnose`.
    predicted
        State of the predictions, a row per variable.
    tests
        Of :func:`~vm2causal.checks.gate.shape_tests.shape_tests`.
    effects
        Of :func:`effect_gates`.
    """
    state = computation_state(diagnostics)
    return {
        "computation": {"state": state.value, "failures": list(diagnostics.failures)},
        "predictions": list(predicted),
        "tests": row_dicts(tests),
        "effects": [item.as_row() for item in effects],
    }
