"""``vm2causal identify``: which effects a model lets one estimate, and how."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from vm2causal.cli.options import DEFAULT_LANGUAGE, Json, Lang
from vm2causal.cli.output import print_exempt, print_table, say
from vm2causal.texts import Language, text

if TYPE_CHECKING:
    from vm2causal.identify import (
        CausalQuestion,
        ConditionalFrontdoor,
        Identification,
        ImpliedIndependences,
    )
    from vm2causal.spec import CausalSpec

_KINDS = "total, direct or mediated; without a cause and an effect: only this kind."


def identify(
    model: Annotated[str, typer.Argument(metavar="M", help="A shipped model, or a path.")],
    cause: Annotated[
        list[str] | None,
        typer.Option(help="Ask about this cause only; given again: about these set together."),
    ] = None,
    effect: Annotated[str | None, typer.Option(help="Ask about this effect only.")] = None,
    kind: Annotated[str | None, typer.Option(help=_KINDS)] = None,
    all_independences: Annotated[
        bool, typer.Option(help="Every minimal separating set, not one per pair.")
    ] = False,
    second_opinion: Annotated[
        bool, typer.Option(help="Ask DoWhy too, where its search is short (5 s more).")
    ] = True,
    max_sets: Annotated[int, typer.Option(min=1, help="Longest list of sets per question.")] = 1000,
    seconds: Annotated[float, typer.Option(min=0.01, help="Longest time for all questions.")] = 60,
    lang: Lang = DEFAULT_LANGUAGE,
    json: Json = False,
) -> None:
    """Say which effects can be estimated, with what, and on which assumptions.

    Without a cause and an effect: the direct effect along every arrow and every declared query.
    """
    from vm2causal.identify import Limits, identify_effects, implied_independences
    from vm2causal.spec import read_model

    spec = read_model(model)
    asked, also = _causes(cause, effect)
    questions = _questions(spec, asked, effect, kind, also)
    clock = Limits(sets=max_sets, seconds=seconds).start()
    answers = identify_effects(spec.graph, questions, second_opinion=second_opinion, limits=clock)
    whole = asked is None or effect is None
    if whole or json:
        independences = implied_independences(spec.graph, every=all_independences, limits=clock)
        skipped = _skipped(spec, asked, effect) if whole else []
        (_print_document if json else _print_overview)(answers, independences, skipped, lang)
    else:
        for answer in answers:
            _print_answer(answer, lang)


def _causes(causes: list[str] | None, effect: str | None) -> tuple[str | None, tuple[str, ...]]:
    """The cause asked about, and those that are set together with it."""
    from vm2causal.errors import OptionError

    first, *also = dict.fromkeys(causes or ()) or (None,)
    if also and effect is None:
        raise OptionError(
            "Several causes ask for their joint effect, which needs an effect.",
            value=", ".join(causes or ()),
            fix="Add --effect, or give --cause once.",
        )
    return first, tuple(name for name in also if name is not None)


def _questions(
    spec: CausalSpec,
    cause: str | None,
    effect: str | None,
    kind: str | None,
    also: tuple[str, ...],
) -> list[CausalQuestion]:
    """The question asked, or every arrow and declared query that fits."""
    from vm2causal.identify import CausalQuestion, arrow_questions
    from vm2causal.identify.query import checked_kind, checked_variable
    from vm2causal.spec import QueryKind

    wanted = None if kind is None else checked_kind(kind)
    if cause is not None and effect is not None:
        return [CausalQuestion(cause, effect, wanted or QueryKind.TOTAL, also)]
    for role, name in (("cause", cause), ("effect", effect)):
        if name is not None:
            checked_variable(spec.graph, role, name)
    declared = [CausalQuestion(query.cause, query.effect, query.kind) for query in spec.queries]
    return [
        question
        for question in dict.fromkeys([*arrow_questions(spec.graph), *declared])
        if cause in (None, question.cause)
        and effect in (None, question.effect)
        and wanted in (None, question.kind)
    ]


def _skipped(spec: CausalSpec, cause: str | None, effect: str | None) -> list[tuple[str, str]]:
    """The arrows that fit but cannot be asked about."""
    return [
        arrow
        for arrow in spec.graph.arrows
        if {*arrow} & spec.graph.unobserved
        and cause in (None, arrow[0])
        and effect in (None, arrow[1])
    ]


def _print_document(
    answers: Iterable[Identification],
    independences: ImpliedIndependences,
    skipped: list[tuple[str, str]],
    lang: Language,
) -> None:
    from vm2causal.identify import identification_document

    print_exempt(identification_document(answers, independences, lang, skipped=skipped), "model")


def _print_overview(
    answers: Iterable[Identification],
    independences: ImpliedIndependences,
    skipped: list[tuple[str, str]],
    lang: Language,
) -> None:
    _print_queries(answers, lang)
    if skipped:
        arrows = ", ".join(f"{cause} → {effect}" for cause, effect in skipped)
        say(text("identify.skipped", lang, arrows=arrows))
    _print_independences(independences, lang)


def _print_queries(answers: Iterable[Identification], lang: Language) -> None:
    found = list(answers)
    selected = any(answer.selection for answer in found)
    population = ("population",) if selected else ()
    columns = ("effect", "kind", "identifiable", *population, "strategy", "sets")
    rows = [
        (
            f"{', '.join(answer.causes)} → {answer.effect}",
            answer.kind.value,
            text("identify.yes" if answer.identifiable else "identify.no", lang),
            *([_population(answer, lang)] if selected else []),
            answer.strategy.value if answer.strategy else "–",
            _with(answer, lang),
        )
        for answer in found
    ]
    headings = [text(f"identify.column.{name}", lang) for name in columns]
    print_table(text("identify.heading.queries", lang), headings, rows)


def _population(answer: Identification, lang: Language) -> str:
    """Whom an answer is about, where the data hold selected units only."""
    whom = answer.selection.population if answer.selection else None
    return text(f"identify.population.{whom.value}", lang) if whom else "–"


def _with(answer: Identification, lang: Language) -> str:
    """The variables that the strategy needs, in a few words."""
    from vm2causal.identify import Strategy

    match answer.strategy:
        case Strategy.BACKDOOR:
            return _joined(answer.minimal_adjustment_sets, lang)
        case Strategy.FRONTDOOR if answer.frontdoor_sets:
            return _joined(answer.frontdoor_sets, lang)
        case Strategy.FRONTDOOR:
            return _frontdoor_pair(answer.conditional_frontdoor_sets[0], lang)
        case Strategy.INSTRUMENT:
            return answer.instruments[0].instrument
        case _:
            return "–"


def _print_answer(answer: Identification, lang: Language) -> None:
    """One answer in full: the sentence, what it leans on, and all sets."""
    say(answer.sentence.in_language(lang))
    say(f"\n{text('identify.label.assumptions', lang)}:")
    for item in answer.assumptions:
        say(f"  - {item.in_language(lang)}")
    if answer.notes:
        say(f"\n{text('identify.label.notes', lang)}:")
    for item in answer.notes:
        say(f"  - {item.in_language(lang)}")
    say("")
    for label, lines in _details(answer, lang).items():
        if lines:
            say(f"{text(f'identify.label.{label}', lang)}:")
            for line in lines:
                say(f"  {line}")
    if not answer.complete:
        say(text("identify.incomplete", lang))


def _details(answer: Identification, lang: Language) -> dict[str, list[str]]:
    note = answer.engine_note
    hedge = answer.hedge
    return {
        "estimand": [answer.estimand] if answer.estimand else [],
        "adjustment_sets": [_braced(one, lang) for one in answer.minimal_adjustment_sets],
        "external": _external(answer, lang),
        "frontdoor_sets": [_braced(one, lang) for one in answer.frontdoor_sets],
        "conditional_frontdoor_sets": [
            _frontdoor_pair(pair, lang) for pair in answer.conditional_frontdoor_sets
        ],
        "instruments": [
            f"{item.instrument} | {_braced(item.given, lang)}" for item in answer.instruments
        ],
        "mediators": [_braced(answer.mediators, lang)] if answer.mediators else [],
        "hedge": [f"{_braced(hedge.forest, lang)}, {_braced(hedge.root, lang)}"] if hedge else [],
        "recanting_district": list(answer.recanting_district),
        "engine_note": [note.in_language(lang)] if note else [],
    }


def _external(answer: Identification, lang: Language) -> list[str]:
    """Pairs that give the effect in the whole population, with what must be known of it."""
    pairs = answer.selection.whole if answer.selection else ()
    return [
        f"{_braced(pair.given, lang)} | {_braced(pair.external, lang)}"
        for pair in pairs
        if pair.external
    ]


def _print_independences(independences: ImpliedIndependences, lang: Language) -> None:
    headings = [text(f"identify.column.{name}", lang) for name in ("x", "y", "given")]
    rows = [(item.x, item.y, ", ".join(item.given)) for item in independences.statements]
    print_table(text("identify.heading.independences", lang), headings, rows)
    if independences.selected:
        by = ", ".join(independences.selected)
        typer.echo(text("identify.independences_selected", lang, by=by))
    if not independences.complete:
        say(text("identify.incomplete", lang))


def _joined(sets: tuple[tuple[str, ...], ...], lang: Language) -> str:
    """The smallest set, and how many others there are."""
    others = f" (+{len(sets) - 1})" if len(sets) > 1 else ""
    return _braced(sets[0], lang) + others


def _braced(names: tuple[str, ...], lang: Language) -> str:
    return ", ".join(names) if names else text("identify.empty_set", lang)


def _frontdoor_pair(pair: ConditionalFrontdoor, lang: Language) -> str:
    return f"{_braced(pair.mediators, lang)} | {_braced(pair.given, lang)}"
