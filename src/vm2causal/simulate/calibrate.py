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

from vm2causal.inputs.published.reading import PublishedTables, read_published
from vm2causal.simulate.calibrated import CALIBRATED, Calibration, default_truth
from vm2causal.simulate.draw import DrawnExperiments, draw_experiments
from vm2causal.simulate.expected import expected_margins
from vm2causal.simulate.generate import FloatArray
from vm2causal.simulate.margins import BOTH, TRANCHES, published_margins
from vm2causal.simulate.truth import Truth
from vm2causal.spec import CausalSpec, read_model
from vm2causal.storage import shipped_path, write_atomically

SEED: Final = 2013
"""Of the experiments that the numbers are solved on."""

EXPERIMENTS: Final = 157 * 400
"""Enough to leave a few tenths of a percentage point of chance in the margins of T1."""

_EFFECTS: Final = {
    "binding->vsv": -0.4,
    "binding->sk": 1.0,
    "tranche[T2]->binding": 0.2,
    "tranche[T2]->vsv": 0.1,
    "tranche[T2]->sk": 0.0,
    "binding->status": 0.4,
    "sk->status": 0.4,
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
_STOPPING: Final = tuple(f"sector[{sector}]->status" for sector in _SECTORS)
_FREE: Final = tuple(
    (name, year)
    for name, values in _YEARLY.items()
    for year in range(len(values))
    if (name, year) != ("sk", 0)
)
_START: Final = Calibration(
    effects={**_EFFECTS, **dict.fromkeys(_STOPPING, 0.0)},
    intercepts=_YEARLY,
    status={"T1": (-0.8, -0.1), "T2": (-0.7, 2.2)},
    sds={"sk": {"experiment": 0.6}},
)
_STATUS_MARGINS: Final = (
    *((status, tranche, "all", 0) for tranche in TRANCHES for status in ("gestopt", "afgerond")),
    *(("gestopt", BOTH, sector, 0) for sector in _SECTORS),
)
_LOOSE: Final = 1.0
"""Percentage points off a margin that weigh as much as 1 off the start of an effect."""

_SK_WEIGHT: Final = 1.5
"""SK margins differ between the tranches in ways that one set of effects fits least."""


def calibrate(
    spec: CausalSpec, tables: PublishedTables, *, experiments: int = EXPERIMENTS
) -> Calibration:
    """Solve for careers and status together: status follows from the careers of the pupils.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    tables
        The published tables of the monitor.
    """
    published = published_margins(tables)
    careers = [key for key in published.index if key[0] in _YEARLY or key[0] == "vm2"]
    target = published.loc[[*careers, *_STATUS_MARGINS]]
    weight = np.where(target.index.get_level_values("quantity") == "sk", _SK_WEIGHT, 1.0)
    start = _to_vector(_START)

    def misfit(vector: FloatArray) -> FloatArray:
        truth, drawn = _drawn(spec, tables, _from_vector(vector), experiments)
        off = expected_margins(spec, truth, drawn).loc[target.index] - target
        weak = (vector - start)[: len(_EFFECTS) + 1] * _LOOSE
        return np.concatenate([off.to_numpy() * weight, weak])

    return _from_vector(np.round(least_squares(misfit, start, x_scale=0.1).x, 6))


def _drawn(
    spec: CausalSpec, tables: PublishedTables, solved: Calibration, experiments: int
) -> tuple[Truth, DrawnExperiments]:
    truth = default_truth(spec, tables=tables, calibration=solved)
    return truth, draw_experiments(spec, truth, experiments=experiments, seed=SEED)


def _to_vector(solved: Calibration) -> FloatArray:
    """What is drawn to its start first: effects and the spread of SK; then what is free."""
    return np.array(
        [
            *(solved.effects[name] for name in _EFFECTS),
            np.log(solved.sds["sk"]["experiment"]),
            *(solved.intercepts[name][year] for name, year in _FREE),
            *(solved.effects[name] for name in _STOPPING),
            *(cut for tranche in TRANCHES for cut in solved.status[tranche]),
        ]
    )


def _from_vector(vector: FloatArray) -> Calibration:
    numbers = iter(vector.tolist())
    effects = {name: next(numbers) for name in _EFFECTS}
    sd = float(np.exp(next(numbers)))
    intercepts = {name: list(values) for name, values in _YEARLY.items()}
    for name, year in _FREE:
        intercepts[name][year] = next(numbers)
    effects |= {name: next(numbers) for name in _STOPPING}
    return Calibration(
        effects=effects,
        intercepts={name: tuple(values) for name, values in intercepts.items()},
        status={name: (next(numbers), next(numbers)) for name in TRANCHES},
        sds={"sk": {"experiment": sd}},
    )


def misfits(
    spec: CausalSpec,
    tables: PublishedTables,
    solved: Calibration,
    *,
    experiments: int = EXPERIMENTS,
) -> pd.DataFrame:
    """Published and expected percentages, side by side.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    tables
        The published tables of the monitor.
    """
    published = published_margins(tables)
    expected = expected_margins(spec, *_drawn(spec, tables, solved, experiments))
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
