"""Which of a model's questions its data can answer, before anything is fitted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from vm2causal.effects.forward import Forward
from vm2causal.errors import StudyError
from vm2causal.identify import CausalQuestion, Population, identify_effect, identify_effects
from vm2causal.identify.result import Bilingual
from vm2causal.identify.sentences import bilingual
from vm2causal.model.data.spec_for_data import SpecForData
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.spec import CausalGraph, CausalSpec, Query, QueryKind
from vm2causal.texts import Language

Asked = tuple[str, str, str]
"""Cause, effect and kind of a question."""


@dataclass(frozen=True)
class Unanswerable:
    """A declared question that the data cannot answer, and why.

    Parameters
    ----------
    query
        As the model file declares it.
    reason
        Why these data cannot answer it, in Dutch and English.
    """

    query: Query
    reason: Bilingual

    @property
    def asked(self) -> Asked:
        """What tells it apart from other questions."""
        return (self.query.cause, self.query.effect, self.query.kind.value)

    def to_dict(self) -> dict[str, Any]:
        """As it stands in ``run.json``."""
        return {
            "cause": self.query.cause,
            "effect": self.query.effect,
            "kind": self.query.kind.value,
            "reason": {item.value: self.reason.in_language(item) for item in Language},
        }


def unanswerable_questions(
    spec: CausalSpec, adapted: SpecForData, data: StructuralData
) -> tuple[Unanswerable, ...]:
    """The declared questions that the data cannot answer.

    Parameters
    ----------
    spec
        The model with its questions.
    adapted
        The same model once it met the data.
    data
        What is fitted.

    Raises
    ------
    StudyError
        When that is all of them, for want of columns. Answers that hardly vary, and causes or
        outcomes of one value, are no mistake: the fit says what little they tell.
    """
    judged = (_judged(query, adapted, data) for query in spec.queries)
    found = tuple(item for item in judged if item is not None)
    lacking_all = found and len(found) == len(spec.queries) and not adapted.left_out
    if lacking_all and not any(_of_one_value(item.query, data) for item in found):
        lacking = f"Add data on {', '.join(adapted.missing)}, or ask" if adapted.missing else "Ask"
        raise StudyError(
            f"These data cannot answer any question of the model. {_told(found[0])}",
            value=f"{len(found)} of {len(found)} questions",
            fix=f"{lacking} other questions in the model file.",
        )
    return found


@dataclass(frozen=True)
class Populations:
    """Whom the answers to declared questions are about, where the data hold selected units only.

    Parameters
    ----------
    by
        What all units in the data have; empty where the model says nothing of the kind.
    answers
        Of each question that the data can answer: the population it tells the effect in.
    """

    by: tuple[str, ...] = ()
    answers: tuple[tuple[Query, Population], ...] = ()

    def to_dict(self) -> dict[str, Any] | None:
        """As it stands in ``run.json``; None without selection."""
        if not self.by:
            return None
        return {
            "by": list(self.by),
            "questions": [
                {
                    "cause": query.cause,
                    "effect": query.effect,
                    "kind": query.kind.value,
                    "population": population.value,
                }
                for query, population in self.answers
            ],
        }


def populations(
    spec: CausalSpec, adapted: SpecForData, unanswerable: Collection[Unanswerable]
) -> Populations:
    """Whom the answers to the declared questions of a model are about.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    adapted
        The model as far as the data reach.
    unanswerable
        Declared questions that the data cannot answer.
    """
    refused = {item.asked for item in unanswerable}
    asked = [
        query
        for query in spec.queries
        if (query.cause, query.effect, query.kind.value) not in refused
    ]
    if not adapted.graph.selected:
        return Populations()
    questions = [CausalQuestion(query.cause, query.effect, query.kind) for query in asked]
    answers = identify_effects(adapted.graph, questions)
    return Populations(
        tuple(sorted(adapted.graph.selected)),
        tuple(
            (query, answer.selection.population)
            for query, answer in zip(asked, answers, strict=True)
            if answer.selection is not None and answer.selection.population is not None
        ),
    )


def answerable_queries(forward: Forward, unanswerable: Collection[Asked]) -> list[Query]:
    """Declared questions about fitted variables, without those that the data cannot answer.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    unanswerable
        Cause, effect and kind of each question that was refused.
    """
    return [
        query
        for query in forward.data.spec.queries
        if _askable(forward, query.cause, query.effect)
        and (query.cause, query.effect, query.kind.value) not in unanswerable
    ]


def not_identified(
    forward: Forward, causes: Sequence[str], effects: Iterable[str]
) -> tuple[str, ...]:
    """Effects of causes, set together, that no data could tell from the graph of a fit.

    The fit has an answer all the same: the prior of an unobserved cause divides what the data
    cannot.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    causes
        Variables that are set together; at least one.
    effects
        Variables whose responses are asked for.
    """
    reached = downstream(forward, *causes)
    first, *also = causes
    asked = [
        CausalQuestion(first, effect, also=tuple(also)) for effect in effects if effect in reached
    ]
    answers = identify_effects(forward.data.spec.graph, asked)
    return tuple(answer.effect for answer in answers if answer.strategy is None)


def mediation_notes(graph: CausalGraph, pairs: Iterable[tuple[str, str]]) -> tuple[Bilingual, ...]:
    """What must be known of mediation between causes and effects: parts that no data can tell.

    A fit has a number for the part through each mediator all the same, by its equations.

    Parameters
    ----------
    graph
        The causal graph, with its latent and selected variables.
    pairs
        (cause, effect) of each question.
    """
    notes = [
        note
        for cause, effect in dict.fromkeys(pairs)
        for note in identify_effect(graph, cause, effect, kind=QueryKind.MEDIATED).notes
    ]
    return tuple(dict.fromkeys(notes))


def downstream(forward: Forward, *causes: str) -> list[str]:
    """Variables of a fit that causes act on, in causal order, without the causes.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    """
    reached = forward.downstream(causes)
    return [name for name in forward.layout.order if name in reached and name not in causes]


def _askable(forward: Forward, cause: str, effect: str) -> bool:
    if cause not in forward.layout.order or cause in forward.data.covariates:
        return False
    return effect in downstream(forward, cause) and effect in forward.layout.predictors_of


def _judged(query: Query, adapted: SpecForData, data: StructuralData) -> Unanswerable | None:
    for name in (query.cause, query.effect):
        if name in adapted.missing:
            return Unanswerable(query, bilingual("fit.no_data", variable=name))
        if name in adapted.left_out:
            return Unanswerable(query, bilingual("fit.hardly_varies", variable=name))
    if (constant := _of_one_value(query, data)) is not None:
        return Unanswerable(query, bilingual("fit.one_value", variable=constant))
    question = CausalQuestion(query.cause, query.effect, query.kind)
    (answer,) = identify_effects(adapted.graph, [question])
    return None if answer.strategy is not None else Unanswerable(query, answer.sentence)


def _of_one_value(query: Query, data: StructuralData) -> str | None:
    """The end of a question that has one value in the data; None where both vary.

    Counts that never or always happened are refused before; constructs are asked of their items.
    """
    for name in (query.cause, query.effect):
        column = data.column(name)
        if column is not None and not column.varies:
            return name
    return None


def _told(item: Unanswerable) -> str:
    query = item.query
    return f"The {query.kind.value} effect of {query.cause} on {query.effect}: {item.reason.en}"
