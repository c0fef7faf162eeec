"""Solving for the numbers that make a default study show the published margins.

Run offline with ``python -m vm2causal.simulate.calibrate``; it writes
``data/simulator/calibrated.yaml``, which ships. Deterministic: a fixed seed draws a large number of
experiments once, and the chances of their pupils are worked out, not drawn.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import yaml
from scipy.optimize import least_squares
from scipy.special import expit

from vm2causal.inputs.published.reading import PublishedTables, read_published
from vm2causal.simulate.calibrated import CALIBRATED, Calibration, default_truth
from vm2causal.simulate.draw import DrawnExperiments, draw_experiments
from vm2causal.simulate.expected import expected_careers
from vm2causal.simulate.generate import FloatArray, group_effects, linear_predictor
from vm2causal.simulate.margins import BOTH, STATUSES, TRANCHES, published_margins
from vm2causal.simulate.truth import Truth
from vm2causal.spec import CausalSpec, read_model
from vm2causal.storage import shipped_path, write_atomically

SEED: Final = 2013
"""Of the experiments that the numbers are solved on."""

EXPERIMENTS: Final = 157 * 400
"""Enough to leave a few tenths of a percentage point of chance in the margins of T1."""

_EFFECTS: Final = {
    "status->binding": 0.6,
    "binding->vsv": -0.4,
    "binding->sk": 1.0,
    "tranche[T2]->binding": 0.2,
    "tranche[T2]->vsv": 0.1,
    "tranche[T2]->sk": 0.0,
}
"""Where the search for effects begins, and what it is drawn to where margins do not decide."""

_YEARLY: Final = {
    "vsv": (-3.9, -2.8, -2.4, -1.8),
    "sk": (-14.0, -6.5, -1.6, -0.2),
    "binding": (0.6, 0.0, -0.5, -1.5),
}
"""Where the search for yearly logit hazards begins. SK in the first year is not published and all
but impossible: it stays where it is."""

_SECTORS: Final = ("techniek", "zorg_welzijn", "landbouw", "intersectoraal")
_FREE: Final = tuple(
    (name, year)
    for name, values in _YEARLY.items()
    for year in range(len(values))
    if (name, year) != ("sk", 0)
)
_LOOSE: Final = 1.0
"""Percentage points off a margin that weigh as much as 1 off the start of an effect."""

_SK_WEIGHT: Final = 1.5
"""SK margins differ between the tranches in ways that one set of effects fits least."""


def calibrate(
    spec: CausalSpec, tables: PublishedTables, *, experiments: int = EXPERIMENTS
) -> Calibration:
    """Solve for status first, which nothing of the pupils causes, then for the careers."""
    solved = Calibration(
        effects=_EFFECTS | {f"sector[{sector}]->status": 0.0 for sector in _SECTORS},
        intercepts=_YEARLY,
        status={"T1": (-0.8, -0.1), "T2": (-0.7, 2.2)},
        sds={"sk": {"experiment": 0.6}},
    )
    solved = _solve_status(spec, tables, solved, experiments)
    return _solve_careers(spec, tables, solved, experiments)


def _drawn(
    spec: CausalSpec, tables: PublishedTables, solved: Calibration, experiments: int
) -> tuple[Truth, DrawnExperiments]:
    truth = default_truth(spec, tables=tables, calibration=solved)
    return truth, draw_experiments(spec, truth, experiments=experiments, seed=SEED)


def _solve_status(
    spec: CausalSpec, tables: PublishedTables, solved: Calibration, experiments: int
) -> Calibration:
    """Cutpoints by tranche and sector effects: status by tranche, stopped by sector."""
    truth, drawn = _drawn(spec, tables, solved, experiments)
    causes = [cause for cause in spec.parents("status") if cause != "sector"]
    eta = linear_predictor(
        spec, truth, "status", drawn.values, causes=causes, size=drawn.units.size
    )
    eta += group_effects(truth, "status", drawn.units, seed=SEED)
    tranche, sector = drawn.levels(spec, "tranche"), drawn.levels(spec, "sector")
    share = published_margins(tables) / 100

    def misfit(parts: FloatArray) -> FloatArray:
        shift = np.select([sector == name for name in _SECTORS], list(parts[4:]), default=0.0)
        cutpoints = parts[:4].reshape(2, 2)[(tranche == "T2").astype(int)]
        below = expit(cutpoints - (eta + shift)[:, None])
        off = [
            below[tranche == name, cut].mean()
            - sum(share[s, name, "all", 0] for s in STATUSES[: cut + 1])
            for name in TRANCHES
            for cut in (0, 1)
        ]
        off += [
            below[sector == name, 0].mean() - share["gestopt", BOTH, name, 0] for name in _SECTORS
        ]
        return np.array(off)

    start = [*solved.status["T1"], *solved.status["T2"], *(0.0 for _ in _SECTORS)]
    found = np.round(least_squares(misfit, start).x, 6).tolist()
    effects = {
        f"sector[{name}]->status": size for name, size in zip(_SECTORS, found[4:], strict=True)
    }
    cutpoints = {"T1": tuple(found[:2]), "T2": tuple(found[2:4])}
    return solved.model_copy(update={"effects": {**solved.effects, **effects}, "status": cutpoints})


def _solve_careers(
    spec: CausalSpec, tables: PublishedTables, solved: Calibration, experiments: int
) -> Calibration:
    """Yearly hazards, and the effects of status, binding and tranche on them."""
    published = published_margins(tables)
    target = published[[key[0] in ("vsv", "sk", "vm2") for key in published.index]]
    weight = np.where(target.index.get_level_values("quantity") == "sk", _SK_WEIGHT, 1.0)
    start = _to_vector(solved)

    def misfit(vector: FloatArray) -> FloatArray:
        candidate = _from_vector(vector, solved)
        truth, drawn = _drawn(spec, tables, candidate, experiments)
        off = expected_careers(spec, truth, drawn).loc[target.index] - target
        weak = (vector - start)[: len(_EFFECTS) + 1] * _LOOSE
        return np.concatenate([off.to_numpy() * weight, weak])

    found = least_squares(misfit, start, x_scale=0.1).x
    return _from_vector(np.round(found, 6), solved)


def _to_vector(solved: Calibration) -> FloatArray:
    effects = [solved.effects[name] for name in _EFFECTS]
    yearly = [solved.intercepts[name][year] for name, year in _FREE]
    return np.array([*effects, np.log(solved.sds["sk"]["experiment"]), *yearly])


def _from_vector(vector: FloatArray, solved: Calibration) -> Calibration:
    sizes, (log_sd, *yearly) = vector[: len(_EFFECTS)], vector[len(_EFFECTS) :].tolist()
    effects = dict(zip(_EFFECTS, sizes.tolist(), strict=True))
    intercepts = {name: list(values) for name, values in solved.intercepts.items()}
    for (name, year), value in zip(_FREE, yearly, strict=True):
        intercepts[name][year] = value
    return solved.model_copy(
        update={
            "effects": {**solved.effects, **effects},
            "intercepts": {name: tuple(values) for name, values in intercepts.items()},
            "sds": {"sk": {"experiment": float(np.exp(log_sd))}},
        }
    )


def misfits(
    spec: CausalSpec,
    tables: PublishedTables,
    solved: Calibration,
    *,
    experiments: int = EXPERIMENTS,
) -> pd.DataFrame:
    """Published and expected percentages of the careers, side by side."""
    published = published_margins(tables)
    expected = expected_careers(spec, *_drawn(spec, tables, solved, experiments))
    table = pd.DataFrame({"published": published, "expected": expected}).dropna()
    return table.assign(off=table["expected"] - table["published"])


def main() -> None:
    """Solve, and write the numbers where they ship from."""
    spec, tables = read_model("onderzoeksmodel-2012"), read_published()
    solved = calibrate(spec, tables)
    path = shipped_path(CALIBRATED[0]).joinpath(*CALIBRATED[1:])
    write_atomically(path, yaml.safe_dump(solved.model_dump(mode="json"), sort_keys=False))
    print(misfits(spec, tables, solved).round(2).to_string())


if __name__ == "__main__":
    main()
