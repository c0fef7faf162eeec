"""The tables that figures of a fit share, each made once and only when asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import pandas as pd

from vm2causal.checks.gate.licences import as_licensed
from vm2causal.checks.replicate.posterior_predictive import posterior_predictive
from vm2causal.disclosure import ReleasedTable, released_table
from vm2causal.effects.coefficient_densities import coefficient_densities
from vm2causal.effects.responses import CAREER_OUTCOMES, Careers
from vm2causal.effects.trajectories import career_trajectories, shown_trajectories
from vm2causal.errors import OptionError
from vm2causal.report.words.group_notes import GroupNotes, group_notes
from vm2causal.spec import CausalSpec
from vm2causal.spec.refusing import suggestion
from vm2causal.spec.words import QueryKind
from vm2causal.texts import Language
from vm2causal.workflow.attack_records import left_out_levels
from vm2causal.workflow.effects import Answers, FitOnDisk, all_effects, declared_totals
from vm2causal.workflow.shown_summaries import shown_summaries, told_careers
from vm2causal.workflow.small_groups import large_enough, without_small_levels

FEW: Final = 12
"""Most levels of a group that are shown by name in a forest; more make a caterpillar."""

_SECTORS: Final = "sector"
_SCHOOLS: Final = "school"
_COHORTS: Final = "tranche"
_PAIR: Final = ["cause", "effect"]


type Pair = tuple[str | None, str | None]
"""A cause and an effect; None is any."""


def chosen_pairs(written: str, spec: CausalSpec) -> tuple[Pair, ...]:
    """Effects that a user names.

    Parameters
    ----------
    written
        Names of causes or effects, or ``cause->effect``, with commas between them; may be empty.
    spec
        The model whose variables these are.

    Raises
    ------
    OptionError
        When the model has no variable of a name.

    Examples
    --------
    >>> from vm2causal.spec import Variable
    >>> spec = CausalSpec(name="m", variables={"x": Variable(), "y": Variable()})
    >>> chosen_pairs("x->y", spec), chosen_pairs("y", spec)
    ((('x', 'y'),), (('y', None), (None, 'y')))
    """
    pairs: list[Pair] = []
    known = list(spec.variables)
    for item in filter(None, map(str.strip, written.split(","))):
        cause, arrow, effect = (part.strip() for part in item.partition("->"))
        for name in (cause, effect) if arrow else (cause,):
            if name not in known:
                raise OptionError(
                    "The model has no such variable.",
                    value=name,
                    fix=suggestion(name, known, otherwise=f"One of: {', '.join(known)}."),
                )
        pairs += [(cause, effect)] if arrow else [(cause, None), (None, cause)]
    return tuple(pairs)


@dataclass(frozen=True)
class FitTables:
    """What a fit answers, as tables.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    level
        Mass of the intervals.
    chosen
        Pairs of cause and effect that tables of effects are about, a name of None standing for any;
        all of them where empty. Of :func:`chosen_pairs`.
    """

    opened: FitOnDisk
    level: float = 0.95
    chosen: tuple[Pair, ...] = ()

    @property
    def spec(self) -> CausalSpec:
        """The model of the fit."""
        return self.opened.forward.data.spec

    @property
    def synthetic(self) -> bool:
        """Whether the pupils do not exist."""
        return bool(self.opened.record["origin"] == "synthetic")

    @cached_property
    def answers(self) -> Answers:
        """Arrows, totals for everybody, and mediation."""
        found = all_effects(self.opened, level=self.level)
        return replace(
            found,
            arrows=self._of_chosen(found.arrows),
            totals=self._of_chosen(found.totals),
            mediation=self._of_chosen(found.mediation),
            differences=self._of_chosen(found.differences),
            slopes=self._of_chosen(found.slopes),
        )

    def _of_chosen(self, table: pd.DataFrame) -> ReleasedTable:
        if not self.chosen or table.empty:
            return released_table(table)
        kept = [
            any(
                cause in (None, row[0]) and effect in (None, row[1])
                for cause, effect in self.chosen
            )
            for row in zip(table["cause"], table["effect"], strict=True)
        ]
        return released_table(table[kept].reset_index(drop=True))

    @cached_property
    def few(self) -> str | None:
        """The group a forest is drawn by: sectors, else the first with few levels."""
        return self._group(_SECTORS, few=True, taken=None)

    @cached_property
    def many(self) -> str | None:
        """The group a caterpillar is drawn by: schools, else the first with many levels.

        Never the group that a forest is drawn by.
        """
        return self._group(_SCHOOLS, few=False, taken=self.few)

    @cached_property
    def by_few(self) -> tuple[ReleasedTable, int]:
        """Totals by :attr:`few` and for everybody, and how many groups are left out.

        Without the numbers that the checks withhold.
        """
        return self._by(self.few)

    @cached_property
    def by_many(self) -> tuple[ReleasedTable, int]:
        """The same by :attr:`many`."""
        return self._by(self.many)

    def notes_by(self, group: str, totals: pd.DataFrame, language: Language) -> GroupNotes:
        """What goes with totals by a group.

        Parameters
        ----------
        group
            Name of a group of the model.
        totals
            Of :func:`~vm2causal.effects.totals.totals_table`, by that group.
        language
            Of the texts: Dutch or English.
        """
        return notes_by(self.opened, group, totals, language)

    @cached_property
    def licensed_mediation(self) -> ReleasedTable:
        """Mediation without the numbers that the checks withhold."""
        return released_table(as_licensed(self.answers.mediation, self._gates))

    @property
    def _gates(self) -> Sequence[Mapping[str, Any]]:
        return self.answers.gates

    @cached_property
    def headlines(self) -> ReleasedTable:
        """Total effects for everybody: on careers where there are any, else all declared ones.

        Without the numbers that the checks withhold.
        """
        return released_table(as_licensed(_headlines(self.answers.totals), self._gates))

    @property
    def has_careers(self) -> bool:
        """Whether pupils can be followed from teldatum to teldatum."""
        return Careers(self.opened.forward).possible

    @property
    def cohorts(self) -> str | None:
        """The group that careers are followed by; None for everybody together."""
        return _COHORTS if _COHORTS in self.opened.forward.data.groups else None

    @cached_property
    def trajectories(self) -> ReleasedTable:
        """Careers by cohort, without what is about too few pupils."""
        forward = self.opened.forward
        found = career_trajectories(forward, by=self.cohorts, level=self.level)
        shown = shown_trajectories(large_enough(forward, found, self.cohorts)[0])
        return released_table(told_careers(forward.data, shown, self.cohorts))

    @cached_property
    def densities(self) -> ReleasedTable:
        """Prior and posterior of every coefficient, without groups of too few pupils."""
        found = coefficient_densities(self.opened.forward, level=self.level)
        return released_table(without_small_levels(self.opened.forward, found)[0])

    @cached_property
    def predictive(self) -> ReleasedTable:
        """The posterior predictive check, without what sums up few persons.

        That of the record, as the fit was judged by.
        """
        recorded = self.opened.record.get("posterior_predictive")
        found = pd.DataFrame(recorded) if recorded else posterior_predictive(self.opened.fit)
        return released_table(shown_summaries(self.opened.forward.data, found))

    def _group(self, usual: str, *, few: bool, taken: str | None) -> str | None:
        groups = self.opened.forward.data.groups
        sizes = {name: len(item.labels) for name, item in groups.items() if name != taken}
        if usual in sizes:
            return usual
        fits = [name for name, size in sizes.items() if size > 1 and (size <= FEW) == few]
        return next(iter(fits), None)

    def _by(self, group: str | None) -> tuple[ReleasedTable, int]:
        if group is None or self.answers.totals.empty:
            return released_table(pd.DataFrame()), 0
        by_group, withheld = declared_totals(self.opened, by=group, level=self.level)
        by_group = self._of_chosen(by_group)
        found = pd.concat([by_group, self.answers.totals], ignore_index=True)
        return released_table(as_licensed(_headlines(found), self._gates)), withheld


def notes_by(opened: FitOnDisk, group: str, totals: pd.DataFrame, language: Language) -> GroupNotes:
    """What goes with totals of a fit by a group: sentences, and what speaks against them.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    group
        Name of a group of the model.
    totals
        Of :func:`~vm2causal.effects.totals.totals_table`, by that group.
    language
        Of the texts: Dutch or English.
    """
    shown = totals[totals["by"] == group] if not totals.empty else pd.DataFrame(columns=_PAIR)
    return group_notes(
        group,
        list(dict.fromkeys(shown[_PAIR].itertuples(index=False, name=None))),
        gate=opened.gate,
        attacked=left_out_levels(opened, language),
        spec=opened.forward.data.spec,
        language=language,
    )


def _headlines(totals: pd.DataFrame) -> ReleasedTable:
    """Total effects on careers; on everything where there are no careers."""
    if totals.empty:
        return released_table(totals)
    found = totals[totals["kind"] == QueryKind.TOTAL.value]
    careers = found["effect"].isin(CAREER_OUTCOMES) & found["career"].notna()
    chosen = found[careers] if careers.any() else found
    return released_table(chosen.reset_index(drop=True))
