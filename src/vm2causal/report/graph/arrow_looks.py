"""How the arrows of a picture are drawn: which line, which mark at the head, which legend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vm2causal.report.graph.content import PictureContent
from vm2causal.report.graph.marks import LINE_STYLES, PLAIN_STYLE, LineStyle
from vm2causal.spec.words import Evidence
from vm2causal.texts import Language, text

Pair = tuple[str, str]
"""Cause and effect."""


@dataclass(frozen=True)
class ArrowLooks:
    """Lines, marks and legend of the arrows of a picture.

    Parameters
    ----------
    bundles
        By cause and effect; arrows of one cause and bundle are drawn alike and may share a lane.
    styles
        Line by bundle.
    marks
        A sign or letter before the head, by cause and effect; absent where there is none.
    legend
        Label and line; a label alone where there is no line.
    moderators
        Variables that act on an arrow, with its cause and effect.
    """

    bundles: Mapping[Pair, str]
    styles: Mapping[str, LineStyle]
    marks: Mapping[Pair, str] = field(default_factory=dict)
    legend: tuple[tuple[str, LineStyle | None], ...] = ()
    moderators: tuple[tuple[str, Pair], ...] = ()


def evidence_looks(content: PictureContent, language: Language) -> ArrowLooks:
    """Arrows by their evidence, with the expected sign before the head.

    Parameters
    ----------
    content
        What the picture shows, in words.
    language
        Of the texts: Dutch or English.
    """
    words = (*Evidence, None)
    names = {word: word.value if word else "" for word in words}
    styles = {names[word]: LINE_STYLES[word] for word in words}
    if not content.weighed:
        styles = dict.fromkeys(styles, PLAIN_STYLE)
    shown = {arrow.evidence for arrow in content.arrows} if content.weighed else set()
    legend = [
        (text(f"model.evidence.{word.value if word else 'aanname'}", language), LINE_STYLES[word])
        for word in words
        if word in shown
    ]
    return ArrowLooks(
        {(arrow.cause, arrow.effect): names[arrow.evidence] for arrow in content.arrows},
        styles,
        {
            (arrow.cause, arrow.effect): arrow.sign.value.replace("-", "−")
            for arrow in content.arrows
            if arrow.sign is not None
        },
        tuple(legend),
    )
