"""``vm.monitor()``: the published VM2 monitor, replicated and re-analysed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import pandas as pd

from vm2causal.api.answers import Answer, Picture
from vm2causal.api.languages import language_of
from vm2causal.api.model import SEED
from vm2causal.progress import told_steps
from vm2causal.texts import Language

if TYPE_CHECKING:
    from vm2causal.inputs.published.reading import PublishedTables
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
