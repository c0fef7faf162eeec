"""Drawing a whole study from a model and a truth."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from vm2causal.errors import OptionError, StudyError
from vm2causal.inputs.study.frame import Origin, StudyFrame
from vm2causal.inputs.study.schema import EXPERIMENTS
from vm2causal.simulate.agreement import require_agreement
from vm2causal.simulate.careers import draw_careers, draw_sizes
from vm2causal.simulate.generate import IntArray, Units, Values, draw_variables, stream
from vm2causal.simulate.nonresponse import with_nonresponse
from vm2causal.simulate.study_model import (
    GIVEN,
    experiment_variables,
    pupil_variables,
    require_levels,
    require_study_model,
)
from vm2causal.simulate.table import columns_of, numbered
from vm2causal.simulate.terms import levels_of
from vm2causal.simulate.truth import Population, Truth
from vm2causal.spec import CausalSpec


@dataclasses.dataclass(frozen=True)
class DrawnExperiments:
    """Experiments and all that is true of them, also what a study would not show.

    Parameters
    ----------
    units
        The experiments and their groups.
    values
        By variable; codes of levels, quantities, θ, logit propensities.
    teldata
        Per experiment.
    seed
        Of the draws.
    """

    units: Units
    values: Values = dataclasses.field(repr=False)
    teldata: IntArray = dataclasses.field(repr=False)
    seed: int

    def levels(self, spec: CausalSpec, name: str) -> npt.NDArray[Any]:
        """Values of a variable with levels, as text.

        Parameters
        ----------
        spec
            The causal model, as read from its file.
        """
        return np.array(levels_of(spec.variables[name]))[self.values[name]]


def simulate_study(
    spec: CausalSpec, truth: Truth, *, experiments: int | None = None, seed: int
) -> StudyFrame:
    """Draw a study: experiments, their questionnaires, and the careers of their pupils.

    Parameters
    ----------
    spec
        A model of a VM2 study: with ``vsv``, ``sk``, ``binding`` and ``status``.
    truth
        What is true in it.
    experiments
        Number of experiments, spread over sectors and tranches as in the truth, with schools in
        proportion; the number of the truth by default.
    seed
        Of every draw; the same seed gives the same study, byte for byte.

    Raises
    ------
    StudyError
        When the model or the truth cannot be drawn as a study.
    OptionError
        When there is no experiment to draw.
    """
    drawn = draw_experiments(spec, truth, experiments=experiments, seed=seed)
    population = require_population(truth)
    tranche = drawn.levels(spec, "tranche")
    names = numbered("E", drawn.units.size)
    pupils = draw_sizes(population.sizes, tranche, drawn.levels(spec, "status"), seed=seed)
    careers = draw_careers(
        spec,
        truth,
        drawn.units,
        drawn.values,
        pupils=pupils,
        teldata=drawn.teldata,
        names=names,
        seed=seed,
    )
    return StudyFrame(
        title=f"Synthetic VM2 study ({spec.name}, seed {seed})",
        origin=Origin.SYNTHETIC,
        teldata=dict(population.teldata),
        experiments=_experiments_table(spec, truth, drawn, names, seed),
        careers=careers,
    )


def draw_experiments(
    spec: CausalSpec, truth: Truth, *, experiments: int | None = None, seed: int
) -> DrawnExperiments:
    """Draw the experiments of a study without their pupils, unobserved quantities included.

    Parameters and errors are those of ``simulate_study``.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    if experiments is not None and experiments < 1:
        raise OptionError("A study has at least one experiment.", value=experiments)
    require_study_model(spec)
    population = require_population(truth)
    require_levels(spec, population)
    years = max(population.teldata.values())
    require_agreement(spec, truth, given=GIVEN, groups=("school", "experiment"), years=years)
    tranche, sector = _places(spec, population, experiments)
    schools = max(1, round(population.schools * tranche.size / _total(population)))
    groups = {
        "school": _schools(tranche.size, schools, seed),
        "experiment": np.arange(tranche.size),
        "sector": sector,
        "tranche": tranche,
    }
    units = Units(tranche.size, groups, {"tranche": tranche, "sector": sector})
    values = draw_variables(spec, truth, units, seed=seed, leave=pupil_variables(spec))
    per_tranche = np.array([population.teldata[t] for t in spec.variables["tranche"].levels])
    return DrawnExperiments(units, values, per_tranche[tranche], seed)


def require_population(truth: Truth) -> Population:
    """Population of a truth.

    Raises
    ------
    StudyError
        When it is the truth of a plain table.
    """
    if truth.population is None:
        raise StudyError(
            "This truth says nothing of who takes part, so no study can be drawn from it.",
            column="population",
            fix="Give it a population, or draw a plain table.",
        )
    return truth.population


def _total(population: Population) -> int:
    return sum(sum(sectors.values()) for sectors in population.experiments.values())


def _places(
    spec: CausalSpec, population: Population, experiments: int | None
) -> tuple[IntArray, IntArray]:
    """Codes of tranche and sector per experiment, in proportion to the population."""
    tranches, sectors = (spec.variables[name].levels for name in ("tranche", "sector"))
    cells = [
        (tranches.index(tranche), sectors.index(sector), number)
        for tranche, of_tranche in population.experiments.items()
        for sector, number in of_tranche.items()
    ]
    tranche, sector, number = np.array(cells).T
    total = number.sum() if experiments is None else experiments
    exact = number * total / number.sum()
    each = np.floor(exact).astype(np.int64)
    # largest remainders; a stable sort decides ties by the order of the cells
    largest = np.argsort(each - exact, kind="stable")[: total - each.sum()]
    each[largest] += 1
    return np.repeat(tranche, each), np.repeat(sector, each)


def _schools(experiments: int, schools: int, seed: int) -> IntArray:
    """School of each experiment: every school has one, the others fall at random."""
    rng = stream(seed, "schools")
    first = np.arange(min(schools, experiments))
    others = rng.integers(schools, size=experiments - first.size)
    return rng.permutation(np.concatenate([first, others]))


def _experiments_table(
    spec: CausalSpec, truth: Truth, drawn: DrawnExperiments, names: npt.NDArray[Any], seed: int
) -> pd.DataFrame:
    school = drawn.units.groups["school"]
    columns: dict[str, Any] = {
        "experiment": pd.array(names, dtype="str"),
        "school": pd.array(numbered("S", int(school.max()) + 1)[school], dtype="str"),
    }
    for name in experiment_variables(spec):
        columns |= columns_of(spec, truth, name, drawn.units, drawn.values, seed)
    ordered = {name: columns[name] for name in EXPERIMENTS.columns if name in columns}
    registered = {spec.column(name) for name in (*GIVEN, *truth.nonresponse.registered)}
    asked = [name for name in ordered if name not in {"experiment", "school", *registered}]
    return with_nonresponse(ordered, truth.nonresponse, asked=asked, seed=seed)
