"""Drawing the variables of a model from a truth, each after its causes.

Every variable has a random stream of its own, from the seed and its name: a change to one arrow
leaves whatever does not follow from it as it was, draw by draw.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from vm2causal.errors import StudyError
from vm2causal.simulate.terms import Term, levels_of, modifier_terms, own_levels, terms_of
from vm2causal.simulate.truth import Equation, Truth
from vm2causal.spec import CausalSpec, Kind, Variable

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Values = dict[str, npt.NDArray[Any]]
"""By variable: codes of its levels, a measured quantity, θ, or the logit propensity of a count."""


@dataclass(frozen=True)
class Units:
    """The rows to draw.

    Parameters
    ----------
    size
        Number of rows.
    groups
        Per group the index of each row's group, from 0.
    given
        Per variable that is not drawn the codes of its levels.
    """

    size: int
    groups: Mapping[str, IntArray]
    given: Mapping[str, IntArray] = field(default_factory=dict)


def stream(seed: int, *names: str) -> np.random.Generator:
    """Random generator of one part of one simulation.

    Parameters
    ----------
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.

    Examples
    --------
    >>> bool(stream(1, "a").random() == stream(1, "a").random() != stream(1, "b").random())
    True
    """
    return np.random.default_rng([seed, zlib.crc32("/".join(names).encode())])


def draw_variables(
    spec: CausalSpec,
    truth: Truth,
    units: Units,
    *,
    seed: int,
    leave: Collection[str] = (),
) -> Values:
    """Draw every variable of a model, causes first.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    units
        The rows, their groups and what is given of them.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    leave
        Variables that are drawn elsewhere; their effects are left out.

    Returns
    -------
    dict
        By variable an array of ``units.size`` values.

    Raises
    ------
    StudyError
        When the model says that the data hold selected units only: all units would be drawn.
    """
    if spec.graph.selected:
        raise StudyError(
            "A study of selected units only cannot be drawn.",
            value=", ".join(sorted(spec.graph.selected)),
            fix="Take the selected node out of the model; then all units are drawn.",
        )
    values: Values = dict(units.given)
    for name in causal_order(spec):
        if name not in values and name not in leave:
            causes = [cause for cause in spec.parents(name) if cause not in leave]
            eta = linear_predictor(spec, truth, name, values, causes=causes, size=units.size)
            eta += slopes_by_group(spec, truth, name, values, units, causes=causes, seed=seed)
            eta += group_effects(truth, name, units, eta.shape[1:], seed=seed)
            values[name] = _draw(spec, truth, name, eta, units, seed=seed)
    return values


def causal_order(spec: CausalSpec) -> tuple[str, ...]:
    """Names of the variables, causes before effects; else in the order of the file.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    """
    placed: dict[str, None] = {}
    while len(placed) < len(spec.variables):
        ready = (
            name
            for name in spec.variables
            if name not in placed and all(cause in placed for cause in spec.parents(name))
        )
        placed[next(ready)] = None
    return tuple(placed)


def linear_predictor(
    spec: CausalSpec,
    truth: Truth,
    name: str,
    values: Mapping[str, npt.NDArray[Any]],
    *,
    causes: Collection[str],
    size: int,
) -> FloatArray:
    """Sum what the given causes add to η.

    Parameters
    ----------
    spec
        The causal model, as read from its file.

    Returns
    -------
    numpy.ndarray
        ``(size,)``; for a nominal variable ``(size, levels other than the reference)``.
    """
    variable = spec.variables[name]
    nominal = variable.kind.unordered
    outcomes = own_levels(variable)
    eta = np.zeros((size, len(outcomes)))
    for term in terms_of(spec, name):
        if term.cause in causes:
            cause = _entering(spec, truth, term.cause, term.level, values[term.cause])
            sizes = _sizes(spec, truth, term, values, size)
            eta[:, outcomes.index(term.outcome)] += sizes * cause
    return eta if nominal else eta[:, 0]


def _sizes(
    spec: CausalSpec,
    truth: Truth,
    term: Term,
    values: Mapping[str, npt.NDArray[Any]],
    size: int,
) -> FloatArray:
    """What an arrow does in each row: by level where it varies, and with what it depends on."""
    arrow = spec.arrow(term.cause, term.effect)
    sizes = np.full(size, truth.effects[str(term)])
    for name in () if arrow is None else arrow.varies:
        for code, level in enumerate(levels_of(spec.variables[name]) if name in values else ()):
            own = truth.effects.get(str(replace(term, within=level)))
            if own is not None:
                sizes[values[name] == code] = own
    for name in () if arrow is None else arrow.depends_on:
        for at in own_levels(spec.variables[name]):
            beside = str(replace(term, moderator=name, moderator_level=at))
            entering = _entering(spec, truth, name, at, values[name])
            sizes += truth.effects.get(beside, 0.0) * entering
    return sizes


def slopes_by_group(
    spec: CausalSpec,
    truth: Truth,
    name: str,
    values: Mapping[str, npt.NDArray[Any]],
    units: Units,
    *,
    causes: Collection[str],
    seed: int,
) -> FloatArray | float:
    """What arrows add that do more or less from group to group, ``(size,)`` or with levels.

    Parameters
    ----------
    spec, truth
        The model and what is drawn by it.
    name
        Variable whose η it is.
    values
        What was drawn of the causes.
    units
        The rows and their groups.
    causes
        Those that count.
    seed
        Of the whole draw.
    """
    variable = spec.variables[name]
    nominal = variable.kind.unordered
    outcomes = own_levels(variable)
    eta = np.zeros((units.size, len(outcomes)))
    for term in modifier_terms(spec, name):
        sd = truth.effects.get(str(term), 0.0)
        if term.group is not None and sd and term.cause in causes:
            index = units.groups[term.group]
            drawn = stream(seed, "slope", str(term)).normal(size=int(index.max()) + 1)
            cause = _entering(spec, truth, term.cause, term.level, values[term.cause])
            eta[:, outcomes.index(term.outcome)] += sd * drawn[index] * cause
    return eta if nominal else eta[:, 0]


def group_effects(
    truth: Truth, name: str, units: Units, shape: tuple[int, ...] = (), *, seed: int
) -> FloatArray:
    """Sum the random effects of the groups of each row, ``(size, *shape)``.

    Parameters
    ----------
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    effects = np.zeros((units.size, *shape))
    for group, sd in truth.equations[name].sds.items():
        if group != "residual":
            index = units.groups[group]
            drawn = stream(seed, "group effect", group, name).normal(
                size=(int(index.max()) + 1, *shape)
            )
            effects += sd * drawn[index]
    return effects


def intercepts(spec: CausalSpec, truth: Truth, name: str, units: Units) -> FloatArray:
    """Intercepts or cutpoints of each row, ``(size, number)``; those of its group where ``by``.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    """
    equation = truth.equations[name]
    if equation.by is None:
        return np.broadcast_to(equation.intercept, (units.size, len(equation.intercept)))
    by_code = [equation.intercept_by[level] for level in levels_of(spec.variables[equation.by])]
    return np.asarray(by_code, dtype=float)[units.given[equation.by]]


def draw_items(
    variable: Variable, equation: Equation, theta: FloatArray, *, seed: int
) -> dict[str, npt.NDArray[Any]]:
    """Draw the answers to the items of a latent variable: codes of its levels, or quantities.

    Parameters
    ----------
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    answers: dict[str, npt.NDArray[Any]] = {}
    for column, item in equation.items.items():
        rng = stream(seed, "item", column)
        if variable.levels:
            answers[column] = _level(
                np.array([item.cutpoints]), item.loading * theta, rng.logistic(size=theta.size)
            )
        else:
            answers[column] = item.loading * theta + rng.normal(size=theta.size)
    return answers


def _entering(
    spec: CausalSpec, truth: Truth, cause: str, level: str | None, values: npt.NDArray[Any]
) -> FloatArray:
    """How a variable enters the predictor of its effects."""
    if level is not None:
        return np.asarray(values == spec.variables[cause].levels.index(level), dtype=float)
    equation = truth.equations.get(cause, Equation())
    return (np.asarray(values, dtype=float) - equation.centre) / equation.scale


def _draw(
    spec: CausalSpec, truth: Truth, name: str, eta: FloatArray, units: Units, *, seed: int
) -> npt.NDArray[Any]:
    variable, equation = spec.variables[name], truth.equations[name]
    unit = units.groups.get(str(variable.level), np.arange(units.size))
    rng = stream(seed, "variable", name)
    latent = variable.kind.measured or not variable.observed
    if variable.kind.counted and not latent:
        return eta
    if latent:
        return eta + rng.normal(size=unit.max() + 1)[unit]
    constants = intercepts(spec, truth, name, units)
    if variable.kind is Kind.NEGATIVE_BINOMIAL:
        from scipy.stats import nbinom

        mean = np.exp(constants[:, 0] + eta)
        if variable.exposure:
            mean = mean * exposures(name, units, seed=seed)
        phi = _shape_of(name, equation)
        share = rng.random(unit.max() + 1)[unit]
        return np.asarray(nbinom.ppf(share, phi, phi / (phi + mean)), dtype=np.int64)
    if variable.kind.numeric:
        size = unit.max() + 1
        robust = variable.kind is Kind.STUDENT_T
        noise = rng.standard_t(_shape_of(name, equation), size) if robust else rng.normal(size=size)
        drawn = eta + equation.sds.get("residual", 1.0) * noise[unit]
        return _rounded(equation.centre + equation.scale * drawn, equation)
    if variable.kind.unordered:
        reference = variable.levels.index(variable.reference or variable.levels[0])
        utility = np.insert(constants + eta, reference, 0.0, axis=1)
        noise = rng.gumbel(size=(unit.max() + 1, utility.shape[1]))
        return np.argmax(utility + noise[unit], axis=1)
    cutpoints = -constants if variable.kind is Kind.BINARY else constants
    return _level(cutpoints, eta, rng.logistic(size=unit.max() + 1)[unit])


def exposures(name: str, units: Units, *, seed: int) -> FloatArray:
    """Over how much a count without a ceiling is counted: between a half and twice as much.

    Parameters
    ----------
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    return stream(seed, "exposure", name).uniform(0.5, 2.0, units.size)


def _shape_of(name: str, equation: Equation) -> float:
    if equation.shape is None:
        raise StudyError(
            f"The truth does not say how '{name}' scatters.",
            column=name,
            fix="Add 'shape' to its equation: degrees of freedom, or of a count its φ.",
        )
    return equation.shape


def _rounded(values: FloatArray, equation: Equation) -> FloatArray:
    return values if equation.decimals is None else np.round(values, equation.decimals)


def _level(cutpoints: FloatArray, eta: FloatArray, noise: FloatArray) -> IntArray:
    """Cumulative logit: the number of cutpoints below η + noise."""
    return np.asarray((cutpoints < (eta + noise)[:, None]).sum(axis=1), dtype=np.int64)
