"""The default truth: published margins where there are any, stated assumptions elsewhere.

Numbers of experiments and pupils are read from the published tables. Intercepts, the effects of
status, binding and tranche, and the sector effects on status were solved so that a study shows the
published margins (``calibrate``); they stand in ``data/simulator/calibrated.yaml``. The rest is
assumed (``defaults``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict

from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.published.schema import START_YEAR
from vm2causal.simulate.defaults import (
    EQUATIONS,
    NONRESPONSE,
    SCHOOLS,
    SHAPE,
    TERUGKEER,
    default_effects,
)
from vm2causal.simulate.margins import STATUSES, TRANCHES, published_status, starters_of
from vm2causal.simulate.plain import plain_equation
from vm2causal.simulate.truth import Equation, Population, Sizes, Truth
from vm2causal.spec import CausalSpec
from vm2causal.storage import shipped_path

CALIBRATED: Final = ("data", "simulator", "calibrated.yaml")
"""Where the solved numbers ship."""

_LAST_COUNT: Final = 2012
"""Year of the last published teldatum (`vijf-jaar-vm2` 3.1)."""


class Calibration(BaseModel):
    """Solved numbers.

    Parameters
    ----------
    effects
        By term.
    intercepts
        Yearly logit hazards of vsv, sk and binding, from the first year.
    status
        Cutpoints by tranche: T1 had a year more to be completed.
    sds
        By variable and group.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    effects: Mapping[str, float]
    intercepts: Mapping[str, tuple[float, ...]]
    status: Mapping[str, tuple[float, ...]]
    sds: Mapping[str, Mapping[str, float]]


def read_calibration(path: Path | None = None) -> Calibration:
    """Read the solved numbers that ship, or others."""
    place = path or shipped_path(*CALIBRATED)
    return Calibration.model_validate(yaml.safe_load(place.read_text(encoding="utf-8")))


def default_truth(
    spec: CausalSpec, *, tables: PublishedTables, calibration: Calibration | None = None
) -> Truth:
    """Truth of a study that shows the published margins of T1 and T2.

    Parameters
    ----------
    spec
        ``onderzoeksmodel-2012``, for which the numbers were solved; or another model of a VM2
        study, whose margins may lie somewhat off. What such a model has beside it is plain.
    tables
        The published tables: experiments by sector and tranche, and pupils at the start.
    calibration
        Other solved numbers than those that ship.
    """
    solved = calibration or read_calibration()
    effects = default_effects(spec)
    effects |= {term: size for term, size in solved.effects.items() if term in effects}
    drawn = (name for name in spec.variables if name not in ("sector", "tranche"))
    return Truth(
        model=spec.name,
        effects=effects,
        equations={name: _equation(spec, name, solved) for name in drawn},
        population=published_population(tables),
        nonresponse=NONRESPONSE,
    )


def published_population(tables: PublishedTables) -> Population:
    """Experiments, pupils and teldata of T1 and T2 as published; about 90 schools.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    """
    status = published_status(tables)
    numbers = status.sum(axis="columns")
    return Population(
        experiments={
            tranche: {str(sector): int(number) for sector, number in numbers.loc[tranche].items()}
            for tranche in TRANCHES
        },
        schools=SCHOOLS,
        teldata={tranche: _LAST_COUNT - START_YEAR[tranche] for tranche in TRANCHES},
        sizes=Sizes(mean={name: _mean_sizes(tables, name) for name in TRANCHES}, shape=SHAPE),
        terugkeer=TERUGKEER,
    )


def _mean_sizes(tables: PublishedTables, tranche: str) -> dict[str, float]:
    """Pupils per experiment, stopped or not; running and completed ones are not told apart."""
    experiments = published_status(tables).loc[[tranche]].sum()
    stopped = int(experiments["gestopt"])
    intended = starters_of(tables, tranche, "as_intended")
    outside = starters_of(tables, tranche, "all") - intended
    mean = dict.fromkeys(STATUSES, intended / (int(experiments.sum()) - stopped))
    return mean | {"gestopt": outside / stopped}


def _equation(spec: CausalSpec, name: str, solved: Calibration) -> Equation:
    plain = EQUATIONS.get(name) or plain_equation(name, spec.variables[name])
    changes: dict[str, object] = {}
    if name in solved.intercepts:
        changes["intercept"] = solved.intercepts[name]
    if name == "status":
        changes |= {"by": "tranche", "intercept_by": solved.status}
    if name in solved.sds:
        changes["sds"] = {**plain.sds, **solved.sds[name]}
    return plain.model_copy(update=changes)
