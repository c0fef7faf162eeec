"""What changed between two causal models."""

from __future__ import annotations

from dataclasses import dataclass

from vm2causal.spec.causal_spec import CausalSpec
from vm2causal.spec.objects import Arrow


@dataclass(frozen=True)
class ArrowChange:
    """One arrow in two models."""

    before: Arrow
    after: Arrow


@dataclass(frozen=True)
class ModelDiff:
    """What changed from one model to another, in the order of the later one.

    Parameters
    ----------
    before, after
        The two models.
    variables_added, variables_removed
        Names.
    arrows_added, arrows_removed
        Arrows that only one of the two has.
    evidence_changed
        Arrows with other evidence.
    sign_changed
        Arrows with another expected sign.
    confirmed
        Arrows with the same evidence from other sources.
    """

    before: CausalSpec
    after: CausalSpec
    variables_added: tuple[str, ...]
    variables_removed: tuple[str, ...]
    arrows_added: tuple[Arrow, ...]
    arrows_removed: tuple[Arrow, ...]
    evidence_changed: tuple[ArrowChange, ...]
    sign_changed: tuple[ArrowChange, ...]
    confirmed: tuple[ArrowChange, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the two models hold the same variables, arrows, evidence, signs and sources."""
        return not (
            self.variables_added
            or self.variables_removed
            or self.arrows_added
            or self.arrows_removed
            or self.evidence_changed
            or self.sign_changed
            or self.confirmed
        )


def diff_models(before: CausalSpec, after: CausalSpec) -> ModelDiff:
    """Compare two models.

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
    reweighed = tuple(pair for pair in shared if pair.before.evidence != pair.after.evidence)
    return ModelDiff(
        before=before,
        after=after,
        variables_added=tuple(name for name in after.variables if name not in before.variables),
        variables_removed=tuple(name for name in before.variables if name not in after.variables),
        arrows_added=tuple(arrow for arrow in after.arrows if arrow.key not in kept),
        arrows_removed=tuple(arrow for arrow in before.arrows if arrow.key not in kept),
        evidence_changed=reweighed,
        sign_changed=tuple(pair for pair in shared if pair.before.sign != pair.after.sign),
        confirmed=tuple(
            pair
            for pair in shared
            if pair not in reweighed
            and pair.after.evidence is not None
            and pair.before.source != pair.after.source
        ),
    )
