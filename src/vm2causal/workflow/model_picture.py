"""The picture of a model as a figure with its title, text alternative and arrows."""

from __future__ import annotations

import pandas as pd

from vm2causal.disclosure import released_table
from vm2causal.report.figures.named_figure import NamedFigure
from vm2causal.report.graph.picture import draw_model, picture_alt_text
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language


def model_picture(spec: CausalSpec, language: Language, *, evidence: bool = True) -> NamedFigure:
    """Draw a model.

    Parameters
    ----------
    evidence
        Whether the line of an arrow shows the evidence that the model file gives it.
    """
    arrows = pd.DataFrame(
        [
            {"cause": arrow.cause, "effect": arrow.effect, "evidence": arrow.evidence}
            for arrow in spec.arrows
        ]
    )
    return NamedFigure(
        name=spec.name,
        figure=draw_model(spec, language=language, evidence=evidence),
        title=spec.title.in_language(language) if spec.title else spec.name,
        alt=picture_alt_text(spec, language=language, evidence=evidence),
        data=released_table(arrows),
    )
