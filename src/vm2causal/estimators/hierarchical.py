"""An estimator for DoWhy: hierarchical outcome regression and the g-formula.

DoWhy identifies and refutes; this estimates. A refuter copies the estimator and fits it again on
other data, many times: the kernel evaluates any model, so that nothing is compiled for a refit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from inspect import signature
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from dowhy.causal_estimator import CausalEstimate, CausalEstimator

from vm2causal.effects.forward import DRAWS
from vm2causal.effects.outcome_regression import Regression, fit_regression
from vm2causal.effects.responses import mean_response
from vm2causal.errors import OptionError
from vm2causal.estimators.table_model import (
    Kinds,
    Roles,
    declared_kinds,
    known_kinds,
    model_data,
    variable_names,
)
from vm2causal.model.data.columns import Floats, ranks_of
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.spec import Variable

_ADJUSTING: Final = frozenset({"backdoor", "general_adjustment"})

Units = str | Callable[[pd.DataFrame], Any] | None
"""Over whom an effect is averaged: ``ate``, ``att``, ``atc``, or a filter of the rows."""


class HierarchicalEstimator(CausalEstimator):  # type: ignore[misc]  # DoWhy has no types
    """Outcome regression with partial pooling over groups, averaged over the rows of the table.

    Parameters
    ----------
    identified_estimand
        Of ``CausalModel.identify_effect``.
    groups
        Columns whose levels share strength, such as a school.
    kinds
        By column: ``continuous``, ``binary``, ``ordinal``, ``nominal`` or, for the outcome,
        ``count``; or a :class:`~vm2causal.spec.Variable` where levels, a reference or a column of
        trials are to be said. By default numbers are continuous (an outcome of 0 and 1 binary),
        anything else has levels.
    settings
        How long to sample.
    seed
        The same seed and data give the same estimate.
    init_params
        The same options in a mapping, which is how ``CausalModel.estimate_effect`` passes them.
    **base
        Options of every DoWhy estimator; DoWhy adds the name of this class.

    Raises
    ------
    OptionError
        When an option does not exist or cannot be, the estimand is not one of adjustment, or it has
        several treatments or outcomes.
    """

    def __init__(
        self,
        identified_estimand: Any,
        *,
        groups: Sequence[str] = (),
        kinds: Mapping[str, str | Variable] | None = None,
        settings: SamplerSettings | None = None,
        seed: int = 0,
        init_params: Mapping[str, Any] | None = None,
        **base: Any,
    ) -> None:
        given = {"groups": groups, "kinds": kinds, "settings": settings, "seed": seed}
        _require_known(init_params or {}, given)
        options = {**given, **(init_params or {})}
        ours = {name: options.pop(name) for name in given}
        super().__init__(identified_estimand, **{**base, **options})
        self.groups: tuple[str, ...] = tuple(ours["groups"])
        self.settings: SamplerSettings | None = ours["settings"]
        self.seed: int = ours["seed"]
        self.kinds: Kinds = declared_kinds(ours["kinds"] or {}, self._roles())
        self.regression: Regression | None = None
        self._effects: Floats | None = None

    def fit(
        self, data: pd.DataFrame, effect_modifier_names: Sequence[str] | None = None
    ) -> HierarchicalEstimator:
        """Sample the posterior of the outcome regression.

        Parameters
        ----------
        data
            The table, a row per unit.
        effect_modifier_names
            Kept for the refuters; effects differ between rows by the link, not by interactions.
        """
        roles = self._roles()
        arranged = model_data(data, roles, self.kinds, self.groups)
        self.kinds = known_kinds(arranged, roles, self.kinds)
        names = variable_names(roles, self.groups)
        self.regression = fit_regression(
            arranged,
            names[roles.treatment],
            [names[roles.outcome]],
            {names[name] for name in roles.given},
            seed=self.seed,
            settings=self.settings,
            draws=DRAWS,
        )
        # names that DoWhy's refuters read from any estimator
        self._effect_modifier_names = list(effect_modifier_names or ())
        self._observed_common_causes_names = list(roles.given)
        self._observed_common_causes = data[list(roles.given)]
        self.symbolic_estimator = self.construct_symbolic_estimator(self._target_estimand)
        return self

    def estimate_effect(
        self,
        data: pd.DataFrame,
        treatment_value: Any = 1,
        control_value: Any = 0,
        target_units: Units = None,
        **_: Any,
    ) -> CausalEstimate:
        """Average the effect over rows of the table that was fitted.

        Parameters
        ----------
        data
            The table that was fitted.
        treatment_value, control_value
            Numbers, or levels as the table writes them.
        target_units
            Rows to average over: ``ate`` (all), ``att``, ``atc``, or a function that chooses
            rows of the table; all where None.

        Returns
        -------
        dowhy.causal_estimator.CausalEstimate
            ``value`` is the posterior mean: in the unit of a continuous outcome, as a share of a
            binary one or a count, in ranks of an ordinal one.
        """
        self.update_input(treatment_value, control_value, target_units)
        high, low = (self._response(value) for value in (treatment_value, control_value))
        self._effects = (high - low)[:, self._rows(data)].mean(axis=1)
        estimate = CausalEstimate(
            data=data,
            treatment_name=self._target_estimand.treatment_variable,
            outcome_name=self._target_estimand.outcome_variable,
            estimate=float(self._effects.mean()),
            control_value=control_value,
            treatment_value=treatment_value,
            target_estimand=self._target_estimand,
            realized_estimand_expr=self.symbolic_estimator,
        )
        estimate.add_estimator(self)
        return estimate

    def get_new_estimator_object(
        self,
        identified_estimand: Any,
        test_significance: bool = False,
        evaluate_effect_strength: bool = False,
        confidence_intervals: bool | None = None,
    ) -> HierarchicalEstimator:
        """An estimator of the same make for other data; the posterior is not copied along.

        Parameters
        ----------
        identified_estimand
            Of DoWhy.
        test_significance, evaluate_effect_strength, confidence_intervals
            As DoWhy asks for them.
        """
        fresh = copy(self)
        fresh.regression, fresh._effects = None, None
        fresh._bootstrap_estimates, fresh._bootstrap_null_estimates = None, None
        fresh._set_identified_estimand(identified_estimand)
        fresh._significance_test = test_significance
        fresh._effect_strength_eval = evaluate_effect_strength
        if confidence_intervals is not None:
            fresh._confidence_intervals = confidence_intervals
        return fresh

    def construct_symbolic_estimator(self, estimand: Any) -> str:
        """The regression as a formula, groups as ``(1 | group)``.

        Parameters
        ----------
        estimand
            Of DoWhy.
        """
        roles = self._roles(estimand)
        terms = [roles.treatment, *roles.given]
        terms += [f"(1 | {group})" for group in self.groups if group not in terms]
        return f"{roles.outcome} ~ {' + '.join(terms)}"

    def _do(self, x: Any, data_df: pd.DataFrame | None = None) -> float:
        """Mean outcome, had every row treatment ``x``."""
        return float(self._response(x).mean())

    def _estimate_confidence_intervals(
        self, confidence_level: float, method: str | None = None, **_: Any
    ) -> tuple[float, float]:
        """Equal-tailed posterior interval."""
        tail = (1 - confidence_level) / 2
        lower, upper = np.quantile(self._drawn(), [tail, 1 - tail])
        return float(lower), float(upper)

    def _estimate_std_error(self, method: str | None = None, **_: Any) -> float:
        """Posterior standard deviation."""
        return float(self._drawn().std(ddof=1))

    def _test_significance(
        self, estimate_value: float, method: str | None = None, **_: Any
    ) -> dict[str, float]:
        """Twice the posterior probability of the less likely sign."""
        positive = float((self._drawn() > 0).mean())
        return {"p_value": 2 * min(positive, 1 - positive)}

    def _roles(self, estimand: Any = None) -> Roles:
        asked = estimand or self._target_estimand
        if asked.identifier_method not in _ADJUSTING:
            raise OptionError(
                "The hierarchical estimator adjusts for covariates and does nothing else.",
                value=asked.identifier_method,
                fix="Use method_name='backdoor.vm2causal.estimators.HierarchicalEstimator'.",
            )
        ends = {"treatment": asked.treatment_variable, "outcome": asked.outcome_variable}
        for role, names in ends.items():
            if len(names) != 1:
                raise OptionError(f"There must be one {role}.", value=", ".join(names))
        (treatment,), (outcome,) = ends.values()
        return Roles(treatment, outcome, tuple(asked.get_adjustment_set()))

    def _fitted(self) -> Regression:
        if self.regression is None:
            raise OptionError("The estimator has not been fitted.", fix="Call fit first.")
        return self.regression

    def _drawn(self) -> Floats:
        if self._effects is None:
            raise OptionError("No effect has been estimated.", fix="Call estimate_effect first.")
        return self._effects

    def _response(self, value: Any) -> Floats:
        """Expected outcome of every row under a treatment, shape (draw, row)."""
        regression, roles = self._fitted(), self._roles()
        names = variable_names(roles, self.groups)
        world = regression.world({names[roles.treatment]: self._as_number(value)})
        return mean_response(regression.forward, world, names[roles.outcome])

    def _as_number(self, value: Any) -> float:
        """What an intervention takes: a number, or the rank of a level."""
        treatment = self.kinds.treatment
        if treatment is None or treatment.kind.numeric:
            return float(value)
        rank = int(ranks_of(pd.Series([value]), treatment.levels)[0])
        if rank < 0:
            raise OptionError(
                "The treatment has no such level.",
                value=str(value),
                fix=f"One of: {', '.join(treatment.levels)}.",
            )
        return float(rank)

    def _rows(self, data: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Which rows the effect is averaged over."""
        if len(data) != len(self._fitted().forward.data.units):
            raise OptionError(
                "Effects are averaged over the rows that were fitted.",
                value=f"{len(data)} rows",
                fix="Fit the estimator to these data.",
            )
        units, treatment = self._target_units, data[self._roles().treatment]
        if units is None or units == "ate":
            return np.ones(len(data), dtype=np.bool_)
        if units in ("att", "atc"):
            value = self._treatment_value if units == "att" else self._control_value
            rows = np.asarray(treatment == value, dtype=np.bool_)
        elif callable(units):
            rows = np.asarray(units(data), dtype=np.bool_)
        else:
            raise OptionError(
                "These target units are not known here.",
                value=str(type(units).__name__ if not isinstance(units, str) else units),
                fix="One of: ate, att, atc, or a function of the table that says which rows.",
            )
        if not rows.any():
            raise OptionError("No row is among the target units.", value=str(units))
        return rows


def _require_known(options: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    """DoWhy's estimators swallow options they do not know; a misspelt group would be left out."""
    known = {*ours, *signature(CausalEstimator.__init__).parameters}
    if unknown := sorted(set(options) - known):
        raise OptionError(
            "The estimator has no such option.",
            value=", ".join(unknown),
            fix=f"It has {', '.join(ours)}, and those of every DoWhy estimator.",
        )
