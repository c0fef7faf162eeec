"""The difference between two models in plain sentences, each with its source."""

from __future__ import annotations

from collections.abc import Sequence

from vm2causal.spec.causal_spec import CausalSpec
from vm2causal.spec.diff import ArrowChange, ModelDiff
from vm2causal.spec.objects import Arrow, Source
from vm2causal.spec.words import Evidence
from vm2causal.texts import Language, text

_ORDER: tuple[Evidence | None, ...] = (*Evidence, None)


def describe_diff(diff: ModelDiff, language: Language) -> str:
    """Say what changed, grouped by what the later model claims.

    Parameters
    ----------
    diff
        From ``diff_models``.
    language
        Language of the sentences.

    Returns
    -------
    str
        Paragraphs with a heading each, one sentence per arrow.
    """
    names = {"before": diff.before.name, "after": diff.after.name}
    paragraphs = [text("model.diff.heading", language, **names)]
    if diff.is_empty:
        return "\n\n".join([*paragraphs, text("model.diff.none", language)])
    for evidence in _ORDER:
        sentences = [
            _sentence(arrow, earlier, diff.after, language)
            for arrow, earlier in _weighed(diff)
            if arrow.evidence is evidence
        ]
        key = evidence.value if evidence else "aanname"
        paragraphs += _paragraph(text(f"model.diff.group.{key}", language), sentences)
    paragraphs += _rest(diff, language)
    return "\n\n".join(paragraphs)


def citation(sources: Sequence[Source], language: Language) -> str:
    """Sources in short, the places in one document together.

    Examples
    --------
    >>> citation([Source(document="a", section="2"), Source(document="a", table="1")], Language.EN)
    'a 2, table 1'
    """
    places: dict[str, list[str]] = {}
    for source in sources:
        places.setdefault(source.document, []).extend(_places(source, language))
    return "; ".join(f"{document} {', '.join(found)}".strip() for document, found in places.items())


def _places(source: Source, language: Language) -> list[str]:
    found = [source.section] if source.section else []
    for key, value in (("table", source.table), ("figure", source.figure), ("page", source.page)):
        if value:
            found.append(text(f"model.source.{key}", language, number=value))
    return found


def _weighed(diff: ModelDiff) -> list[tuple[Arrow, Arrow | None]]:
    """Arrows of the later model whose standing changed or was confirmed, with the earlier arrow."""
    earlier = {change.after.key: change.before for change in diff.evidence_changed}
    earlier |= {change.after.key: change.before for change in diff.confirmed}
    added = {arrow.key for arrow in diff.arrows_added}
    return [
        (arrow, earlier.get(arrow.key))
        for arrow in diff.after.arrows
        if arrow.key in earlier or arrow.key in added
    ]


def _sentence(arrow: Arrow, earlier: Arrow | None, model: CausalSpec, language: Language) -> str:
    key = arrow.evidence.value if arrow.evidence else "aanname"
    claim = text(
        f"model.diff.claim.{key}",
        language,
        cause=model.label(arrow.cause, language),
        effect=model.label(arrow.effect, language),
        through=_through(arrow, model, language),
    )
    claim = claim[0].upper() + claim[1:]
    if arrow.note:
        claim += f": {arrow.note.in_language(language)}"
    if arrow.source:
        claim += f" ({citation(arrow.source, language)})"
    return f"{claim}. {_standing(arrow, earlier, language)}".strip()


def _standing(arrow: Arrow, earlier: Arrow | None, language: Language) -> str:
    if earlier is None:
        return text("model.diff.new", language)
    if earlier.evidence is arrow.evidence:
        return ""
    was = earlier.evidence.value if earlier.evidence else "aanname"
    return text("model.diff.was", language, evidence=text(f"model.evidence.{was}", language))


def _through(arrow: Arrow, model: CausalSpec, language: Language) -> str:
    """Causes of the cause that also work on the effect themselves."""
    through = [
        model.label(name, language)
        for name in model.parents(arrow.cause)
        if model.arrow(name, arrow.effect) is not None
    ]
    return ", ".join(through) or text("model.diff.another", language)


def _rest(diff: ModelDiff, language: Language) -> list[str]:
    paragraphs: list[str] = []
    removed = [
        f"{diff.before.label(arrow.cause, language)} → {diff.before.label(arrow.effect, language)}"
        for arrow in diff.arrows_removed
    ]
    paragraphs += _paragraph(text("model.diff.removed", language), removed)
    paragraphs += [_turned(change, diff.after, language) for change in diff.sign_changed]
    for key, names, model in (
        ("model.diff.variables_added", diff.variables_added, diff.after),
        ("model.diff.variables_removed", diff.variables_removed, diff.before),
    ):
        paragraphs += _paragraph(
            text(key, language), [model.label(name, language) for name in names]
        )
    return paragraphs


def _turned(change: ArrowChange, model: CausalSpec, language: Language) -> str:
    signs = {
        moment: text(f"model.sign.{arrow.sign.name.lower() if arrow.sign else 'unknown'}", language)
        for moment, arrow in (("before", change.before), ("after", change.after))
    }
    ends = {
        "cause": model.label(change.after.cause, language),
        "effect": model.label(change.after.effect, language),
    }
    return text("model.diff.sign", language, **ends, **signs)


def _paragraph(heading: str, lines: Sequence[str]) -> list[str]:
    return ["\n".join([heading, *(f"  - {line}" for line in lines)])] if lines else []
