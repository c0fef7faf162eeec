"""Rival models of the same data compared by what they predict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from vm2causal.checks.falsify.predictive_score import FOLD, LOO, scorable
from vm2causal.checks.refute.changed_data import clusters
from vm2causal.errors import FitError, StudyError
from vm2causal.model.data.columns import Floats
from vm2causal.model.data.restricted import restricted
from vm2causal.model.data.spec_for_data import spec_for_data
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_layout import structural_layout
from vm2causal.refits import Results, Task, put_data
from vm2causal.refits.tasks import spawned_seeds
from vm2causal.spec import CausalSpec

SETTINGS: Final = SamplerSettings(draws=1_000, tune=150, chains=2)
"""Of a fit that is scored."""
GOOD_K: Final = 0.7
"""Pareto k above which the importance weights of a left-out value cannot be trusted."""
COMMON: Final = 0.05
"""Share of such values above which LOO is replaced by k-fold."""
FOLDS: Final = 5

Run = Callable[[Sequence[Task]], Results]


@dataclass(frozen=True)
class Rivals:
    """Models compared.

    Parameters
    ----------
    scored
        Variables they are compared on.
    not_scored
        Variables that not all of them have.
    loo
        Per model: ``model``, ``elpd``, ``se``, ``elpd_diff`` and ``dse`` against the best,
        ``weight`` in the stack, ``p``, ``high_k`` (share of values with a Pareto k above 0.7).
    kfold
        The same without ``p`` and ``high_k``; empty where LOO sufficed or no folds were asked for.
    folds
        How many.
    """

    scored: tuple[str, ...]
    not_scored: tuple[str, ...]
    loo: pd.DataFrame = field(repr=False)
    kfold: pd.DataFrame = field(repr=False)
    folds: int

    @property
    def loo_reliable(self) -> bool:
        """Whether LOO can be trusted for every model."""
        return bool((self.loo["high_k"] <= COMMON).all())

    @property
    def best(self) -> str:
        """The model that predicts best, by k-fold where there is one."""
        table = self.loo if self.kfold.empty else self.kfold
        return str(table["model"].iloc[0])


def rival_data(data: StructuralData, rival: CausalSpec) -> StructuralData:
    """Arrange the data of a fit for another model of the same variables.

    What the data lack is projected out of the rival, as when a model meets a study.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    rival
        Another model of the same variables.

    Raises
    ------
    StudyError
        When the rival describes a variable otherwise, or uses a group the data do not hold.
    """
    adapted = spec_for_data(rival, _columns(data)).spec
    for name, variable in adapted.variables.items():
        if variable.observed:
            _require_same(data.spec, name, adapted)
    return restricted(data, adapted)


def compare_rivals(
    models: Mapping[str, StructuralData],
    run: Run,
    *,
    folder: Path,
    seed: int,
    folds: int = FOLDS,
    settings: SamplerSettings = SETTINGS,
) -> Rivals:
    """Fit every model and compare their predictions of what they all have.

    Scored is every variable that some model has causes for. By LOO, a value is one variable on one
    unit; where Pareto k says that fails for a model, new units are predicted as a whole, in folds
    of whole schools (of the first group that is no variable).

    Parameters
    ----------
    models
        Data by the name of the model they are arranged for.
    run
        Runs tasks.
    folder
        Where finished refits are kept.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    folds
        0 for no k-fold.
    settings
        Draws, tuning steps and chains of the sampler.

    Raises
    ------
    FitError
        When a model could not be fitted.

    References
    ----------
    Yao, Vehtari, Simpson, Gelman (2018), Bayesian Analysis 13, 917 (stacking); Roberts et al.
    (2017), Ecography 40, 913 (folds by group).
    """
    layouts = {name: structural_layout(data) for name, data in models.items()}
    made = set().union(*(layout.predictors_of for layout in layouts.values()))
    common = frozenset.intersection(*(scorable(layout) for layout in layouts.values()))
    scored, not_scored = tuple(sorted(made & common)), tuple(sorted(made - common))
    if not scored:
        raise StudyError(
            "These models have no variable with causes in common, so nothing compares them.",
            value=", ".join(models),
            fix="Name a rival that explains some of the same variables.",
        )
    references = {name: put_data(data, folder) for name, data in models.items()}
    base = {"scored": list(scored), "settings": asdict(settings)}
    tasks = [
        Task(f"loo/{name}", LOO, {**base, "data": references[name]}, own)
        for name, own in zip(models, spawned_seeds(seed, len(models)), strict=True)
    ]
    found = _values(run(tasks), tasks)
    loo = _loo_table({name: found[f"loo/{name}"] for name in models})
    kfold = pd.DataFrame()
    if folds and (loo["high_k"] > COMMON).any():
        kfold = _kfold(models, references, base, run, seed, folds)
    return Rivals(scored, not_scored, loo, kfold, 0 if kfold.empty else folds)


def _kfold(
    models: Mapping[str, StructuralData],
    references: Mapping[str, Any],
    base: Mapping[str, Any],
    run: Run,
    seed: int,
    folds: int,
) -> pd.DataFrame:
    parts = school_folds(next(iter(models.values())), folds, seed=seed)
    # the same seeds for every model: new units differ by model only
    seeds = spawned_seeds(seed + 1, len(parts))
    tasks = [
        Task(
            f"fold-{place}/{name}",
            FOLD,
            {**base, "data": references[name], "fold": part},
            seeds[place],
        )
        for name in models
        for place, part in enumerate(parts)
    ]
    found = _values(run(tasks), tasks)
    elpd = {
        name: np.concatenate(
            [np.array(found[f"fold-{place}/{name}"]["elpd"]) for place in range(len(parts))]
        )
        for name in models
    }
    return _compared(elpd, {}).drop(columns=["p"])


def school_folds(data: StructuralData, folds: int, *, seed: int) -> list[list[int]]:
    """Units dealt into folds, clusters (schools) whole.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    folds
        How many, at least 2.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.

    Examples
    --------
    Every unit is left out once: see ``tests/checks/falsify/test_rivals.py``.
    """
    codes = clusters(data)
    labels = np.random.default_rng(seed).permutation(np.unique(codes))
    parts = [part for part in np.array_split(labels, folds) if len(part)]
    return [np.flatnonzero(np.isin(codes, part)).tolist() for part in parts]


def _values(results: Results, tasks: Sequence[Task]) -> Mapping[str, dict[str, Any]]:
    for task in tasks:
        if task.name in results.failures:
            raise FitError(
                f"A model could not be fitted for the comparison: {results.failures[task.name]}",
                value=task.name,
                fix="Leave this rival out, or mend it.",
            )
    return results.values


def _loo_table(found: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    elpd = {name: _flat(item["elpd"]) for name, item in found.items()}
    lost = {name: float((_flat(item["lpd"]) - elpd[name]).sum()) for name, item in found.items()}
    high = {name: float((_flat(item["pareto_k"]) > GOOD_K).mean()) for name, item in found.items()}
    table = _compared(elpd, lost)
    return table.assign(high_k=[high[name] for name in table["model"]])


def _flat(by_variable: Mapping[str, Sequence[float | None]]) -> Floats:
    return np.array(
        [value for values in by_variable.values() for value in values if value is not None]
    )


def _compared(elpd: Mapping[str, Floats], lost: Mapping[str, float]) -> pd.DataFrame:
    """Rank by ``arviz.compare``, with the weights of the stack."""
    import arviz as az
    from arviz_stats.utils import ELPDData

    scores = {
        name: ELPDData(
            elpd=float(values.sum()),
            se=float(np.sqrt(len(values) * values.var(ddof=1))),
            p=lost.get(name, float("nan")),
            n_samples=0,
            n_data_points=len(values),
            scale="log",
            warning=False,
            good_k=GOOD_K,
            elpd_i=xr.DataArray(values, dims="value"),
            pareto_k=xr.DataArray(np.zeros(len(values)), dims="value"),
        )
        for name, values in elpd.items()
    }
    ranked: pd.DataFrame = az.compare(scores, method="stacking", round_to="none")
    kept = ["elpd", "se", "elpd_diff", "dse", "weight", "p"]
    return ranked[kept].astype(float).rename_axis("model").reset_index()


def _columns(data: StructuralData) -> set[str]:
    """Columns that a rival may find its variables in."""
    spec, found = data.spec, set[str]()
    for name in {*data.columns, *data.items, *data.cells, *data.covariates}:
        found |= {spec.column(name), *spec.columns_of(name)}
    return found


def _require_same(spec: CausalSpec, name: str, rival: CausalSpec) -> None:
    own, other = spec.variables.get(name), rival.variables[name]
    described = ("kind", "levels", "reference", "items", "trials", "exposure")
    if own is None or spec.column(name) != rival.column(name):
        raise StudyError(
            "The rival has this variable under another name than the fit.",
            file=rival.name,
            value=name,
            fix="Give it the name of the fitted model.",
        )
    differing = [part for part in described if getattr(own, part) != getattr(other, part)]
    if differing:
        raise StudyError(
            f"The rival describes '{name}' otherwise than the fit: {', '.join(differing)}.",
            file=rival.name,
            value=name,
            fix="Describe it as the fitted model does, or fit the rival by itself.",
        )
