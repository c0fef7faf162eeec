"""``vm.simulate``, ``vm.calibrate`` and ``vm.design``: data and studies that are made up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from vm2causal.api.answers import Answer
from vm2causal.api.languages import language_of
from vm2causal.api.model import SEED, Model
from vm2causal.progress import told_count
from vm2causal.texts import Language, text


def simulate(
    model: Model,
    units: int = 200,
    *,
    effects: Mapping[str, float] | None = None,
    groups: Mapping[str, int] | None = None,
    seed: int = SEED,
) -> pd.DataFrame:
    """Draw a table from a model, with effects that are known.

    Parameters
    ----------
    model
        Whose variables are drawn.
    units
        Number of rows.
    effects
        By arrow, such as ``{"x->y": 0.5}`` (of a level ``"x[a]->y"``), on the link scale; what is
        not named has the sign of its arrow and size 0.3, or none where the arrow has no sign.
    groups
        By group of the model its number of levels; a tenth of the rows where not given.
    seed
        The same seed gives the same table.

    Returns
    -------
    pandas.DataFrame
        A row per unit: groups, then variables in the order of the model.

    Raises
    ------
    StudyError
        When an effect is of no arrow of the model.

    Examples
    --------
    >>> table = simulate(Model("x -> y", groups="class"), 50, effects={"x->y": 1.0})
    >>> list(table), len(table)
    (['class', 'x', 'y'], 50)
    """
    from vm2causal.simulate import parse_effect, plain_truth, simulate_table

    named = [name for name in model.spec.groups if name not in model.spec.variables]
    sizes = {name: max(2, units // 10) for name in named} | dict(groups or {})
    sized = dict(
        parse_effect(f"{arrow}={size}", model.spec) for arrow, size in (effects or {}).items()
    )
    truth = plain_truth(
        model.spec,
        groups=tuple(sizes),
        effects={str(term): size for term, size in sized.items()},
    )
    return simulate_table(model.spec, truth, rows=units, groups=sizes, seed=seed)


def calibrate(
    model: Model,
    n: int = 100,
    *,
    size: int = 36,
    folder: Path | str | None = None,
    executor: str = "serial",
    seed: int = SEED,
    progress: bool = True,
    language: str | Language | None = None,
) -> Answer:
    """Check that fits of a model find truths drawn from its own prior as often as they say.

    Parameters
    ----------
    model
        Whose fits are checked.
    n
        Number of simulations.
    size
        Rows of each table (of a model of a VM2 study: experiments).
    folder
        Where finished simulations stay, so that another call goes on from there; a temporary one
        where None.
    executor
        ``serial``, ``processes[:N]`` or ``dask``.
    seed
        Of every draw.
    progress
        Tell how far it is.
    language
        Of texts.

    Returns
    -------
    Answer
        A row per kind of quantity with its verdict; ``document`` holds every quantity.
    """
    from vm2causal.report.documents.calibration import calibration_document
    from vm2causal.workflow.calibration import calibrate_model

    spoken = language_of(language)
    label = text("calibration.progress", spoken)
    with _kept(folder) as place, told_count(label, spoken, show=progress) as tell:
        found, results = calibrate_model(
            model.spec,
            size=size,
            simulations=n,
            folder=place,
            seed=seed,
            executor=executor,
            progress=tell,
        )
    document = calibration_document(
        found, results, model=model.spec.name, size=size, digits=None, seed=seed
    )
    return Answer(found.verdicts, (), "", document)


def design(
    model: Model,
    sizes: Sequence[int] = (12, 36, 157),
    *,
    effects: Mapping[str, float] | None = None,
    simulations: int = 20,
    level: float = 0.95,
    folder: Path | str | None = None,
    executor: str = "serial",
    seed: int = SEED,
    progress: bool = True,
    language: str | Language | None = None,
) -> Answer:
    """Find out which arrows studies of some sizes could weigh, if the default truth were true.

    Parameters
    ----------
    model
        Of a VM2 study.
    sizes
        Numbers of experiments.
    effects
        By arrow its size in the truth, in place of the default.
    simulations
        Studies of each size.
    level
        Mass of the intervals.
    folder, executor, seed, progress, language
        As of :func:`calibrate`.

    Returns
    -------
    Answer
        A row per size and arrow: its truth, the width of its interval, and the share of studies
        with each verdict.
    """
    from vm2causal.report.documents.calibration import design_document
    from vm2causal.simulate import parse_effect
    from vm2causal.workflow.calibration import analyse_design

    spoken = language_of(language)
    chosen = dict(
        parse_effect(f"{arrow}={size}", model.spec) for arrow, size in (effects or {}).items()
    )
    label = text("design.progress", spoken)
    with _kept(folder) as place, told_count(label, spoken, show=progress) as tell:
        found, results = analyse_design(
            model.spec,
            experiments=tuple(sizes),
            effects={str(term): size for term, size in chosen.items()},
            simulations=simulations,
            folder=place,
            seed=seed,
            level=level,
            executor=executor,
            progress=tell,
        )
    document = design_document(found, results, model=model.spec.name, level=level, seed=seed)
    return Answer(found.table, (), "", document)


@contextmanager
def _kept(folder: Path | str | None) -> Iterator[Path]:
    """A folder of the user, or one that goes once the call is over."""
    if folder is not None:
        yield Path(folder)
        return
    with TemporaryDirectory(prefix="vm2causal-") as temporary:
        yield Path(temporary)
