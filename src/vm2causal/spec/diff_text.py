"""The difference between two models in plain sentences, each with its source."""

from __future__ import annotations

from collections.abc import Sequence

from vm2causal.spec.causal_spec import CausalSpec
from vm2causal.spec.diff import ArrowChange, ModelDiff, lost_sources
from vm2causal.spec.diff_declarations import (
    citation,
    describe_declarations,
    paragraph,
    written_arrow,
)
from vm2causal.spec.objects import MODIFYING, Arrow, Source
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
        Paragraphs with a heading each, one sentence per arrow, then what else is declared
        otherwise.
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
        paragraphs += paragraph(text(f"model.diff.group.{key}", language), sentences)
    paragraphs += _rest(diff, language)
    paragraphs += describe_declarations(diff, language)
    return "\n\n".join(paragraphs)


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
    told = {arrow.key for arrow, _ in _weighed(diff)}
    renoted = [change.after for change in diff.note_changed if change.after.key not in told]
    cited = [(change.after, change.after.source) for change in diff.cited]
    lost = [(change.after, lost_sources(change)) for change in diff.sources_lost]
    removed = [written_arrow(arrow, diff.before, language) for arrow in diff.arrows_removed]
    lines = {
        "removed": removed,
        "cited": [_with_sources(*found, diff.after, language) for found in cited],
        "sources_lost": [_with_sources(*found, diff.after, language) for found in lost],
        "note_changed": [_with_note(arrow, diff.after, language) for arrow in renoted],
        "modifiers_changed": [
            f"{written_arrow(change.after, diff.after, language)}: "
            f"{_modified(change.before, language)} → {_modified(change.after, language)}"
            for change in diff.modifiers_changed
        ],
    }
    paragraphs: list[str] = []
    for key, found in lines.items():
        paragraphs += paragraph(text(f"model.diff.{key}", language), found)
    return paragraphs + [_turned(change, diff.after, language) for change in diff.sign_changed]


def _with_sources(
    arrow: Arrow, sources: Sequence[Source], model: CausalSpec, language: Language
) -> str:
    return f"{written_arrow(arrow, model, language)} ({citation(sources, language)})"


def _with_note(arrow: Arrow, model: CausalSpec, language: Language) -> str:
    note = arrow.note.in_language(language) if arrow.note else text("model.diff.nothing", language)
    return f"{written_arrow(arrow, model, language)}: {note}"


def _modified(arrow: Arrow, language: Language) -> str:
    """What one coefficient does not do for, as a file writes it."""
    said = [
        f"{key}: {value}" if isinstance(value, str) else f"{key}: [{', '.join(value)}]"
        for key in MODIFYING
        if (value := getattr(arrow, key))
    ]
    return ", ".join(said) or text("model.diff.nothing", language)


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
