"""From a fit on disk to answers: arrows, totals, mediation, what-if."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pandas as pd

from vm2causal.checks.gate.arrow_licences import licensed_arrows
from vm2causal.checks.gate.gate import along_paths, group_sizes
from vm2causal.checks.gate.state import State
from vm2causal.disclosure import Behind, Released, ReleasedTable, released, released_table
from vm2causal.effects.arrow_shapes import shapes_table
from vm2causal.effects.arrows import arrow_table
from vm2causal.effects.contrasts import (
    Contrast,
    chosen_contrast,
    default_contrasts,
    joint_contrast,
    require_cause,
)
from vm2causal.effects.forward import Forward
from vm2causal.effects.heterogeneity import differences_table, slopes_table
from vm2causal.effects.new_levels import totals_in_new_levels
from vm2causal.effects.small_levels import small_levels
from vm2causal.effects.totals import require_descendant, totals_table
from vm2causal.effects.verdict import Untestable, Verdict
from vm2causal.effects.what_if import what_if
from vm2causal.errors import FitError, OptionError, QueryError
from vm2causal.identify import identify_effect
from vm2causal.model.data.spec_for_data import recorded_unfitted
from vm2causal.model.fits.fit_files import read_fit, read_record
from vm2causal.model.structural_fit import StructuralFit
from vm2causal.spec import Query
from vm2causal.spec.words import QueryKind
from vm2causal.workflow.judged_effects import Gates, judged, mediation_judged, totals_drawn
from vm2causal.workflow.questions import answerable_queries, downstream
from vm2causal.workflow.shown_record import behind, shown_record
from vm2causal.workflow.small_groups import (
    large_enough,
    require_changes_shown,
    require_enough,
    require_shown,
    require_sides_shown,
    shown_gates,
    without_outcomes_of_few,
    without_small_levels,
    without_small_modifiers,
)

MEDIATED: Final = frozenset({QueryKind.MEDIATED})


@dataclass(frozen=True)
class FitOnDisk:
    """A fit with its record, ready to be asked.

    Parameters
    ----------
    fit
        A fit of the structural model: layout, data and posterior draws.
    record
        ``run.json`` of the fit.
    forward
        Equations of a fit, with its data and posterior draws.
    folder
        Where it stands, beside what attacks found on it; None where it was not read from a folder.
    """

    fit: StructuralFit
    record: Mapping[str, Any] = field(repr=False)
    forward: Forward = field(repr=False)
    folder: Path | None = None

    @property
    def passed(self) -> bool:
        """Whether the posterior was computed well; nothing may be said of it otherwise."""
        return bool(self.record["diagnostics"]["passed"])

    @property
    def gate(self) -> Mapping[str, Any]:
        """What the checks license, as :func:`~vm2causal.checks.gate.gate.gate_facts` tells it.

        Raises
        ------
        FitError
            When an earlier version made the fit, which checked it for less.
        """
        if "gate" not in self.record:
            raise FitError(
                "This fit was made by a version that checked less.",
                value="without gate",
                fix="Fit again.",
            )
        gate: Mapping[str, Any] = self.shown["gate"]
        return gate

    @cached_property
    def shown(self) -> Released:
        """The record as it may be shown."""
        return shown_record(self.forward.layout, self.record)

    @cached_property
    def behind(self) -> Behind:
        """Whom its numbers are about."""
        return behind(self.forward.data)


@dataclass(frozen=True)
class Answers:
    """Tables of effects as they may be shown; empty where not asked for.

    ``withheld`` counts groups with fewer pupils than the privacy minimum, which are left out;
    of ``arrows`` those that are causes themselves. ``gates`` say what the checks of the fit make of
    each effect and share, as in ``gate.effects`` of ``run.json``.

    Parameters
    ----------
    arrows
        Coefficients with their verdicts.
    totals
        Total, and where asked for direct, effects.
    mediation
        What effects run through.
    withheld
        Rows left out because they are about too few persons.
    differences
        How much coefficients vary between levels, and depend on other causes.
    slopes
        Coefficients of single levels.
    second
        Second opinions on the effects, where there are any.
    gates
        What the checks license, one per effect.
    """

    arrows: ReleasedTable
    totals: ReleasedTable
    mediation: ReleasedTable
    withheld: int
    second: ReleasedTable = field(default_factory=lambda: released_table(pd.DataFrame()))
    differences: ReleasedTable = field(default_factory=lambda: released_table(pd.DataFrame()))
    slopes: ReleasedTable = field(default_factory=lambda: released_table(pd.DataFrame()))
    shapes: ReleasedTable = field(default_factory=lambda: released_table(pd.DataFrame()))
    gates: tuple[Mapping[str, Any], ...] = ()


def open_fit(folder: Path | str, *, draws: int | None = None) -> FitOnDisk:
    """Read a fit and make it ready to be asked.

    Parameters
    ----------
    folder
        Of the fit, as ``vm2causal fit`` wrote it.
    draws
        How many draws of the posterior to use; the usual number where None.
    """
    place = Path(folder)
    return opened_fit(read_fit(place), read_record(place), place, draws=draws)


def opened_fit(
    fit: StructuralFit, record: Mapping[str, Any], folder: Path, *, draws: int | None = None
) -> FitOnDisk:
    """Make a fit that is in memory ready to be asked; parameters are those of :func:`open_fit`.

    Parameters
    ----------
    fit
        A fit of the structural model: layout, data and posterior draws.
    record
        Its ``run.json``.
    folder
        Where it stands.
    """
    options = {} if draws is None else {"draws": draws}
    forward = Forward(fit.layout, fit.posterior, seed=fit.seed, **options)
    require_enough(forward)
    return FitOnDisk(fit, record, forward, folder)


def all_effects(
    opened: FitOnDisk, *, by: str | None = None, new: str | None = None, level: float = 0.95
) -> Answers:
    """Every arrow, and the totals and mediation of the questions the model declares.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    by
        A group of the model for totals and mediation; None for everybody.
    new
        A group of the model: total effects in levels of it that are not in the data
        (:func:`~vm2causal.effects.new_levels.totals_in_new_levels`), and none by mediator.
    level
        Probability that each interval holds, between 0 and 1.

    Raises
    ------
    OptionError
        When ``by`` and ``new`` come together.
    QueryError
        When the model has no arrows, so that there is no effect.
    """
    forward = opened.forward
    if not forward.data.spec.arrows:
        raise QueryError(
            "This fit is of a model without arrows: it has variances, and no effects.",
            value=", ".join(forward.layout.predictors_of),
            fix="See what 'fit' printed, or 'variances' in its run.json.",
        )
    _require_one(by, new)
    totals = _shown(forward, _declared_totals(opened, by, level, new), by)
    parts = [
        mediation_judged(forward, opened.record, contrast, query.effect, by=by, level=level)
        for query in answerable(opened)
        if query.kind in MEDIATED
        and new is None
        and _has_mediation(forward, query.cause, query.effect)
        for contrast in default_contrasts(forward, query.cause)
    ]
    mediation = _shown(forward, _stacked([table for table, _ in parts]), by)
    unfitted = recorded_unfitted(opened.record)
    weighed = licensed_arrows(
        forward,
        arrow_table(forward, level=level, unfitted=unfitted).assign(second_opinion=None),
        opened.record["gate"],
        group_sizes(forward.data),
    )
    arrows, gone = without_small_levels(forward, _identified(forward, weighed))
    withheld = _withheld(by, (totals, mediation, _Shown(released_table(arrows), 0, gone)))
    shares = (gate for _, gates in parts for gate in gates)
    gates = (*opened.gate["effects"], *_direct_gates(opened), *shares)
    differences, slopes = _varying(forward, level)
    return Answers(
        released_table(arrows),
        totals.table,
        mediation.table,
        withheld,
        differences=differences,
        slopes=slopes,
        shapes=_shapes(forward, level),
        gates=gates,
    )


def _direct_gates(opened: FitOnDisk) -> Gates:
    """What the checks make of the direct effects that the model asks for."""
    forward = opened.forward
    drawn = (
        one
        for query in answerable(opened)
        if query.kind is QueryKind.DIRECT
        for contrast in default_contrasts(forward, query.cause)
        for one in totals_drawn(forward, contrast, [query.effect], query.kind)
    )
    return judged(forward, opened.record, drawn)


def _varying(forward: Forward, level: float) -> tuple[ReleasedTable, ReleasedTable]:
    """How coefficients vary and depend, and what they are in each level that may be shown."""
    differences, _ = without_small_levels(forward, differences_table(forward, level=level))
    slopes, _ = without_small_levels(forward, slopes_table(forward, level=level))
    return (
        released_table(without_small_modifiers(forward, differences)),
        released_table(without_small_modifiers(forward, slopes)),
    )


def _shapes(forward: Forward, level: float) -> ReleasedTable:
    """How arrows step, bend and hold within groups; no steps of a cause with a level of few."""
    found, _ = without_small_levels(forward, shapes_table(forward, level=level))
    # parts of one way add up to 1: those that are told would tell the one that is not
    small = {name for name, _ in small_levels(forward.data)}
    steps = found["low"].notna() & found["cause"].isin(small)
    return released_table(found[~steps].reset_index(drop=True))


def declared_totals(
    opened: FitOnDisk, *, by: str | None = None, level: float = 0.95
) -> tuple[ReleasedTable, int]:
    """Total and direct effects that the model asks for.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    by
        A group of the model; None for everybody.
    level
        Probability that each interval holds, between 0 and 1.

    Returns
    -------
    totals : pandas.DataFrame
        As :func:`~vm2causal.effects.totals.totals_table` gives it.
    withheld : int
        Levels of ``by`` with fewer pupils than the privacy minimum, which are left out. So are
        contrasts on small groups, which :func:`all_effects` counts.
    """
    found = _shown(opened.forward, _declared_totals(opened, by, level), by)
    return found.table, found.few


def _require_one(by: str | None, new: str | None) -> None:
    if by is not None and new is not None:
        raise OptionError(
            "Effects are given by group of the data, or in new levels of a group, not both.",
            value=new,
            fix="Leave one out.",
        )


def _declared_totals(
    opened: FitOnDisk, by: str | None, level: float, new: str | None = None
) -> pd.DataFrame:
    forward = opened.forward
    left_out = MEDIATED if new is None else {*MEDIATED, QueryKind.DIRECT}
    asked = [query for query in answerable(opened) if query.kind not in left_out]
    together: dict[tuple[str, QueryKind], list[str]] = {}
    for query in asked:
        together.setdefault((query.cause, query.kind), []).append(query.effect)
    made = {
        (cause, kind): _totals(
            forward, default_contrasts(forward, cause), {cause: effects}, by, new, level, kind=kind
        )
        for (cause, kind), effects in together.items()
    }
    # in the order of the questions, which effects of one cause are not asked in
    return _stacked(
        [
            table[table["effect"] == query.effect] if not table.empty else table
            for query in asked
            for table in (made[query.cause, query.kind],)
        ]
    )


def _totals(
    forward: Forward,
    contrasts: Sequence[Contrast],
    effects: Mapping[str, Sequence[str]],
    by: str | None,
    new: str | None,
    level: float,
    *,
    kind: QueryKind = QueryKind.TOTAL,
) -> pd.DataFrame:
    if new is not None:
        return totals_in_new_levels(forward, contrasts, effects, new, level=level)
    return totals_table(forward, contrasts, effects, kind=kind, by=by, level=level)


def answerable(opened: FitOnDisk) -> list[Query]:
    """Declared questions about fitted variables that the data of the fit can answer.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    """
    refused = {
        (item["cause"], item["effect"], item["kind"]) for item in opened.record["unanswerable"]
    }
    return answerable_queries(opened.forward, refused)


def _identified(forward: Forward, arrows: pd.DataFrame) -> pd.DataFrame:
    """Arrows whose direct effect the graph does not identify have no verdict of the data.

    Their coefficient has a posterior all the same: the prior of an unobserved cause divides what
    the data cannot.
    """
    graph = forward.data.spec.graph
    fitted = arrows["link"].notna()
    pairs = set(zip(arrows.loc[fitted, "cause"], arrows.loc[fitted, "effect"], strict=True))
    hidden = {
        pair
        for pair in pairs
        if not identify_effect(graph, *pair, kind=QueryKind.DIRECT).identifiable
    }
    refused = [pair in hidden for pair in zip(arrows["cause"], arrows["effect"], strict=True)]
    arrows.loc[refused, "verdict"] = Verdict.NIET_TOETSBAAR.value
    arrows.loc[refused, "untestable"] = Untestable.NOT_IDENTIFIED.value
    arrows.loc[refused, "direction"] = None
    arrows["notes"] = [
        () if gone else found for gone, found in zip(refused, arrows["notes"], strict=True)
    ]
    return arrows


def effects_of(
    opened: FitOnDisk,
    do: Mapping[str, str | None],
    *,
    versus: Mapping[str, str] | None = None,
    on: str | None = None,
    by: str | None = None,
    new: str | None = None,
    level: float = 0.95,
) -> Answers:
    """Totals of one intervention, and the mediation of one on a single cause.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    do, versus
        Values by cause, as the data write them; several causes are set together. A cause that
        ``versus`` does not name is compared at its median, or at the most frequent of its other
        levels; one whose value is None is compared as
        :func:`~vm2causal.effects.contrasts.default_contrasts` does.
    on
        The effect; every variable downstream where None.
    by
        Group whose levels get a row each; everybody together where None.
    new
        A group of the model: totals in levels of it that are not in the data, and no mediation.
    level
        Probability that each interval holds, between 0 and 1.

    Raises
    ------
    OptionError
        When ``versus`` names a cause that ``do`` does not, or both say the same; when ``by`` and
        ``new`` come together.
    QueryError
        When the fit cannot answer.
    """
    forward = opened.forward
    contrasts = asked_contrasts(forward, do, versus or {})
    causes = list(do)
    if on is not None:
        require_effect(forward, causes, on)
    effects = [on] if on is not None else downstream(forward, *causes)
    by_cause = {contrast.cause: effects for contrast in contrasts}
    _require_one(by, new)
    totals = _totals(forward, contrasts, by_cause, by, new, level)
    parts = [
        mediation_judged(forward, opened.record, contrast, effect, by=by, level=level)
        for contrast in contrasts
        for effect in effects
        if new is None and not contrast.together and _has_mediation(forward, contrast.cause, effect)
    ]
    shown = _shown(forward, totals, by)
    through = _shown(forward, _stacked([table for table, _ in parts]), by)
    withheld = _withheld(by, (shown, through))
    wholes = (gate for one in contrasts for gate in gates_of(opened, one, effects))
    gates = (*wholes, *(gate for _, shares in parts for gate in shares))
    return Answers(
        released_table(pd.DataFrame()), shown.table, through.table, withheld, gates=gates
    )


def failed_arrows(
    opened: FitOnDisk, causes: Sequence[str], effects: Sequence[str]
) -> list[Mapping[str, Any]]:
    """Tests of one coefficient per arrow that failed on the way from causes to effects.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    causes
        Variables that are intervened on.
    effects
        Variables whose responses are asked for.
    """
    graph = opened.forward.data.spec.graph.to_networkx()
    failed = [row for row in opened.gate["tests"] if row["state"] == State.FAILED.value]
    reached = [along_paths(failed, graph, ", ".join(causes), effect) for effect in effects]
    return [row for row in failed if any(row in rows for rows in reached)]


def gates_of(
    opened: FitOnDisk, contrast: Contrast, effects: Sequence[str]
) -> tuple[Mapping[str, Any], ...]:
    """What the checks of a fit make of effects, also of those that its model did not declare.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    contrast
        The two values of the cause that are compared.
    """
    # from all digits, as those of the record were
    forward, gate = opened.forward, opened.record["gate"]
    known = {(row["cause"], row["effect"], row["contrast"]): row for row in gate["effects"]}
    kept = [
        known[key] for name in effects if (key := (contrast.causes, name, contrast.text)) in known
    ]
    asked = [name for name in effects if (contrast.causes, name, contrast.text) not in known]
    made = (
        judged(forward, opened.record, totals_drawn(forward, contrast, asked, QueryKind.TOTAL))
        if asked
        else ()
    )
    return (*(released(row) for row in shown_gates(forward.data, kept)), *made)


def answer_what_if(
    opened: FitOnDisk, changes: Mapping[str, str], *, place: str | None, level: float = 0.95
) -> tuple[ReleasedTable, tuple[Contrast, ...]]:
    """Outcomes of a place now and under changes: values by cause, as the data write them.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    changes
        Each ``cause=value``: a number, or a level as the data write it.
    place
        A unit, or a level of a group; everybody where None.
    level
        Probability that each interval holds, between 0 and 1.

    Returns
    -------
    table : pandas.DataFrame
        As :func:`~vm2causal.effects.what_if.what_if` gives it.
    outside : tuple of Contrast
        The changes to a value beyond the data.

    Raises
    ------
    QueryError
        When the fit cannot answer, or may not: see
        :func:`~vm2causal.workflow.small_groups.require_shown`.
    """
    forward = opened.forward
    chosen = [
        contrast
        for cause, value in changes.items()
        for contrast in chosen_contrast(forward, cause, value, None)
    ]
    require_shown(forward, place)
    require_changes_shown(forward, chosen, place)
    found = what_if(forward, chosen, place=place, level=level)
    table = released_table(without_outcomes_of_few(forward.data, found))
    return table, tuple(contrast for contrast in chosen if contrast.outside)


def asked_contrasts(
    forward: Forward, do: Mapping[str, str | None], versus: Mapping[str, str]
) -> tuple[Contrast, ...]:
    """The contrasts that :func:`effects_of` is asked about; several of a nominal cause.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    """
    if surplus := [cause for cause in versus if cause not in do]:
        raise OptionError(
            "What is done and what it is compared with must name the same cause.",
            value=", ".join([*do, *surplus]),
        )
    if len(do) == 1 and versus == {} and set(do.values()) == {None}:
        (cause,) = do
        require_cause(forward, cause)
        return default_contrasts(forward, cause)
    if unset := [cause for cause, value in do.items() if value is None]:
        raise OptionError("Say what this cause is set to.", value=", ".join(unset))
    parts = [
        contrast
        for cause, value in do.items()
        for contrast in chosen_contrast(forward, cause, str(value), versus.get(cause))
    ]
    if all(part.high == part.low for part in parts):
        raise OptionError(
            "This compares a value with itself, so there is nothing to see.",
            value=", ".join(f"{part.cause}: {part.text}" for part in parts),
            fix=f"Compare '{parts[0].cause}' with another value.",
        )
    contrast = joint_contrast(forward, parts)
    require_sides_shown(forward, contrast)
    return (contrast,)


def require_effect(forward: Forward, causes: Sequence[str], on: str) -> None:
    """The effect lies downstream of a cause, and is none of them.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.

    Raises
    ------
    OptionError
        When it is one of them.
    QueryError
        When it does not.
    """
    if on in causes:
        raise OptionError(
            "An effect is not set itself.", value=on, fix="Name it as cause or as effect."
        )
    if on not in downstream(forward, *causes):
        require_descendant(forward, causes[0], on)


def _has_mediation(forward: Forward, cause: str, effect: str) -> bool:
    """Whether mediation has a number: not of a nominal effect, nor where selection forbids it."""
    spec = forward.data.spec
    if spec.variables[effect].kind.unordered:
        return False
    if not spec.graph.selected:
        return True
    answer = identify_effect(spec.graph, cause, effect, kind=QueryKind.MEDIATED)
    return answer.strategy is not None


@dataclass(frozen=True)
class _Shown:
    """What may be shown of a table, and what is left out of it.

    ``few`` counts levels of the group that was asked for; ``gone`` are groups and the levels of
    them that contrasts were on.
    """

    table: ReleasedTable
    few: int
    gone: frozenset[tuple[str, str]]


def _shown(forward: Forward, found: pd.DataFrame, by: str | None) -> _Shown:
    """Leave out effects for groups of few persons, and effects of being in such a group."""
    contrasted, gone = without_small_levels(forward, found)
    table, few = large_enough(forward, contrasted, by)
    return _Shown(released_table(table), few, gone)


def _withheld(by: str | None, tables: Sequence[_Shown]) -> int:
    """How many groups are left out; those that were asked for are the same in every table."""
    gone = frozenset().union(*(table.gone for table in tables))
    own = sum(group == by for group, _ in gone)
    return max(own, *(table.few for table in tables)) + len(gone) - own


def _stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    kept = [table for table in tables if not table.empty]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame()
