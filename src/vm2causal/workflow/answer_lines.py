"""What must be said with an answer of a fit, one sentence a line, wherever it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from vm2causal.checks.gate.state import State
from vm2causal.disclosure import MINIMUM, Released
from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.hidden_places import hidden_levels
from vm2causal.effects.new_levels import NEW_LEVELS
from vm2causal.identify.result import Bilingual
from vm2causal.identify.sentences import listed as in_sentence
from vm2causal.report.words.gate import effect_lines, listed, prediction_lines, shape_in_words
from vm2causal.report.words.level_labels import group_label
from vm2causal.report.words.reading import outlier_lines, remark_lines
from vm2causal.report.words.selection import selection_lines
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, text
from vm2causal.workflow.effects import Answers, FitOnDisk, failed_arrows
from vm2causal.workflow.questions import mediation_notes, not_identified


def standing_lines(record: Released, language: Language) -> Iterator[str]:
    """That data are synthetic or weighted, hold an outlier, or that the fit failed."""
    diagnostics = record["diagnostics"]
    if record["origin"] == "synthetic":
        yield text("fit.synthetic", language)
    if isinstance(diagnostics, dict) and not diagnostics["passed"]:
        yield text("effects.gate_failed", language, failures=", ".join(diagnostics["failures"]))
    yield from remark_lines(record, language)


def answer_lines(
    opened: FitOnDisk,
    answers: Answers,
    language: Language,
    *,
    unknowable: Sequence[Bilingual] | None = None,
) -> Iterator[str]:
    """What goes with tables of effects.

    Parameters
    ----------
    unknowable
        Of :func:`unknowable_shares`, where that was asked before.
    """
    spec = opened.forward.data.spec
    notes = unknowable_shares(opened, answers) if unknowable is None else unknowable
    yield from standing_lines(opened.shown, language)
    yield from selection_lines(opened.shown.get("selection"), spec, language)
    for note in notes:
        yield note.in_language(language)
    yield from outlier_lines(opened.shown, spec, language)
    yield from _back_in_time(opened, language)
    if not answers.totals.empty:
        outside = answers.totals[answers.totals["outside"]]
        for cause, contrast in dict.fromkeys(
            zip(outside["cause"], outside["contrast"], strict=True)
        ):
            yield text("effects.outside", language, contrast=contrast, cause=cause)
        totals = answers.totals[answers.totals["kind"] == "total"]
        for group in totals.loc[totals["group"] == NEW_LEVELS, "by"].unique():
            name = group_label(spec, group, language)
            yield text("effects.new_levels.said", language, group=name)
            if hidden_levels(opened.forward, group):
                yield text("effects.new_levels.answered", language)
        asked: dict[tuple[str, ...], list[str]] = {}
        for cause, effect in dict.fromkeys(zip(totals["cause"], totals["effect"], strict=True)):
            asked.setdefault(tuple(cause.split(", ")), []).append(effect)
        yield from _not_identified(opened, asked, language)
    if answers.withheld:
        yield text("effects.withheld", language, minimum=MINIMUM, number=answers.withheld)
    yield from _gate(opened, answers, language)


def what_if_lines(
    opened: FitOnDisk,
    causes: tuple[str, ...],
    outcomes: Sequence[str],
    outside: Iterable[Contrast],
    language: Language,
) -> Iterator[str]:
    """What goes with outcomes under changes made together."""
    yield from standing_lines(opened.shown, language)
    yield from _not_identified(opened, {causes: list(outcomes)}, language)
    yield from _predictions(opened, causes, outcomes, language)
    for change in outside:
        contrast = f"{change.cause}={change.high_text}"
        yield text("effects.outside", language, contrast=contrast, cause=change.cause)


def unknowable_shares(opened: FitOnDisk, answers: Answers) -> tuple[Bilingual, ...]:
    """What no data can tell of the mediation that is shown."""
    if answers.mediation.empty:
        return ()
    pairs = zip(answers.mediation["cause"], answers.mediation["effect"], strict=True)
    return mediation_notes(opened.forward.data.spec.graph, pairs)


def unanswered_lines(
    rows: Iterable[Mapping[str, Any]], spec: CausalSpec, language: Language
) -> Iterator[str]:
    """Of each declared question that the data cannot answer why it has no effect here."""
    for item in rows:
        said = {
            "cause": spec.label(item["cause"], language),
            "effect": spec.label(item["effect"], language),
            "kind": text(f"fit.kind.{item['kind']}", language),
            "reason": item["reason"][language.value],
        }
        yield text("fit.unanswerable", language, **said)


def _back_in_time(opened: FitOnDisk, language: Language) -> Iterator[str]:
    """Which arrows of a study lead from what was asked last to earlier years."""
    found = opened.shown.get("back_in_time", ())
    names = ", ".join(f"{item['cause']} → {item['effect']}" for item in found)
    if names:
        yield text("fit.back_in_time", language, names=names)


def _predictions(
    opened: FitOnDisk, causes: tuple[str, ...], outcomes: Sequence[str], language: Language
) -> Iterator[str]:
    """What the checks say of predictions, and of the arrows that lead to them."""
    spec = opened.forward.data.spec
    asked = [row for row in opened.gate["predictions"] if row["variable"] in outcomes]
    yield from prediction_lines(asked, spec, language)
    failed = failed_arrows(opened, causes, list(outcomes))
    if failed:
        what = listed((shape_in_words(row, spec, language) for row in failed), language)
        yield text("gate.arrows", language, what=what)


def _gate(opened: FitOnDisk, answers: Answers, language: Language) -> Iterator[str]:
    """What the checks say of the arrows and the total effects that are shown."""
    spec = opened.forward.data.spec
    if not answers.arrows.empty:
        failed = [row for row in opened.gate["tests"] if row["state"] == State.FAILED.value]
        what = listed((shape_in_words(row, spec, language) for row in failed), language)
        if what:
            yield text("gate.arrows", language, what=what)
    yield from effect_lines(answers.gates, spec, language)


def _not_identified(
    opened: FitOnDisk, asked: Mapping[tuple[str, ...], Iterable[str]], language: Language
) -> Iterator[str]:
    """Which effects the graph does not let the data decide; ``asked`` is by causes."""
    spec = opened.forward.data.spec
    for causes, effects in asked.items():
        names = [
            spec.label(name, language) for name in not_identified(opened.forward, causes, effects)
        ]
        if names:
            cause = in_sentence([spec.label(name, language) for name in causes], language)
            said = {"cause": cause, "effects": ", ".join(names)}
            yield text("effects.not_identified", language, **said)
