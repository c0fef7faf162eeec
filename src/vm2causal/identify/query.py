"""One causal question to a graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from vm2causal.errors import QueryError
from vm2causal.identify.answers import answer
from vm2causal.identify.dag import dag_of
from vm2causal.identify.limits import Clock, Limits
from vm2causal.identify.question import Question
from vm2causal.identify.result import Findings, Identification
from vm2causal.identify.sentences import assumptions, notes, sentence
from vm2causal.spec.graph import CausalGraph
from vm2causal.spec.rules import suggestion
from vm2causal.spec.words import QueryKind


@dataclass(frozen=True)
class CausalQuestion:
    """One cause, one effect, and which effect is meant.

    ``also`` are causes that are set together with ``cause``, in the order given: a total effect of
    several causes jointly.

    Parameters
    ----------
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    """

    cause: str
    effect: str
    kind: QueryKind = QueryKind.TOTAL
    also: tuple[str, ...] = ()


def identify_effect(
    graph: CausalGraph,
    cause: str,
    effect: str,
    *,
    kind: QueryKind | str = QueryKind.TOTAL,
    second_opinion: bool = False,
    limits: Limits | Clock | None = None,
) -> Identification:
    r"""Say whether and how an effect follows from the distribution of the observed variables.

    Parameters
    ----------
    graph
        The causal graph.
    cause, effect
        Two different observed variables.
    kind
        ``"total"``, ``"direct"`` (all observed mediators held fixed) or ``"mediated"`` (through
        all observed mediators together).
    second_opinion
        Ask DoWhy too and fill ``engine_note`` with what it answers differently; its import takes
        seconds.
    limits
        Longest list of sets and longest time; a clock that runs already is shared.

    Returns
    -------
    Identification
        All inclusion-minimal adjustment sets and front-door sets, instruments, the estimand, and
        the hedge when there is none. Lists are sorted, smallest sets first.

    Raises
    ------
    QueryError
        When a variable is unknown or unobserved, cause and effect are the same, the kind is
        unknown, or the graph has a cycle.
    SizeLimitError
        When the limit on seconds is passed.

    Notes
    -----
    Where the graph has ``selected`` nodes, total and direct effects are looked for by adjustment,
    in the whole population and among the selected; mediated ones only where selection has nothing
    in common with cause and effect. ``selection`` of the answer says which.

    References
    ----------
    Shpitser, Pearl (2006), AAAI, theorem 4 (identifiability); Shpitser, VanderWeele, Robins (2010),
    UAI (adjustment); Pearl (1995), Biometrika 82, theorem 2 (front door); Brito, Pearl (2002), UAI
    (conditional instruments); Shpitser (2013), Cognitive Science 37 (mediated effects);
    Correa, Tian, Bareinboim (2018), AAAI (selection).

    Examples
    --------
    >>> graph = CausalGraph.of(
    ...     [("u", "x"), ("u", "y"), ("x", "m"), ("m", "y")], unobserved=["u"]
    ... )
    >>> found = identify_effect(graph, "x", "y")
    >>> found.strategy.value, found.frontdoor_sets
    ('frontdoor', (('m',),))
    >>> print(found.estimand)
    P(y \mid do(x)) = \sum_{m} P(m \mid x) \, \sum_{x'} P(y \mid m, x') \, P(x')
    """
    asked = CausalQuestion(cause, effect, checked_kind(kind))
    (found,) = identify_effects(graph, [asked], second_opinion=second_opinion, limits=limits)
    return found


def identify_effects(
    graph: CausalGraph,
    questions: Iterable[CausalQuestion],
    *,
    second_opinion: bool = False,
    limits: Limits | Clock | None = None,
) -> tuple[Identification, ...]:
    """Answer several questions to one graph, within one limit on seconds.

    Parameters, errors and answers are those of :func:`identify_effect`.

    Parameters
    ----------
    graph
        The causal graph, with its latent and selected variables.

    Examples
    --------
    >>> chain = CausalGraph.of([("a", "b"), ("b", "c")])
    >>> [found.identifiable for found in identify_effects(chain, arrow_questions(chain))]
    [True, True]
    """
    clock = (limits or Limits()).start()
    answers = []
    for asked in questions:
        clock.check()
        _check_ends(graph, asked)
        question = Question(dag_of(graph), asked.cause, asked.effect, clock, asked.also)
        identification = _in_words(answer(question, asked.kind))
        answers.append(_with_note(graph, identification) if second_opinion else identification)
    return tuple(answers)


def arrow_questions(graph: CausalGraph) -> tuple[CausalQuestion, ...]:
    """The direct effect along every arrow between observed variables.

    Parameters
    ----------
    graph
        The causal graph, with its latent and selected variables.
    """
    return tuple(
        CausalQuestion(cause, effect, QueryKind.DIRECT)
        for cause, effect in graph.arrows
        if not {cause, effect} & graph.unobserved
    )


def _with_note(graph: CausalGraph, identification: Identification) -> Identification:
    from vm2causal.identify.engine import engine_note

    return replace(identification, engine_note=engine_note(graph, identification))


def _in_words(found: Findings) -> Identification:
    held = {field.name: getattr(found, field.name) for field in fields(found)}
    return Identification(
        **held, sentence=sentence(found), assumptions=assumptions(found), notes=notes(found)
    )


def checked_kind(kind: QueryKind | str) -> QueryKind:
    """Read the name of a kind of effect.

    Raises
    ------
    QueryError
        When there is no such kind.
    """
    known = [item.value for item in QueryKind]
    if kind not in known:
        raise QueryError(
            "This is no kind of effect.", value=str(kind), fix=f"Choose from {', '.join(known)}."
        )
    return QueryKind(kind)


def checked_variable(graph: CausalGraph, role: str, name: str) -> str:
    """Return ``name`` if it is an observed variable of the graph.

    Parameters
    ----------
    graph
        The causal graph, with its latent and selected variables.

    Raises
    ------
    QueryError
        When it is unknown or unobserved; the message names ``role``.
    """
    if name not in graph.nodes:
        choice = f"Choose from {', '.join(graph.observed[:20])}."
        fix = suggestion(name, graph.observed, otherwise=choice)
        raise QueryError(f"The {role} is not in the model.", value=name, fix=fix)
    if name in graph.selected:
        raise QueryError(
            f"The {role} is what the data were selected by: every unit in them has it.",
            value=name,
            fix="Ask about another variable; the answers say what this selection does to them.",
        )
    if name in graph.unobserved:
        raise QueryError(
            f"The {role} is unobserved in this model, so no data can speak about it.",
            value=name,
            fix="Ask about an observed variable, or give this one a measure in the model file.",
        )
    return name


def _check_ends(graph: CausalGraph, asked: CausalQuestion) -> None:
    causes = (asked.cause, *asked.also)
    for cause in causes:
        checked_variable(graph, "cause", cause)
    checked_variable(graph, "effect", asked.effect)
    if asked.effect in causes:
        raise QueryError(
            "A variable has no effect on itself.",
            value=asked.effect,
            fix="Name two different variables.",
        )
    if len(set(causes)) < len(causes):
        raise QueryError("A cause is named twice.", value=", ".join(causes), fix="Name it once.")
    if asked.also and asked.kind is not QueryKind.TOTAL:
        raise QueryError(
            "Of several causes together only the total effect can be asked.",
            value=asked.kind.value,
            fix="Leave out the kind, or name one cause.",
        )
