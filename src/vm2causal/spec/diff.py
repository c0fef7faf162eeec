"""What changed between two causal models."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from vm2causal.spec.causal_spec import CausalSpec
from vm2causal.spec.objects import Arrow, Part, Query, Source, Variable

_BLOCKS: Final = ("title", "description", "groups", "rows", "steps", "documents", "selections")


@dataclass(frozen=True)
class ArrowChange:
    """One arrow in two models."""

    before: Arrow
    after: Arrow


@dataclass(frozen=True)
class VariableChange:
    """One variable in two models; ``fields`` names what is declared otherwise."""

    name: str
    before: Variable
    after: Variable
    fields: tuple[str, ...]


@dataclass(frozen=True)
class ModelDiff:
    """What changed from one model to another, in the order of the later one.

    Parameters
    ----------
    before, after
        The two models.
    variables_added, variables_removed
        Names.
    variables_changed
        Variables that both have, declared otherwise.
    arrows_added, arrows_removed
        Arrows that only one of the two has.
    evidence_changed
        Arrows with other evidence.
    sign_changed
        Arrows with another expected sign.
    confirmed
        Arrows with the same evidence, now also from a source they did not cite before.
    cited
        Assumptions that now cite a source they did not cite before.
    sources_lost
        Arrows with the same evidence that no longer cite a source they cited before.
    prior_changed
        Arrows with another prior, wherever it stands.
    note_changed
        Arrows with another note.
    modifiers_changed
        Arrows that vary by or depend on something else, or have another shape.
    queries_added, queries_removed
        Declared questions that only one of the two has.
    blocks_changed
        Which of title, description, groups, rows, steps, documents and selections differ.
    """

    before: CausalSpec
    after: CausalSpec
    variables_added: tuple[str, ...]
    variables_removed: tuple[str, ...]
    variables_changed: tuple[VariableChange, ...]
    arrows_added: tuple[Arrow, ...]
    arrows_removed: tuple[Arrow, ...]
    evidence_changed: tuple[ArrowChange, ...]
    sign_changed: tuple[ArrowChange, ...]
    confirmed: tuple[ArrowChange, ...]
    cited: tuple[ArrowChange, ...]
    sources_lost: tuple[ArrowChange, ...]
    prior_changed: tuple[ArrowChange, ...]
    note_changed: tuple[ArrowChange, ...]
    modifiers_changed: tuple[ArrowChange, ...]
    queries_added: tuple[Query, ...]
    queries_removed: tuple[Query, ...]
    blocks_changed: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the models say the same, whatever their names and the order of their parts."""
        return not any(
            getattr(self, item.name)
            for item in fields(self)
            if item.name not in ("before", "after")
        )


def diff_models(before: CausalSpec, after: CausalSpec) -> ModelDiff:
    """Compare two models.

    Parameters
    ----------
    before, after
        The two models; what is new stands in ``after``.

    Examples
    --------
    >>> from vm2causal.spec.files import read_model
    >>> diff = diff_models(read_model("onderzoeksmodel-2011"), read_model("onderzoeksmodel-2012"))
    >>> [arrow.key for arrow in diff.arrows_added][:1]
    [('samenwerking', 'financiele_afspraken')]
    """
    old = {arrow.key: arrow for arrow in before.arrows}
    shared = [ArrowChange(old[arrow.key], arrow) for arrow in after.arrows if arrow.key in old]
    kept = {change.after.key for change in shared}
    weighed_alike = [pair for pair in shared if pair.before.evidence is pair.after.evidence]
    newly_cited = [pair for pair in weighed_alike if _surplus(pair.after, pair.before)]
    priors = (priors_of(before), priors_of(after))
    return ModelDiff(
        before=before,
        after=after,
        variables_added=tuple(name for name in after.variables if name not in before.variables),
        variables_removed=tuple(name for name in before.variables if name not in after.variables),
        variables_changed=_variables_changed(before, after),
        arrows_added=tuple(arrow for arrow in after.arrows if arrow.key not in kept),
        arrows_removed=tuple(arrow for arrow in before.arrows if arrow.key not in kept),
        evidence_changed=tuple(
            pair for pair in shared if pair.before.evidence is not pair.after.evidence
        ),
        sign_changed=tuple(pair for pair in shared if pair.before.sign != pair.after.sign),
        confirmed=tuple(pair for pair in newly_cited if pair.after.evidence is not None),
        cited=tuple(pair for pair in newly_cited if pair.after.evidence is None),
        sources_lost=tuple(pair for pair in weighed_alike if _surplus(pair.before, pair.after)),
        prior_changed=tuple(
            pair
            for pair in shared
            if priors[0].get(pair.after.key) != priors[1].get(pair.after.key)
        ),
        note_changed=tuple(pair for pair in shared if pair.before.note != pair.after.note),
        modifiers_changed=tuple(
            pair for pair in shared if _modifiers(pair.before) != _modifiers(pair.after)
        ),
        queries_added=tuple(query for query in after.queries if query not in before.queries),
        queries_removed=tuple(query for query in before.queries if query not in after.queries),
        blocks_changed=_blocks_changed(before, after),
    )


def _blocks_changed(before: CausalSpec, after: CausalSpec) -> tuple[str, ...]:
    changed = set(_fields_changed(before, after, _BLOCKS))
    changed |= {"groups"} if before.nested != after.nested else set()
    return tuple(name for name in _BLOCKS if name in changed)


def lost_sources(change: ArrowChange) -> tuple[Source, ...]:
    """What the earlier arrow cites and the later does not."""
    return _surplus(change.before, change.after)


def priors_of(spec: CausalSpec) -> dict[tuple[str, str], tuple[float, float]]:
    """Mean and standard deviation of each prior by arrow, wherever the prior stands."""
    priors = {(item.cause, item.effect): (item.mean, item.sd) for item in spec.priors}
    return priors | {
        arrow.key: (arrow.prior.mean, arrow.prior.sd) for arrow in spec.arrows if arrow.prior
    }


def _modifiers(arrow: Arrow) -> tuple[object, ...]:
    """What its coefficient varies by and depends on, in no order, and how it follows its cause."""
    return frozenset(arrow.varies), frozenset(arrow.depends_on), arrow.shape, arrow.split


def _surplus(one: Arrow, other: Arrow) -> tuple[Source, ...]:
    """Sources that one arrow cites and the other does not."""
    return tuple(source for source in one.source if source not in other.source)


def _variables_changed(before: CausalSpec, after: CausalSpec) -> tuple[VariableChange, ...]:
    changes = (
        VariableChange(
            name,
            before.variables[name],
            variable,
            _fields_changed(before.variables[name], variable, tuple(Variable.model_fields)),
        )
        for name, variable in after.variables.items()
        if name in before.variables
    )
    return tuple(change for change in changes if change.fields)


def _fields_changed(before: Part, after: Part, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))
