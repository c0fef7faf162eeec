"""What two models declare otherwise besides their claims: variables, priors, queries, blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vm2causal.spec.causal_spec import CausalSpec
from vm2causal.spec.diff import ModelDiff, VariableChange, priors_of
from vm2causal.spec.objects import Arrow, Label, Query, Source
from vm2causal.texts import Language, text


def describe_declarations(diff: ModelDiff, language: Language) -> list[str]:
    """Paragraphs on variables, priors, queries and blocks, for those that changed."""
    lines = {
        "variables_added": [diff.after.label(name, language) for name in diff.variables_added],
        "variables_removed": [diff.before.label(name, language) for name in diff.variables_removed],
        "variables_changed": [_redeclared(change, language) for change in diff.variables_changed],
        "prior_changed": _priors_changed(diff, language),
        "queries_added": [_asked(query, diff.after, language) for query in diff.queries_added],
        "queries_removed": [_asked(query, diff.before, language) for query in diff.queries_removed],
        "blocks_changed": [text(f"model.block.{key}", language) for key in diff.blocks_changed],
    }
    paragraphs: list[str] = []
    for key, found in lines.items():
        paragraphs += paragraph(text(f"model.diff.{key}", language), found)
    return paragraphs


def paragraph(heading: str, lines: Sequence[str]) -> list[str]:
    """A heading with its lines; nothing at all when there are none."""
    return ["\n".join([heading, *(f"  - {line}" for line in lines)])] if lines else []


def written_arrow(arrow: Arrow, model: CausalSpec, language: Language) -> str:
    """An arrow by the labels of its ends."""
    return f"{model.label(arrow.cause, language)} → {model.label(arrow.effect, language)}"


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


def _redeclared(change: VariableChange, language: Language) -> str:
    parts = []
    for key in change.fields:
        before, after = (
            _shown(getattr(variable, key), language) for variable in (change.before, change.after)
        )
        parts.append(key if before == after else f"{key} {before} → {after}")
    return f"{change.name}: {', '.join(parts)}"


def _shown(value: object, language: Language) -> str:
    """The value of a field as a file writes it; of texts per level or item only that they are."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Label):
        return f"'{value.in_language(language)}'"
    if isinstance(value, tuple) and value:
        sources = [item for item in value if isinstance(item, Source)]
        return f"[{citation(sources, language) if sources else ', '.join(map(str, value))}]"
    if isinstance(value, Mapping) and value:
        return "{…}"
    return str(value) if value else text("model.diff.nothing", language)


def _priors_changed(diff: ModelDiff, language: Language) -> list[str]:
    before, after = priors_of(diff.before), priors_of(diff.after)
    return [
        f"{written_arrow(change.after, diff.after, language)}: "
        f"{_prior(before.get(change.after.key), language)} → "
        f"{_prior(after.get(change.after.key), language)}"
        for change in diff.prior_changed
    ]


def _prior(prior: tuple[float, float] | None, language: Language) -> str:
    if prior is None:
        return text("model.diff.nothing", language)
    mean, spread = (_decimal(value, language) for value in prior)
    return text("model.prior.normal", language, mean=mean, sd=spread)


def _decimal(value: float, language: Language) -> str:
    return str(value).replace(".", "," if language is Language.NL else ".")


def _asked(query: Query, model: CausalSpec, language: Language) -> str:
    ends = f"{model.label(query.cause, language)} → {model.label(query.effect, language)}"
    asked = f"{ends} ({text(f'model.query.{query.kind.value}', language)})"
    return f"{asked}: {query.note.in_language(language)}" if query.note else asked
