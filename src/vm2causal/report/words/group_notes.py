"""What goes with effects by group: one coefficient for all groups, and what speaks against it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vm2causal.checks.gate.gate import along_paths
from vm2causal.checks.gate.shape_tests import Shape
from vm2causal.checks.gate.state import State
from vm2causal.checks.refute.plan import Attack, refit_label
from vm2causal.effects.totals import varying_on_paths
from vm2causal.report.words.gate import listed, shape_in_words
from vm2causal.report.words.level_labels import group_label
from vm2causal.spec import Arrow, CausalSpec
from vm2causal.spec.diff_declarations import written_arrow
from vm2causal.texts import Language, number, text

Pair = tuple[str, str]
"""Causes, with commas where there are several, and an effect."""


@dataclass(frozen=True)
class GroupNotes:
    """Sentences that belong beside effects by one group.

    Parameters
    ----------
    said
        What the numbers are, and whether that was tested.
    against
        What the data say against one coefficient for all groups; empty where nothing was found.
    own
        Whether arrows on the way have a coefficient of their own in each level of the group.
    """

    said: tuple[str, ...]
    against: tuple[str, ...]
    own: bool = False

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of them, what speaks against it last."""
        return (*self.said, *self.against)


def group_notes(
    by: str,
    effects: Collection[Pair],
    *,
    gate: Mapping[str, Any],
    attacked: Mapping[str, Any] | None,
    spec: CausalSpec,
    language: Language,
) -> GroupNotes:
    """Say what effects by a group are worth.

    Parameters
    ----------
    by
        The group.
    effects
        That are shown by it.
    gate
        Of ``run.json``: its tests of the coefficients on the way to these effects count.
    attacked
        What ``refute`` printed, whole or of left-out levels alone; None where it was not made.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    tests = _tests(by, effects, gate, spec)
    failed = [row for row in tests if row["state"] == State.FAILED.value]
    against = [*_varies(failed, spec, language), *_left_out(by, effects, attacked, spec, language)]
    label, own = group_label(spec, by, language), _own(by, effects, spec)
    if own:
        what = listed((written_arrow(arrow, spec, language) for arrow in own), language)
        said = [text("effects.groups.own", language, by=label, what=what)]
    else:
        said = [text("effects.groups.one", language, by=label)]
    if not against and (tests or not own):
        said.append(_tested(by, tests, spec, language, others=bool(own)))
    return GroupNotes(tuple(said), tuple(against), bool(own))


def _own(by: str, effects: Collection[Pair], spec: CausalSpec) -> list[Arrow]:
    """Arrows on the way to an effect that vary by the group, in the order of the model."""
    found = {
        arrow.key
        for causes, effect in effects
        for arrow in varying_on_paths(spec, by, causes, effect)
    }
    return [arrow for arrow in spec.arrows if arrow.key in found]


def _tests(
    by: str, effects: Collection[Pair], gate: Mapping[str, Any], spec: CausalSpec
) -> list[Mapping[str, Any]]:
    """Tests of slopes that vary over the group, of every arrow on the way to an effect."""
    graph = spec.graph.to_networkx()
    asked = [row for row in gate["tests"] if row["shape"] == Shape.VARIES.value and row["by"] == by]
    on_path = [along_paths(asked, graph, cause, effect) for cause, effect in effects]
    return [row for row in asked if any(row in rows for rows in on_path)]


def _varies(
    failed: Collection[Mapping[str, Any]], spec: CausalSpec, language: Language
) -> Iterator[str]:
    if failed:
        what = listed((shape_in_words(row, spec, language) for row in failed), language)
        yield text("effects.groups.varies", language, what=what)


def _left_out(
    by: str,
    effects: Collection[Pair],
    attacked: Mapping[str, Any] | None,
    spec: CausalSpec,
    language: Language,
) -> Iterator[str]:
    """Effects that one level of the group decides."""
    for query in () if attacked is None else attacked["queries"]:
        if (query["cause"], query["effect"]) not in effects:
            continue
        for item in query["attacks"]:
            fallen = item["attack"] == Attack.LEVEL_OUT.value and item["passed"] is False
            if fallen and str(item["part"]).startswith(refit_label(by, "")):
                yield text(
                    "effects.groups.left_out",
                    language,
                    cause=spec.label(query["cause"], language),
                    effect=spec.label(query["effect"], language),
                    sentence=item["sentence"],
                )


def _tested(
    by: str,
    tests: Collection[Mapping[str, Any]],
    spec: CausalSpec,
    language: Language,
    *,
    others: bool,
) -> str:
    label = group_label(spec, by, language)
    # a test that is about few persons passed or not, but has no numbers
    passed = [
        row for row in tests if row["state"] == State.PASSED.value and row["detectable"] is not None
    ]
    if not passed:
        key = "effects.groups.others.untested" if others else "effects.groups.untested"
        return text(key, language, by=label)
    size = number(max(float(row["detectable"]) for row in passed), language, 2)
    key = "effects.groups.others.tested" if others else "effects.groups.tested"
    return text(key, language, by=label, size=size)
