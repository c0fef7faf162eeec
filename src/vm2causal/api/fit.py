"""``vm.Fit``: a fitted model, ready to be asked."""

from __future__ import annotations

import html
import shutil
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, Final, Self
from weakref import finalize

import pandas as pd

from vm2causal.api.answers import Answer, Picture, html_list
from vm2causal.api.languages import language_of
from vm2causal.errors import OptionError
from vm2causal.model.fits.fit_files import require_fit_folder
from vm2causal.model.structural_parameters import Priors
from vm2causal.progress import say_beside, told_count, told_steps
from vm2causal.report.documents.records import records
from vm2causal.report.words.effect_rows import arrow_cells
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import QueryKind, Rows
from vm2causal.storage import write_folder_atomically
from vm2causal.texts import Language, number, text
from vm2causal.workflow import asked
from vm2causal.workflow.absent_columns import Missing
from vm2causal.workflow.answer_lines import answer_lines, standing_lines, what_if_lines
from vm2causal.workflow.asked import Value
from vm2causal.workflow.attacks import batch_folder, targets
from vm2causal.workflow.counterfactuals import counterfactual_of, told_lines
from vm2causal.workflow.effects import (
    Answers,
    FitOnDisk,
    all_effects,
    answer_what_if,
    open_fit,
    opened_fit,
)
from vm2causal.workflow.fit_lines import fit_lines, preparation_lines
from vm2causal.workflow.fit_tables import FitTables, chosen_pairs, notes_by
from vm2causal.workflow.probabilities import probability_of
from vm2causal.workflow.structural import chosen_settings, fit_prepared, prepare_fit

if TYPE_CHECKING:
    import xarray as xr

    from vm2causal.disclosure import Released
    from vm2causal.inputs.tables.choices import Choices
    from vm2causal.inputs.tables.frames import Frame
    from vm2causal.spec import Query

_LEVEL: Final = 0.95
_STRONGEST: Final = 5
_NAME: Final = "fit"


class Fit:
    """A model with its posterior; made by :meth:`vm2causal.Model.fit` or :meth:`load`.

    Effects are told as they may be shown: rounded to the digits that their uncertainty makes
    meaningful, and without what is about fewer than ten persons (``docs/privacy.md``). ``idata``
    holds the posterior and the data themselves.

    Parameters
    ----------
    opened
        The fit and its record.
    language
        Of all that the fit says.
    temporary
        Whether the folder of the fit goes with this object; it is the user's own where not.
    """

    def __init__(
        self,
        opened: FitOnDisk,
        language: Language,
        *,
        temporary: bool = False,
    ) -> None:
        self.opened = opened
        self.language = language
        if temporary:
            finalize(self, shutil.rmtree, self._folder.parent, ignore_errors=True)

    @classmethod
    def load(cls, folder: Path | str, *, language: str | Language | None = None) -> Self:
        """Open a fit that ``save`` or the command ``vm2causal fit`` wrote.

        Parameters
        ----------
        folder
            Of the fit.
        language
            Of what it says: ``nl`` or ``en``; the usual one where None.

        Raises
        ------
        FitError
            When the folder holds no whole fit.
        """
        return cls(open_fit(Path(folder)), language_of(language))

    def save(self, folder: Path | str) -> Path:
        """Keep the fit, and what attacks on it found, in a folder that its owner alone can read.

        The commands take it too: ``vm2causal effects FOLDER``.

        Parameters
        ----------
        folder
            Absent, empty, or of an earlier fit, which is replaced.

        Raises
        ------
        OutputError
            When the folder holds other things than a fit, or cannot be written.
        """
        target = require_fit_folder(Path(folder))
        here = self._folder
        write_folder_atomically(target, lambda fresh: shutil.copytree(here, fresh))
        if batch_folder(here).is_dir():
            shutil.copytree(batch_folder(here), batch_folder(target), dirs_exist_ok=True)
        return target

    @property
    def spec(self) -> CausalSpec:
        """The model as it was fitted: what has no data is unobserved."""
        return self.opened.forward.data.spec

    @property
    def record(self) -> Released:
        """How it was made, and what its checks found, as may be shown."""
        return self.opened.shown

    @cached_property
    def idata(self) -> xr.DataTree:
        """All groups that ArviZ asks for.

        ``posterior``, ``sample_stats``, ``observed_data``, ``constant_data``, ``log_likelihood``,
        ``posterior_predictive``, ``prior`` and ``prior_predictive``: see
        :func:`vm2causal.checks.replicate.arviz_tree.arviz_tree`. They hold the data, and so are as
        confidential as these.
        """
        from vm2causal.checks.replicate.arviz_tree import arviz_tree

        return arviz_tree(self.opened.fit)

    def arrows(self, *, level: float = 0.95) -> pd.DataFrame:
        """Every arrow, weighed.

        Parameters
        ----------
        level
            Mass of the intervals, between 0.5 and 0.999.

        Returns
        -------
        pandas.DataFrame
            Columns of :func:`vm2causal.workflow.asked.arrow_rows`.

        Raises
        ------
        QueryError
            When the model has no arrows.
        """
        return asked.arrow_rows(self._answers(level))

    def differences(self, *, level: float = 0.95) -> pd.DataFrame:
        """How much the coefficients of arrows vary between levels, or depend on other causes.

        Parameters
        ----------
        level
            Mass of the intervals, between 0.5 and 0.999.

        Returns
        -------
        pandas.DataFrame
            Columns of :func:`vm2causal.workflow.asked.difference_rows`; empty where the model
            lets no arrow vary or depend.
        """
        return asked.difference_rows(self._answers(level))

    def slopes(self, *, level: float = 0.95) -> pd.DataFrame:
        """The coefficient in every level, of arrows that vary.

        Parameters
        ----------
        level
            Mass of the intervals, between 0.5 and 0.999.

        Returns
        -------
        pandas.DataFrame
            Columns of :func:`vm2causal.workflow.asked.slope_rows`; levels of few persons are left
            out.
        """
        return asked.slope_rows(self._answers(level))

    def shapes(self, *, level: float = 0.95) -> pd.DataFrame:
        """How effects follow their causes, of arrows with ``shape`` or ``split``.

        Parameters
        ----------
        level
            Mass of the intervals, between 0.5 and 0.999.

        Returns
        -------
        pandas.DataFrame
            Columns of :func:`vm2causal.workflow.asked.shape_rows`: steps between levels, places
            along a curve, or what holds within and between groups.
        """
        return asked.shape_rows(self._answers(level))

    def effect(
        self,
        cause: str | Sequence[str],
        effect: str,
        *,
        to: Value | Mapping[str, Value] | None = None,
        versus: Value | Mapping[str, Value] | None = None,
        by: str | None = None,
        among: Mapping[str, Value] | None = None,
        new: str | None = None,
        scale: str = "difference",
        level: float = 0.95,
    ) -> Answer:
        """A total effect: what becomes of the effect where the cause is set.

        Parameters
        ----------
        cause
            One cause, or several that are set together.
        to
            What the cause is set to; of several causes a value by name. Without it the quartiles of
            a number, the highest against the lowest level, or each level against the reference.
        versus
            What that is compared with; by default the median or the most frequent other level.
        by
            A group of the model.
        among
            Observed values of the units that the effect is averaged over: ``{"x": 1}`` for a
            cause x is the effect on those who had it (ATT), ``{"x": 0}`` on those who had not.
        new
            A group of the model, such as ``"school"``: the effect in other schools than those in
            the data, averaged over all that there may be, and in one of them by chance.
        scale
            ``difference``, ``ratio``, ``odds ratio`` or ``slope`` (per unit of the cause).
        level
            Mass of the interval.

        Returns
        -------
        Answer
            Columns of :func:`vm2causal.workflow.asked.effect_rows`; ``mean``, ``lower`` and
            ``upper`` of an answer of one row.

        Raises
        ------
        QueryError
            When the fit cannot answer, or may not.
        OptionError
            When what is asked does not fit together.
        """
        causes = [cause] if isinstance(cause, str) else list(cause)
        answers = asked.asked_effects(
            self.opened,
            _by_cause(causes, to),
            effect,
            versus=_set(_by_cause(causes, versus)),
            scale=scale,
            by=by,
            among=among,
            new=new,
            level=level,
        )
        remarks = list(answer_lines(self.opened, answers, self.language, unknowable=()))
        if by is not None and not answers.totals.empty:
            remarks += notes_by(self.opened, by, answers.totals, self.language).sentences
        title = self._text("api.effect", cause=self._labels(causes), effect=self._labels([effect]))
        return Answer(asked.effect_rows(answers), tuple(remarks), title)

    def mediation(
        self,
        cause: str,
        effect: str,
        *,
        to: Value | None = None,
        versus: Value | None = None,
        by: str | None = None,
        level: float = 0.95,
    ) -> Answer:
        """How much of an effect runs through each mediator; options are those of :meth:`effect`.

        Returns
        -------
        Answer
            A row per mediator (or mediators whose share is told together) and ``share``:
            indirect, direct and total, which add up.

        Raises
        ------
        QueryError
            When the fit cannot answer.
        """
        versus_set = {} if versus is None else {cause: versus}
        answers = asked.asked_effects(
            self.opened, {cause: to}, effect, versus=versus_set, by=by, level=level
        )
        title = self._text(
            "api.mediation", cause=self._labels([cause]), effect=self._labels([effect])
        )
        remarks = tuple(answer_lines(self.opened, answers, self.language))
        return Answer(asked.mediation_rows(answers), remarks, title)

    def what_if(
        self,
        changes: Mapping[str, Value] | None = None,
        *,
        at: str | None = None,
        level: float = 0.95,
        **also: Value,
    ) -> Answer:
        """What would become of everybody, or of a place, under changes made together.

        Parameters
        ----------
        changes
            What each cause is set to.
        at
            A school, experiment or level of a group; None for everybody.
        level
            Mass of the intervals.
        **also
            Further changes: ``what_if(x=1)`` is ``what_if({"x": 1})``.

        Returns
        -------
        Answer
            A row per outcome: ``now_``, ``then_`` and ``difference_`` with ``mean``, ``lower`` and
            ``upper``, and ``p_positive`` of the difference.

        Raises
        ------
        OptionError
            When nothing is changed.
        QueryError
            When the fit cannot answer, or may not.
        """
        done = self._changes(changes, also)
        table, outside = answer_what_if(self.opened, done, place=at, level=level)
        lines = what_if_lines(
            self.opened, tuple(done), list(table["outcome"]), outside, self.language
        )
        said = ", ".join(f"{name}={value}" for name, value in done.items())
        title = self._text("api.what_if", changes=f"{said}; {at}" if at else said)
        return Answer(asked.what_if_rows(table), tuple(lines), title)

    def probability(
        self, statement: str, do: Mapping[str, Value] | None = None, **also: Value
    ) -> Answer:
        """How probable it is that an average lies below or above a limit, under changes.

        Parameters
        ----------
        statement
            Such as ``"passed < 0.5"``: a variable that the changes act on, ``<``, ``<=``, ``>``
            or ``>=``, and a number. Of an event the average is the share that has it, 0 to 1.
        do
            What each cause is set to.
        **also
            Further changes: ``probability("y > 0", x=1)`` is ``probability("y > 0", {"x": 1})``.

        Returns
        -------
        Answer
            One row: ``probability`` under the changes and ``probability_now`` without them, in two
            decimals: shares of the posterior draws, so they hold what is uncertain of the average
            and not how far single units lie apart.

        Raises
        ------
        OptionError
            When the statement cannot be read, or nothing is changed.
        QueryError
            When the fit cannot answer, or may not.
        """
        done = self._changes(do, also)
        found = probability_of(self.opened, statement, done)
        lines = what_if_lines(
            self.opened, tuple(done), [found.outcome], found.outside, self.language
        )
        row = {"statement": statement, "probability": found.then, "probability_now": found.now}
        said = ", ".join(f"{name}={value}" for name, value in done.items())
        title = self._text("api.probability", statement=statement, changes=said)
        return Answer(pd.DataFrame([row]), tuple(lines), title)

    def counterfactual(
        self,
        row: pd.DataFrame,
        changes: Mapping[str, Value] | None = None,
        *,
        level: float = 0.95,
        **also: Value,
    ) -> Answer:
        """What one row would have been under changes, its own noise kept.

        For numbers that noise is known; for levels it is what gives the observed level, by a
        coupling that no data can test (:mod:`vm2causal.effects.counterfactual`). Of persons the
        answer is about a single one: it is for whoever holds the data, and not for publication.

        Parameters
        ----------
        row
            One row of the table that was fitted, with every column that the model uses, such as
            ``df.iloc[[3]]``.
        changes
            What each cause is set to.
        level
            Mass of the intervals.
        **also
            Further changes: ``counterfactual(row, x=1)`` is ``counterfactual(row, {"x": 1})``.

        Returns
        -------
        Answer
            A row per number, and per level of what has levels (of two levels the second):
            ``effect``, ``effect_level``, ``scale`` (``value`` or ``probability``), ``factual``,
            ``mean``, ``sd``, ``lower``, ``upper``. An interval of a probability holds what is
            uncertain of the model.

        Raises
        ------
        OptionError
            When nothing is changed.
        QueryError
            When it is no row of the fit, or there is no answer: the noise of nominal variables and
            of counts cannot be kept.
        """
        done = self._changes(changes, also)
        told = counterfactual_of(self.opened, row, done, level=level)
        said = ", ".join(f"{name}={value}" for name, value in done.items())
        title = self._text("api.counterfactual", row=told.unit, changes=said)
        return Answer(told.table, tuple(told_lines(self.opened, told, self.language)), title)

    def second_opinion(
        self,
        cause: str | None = None,
        effect: str | None = None,
        *,
        kind: str = QueryKind.TOTAL.value,
        level: float = 0.95,
    ) -> Answer:
        """Effects estimated again, by a regression on what the graph says to adjust for.

        Parameters
        ----------
        cause, effect
            The effect to estimate; all that the model declares where None.
        kind
            ``total`` or ``direct``.
        level
            Mass of the intervals.

        Returns
        -------
        Answer
            A row per effect: ``first_`` (this fit) and ``second_`` (the regression) with ``mean``,
            ``lower`` and ``upper``, and their ``distance`` in joint standard deviations.
        """
        from vm2causal.workflow.second_opinions import second_opinions, with_second_opinions

        queries = _queries(cause, effect, _one_of(QueryKind, "kind", kind))
        with told_steps(self.language, show=True) as progress:
            found = second_opinions(self.opened, queries=queries, level=level, progress=progress)
        told = with_second_opinions(self.opened, self._answers(level), found, self.language)
        return Answer(asked.opinion_rows(told), (), self._text("api.opinions"))

    def refute(
        self,
        cause: str | None = None,
        effect: str | None = None,
        *,
        refits: int = 32,
        seed: int | None = None,
        executor: str = "serial",
    ) -> Answer:
        """Attack effects: placebos, random causes, subsets, left-out groups.

        Parameters
        ----------
        cause, effect
            The effect to attack; all that the model declares where None.
        refits
            Of each attack that must find nothing; others get a quarter.
        seed
            Of the attacks; that of the fit where None.
        executor
            ``serial``, ``processes[:N]`` or ``dask``.

        Returns
        -------
        Answer
            A row per effect and attack, with ``passed`` and what was found.

        Raises
        ------
        OptionError
            When neither is named and the model declares no question.
        """
        from vm2causal.report.documents.attacks import refutation_document
        from vm2causal.workflow.attack_records import keep_refutation
        from vm2causal.workflow.attacks import refute_fit

        chosen = targets(self.opened, cause=cause, effect=effect)
        with told_count(self._text("attacks.progress"), self.language, show=True) as progress:
            found = refute_fit(
                self.opened,
                chosen,
                folder=batch_folder(self._folder),
                seed=self._seed(seed),
                refits=refits,
                executor=executor,
                progress=progress,
            )
        if cause is None:
            keep_refutation(self._folder, self.opened, found)
        document = refutation_document(
            found.refutations,
            found.not_attacked,
            spec=self.spec,
            record=self.record,
            language=self.language,
            behind=self.opened.behind,
        )
        rows = asked.attack_rows(document)
        return Answer(rows, self._standing(), self._text("api.refutation"), document)

    def sensitivity(
        self,
        cause: str | None = None,
        effect: str | None = None,
        *,
        seed: int | None = None,
        executor: str = "serial",
    ) -> Answer:
        """Vary what no data show: unmeasured confounding, priors, missing answers.

        Parameters are those of :meth:`refute`.

        Returns
        -------
        Answer
            A row per effect: ``mean``, ``lower``, ``upper``, the strength of an unobserved cause
            at which the interval (``tipping_interval``) or the mean (``tipping_mean``) reaches 0,
            and E-values; priors and missing answers are in ``document``.
        """
        from vm2causal.report.documents.sensitivity import sensitivity_document
        from vm2causal.workflow.attack_records import keep_sensitivity
        from vm2causal.workflow.attacks import sensitivity_of

        chosen = targets(self.opened, cause=cause, effect=effect)
        with told_count(self._text("attacks.progress"), self.language, show=True) as progress:
            found = sensitivity_of(
                self.opened,
                chosen,
                folder=batch_folder(self._folder),
                seed=self._seed(seed),
                executor=executor,
                progress=progress,
            )
        if cause is None:
            keep_sensitivity(self._folder, self.opened, found, chosen)
        document = sensitivity_document(
            found,
            chosen.not_attacked,
            record=self.record,
            language=self.language,
            behind=self.opened.behind,
        )
        rows = asked.confounding_rows(document)
        return Answer(rows, self._standing(), self._text("api.sensitivity"), document)

    def falsify(
        self,
        *,
        rivals: Sequence[Any] = (),
        false_alarms: int = 0,
        dowhy_seconds: float = 120.0,
        seed: int | None = None,
        executor: str = "serial",
    ) -> Answer:
        """Test what the model implies: its independences, its graph, and its rivals.

        Parameters
        ----------
        rivals
            Other models of the same data.
        false_alarms
            Data sets to draw from the fitted model and to test; 0 for none.
        dowhy_seconds
            Time that DoWhy's second opinion may take; 0 for none.
        seed, executor
            Of the refits.

        Returns
        -------
        Answer
            A row per implied independence with its ``verdict``; the rest is in ``document``.
        """
        from vm2causal.report.documents.falsification import falsification_document
        from vm2causal.workflow.attack_records import keep_falsification
        from vm2causal.workflow.falsification import falsify_fit

        label = self._text("falsification.progress")
        with told_count(label, self.language, show=True) as progress:
            found = falsify_fit(
                self.opened,
                folder=batch_folder(self._folder),
                seed=self._seed(seed),
                rivals=[rival.spec for rival in rivals],
                false_alarms=false_alarms,
                dowhy_seconds=dowhy_seconds,
                executor=executor,
                progress=progress,
            )
        keep_falsification(self._folder, self.opened, found)
        document = falsification_document(found, record=self.record, behind=self.opened.behind)
        rows = asked.independence_rows(document)
        return Answer(rows, self._standing(), self._text("api.falsification"), document)

    def plot(
        self,
        name: str = "arrows",
        *,
        select: str = "",
        width: str | None = None,
        title: bool = True,
        groups: bool = True,
        level: float = 0.95,
    ) -> Picture:
        """Draw a figure of the fit.

        Parameters
        ----------
        name
            ``dag``, ``arrows``, ``sectors``, ``schools``, ``trajectories``, ``mediation``,
            ``frequency``, ``priors``, ``ppc`` or ``tipping``; some need that the model declares
            questions (``queries`` of :class:`vm2causal.Model`).
        select
            Names of causes or effects, or ``cause->effect``, with commas between them: only these
            effects; all where empty.
        width
            Such as ``"85mm"``, ``"12 cm"`` or ``"6.7in"``; that of a page where None.
        title
            Whether the title stands above the drawing.
        groups
            Whether ``arrows`` shows the arrows from groups too.
        level
            Mass of the intervals.

        Raises
        ------
        OptionError
            When there is no such figure, variable or width.
        QueryError
            When the fit cannot give it.
        """
        from vm2causal.report.canvas.form import PAGE, Form, drawn_for, width_in_inches
        from vm2causal.report.figures.named_figure import out_of_pyplot
        from vm2causal.workflow.figures import draw_figure, require_figure, require_selectable

        require_figure(name)
        chosen = chosen_pairs(select, self.spec)
        if chosen:
            require_selectable(name)
        tables = FitTables(self.opened, level=level, chosen=chosen)
        with drawn_for(Form(width_in_inches(width) if width else PAGE.width, titled=title)):
            drawn = draw_figure(
                name, tables, self.language, groups=groups, refits=batch_folder(self._folder)
            )
        return Picture(out_of_pyplot(drawn))

    def brief(self, out: Path | str, *, language: str | Language | None = None) -> list[Path]:
        """Write the brief of the fit: HTML, PDF, figures and tables.

        What ``falsify``, ``refute``, ``sensitivity`` and ``second_opinion`` found on all declared
        effects is taken up.

        Parameters
        ----------
        out
            Folder to write to.
        language
            That of the fit where None.

        Returns
        -------
        list of Path
            What was written.

        Raises
        ------
        OutputError
            When it cannot be written.
        """
        from vm2causal.workflow.brief import brief_of_fit

        spoken = self.language if language is None else language_of(language)
        return brief_of_fit(self._folder, Path(out), language=spoken)

    def _changes(
        self, changes: Mapping[str, Value] | None, also: Mapping[str, Value]
    ) -> dict[str, str]:
        """Values as the data write them, by the causes that get them."""
        wanted = {**(changes or {}), **also}
        if not wanted:
            raise OptionError("Say what is changed.", fix="Write, for example, what_if(x=1).")
        forward = self.opened.forward
        return {name: str(asked.told(forward, name, value)) for name, value in wanted.items()}

    @property
    def _folder(self) -> Path:
        folder = self.opened.folder
        assert folder is not None, "every fit of this class stands in a folder"
        return folder

    def _seed(self, seed: int | None) -> int:
        return self.opened.fit.seed if seed is None else seed

    def _answers(self, level: float) -> Answers:
        return self._tables.answers if level == _LEVEL else all_effects(self.opened, level=level)

    @cached_property
    def _tables(self) -> FitTables:
        return FitTables(self.opened, level=_LEVEL)

    def _standing(self) -> tuple[str, ...]:
        return tuple(standing_lines(self.record, self.language))

    def _text(self, key: str, **fields: object) -> str:
        return text(key, self.language, **fields)

    def _labels(self, names: Sequence[str]) -> str:
        known = self.spec.variables
        return ", ".join(
            self.spec.label(name, self.language) if name in known else name for name in names
        )

    def _title(self) -> str:
        data = self.opened.forward.data
        unit = "rows" if data.unit == "row" else "experiments"
        units = self._text(f"api.fit.{unit}", number=number(len(data.units), self.language))
        return self._text(
            "api.fit.title", model=self.spec.name, units=units, seed=self.opened.fit.seed
        )

    def _strongest(self) -> list[str]:
        """The arrows with a clear direction whose standardised coefficient is largest."""
        if not self.spec.arrows or not self.opened.passed:
            return []
        rows = [row for row in records(self._answers(_LEVEL).arrows) if row["direction"]]
        rows.sort(key=lambda row: -abs(row["standardised"]["mean"]))
        lines = []
        for row in rows[:_STRONGEST]:
            said = arrow_cells(row, self.spec, self.language)
            ends = f"{said['cause']} → {said['effect']}"
            lines.append(f"{ends}: {said['natural']}; {said['verdict']}")
        return lines

    def _said(self) -> list[str]:
        return list(fit_lines(self.record, self.spec, self.language))

    def __repr__(self) -> str:
        strongest = self._strongest()
        parts = [self._title(), *self._said()]
        if strongest:
            parts += [self._text("api.fit.strongest"), *(f"  {line}" for line in strongest)]
        return "\n".join([*parts, self._text("api.fit.more")])

    def _repr_html_(self) -> str:
        strongest = self._strongest()
        heading = html.escape(self._text("api.fit.strongest"))
        arrows = f"<p>{heading}</p>{html_list(strongest)}" if strongest else ""
        more = html.escape(self._text("api.fit.more"))
        title = html.escape(self._title())
        said = f"<p><strong>{title}</strong></p>{html_list(self._said())}"
        return f"{said}{arrows}<p><em>{more}</em></p>"


def fitted(
    spec: CausalSpec,
    data: Frame | Path | str,
    *,
    seed: int,
    priors: str,
    settings: Mapping[str, int | None],
    rows: str | None,
    missing: str,
    varies: str | Sequence[str],
    name_schools: bool,
    choices: Choices | None,
    progress: bool,
    language: Language,
) -> Fit:
    """Fit a model; parameters are those of :meth:`vm2causal.Model.fit`."""
    prepared = prepare_fit(
        data,
        spec,
        seed=seed,
        priors=_one_of(Priors, "priors", priors),
        name_schools=name_schools,
        choices=choices,
        rows=None if rows is None else _one_of(Rows, "rows", rows),
        missing=_one_of(Missing, "missing", missing),
        varies=[varies] if isinstance(varies, str) else varies,
    )
    say_beside(list(preparation_lines(prepared, language)), show=progress)
    folder = Path(mkdtemp(prefix="vm2causal-")) / _NAME
    try:
        with told_steps(language, show=progress) as tell:
            done = fit_prepared(
                prepared,
                out=folder,
                settings=chosen_settings(**settings),
                progress=tell,
                drawn=tell.drawn if tell.live else None,
            )
        return Fit(opened_fit(done.fit, done.record, folder), language, temporary=True)
    except BaseException:
        # interrupted too: the folder holds rows of the data, and nobody would remove it
        shutil.rmtree(folder.parent, ignore_errors=True)
        raise


def _one_of[Word: StrEnum](words: type[Word], option: str, given: str) -> Word:
    known = [item.value for item in words]
    if given not in known:
        advice = f"One of: {', '.join(known)}."
        raise OptionError(f"'{option}' takes another word.", value=given, fix=advice)
    return words(given)


def _by_cause(causes: Sequence[str], value: Any) -> dict[str, Value | None]:
    """Values by cause; of several causes they are given by name."""
    if isinstance(value, Mapping):
        return {cause: value.get(cause) for cause in causes} | dict(value)
    if value is not None and len(causes) > 1:
        raise OptionError(
            "Values of several causes are given by name.",
            value=str(value),
            fix=f"Write, for example, {{'{causes[0]}': {value!r}}}.",
        )
    return dict.fromkeys(causes, value)


def _set(values: Mapping[str, Value | None]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}


def _queries(cause: str | None, effect: str | None, kind: QueryKind) -> list[Query] | None:
    """The question that is asked; None for those that the model declares."""
    from vm2causal.spec import Query

    if cause is None and effect is None:
        return None
    if cause is None or effect is None:
        raise OptionError("A question has two ends.", fix="Give both cause and effect.")
    return [Query(cause=cause, effect=effect, kind=kind)]
