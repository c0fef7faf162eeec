"""Whom the effects of a fit are about, where the data hold selected units only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vm2causal.spec.causal_spec import CausalSpec
from vm2causal.texts import Language, text


def selection_lines(
    selection: Mapping[str, Any] | None, spec: CausalSpec, language: Language
) -> list[str]:
    """One line on the selection, and one per declared question on its population.

    Parameters
    ----------
    selection
        As in ``selection`` of ``run.json``; None without any.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    if selection is None:
        return []
    by = ", ".join(spec.label(name, language) for name in selection["by"])
    told = (
        text(
            f"fit.population.{item['population']}",
            language,
            cause=spec.label(item["cause"], language),
            effect=spec.label(item["effect"], language),
            kind=text(f"fit.kind.{item['kind']}", language),
        )
        for item in selection["questions"]
    )
    return [text("fit.selected_by", language, by=by), *told]
