"""One effect regressed on a cause and what is adjusted for: a small model of its own.

What is observed is conditioned on. What is seen through a measurement (a construct through its
items, a count of pupils) or with gaps is modelled given the rest: taken as unrelated to the rest,
its unseen part would be drawn towards the average, and what it shares with the rest would be lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import xarray as xr

from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.forward import DRAWS, Forward, World
from vm2causal.effects.responses import CAREER_OUTCOMES, Careers
from vm2causal.effects.totals import expected_effects
from vm2causal.model.data.restricted import restricted
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import StructuralFit, fit_structural
from vm2causal.model.structural_layout import causal_order
from vm2causal.spec import Arrow, CausalSpec, Variable
from vm2causal.spec.words import ArrowShape, Level


@dataclass(frozen=True)
class Regression:
    """A fitted outcome regression.

    Parameters
    ----------
    fit
        The small model with its posterior, for the gate.
    forward
        The same, ready to be run.
    """

    fit: StructuralFit = field(repr=False)
    forward: Forward = field(repr=False)

    def effect(self, contrast: Contrast, effect: str) -> xr.Dataset:
        """Draws of the g-formula: what is adjusted for stays as observed, the cause is set.

        Parameters
        ----------
        contrast
            The two values of the cause that are compared.
        effect
            Name of the variable whose response is asked for.

        Returns
        -------
        xarray.Dataset
            As of :func:`~vm2causal.effects.totals.expected_totals`.
        """
        if effect not in CAREER_OUTCOMES:
            return expected_effects(self.forward, contrast, [effect], moved=[effect])[effect]
        # a career is what both of its ends make of it
        ends = [name for name in CAREER_OUTCOMES if name in self.forward.layout.order]
        careers = Careers(self.forward)
        found = expected_effects(self.forward, contrast, [effect], moved=ends, careers=careers)
        return found[effect]

    def world(self, do: Mapping[str, float]) -> World:
        """The world with the cause set and everything else as observed.

        Parameters
        ----------
        do
            Value of the cause, in the units an intervention takes.
        """
        return self.forward.world(do, held=self.forward.layout.order)


def fit_regression(
    data: StructuralData,
    cause: str,
    effects: Sequence[str],
    given: Collection[str],
    *,
    seed: int,
    beside: Sequence[str] = (),
    settings: SamplerSettings | None = None,
    draws: int = DRAWS,
) -> Regression:
    """Regress effects on a cause and what is adjusted for, with the groups of the data.

    Parameters
    ----------
    data
        Arranged for the model that the variables come from.
    cause
        Name of the variable that is intervened on.
    effects
        Regressed on the same variables, each by itself.
    given
        What is adjusted for.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    beside
        Further regressors that say nothing about the cause.
    settings
        Draws, tuning steps and chains of the sampler; the defaults of the job where None.
    draws
        How many draws of the posterior effects are computed from.
    """
    spec = regression_spec(data, cause, effects, given, beside=beside)
    fit = fit_structural(restricted(data, spec), seed=seed, settings=settings)
    return Regression(fit, Forward(fit.layout, fit.posterior, draws=draws, seed=seed))


class Regressions:
    """Outcome regressions on the data of one fit, each made once.

    Questions of one cause that adjust for the same share theirs.

    Parameters
    ----------
    forward
        The fitted structural model.
    seed, settings
        Of every regression.
    """

    def __init__(
        self, forward: Forward, *, seed: int, settings: SamplerSettings | None = None
    ) -> None:
        self._forward = forward
        self._seed = seed
        self._settings = settings
        self._made: dict[tuple[str, frozenset[str], frozenset[str]], Regression] = {}

    def on(self, cause: str, effects: Sequence[str], given: Collection[str]) -> Regression:
        """The regression of effects on a cause; parameters as of :func:`fit_regression`.

        Parameters
        ----------
        cause
            Name of the variable that is intervened on.
        effects
            Variables that are regressed, at least one.
        given
            Variables that are adjusted for; may be empty.
        """
        key = (cause, frozenset(effects), frozenset(given))
        if key not in self._made:
            self._made[key] = fit_regression(
                self._forward.data,
                cause,
                effects,
                given,
                seed=self._seed,
                settings=self._settings,
                draws=self._forward.draws,
            )
        return self._made[key]


def regression_spec(
    data: StructuralData,
    cause: str,
    effects: Sequence[str],
    given: Collection[str],
    *,
    beside: Sequence[str] = (),
) -> CausalSpec:
    """The model of an outcome regression; parameters as of :func:`fit_regression`.

    A group that is a variable of the model acts only where it is adjusted for; other groups have
    an effect on every equation.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    cause
        Name of the variable that is intervened on.
    effects
        Variables that are regressed, at least one.
    given
        Variables that are adjusted for; may be empty.
    beside
        Variables that stand in the data of the regression without acting in it.
    """
    spec = data.spec
    regressors = [*(name for name in causal_order(spec) if name in given), cause]
    names = [*regressors, *beside, *effects]
    keys = [(name, effect) for effect in effects for name in (*regressors, *beside)]
    keys += _given_the_rest(data, regressors)
    groups = tuple(name for name in data.groups if name in names or name not in spec.variables)
    return CausalSpec(
        name="outcome-regression",
        variables={name: _described(spec.variables[name], groups) for name in names},
        arrows=tuple(
            Arrow.model_validate({"from": name, "to": effect, "shape": _shape_of(spec, name)})
            for name, effect in keys
        ),
        groups=groups,
        steps=spec.steps,
    )


def _described(variable: Variable, groups: Collection[str]) -> Variable:
    """The variable without the group that it describes, where that does not take part."""
    known = variable.level is None or variable.level in (*Level, *groups)
    return variable if known else variable.model_copy(update={"level": None})


def _shape_of(spec: CausalSpec, cause: str) -> ArrowShape | None:
    """How the model lets effects of a cause follow it, where it lets any bend."""
    shapes = (arrow.shape for arrow in spec.arrows if arrow.cause == cause)
    return next((shape for shape in shapes if shape is not None), None)


def _given_the_rest(data: StructuralData, regressors: Sequence[str]) -> Iterator[tuple[str, str]]:
    for place, name in enumerate(regressors):
        if not fully_seen(data, name):
            yield from ((other, name) for other in arrangeable(data, regressors[:place], name))


def fully_seen(data: StructuralData, name: str) -> bool:
    """Whether a variable is in the data itself, for every unit.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    name
        Of a variable of the model.
    """
    column = data.column(name)
    return column is not None and not column.missing.any()


def arrangeable(data: StructuralData, names: Iterable[str], effect: str) -> tuple[str, ...]:
    """Those that can stand in the equation of an effect: what describes the same, or more.

    A variable of pupils stands only where pupils are counted, one of units not where the effect
    describes a group of them.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    names
        Of variables of the model.
    effect
        Name of the variable whose response is asked for.
    """
    return tuple(
        name
        for name in names
        if (name not in data.covariates or effect in data.cells) and data.constant_for(name, effect)
    )
