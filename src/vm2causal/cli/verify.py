"""``vm2causal verify``: whether a run or fit is what was written, and whether it comes again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vm2causal.cli.options import DEFAULT_LANGUAGE, Json, Lang
from vm2causal.cli.output import announce, print_exempt, print_table, say
from vm2causal.texts import Language, number, text

if TYPE_CHECKING:
    from vm2causal.workflow.verification import Verification


def verify(
    folder: Annotated[
        Path, typer.Argument(metavar="RUN_DIR", help="Folder that 'run' or 'fit' wrote.")
    ],
    rerun: Annotated[
        bool,
        typer.Option(
            "--rerun", help="Sample every fit again; do its numbers hold within their error?"
        ),
    ] = False,
    lang: Lang = DEFAULT_LANGUAGE,
    as_json: Json = False,
) -> None:
    """Recompute the hashes of a run or fit and say what differs; status 1 if it does not hold.

    Versions that differ are said and count for nothing by themselves: --rerun tells whether they
    matter.
    """
    from vm2causal.workflow import verification

    def progress(step: str) -> None:
        announce(text("verify.sampling", lang, fit=step))

    found = verification.verify(folder, rerun=rerun, progress=progress)
    if as_json:
        print_exempt(_document(found), "model")
    else:
        _print_parts(found, lang)
        _print_differences(found, lang)
        _print_reruns(found, lang)
        say(text("verify.holds" if found.holds else "verify.fails", lang))
    if not found.holds:
        raise typer.Exit(1)


def _document(found: Verification) -> dict[str, Any]:
    from vm2causal.report.documents.verification import verification_document

    return verification_document(
        kind=found.kind,
        holds=found.holds,
        parts=[asdict(part) for part in found.parts],
        differs=found.differs,
        reruns=None
        if found.reruns is None
        else [asdict(rerun) | {"holds": rerun.holds} for rerun in found.reruns],
    )


def _print_parts(found: Verification, lang: Language) -> None:
    from vm2causal.workflow.verification import State

    wrong = [part for part in found.parts if part.state is not State.AS_WRITTEN]
    whole = len(found.parts) - len(wrong)
    say(text("verify.whole", lang, number=number(whole, lang), of=number(len(found.parts), lang)))
    if wrong:
        headings = [text(f"verify.column.{name}", lang) for name in ("part", "state", "reason")]
        rows = [(part.name, text(f"verify.{part.state}", lang), part.reason) for part in wrong]
        print_table(text("verify.wrong", lang), headings, rows)


def _print_differences(found: Verification, lang: Language) -> None:
    if found.differs:
        headings = [text(f"verify.column.{name}", lang) for name in ("name", "made", "now")]
        print_table(text("verify.differs", lang), headings, found.differs)
    else:
        say(text("verify.same", lang))


def _print_reruns(found: Verification, lang: Language) -> None:
    for rerun in found.reruns or ():
        if rerun.identical:
            say(text("verify.identical", lang, fit=rerun.fit))
            continue
        if not rerun.compared:
            say(text("verify.too_few", lang, fit=rerun.fit))
            continue
        key = "within" if rerun.holds else "beyond"
        said = {
            "fit": rerun.fit,
            "compared": number(rerun.compared, lang),
            "statistic": text(f"verify.statistic.{rerun.statistic}", lang),
            "parameter": rerun.parameter,
            "errors": number(rerun.errors, lang, 1),
            "limit": number(rerun.limit, lang, 1),
        }
        say(text(f"verify.{key}", lang, **said))
        if rerun.unknown:
            say(text("verify.unknown_errors", lang, number=number(rerun.unknown, lang)))
