"""What a model must be to be drawn as a study: its variables, their levels and columns."""

from __future__ import annotations

from itertools import chain
from typing import Final

from vm2causal.errors import StudyError
from vm2causal.inputs.study.frame import PUPIL_COVARIATES
from vm2causal.inputs.study.schema import EXPERIMENTS
from vm2causal.simulate.terms import levels_of
from vm2causal.simulate.truth import Population
from vm2causal.spec import CausalSpec, Level

GIVEN: Final = ("sector", "tranche")
"""Variables of a study that are not drawn: the population says how many there are of each."""

COUNTS: Final = ("vsv", "sk", "binding")
"""The yearly counts of a study, in the order in which a year decides them."""

_NEEDED: Final = (*GIVEN, "status", *COUNTS)


def pupil_variables(spec: CausalSpec) -> tuple[str, ...]:
    """What is known of a pupil at the start.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    """
    return tuple(
        name
        for name, variable in spec.variables.items()
        if variable.level is Level.LEERLING and not variable.kind.counted
    )


def experiment_variables(spec: CausalSpec) -> tuple[str, ...]:
    """What describes an experiment, its school, sector or tranche.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    """
    pupils = pupil_variables(spec)
    return tuple(name for name in spec.variables if name not in (*pupils, *COUNTS))


def require_study_model(spec: CausalSpec) -> None:
    """Refuse a model whose variables a study cannot hold.

    Parameters
    ----------
    spec
        The causal model, as read from its file.

    Raises
    ------
    StudyError
        When it lacks a variable that a study follows, has one that the study format has no column
        for, or lets what differs within a school cause what describes the school.
    """
    missing = [name for name in _NEEDED if name not in spec.variables]
    if missing:
        raise StudyError(
            f"The model '{spec.name}' describes no VM2 study: it lacks variables.",
            value=", ".join(missing),
            fix="Start from onderzoeksmodel-2012, or draw a plain table.",
        )
    of_pupils, of_experiments = set(PUPIL_COVARIATES), set(EXPERIMENTS.columns)
    allowed = dict.fromkeys(pupil_variables(spec), of_pupils)
    allowed |= dict.fromkeys(experiment_variables(spec), of_experiments)
    for name, columns in allowed.items():
        strange = [column for column in _shown_columns(spec, name) if column not in columns]
        if strange:
            raise StudyError(
                f"The study format has no such column, so '{name}' cannot be drawn in a study.",
                column=name,
                value=strange[0],
                fix="See docs/study-format.md for the columns, or draw a plain table.",
            )
    _require_school_causes(spec)


def _require_school_causes(spec: CausalSpec) -> None:
    """What describes a school cannot follow from what differs between its experiments."""
    for arrow in spec.arrows:
        cause, effect = (spec.variables[name] for name in arrow.key)
        if effect.level is Level.SCHOOL and cause.level is not Level.SCHOOL:
            raise StudyError(
                "A variable of the school cannot be caused by one of another level.",
                column=arrow.effect,
                value=f"{arrow.cause}->{arrow.effect}",
                fix="Give both the level 'school', or the effect the level 'experiment'.",
            )


def require_levels(spec: CausalSpec, population: Population) -> None:
    """Refuse a population that names other tranches, sectors or statuses than the model.

    Parameters
    ----------
    spec
        The causal model, as read from its file.

    Raises
    ------
    StudyError
        The message names the variable, or the part of the population, and the level.
    """
    tranches, sectors, statuses = (
        levels_of(spec.variables[name]) for name in ("tranche", "sector", "status")
    )
    known = {
        "tranche": (population.experiments, tranches),
        "sector": (chain.from_iterable(population.experiments.values()), sectors),
        "teldata": (tranches, population.teldata),
        "sizes": (tranches, population.sizes.mean),
        "status": (statuses, set.intersection(*map(set, population.sizes.mean.values()))),
    }
    for name, (used, levels) in known.items():
        unknown = [level for level in used if level not in levels]
        if unknown:
            raise StudyError(
                "The model and the population of the truth differ in their levels.",
                column=name,
                value=unknown[0],
                fix="Give the model the levels of onderzoeksmodel-2012.",
            )


def _shown_columns(spec: CausalSpec, name: str) -> tuple[str, ...]:
    variable = spec.variables[name]
    if not variable.observed:
        return ()
    if variable.kind.counted:
        return (spec.column(name), str(variable.trials))
    return variable.items if variable.kind.measured else (spec.column(name),)
