"""``vm.monitor()``: the published VM2 monitor; ``vm.did()``: the tables of anyone else."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from vm2causal.api.answers import Answer, Picture
from vm2causal.api.languages import language_of
from vm2causal.api.model import SEED
from vm2causal.errors import OptionError
from vm2causal.progress import told_steps
from vm2causal.texts import Language

if TYPE_CHECKING:
    from pathlib import Path

    from vm2causal.inputs.published.reading import PublishedTables
    from vm2causal.inputs.tables.frames import Frame
    from vm2causal.workflow.did import DidResult
    from vm2causal.workflow.monitor import MonitorResult

type _Asked = tuple[str, bool, float, int, int | None]
"""Selection, whether with sensitivity, level, seed and draws."""

_METHOD: Final = "did_clustered"


@dataclass(frozen=True)
class Monitor:
    """The published tables of the VM2 monitor, and what is made of them.

    Its numbers are published, so nothing of them is withheld.

    Parameters
    ----------
    language
        Of sentences.
    """

    language: Language
    _made: dict[_Asked, MonitorResult] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def tables(self) -> PublishedTables:
        """The published tables, tidy."""
        from vm2causal.inputs.published.reading import read_published

        return read_published()

    def replicate(self) -> Answer:
        """Every reported χ² test, recomputed.

        Returns
        -------
        Answer
            A row per test: what was reported, what comes out, and whether that agrees.
        """
        from vm2causal.monitor.replication import replicate_tests

        return Answer(replicate_tests(self.tables))

    def fit(
        self,
        outcome: str = "vsv",
        *,
        selection: str = "all",
        sensitivity: bool = False,
        level: float = 0.95,
        seed: int = SEED,
        draws: int | None = None,
        progress: bool = True,
    ) -> Answer:
        """What VM2 did, by four methods side by side.

        Parameters
        ----------
        outcome
            ``vsv`` (early leaving) or ``sk`` (starting qualification).
        selection
            ``all`` starters or pupils of experiments ``as_intended``.
        sensitivity
            Refit with other defensible choices too; they are in ``document``.
        level
            Mass of the intervals.
        seed
            The same seed gives the same numbers.
        draws
            Kept draws per chain; the usual number where None.
        progress
            Tell what happens.

        Returns
        -------
        Answer
            A row per method, cohort and years since the start, with the ``sentence`` that the
            number licenses.

        Raises
        ------
        OptionError
            When an outcome or selection is unknown.
        """
        from vm2causal.workflow.monitor import monitor_document_of
        from vm2causal.workflow.monitor_rows import estimate_rows, gate_remarks, require_outcome

        require_outcome(outcome)
        asked = (selection, sensitivity, level, seed, draws)
        found = self._fitted(asked, progress=progress)
        document = monitor_document_of(found, self.language, outcome=outcome)
        return Answer(estimate_rows(document), gate_remarks(document, self.language), "", document)

    def plot(
        self,
        outcome: str = "vsv",
        *,
        selection: str = "all",
        level: float = 0.95,
        seed: int = SEED,
        draws: int | None = None,
        progress: bool = True,
    ) -> Picture:
        """Draw the four methods side by side; options are those of :meth:`fit`.

        Raises
        ------
        OptionError
            When an outcome or selection is unknown.
        """
        from vm2causal.report.figures.monitor import draw_methods
        from vm2causal.report.figures.named_figure import out_of_pyplot
        from vm2causal.workflow.monitor_rows import require_outcome

        require_outcome(outcome)
        found = self._fitted((selection, False, level, seed, draws), progress=progress)
        drawn = draw_methods(
            found.estimates, outcome=outcome, selection=selection, language=self.language
        )
        return Picture(out_of_pyplot([drawn]))

    def sectors(self, *, level: float = 0.95, seed: int = SEED) -> Answer:
        """How often experiments stopped, by sector and cohort."""
        from vm2causal.workflow.monitor import fit_sectors
        from vm2causal.workflow.monitor_rows import flat

        return Answer(flat(fit_sectors(self.tables, seed=seed, level=level).stop))

    def cost(
        self,
        per_pupil: float | tuple[float, float],
        *,
        level: float = 0.95,
        seed: int = SEED,
        progress: bool = True,
    ) -> Answer:
        """What one averted early leaver and one extra qualification cost.

        Parameters
        ----------
        per_pupil
            Extra cost of VM2 per starting pupil in euros, or its lowest and highest.

        Raises
        ------
        OptionError
            When that is no price.
        """
        from vm2causal.monitor.cost import cost_table, parse_price
        from vm2causal.report.documents.monitor import cost_document
        from vm2causal.workflow.monitor_rows import flat

        ends = per_pupil if isinstance(per_pupil, tuple) else (per_pupil,)
        price = parse_price(":".join(f"{end:g}" for end in ends))
        found = self._fitted(("all", False, level, seed, None), progress=progress)
        costs = cost_table(found.contrasts["all", _METHOD], price, seed=seed, level=level)
        document = cost_document(costs, found.fits["all", _METHOD].diagnostics, self.language)
        said = tuple(row["sentence"] for row in document["costs"])
        return Answer(flat(pd.DataFrame(costs)), (*said, document["license"]), "", document)

    def _fitted(self, asked: _Asked, *, progress: bool) -> MonitorResult:
        """A re-analysis, made once."""
        from vm2causal.model.sampler.sampling import SamplerSettings
        from vm2causal.workflow.monitor import fit_monitor

        if asked not in self._made:
            selection, sensitivity, level, seed, draws = asked
            with told_steps(self.language, show=progress) as tell:
                self._made[asked] = fit_monitor(
                    self.tables,
                    selections=(selection,),
                    seed=seed,
                    level=level,
                    settings=None if draws is None else SamplerSettings(draws=draws),
                    with_sensitivity=sensitivity,
                    progress=tell,
                )
        return self._made[asked]


def monitor(*, language: str | Language | None = None) -> Monitor:
    """The published VM2 monitor.

    Parameters
    ----------
    language
        Of sentences; see :func:`~vm2causal.api.languages.language_of`.

    Examples
    --------
    >>> tests = monitor().replicate().table
    >>> int((tests["agrees"] == True).sum()) >= 7
    True
    """
    return Monitor(language_of(language))


@dataclass(frozen=True)
class Did:
    """A difference-in-differences of tables of counts.

    Its numbers are for who holds the tables: small counts are not withheld.

    Parameters
    ----------
    result
        Estimates, and how far they hold.
    language
        Of sentences.
    """

    result: DidResult = field(repr=False)
    language: Language

    @cached_property
    def document(self) -> dict[str, Any]:
        """The same as ``vm2causal did fit --json`` prints."""
        from vm2causal.workflow.did import document_of

        return document_of(self.result, self.language)

    def estimates(self, about: str = "overall") -> Answer:
        """Effects by method.

        Parameters
        ----------
        about
            ``overall``, ``cohort`` (by first period treated), ``exposure`` (by period since the
            start) or ``cell`` (by group and period).

        Returns
        -------
        Answer
            A row per method and effect, with the ``sentence`` and ``license`` of it.

        Raises
        ------
        OptionError
            When ``about`` is none of these.
        """
        from vm2causal.monitor.did.weighting import ABOUT
        from vm2causal.workflow.did import held_rows
        from vm2causal.workflow.monitor_rows import gate_remarks

        if about not in ABOUT:
            raise OptionError(
                "Effects are overall or by cohort, exposure or cell.",
                value=about,
                fix=f"Write one of {', '.join(ABOUT)}.",
            )
        rows = [row for row in self.document["estimates"] if row["about"] == about]
        remarks = (*gate_remarks(self.document, self.language), *self.document["notes"])
        return Answer(held_rows(rows), remarks, "", self.document)

    def trends(self) -> Answer:
        """How far trends may part without treatment before an answer falls."""
        from vm2causal.workflow.did import held_rows

        rows = self.document["parallel_trends"]
        said = tuple(row["sentence"] for row in self.document["equivalence"])
        return Answer(held_rows(rows), said, "", self.document)

    def plot(self) -> Picture:
        """The event study of each outcome."""
        from vm2causal.report.figures.event_study import draw_event_studies
        from vm2causal.report.figures.named_figure import out_of_pyplot

        return Picture(
            out_of_pyplot(draw_event_studies(self.result.tables, language=self.language))
        )


def did(
    tables: Path | str | Frame,
    *,
    icc: float = 0.05,
    weights: str = "pupils",
    drift: float | None = None,
    margin: float | None = None,
    level: float = 0.95,
    seed: int = SEED,
    language: str | Language | None = None,
    progress: bool = True,
) -> Did:
    """Estimate what a treatment did from counts by group and period.

    Parameters
    ----------
    tables
        A table, in a file or in memory, or a folder with ``counts`` and ``groups``.
    icc
        How alike pupils of a cluster are, where clusters are known; between 0 and 1.
    weights
        How groups and periods count together: by ``pupils`` or ``equal``.
    drift
        Standard deviation by which trends may part in a period [share]; None for parallel ones.
    margin
        Largest effect before the treatment that counts as none [share].
    level
        Mass of the intervals, between 0 and 1.
    seed
        The same seed gives the same numbers.
    language
        Of sentences; see :func:`~vm2causal.api.languages.language_of`.
    progress
        Tell what happens.

    Raises
    ------
    StudyError
        When the tables cannot be used.
    OptionError
        When a number or weighting cannot be.
    """
    from vm2causal.inputs.event_tables.reading import read_event_table
    from vm2causal.workflow.did import FITS, fit_did, made_choices

    chosen = made_choices(
        icc=icc, weights=weights, drift=drift, margin=margin, level=level, seed=seed
    )
    spoken = language_of(language)
    with told_steps(spoken, show=progress, total=len(FITS)) as tell:
        return Did(fit_did(read_event_table(tables), choices=chosen, progress=tell), spoken)
