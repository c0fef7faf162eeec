"""Attacks on a fit: which effects, by which model, and where finished refits are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vm2causal.checks.refute.refitted_effect import (
    SETTINGS,
    AttackedQuery,
    NotAttacked,
    attacked_query,
    declared_effects,
)
from vm2causal.checks.refute.refutation import REFITS, Refutation, refute
from vm2causal.errors import OptionError, QueryError
from vm2causal.identify.result import Bilingual
from vm2causal.identify.sentences import bilingual
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.texts import Language
from vm2causal.workflow.effects import FitOnDisk

if TYPE_CHECKING:
    from vm2causal.checks.sensitivity.sensitivity import Sensitivity
    from vm2causal.report.figures.named_figure import NamedFigure

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Targets:
    """The effects to attack, and those that cannot be.

    Parameters
    ----------
    queries
        Effects to attack, each with the regression that estimates it.
    not_attacked
        Effects that no refit can estimate, with the reason.
    """

    queries: tuple[AttackedQuery, ...]
    not_attacked: tuple[NotAttacked, ...]


@dataclass(frozen=True)
class RefutedFit:
    """Attacks on the effects of a fit.

    Parameters
    ----------
    refutations
        One per effect under attack.
    not_attacked
        Effects that no refit can estimate, with the reason.
    """

    refutations: tuple[Refutation, ...]
    not_attacked: tuple[NotAttacked, ...]


def batch_folder(fit: Path) -> Path:
    """Where the refits of a fit are kept unless told otherwise: beside it.

    Parameters
    ----------
    fit
        Folder of the fit.

    Examples
    --------
    >>> batch_folder(Path("fits/mine")).relative_to(Path.cwd()).as_posix()
    'fits/mine-refits'
    >>> batch_folder(Path(".")).parent == Path.cwd().parent
    True
    """
    # '.' and '..' have no name of their own
    whole = fit.resolve()
    return whole.with_name(f"{whole.name}-refits")


def targets(
    opened: FitOnDisk, *, cause: str | None = None, effect: str | None = None, full: bool = False
) -> Targets:
    """Choose the effects to attack: one that is named, else what the model declares.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    cause, effect
        Ends of one effect, both or neither; the declared effects where None.
    full
        Whether refits estimate the whole structural model instead of one regression: slower,
        and with everything the fit itself assumes.

    Raises
    ------
    OptionError
        When only one end is named, or none is and the model declares no question.
    QueryError
        When the fit does not hold the named effect.
    """
    if (cause is None) != (effect is None):
        raise OptionError("A question has two ends.", fix="Give both --cause and --effect.")
    named = cause is not None and effect is not None
    if cause is not None and effect is not None:
        pairs: tuple[tuple[str, str], ...] = ((cause, effect),)
    else:
        pairs = declared_effects(opened.forward.data.spec)
    if not pairs:
        raise OptionError(
            "The model declares no question.", fix="Ask one with --cause and --effect."
        )
    queries, refused = [], []
    for one, other in pairs:
        found = _target(opened, one, other, full=full, named=named)
        if isinstance(found, AttackedQuery):
            queries.append(found)
        else:
            refused.append(NotAttacked(one, other, found))
    return Targets(tuple(queries), tuple(refused))


def _target(
    opened: FitOnDisk, cause: str, effect: str, *, full: bool, named: bool
) -> AttackedQuery | Bilingual:
    try:
        return attacked_query(opened.forward, cause, effect, full=full, priors=opened.fit.priors)
    except QueryError:
        # a declared question may be about what these data lack
        if named:
            raise
        return bilingual("attacks.not_in_fit", cause=cause, effect=effect)


def refute_fit(
    opened: FitOnDisk,
    chosen: Targets,
    *,
    folder: Path,
    seed: int,
    refits: int = REFITS,
    executor: str = "serial",
    resume: bool = True,
    negative_controls: Sequence[str] = (),
    levels_of: str | None = None,
    settings: SamplerSettings = SETTINGS,
    progress: Progress = lambda done, total: None,
) -> RefutedFit:
    """Attack effects in every way the data allow, or by one group's levels left out alone.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    chosen
        Of :func:`targets`.
    folder
        Where finished refits are kept; made if it does not exist.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    refits
        Refits per effect of each attack that draws at random, at least 1.
    executor
        ``serial``, ``processes`` (``processes:4`` for so many), ``dask``, or
        ``dask://HOST:PORT``.
    resume
        Whether finished refits in the folder are used again; otherwise all are fitted anew.
    negative_controls
        Variables that the cause cannot act on, named by the user, beside those of the graph.
    levels_of
        Name of a group: only its levels are left out in turn, and nothing else is done.
    settings
        Draws, tuning steps and chains of the sampler.
    progress
        Called after each part with the numbers of parts done and of all parts.
    """
    found = refute(
        opened.forward,
        chosen.queries,
        folder=folder,
        seed=seed,
        refits=refits,
        executor=executor,
        resume=resume,
        negative_controls=negative_controls,
        levels_of=levels_of,
        settings=settings,
        progress=progress,
    )
    return RefutedFit(found, chosen.not_attacked)


def sensitivity_of(
    opened: FitOnDisk,
    chosen: Targets,
    *,
    folder: Path,
    seed: int,
    executor: str = "serial",
    resume: bool = True,
    progress: Progress = lambda done, total: None,
) -> Sensitivity:
    """Vary what the data cannot tell of the chosen effects.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    chosen
        Of :func:`targets`.
    folder
        Where finished refits are kept; made if it does not exist.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    executor
        ``serial``, ``processes`` (``processes:4`` for so many), ``dask``, or
        ``dask://HOST:PORT``.
    resume
        Whether finished refits in the folder are used again; otherwise all are fitted anew.
    progress
        Called after each part with the numbers of parts done and of all parts.
    """
    from vm2causal.checks.sensitivity.sensitivity import analyse_sensitivity

    return analyse_sensitivity(
        opened.fit,
        opened.forward,
        chosen.queries,
        folder=folder,
        seed=seed,
        executor=executor,
        resume=resume,
        progress=progress,
    )


def tipping_figures(opened: FitOnDisk, found: Sensitivity, language: Language) -> list[NamedFigure]:
    """Draw, per effect, how strong an unobserved common cause would have to be.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    found
        Of :func:`sensitivity_of`.
    language
        Of the texts: Dutch or English.
    """
    from vm2causal.report.documents.sensitivity import confounding_shown
    from vm2causal.report.figures.sensitivity import draw_tipping

    spec, synthetic = opened.forward.data.spec, opened.record["origin"] == "synthetic"
    return [
        draw_tipping(item, spec=spec, language=language, synthetic=synthetic)
        for item in confounding_shown(found)["confounding"]
    ]


def write_tipping_figures(
    opened: FitOnDisk, found: Sensitivity, folder: Path, language: Language
) -> list[Path]:
    """Write the figure of every effect, with the numbers behind it.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    found
        Of :func:`sensitivity_of`.
    folder
        Where the SVG files go.
    language
        Of the texts: Dutch or English.
    """
    from vm2causal.report.figures.named_figure import save_figures

    return save_figures(tipping_figures(opened, found, language), folder)
