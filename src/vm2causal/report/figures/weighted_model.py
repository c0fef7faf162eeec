"""The causal model with what the data say of its arrows: width, line and mark of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from vm2causal.disclosure import MINIMUM, ReleasedTable, released_table
from vm2causal.effects.heterogeneity import VARIES
from vm2causal.effects.judgement import arrow_verdicts
from vm2causal.effects.verdict import Verdict
from vm2causal.report.canvas.style import BLACK, BLUE, GREEN, GREY, VERMILLION
from vm2causal.report.documents.records import records
from vm2causal.report.figures.named_figure import NamedFigure, finish_figure
from vm2causal.report.graph.arrow_looks import ArrowLooks
from vm2causal.report.graph.content import (
    PictureArrow,
    PictureContent,
    marked_nodes,
    picture_content,
)
from vm2causal.report.graph.marks import MODERATOR_STYLE, LineStyle
from vm2causal.report.graph.picture import draw_content
from vm2causal.report.words.effect_rows import moderator_label, verdict_text
from vm2causal.report.words.patterns import counted_verdicts, strongest
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, text

WIDTHS: Final = ((0.2, 1.1), (0.5, 2.3), (float("inf"), 4.2))
"""Points of a line whose standardised coefficient is smaller than the bound before it."""

_STYLES: Final[Mapping[Verdict, LineStyle]] = {
    Verdict.ONDERSTEUND: LineStyle(BLUE, 1.5, order=2.6),
    Verdict.EEN_EFFECT: LineStyle(GREEN, 1.5, (8.0, 1.6), order=2.55),
    Verdict.TEGENGESPROKEN: LineStyle(VERMILLION, 1.5, (5.0, 1.6), order=2.5),
    Verdict.ONBESLIST: LineStyle("#4A4A4A", 1.5, (2.2, 1.2), order=2.4),
    Verdict.GEEN_AANWIJZING: LineStyle(BLACK, 1.5, (5.0, 1.4, 1.0, 1.4), order=2.3),
    Verdict.NIET_TOETSBAAR: LineStyle(GREY, 1.3, (0.8, 2.0), order=2.2),
}
"""Line by verdict, at the middle width; each differs in its dashes too."""


_PLAIN: Final = LineStyle(GREY, 1.3, order=2.1)
_WITHHELD: Final = "withheld"
"""Bundle of the arrows of which every level is about too few pupils, and their line."""


def draw_weighted_model(
    arrows: ReleasedTable,
    spec: CausalSpec,
    *,
    differences: pd.DataFrame | None = None,
    language: Language,
    synthetic: bool,
) -> NamedFigure:
    """Draw the model with the posterior weight of its arrows.

    An arrow of several levels is drawn by the clearest verdict among them, and as wide as the
    largest coefficient with that verdict.

    Parameters
    ----------
    arrows
        Of :func:`~vm2causal.effects.arrows.arrow_table`; an arrow without rows, because they are
        about too few pupils, is drawn without a verdict.
    spec
        The causal model, as read from its file.
    differences
        Of :func:`~vm2causal.effects.heterogeneity.differences_table`: an arrow that varies gets a
        rim as wide as its spread, and what another one depends on an arrow into it.
    language
        Of the texts: Dutch or English.
    synthetic
        Whether the data were simulated; the figure then says so.
    """
    varied = [] if differences is None else records(differences)
    weighed = records(arrow_verdicts(arrows))
    shown = picture_content(spec, language=language, evidence=False)
    name = shown.title
    content = replace(shown, title="", arrows=_unsigned(shown, weighed))
    looks = _with_differences(_looks(weighed, content, language), varied, language)
    figure = draw_content(content, looks, language)
    return finish_figure(
        figure,
        name="dag",
        title=text("figures.dag.title", language, model=name),
        alt="\n".join(
            [_alt(weighed, content, language), *_told_differences(varied, spec, language)]
        ),
        pattern=text(
            "figures.dag.pattern",
            language,
            nodes=len(content.nodes),
            arrows=len(content.arrows),
            counts=counted_verdicts(weighed, language),
            strongest=strongest(weighed, spec, language),
        ),
        data=released_table(pd.DataFrame(weighed)),
        language=language,
        synthetic=synthetic,
    )


def _size(row: Mapping[str, Any]) -> float:
    return abs(row["standardised"]["mean"]) if row["standardised"] else 0.0


def _unsigned(
    content: PictureContent, rows: Sequence[Mapping[str, Any]]
) -> tuple[PictureArrow, ...]:
    """Arrows without the expected sign: the verdict's mark stands in its place.

    With those of the model file that could not be fitted.
    """
    pairs = [(arrow.cause, arrow.effect) for arrow in content.arrows]
    pairs += [(row["cause"], row["effect"]) for row in rows]
    return tuple(PictureArrow(*pair) for pair in dict.fromkeys(pairs))


def _looks(
    rows: Sequence[Mapping[str, Any]], content: PictureContent, language: Language
) -> ArrowLooks:
    bundles = {(arrow.cause, arrow.effect): _WITHHELD for arrow in content.arrows}
    styles, marks = {_WITHHELD: _PLAIN}, {}
    for row in rows:
        pair, verdict = (row["cause"], row["effect"]), Verdict(row["verdict"])
        width = _width(row)
        bundle = f"{verdict} {width}"
        bundles[pair] = bundle
        styles[bundle] = replace(_STYLES[verdict], width=width)
        marks[pair] = text(f"figures.mark.{verdict}", language)
    seen = {row["verdict"] for row in rows}
    legend: list[tuple[str, LineStyle | None]] = [
        (_entry(verdict, language), style) for verdict, style in _STYLES.items() if verdict in seen
    ]
    if _WITHHELD in bundles.values():
        legend.append((text("figures.dag.withheld", language, minimum=MINIMUM), _PLAIN))
    return ArrowLooks(bundles, styles, marks, (*legend, *_width_legend(rows, language)))


_PER_SD: Final = 8.0
"""Points of rim for a spread of one standard deviation."""


def _with_differences(
    looks: ArrowLooks, differences: Sequence[Mapping[str, Any]], language: Language
) -> ArrowLooks:
    """Rims of arrows that vary, and arrows into those that depend."""
    bundles, styles = dict(looks.bundles), dict(looks.styles)
    legend = list(looks.legend)
    spread: dict[tuple[str, str], float] = {}
    for row in differences:
        if row["kind"] == VARIES:
            pair = (row["cause"], row["effect"])
            spread[pair] = max(spread.get(pair, 0.0), row["spread"]["mean"])
    for pair, size in spread.items():
        if pair in bundles:
            own = f"{bundles[pair]} varies {pair[0]} {pair[1]}"
            styles[own] = replace(styles[bundles[pair]], rim=2.0 + _PER_SD * size)
            bundles[pair] = own
    if spread:
        legend.append((text("figures.dag.varies", language), LineStyle(BLACK, 1.1, rim=6.0)))
    onto = tuple(
        (row["by"], (row["cause"], row["effect"])) for row in differences if row["kind"] != VARIES
    )
    if onto:
        legend.append((text("figures.dag.depends", language), MODERATOR_STYLE))
    moderators = tuple(dict.fromkeys(onto))
    return replace(
        looks, bundles=bundles, styles=styles, legend=tuple(legend), moderators=moderators
    )


def _told_differences(
    differences: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language
) -> list[str]:
    return [
        f"{spec.label(row['cause'], language)} → {spec.label(row['effect'], language)}: "
        + text(
            f"effects.difference.{row['kind']}",
            language,
            by=moderator_label(row, spec, language),
        )
        for row in differences
    ]


def _width(row: Mapping[str, Any]) -> float:
    if row["verdict"] == Verdict.NIET_TOETSBAAR:
        return _STYLES[Verdict.NIET_TOETSBAAR].width
    return next(points for bound, points in WIDTHS if _size(row) < bound)


def _entry(verdict: Verdict, language: Language) -> str:
    mark = text(f"figures.mark.{verdict}", language)
    return f"{mark}  {text(f'effects.verdict.{verdict}', language)}"


def _width_legend(
    rows: Sequence[Mapping[str, Any]], language: Language
) -> list[tuple[str, LineStyle | None]]:
    testable = [row for row in rows if row["verdict"] != Verdict.NIET_TOETSBAAR]
    if not testable:
        return []
    (first, thin), (second, middle), (_, thick) = WIDTHS
    bounds = {"first": number(first, language, 1), "second": number(second, language, 1)}
    return [
        (text(f"figures.dag.{key}", language, **bounds), LineStyle(BLACK, points))
        for key, points in (("thin", thin), ("middle", middle), ("thick", thick))
    ]


def _alt(rows: Sequence[Mapping[str, Any]], content: PictureContent, language: Language) -> str:
    parts = [
        text(
            "model.picture.alt.size", language, nodes=len(content.nodes), arrows=len(content.arrows)
        )
    ]
    parts += marked_nodes(content, language)
    for verdict in _STYLES:
        own = [row for row in rows if row["verdict"] == verdict]
        if own:
            listed = "; ".join(_told(row, content, language) for row in own)
            word = text(f"effects.verdict.{verdict}", language)
            parts.append(text("model.picture.alt.group", language, evidence=word, arrows=listed))
    weighed = {(row["cause"], row["effect"]) for row in rows}
    others = [item for item in content.arrows if (item.cause, item.effect) not in weighed]
    if others:
        listed = "; ".join(
            f"{content.nodes[item.cause].label} → {content.nodes[item.effect].label}"
            for item in others
        )
        word = text("figures.dag.withheld", language, minimum=MINIMUM)
        parts.append(text("model.picture.alt.group", language, evidence=word, arrows=listed))
    return "\n".join(parts)


def _told(row: Mapping[str, Any], content: PictureContent, language: Language) -> str:
    arrow = f"{content.nodes[row['cause']].label} → {content.nodes[row['effect']].label}"
    if row["standardised"] is None:
        reason = verdict_text(row, language)
        return f"{arrow}: {reason}" if row["untestable"] else arrow
    return f"{arrow}: {number(row['standardised']['mean'], language, 2)}"
