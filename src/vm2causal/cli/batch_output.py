"""What commands that fit many times say, write and put in tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vm2causal.cli.output import announce, announce_marked
from vm2causal.texts import Language, number, text

if TYPE_CHECKING:
    from vm2causal.refits import Results
    from vm2causal.report.figures.monitor import NamedFigure


def announce_batch(results: Results, lang: Language) -> None:
    """Say what was taken over, done again, left aside and not finished."""
    if results.resumed:
        announce(text("batch.resumed", lang, number=len(results.resumed)))
    for name in results.damaged:
        announce(text("batch.damaged", lang, name=name))
    if results.unrelated:
        announce(text("batch.unrelated", lang, number=results.unrelated))
    for name, reason in results.failures.items():
        announce(text("batch.failed", lang, name=name, reason=reason))


def write_batch(
    name: str, figure: NamedFigure, document: dict[str, object], out: Path, lang: Language
) -> None:
    """Write document, figure and table of a batch, and say so."""
    from vm2causal.disclosure.exemption import Exempt, exempt
    from vm2causal.report.documents.json_text import to_json
    from vm2causal.report.figures.monitor import save_figures
    from vm2causal.storage import write_atomically

    written = [
        write_atomically(out / f"{name}.json", to_json(exempt(document, Exempt.SIMULATED)) + "\n")
    ]
    written += save_figures([figure], out)
    announce(text("batch.written", lang, names=", ".join(path.name for path in written)))
    announce_marked(written, lang)


def cell(value: float | None, lang: Language) -> str:
    """A number in a table; a dash where there is none."""
    if value is None or value != value:
        return text("effects.none", lang)
    return number(value, lang) if isinstance(value, int) else number(value, lang, 3)
