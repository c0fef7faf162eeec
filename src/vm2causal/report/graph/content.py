"""What a picture of a causal model shows, in words: names, claims, and the text alternative."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vm2causal.spec.causal_spec import CausalSpec
from vm2causal.spec.graph import CausalGraph
from vm2causal.spec.words import Evidence, Sign
from vm2causal.texts import Language, text


@dataclass(frozen=True)
class PictureNode:
    """A variable as shown; ``observed`` where it is not drawn as unobserved.

    Parameters
    ----------
    label
        Words in the box.
    observed
        Whether it is drawn as observed.
    latent
        Whether it is measured by items only.
    selected
        Whether the units were selected by it.
    step
        Step of the model it belongs to; None where the model has none.
    """

    label: str
    observed: bool = True
    latent: bool = False
    selected: bool = False
    step: str | None = None


@dataclass(frozen=True)
class PictureArrow:
    """An arrow as shown; ``evidence`` None is an assumption.

    Parameters
    ----------
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    evidence
        What the model file says of it; None where nothing.
    sign
        The side that the model expects; None where it expects none.
    """

    cause: str
    effect: str
    evidence: Evidence | None = None
    sign: Sign | None = None


@dataclass(frozen=True)
class PictureContent:
    """Everything a picture of a model shows.

    Parameters
    ----------
    title
        Heading; empty for none.
    nodes
        By name, in the order of the model.
    arrows
        In the order of the model.
    steps
        Headings of the steps of the model, in order.
    weighed
        Whether the arrows carry evidence at all.
    """

    title: str
    nodes: Mapping[str, PictureNode]
    arrows: tuple[PictureArrow, ...]
    steps: Mapping[str, str] = field(default_factory=dict)
    weighed: bool = False


def picture_content(
    model: CausalSpec | CausalGraph, *, language: Language, evidence: bool = True
) -> PictureContent:
    """What to show of a model or a bare graph.

    Parameters
    ----------
    model
        A model, or a graph without labels.
    language
        Language of labels and headings.
    evidence
        False shows every arrow alike.
    """
    if isinstance(model, CausalGraph):
        nodes = {
            name: PictureNode(
                name.replace("_", " "),
                name not in model.unobserved - model.selected,
                selected=name in model.selected,
            )
            for name in model.nodes
        }
        return PictureContent("", nodes, tuple(PictureArrow(*pair) for pair in model.arrows))
    title = model.title.in_language(language) if model.title else model.name
    nodes = {
        name: PictureNode(
            model.label(name, language),
            item.observed or item.selected,
            item.kind.measured,
            item.selected,
            item.step,
        )
        for name, item in model.variables.items()
    }
    arrows = tuple(
        PictureArrow(arrow.cause, arrow.effect, arrow.evidence if evidence else None, arrow.sign)
        for arrow in model.arrows
    )
    steps = {key: label.in_language(language) for key, label in model.steps.items()}
    weighed = any(arrow.evidence for arrow in arrows)
    return PictureContent(title, nodes, arrows, steps, weighed)


def picture_alt_text(
    model: CausalSpec | CausalGraph, *, language: Language, evidence: bool = True
) -> str:
    """Text alternative of the picture: how large it is, what is unobserved, and every arrow.

    Parameters
    ----------
    model
        Whose graph is drawn.
    language
        Of the texts: Dutch or English.
    evidence
        Whether arrows are drawn by their evidence.

    Examples
    --------
    >>> graph = CausalGraph.of([("u", "x"), ("x", "y")], unobserved=["u"])
    >>> print(picture_alt_text(graph, language=Language.EN))
    A diagram of 3 variables and 2 arrows, from causes on the left to outcomes on the right.
    Unobserved: u.
    Arrows: u → x; x → y.
    """
    content = picture_content(model, language=language, evidence=evidence)
    lines = [
        text(
            "model.picture.alt.size",
            language,
            nodes=len(content.nodes),
            arrows=len(content.arrows),
        )
    ]
    lines += marked_nodes(content, language)
    if not content.weighed:
        lines.append(text("model.picture.alt.arrows", language, arrows=_listed(content, None)))
        return "\n".join(lines)
    for word in (*Evidence, None):
        listed = _listed(content, word)
        if listed:
            named = text(f"model.evidence.{word.value if word else 'aanname'}", language)
            fields = {"evidence": named, "arrows": listed}
            lines.append(text("model.picture.alt.group", language, **fields))
    return "\n".join(lines)


def marked_nodes(content: PictureContent, language: Language) -> list[str]:
    """Which boxes are drawn as unobserved, and which as what all units in the data have.

    Parameters
    ----------
    content
        What the picture shows, in words.
    language
        Of the texts: Dutch or English.
    """
    nodes = content.nodes.values()
    marked = {
        "unobserved": [node.label for node in nodes if not node.observed],
        "selected": [node.label for node in nodes if node.selected],
    }
    return [
        text(f"model.picture.alt.{key}", language, names=", ".join(names))
        for key, names in marked.items()
        if names
    ]


def _listed(content: PictureContent, evidence: Evidence | None) -> str:
    shown = []
    for arrow in content.arrows:
        if arrow.evidence is evidence:
            ends = (content.nodes[arrow.cause].label, content.nodes[arrow.effect].label)
            sign = f" ({arrow.sign.value.replace('-', '−')})" if arrow.sign else ""
            shown.append(f"{ends[0]} → {ends[1]}{sign}")
    return "; ".join(shown)
