"""The brief as a tagged PDF that meets PDF/UA-1, so that it can be read aloud."""

from __future__ import annotations

import warnings
from functools import cache
from importlib import resources
from typing import Final

import typst

from vm2causal.errors import Vm2CausalError
from vm2causal.report.brief.content.blocks import Brief
from vm2causal.report.brief.pdf.typst_data import Part, typst_data
from vm2causal.report.canvas.fonts import font_folder

_STANDARD: Final = "ua-1"


def render_pdf(brief: Brief) -> bytes:
    """Lay the two pages of a brief out on A4; the same brief gives the same bytes.

    Fonts are those that come with matplotlib, embedded in the file; those of the machine are not
    used. Nothing is fetched.

    Returns
    -------
    bytes
        A PDF 1.7 file that meets PDF/UA-1 (ISO 14289-1) as far as a program can tell: typst checks
        it while writing.

    Raises
    ------
    OptionError
        When a picture lacks its text alternative.
    Vm2CausalError
        When typst cannot make an accessible file of it, with its reason.

    Warns
    -----
    UserWarning
        What typst warns of, such as a picture it cannot draw in full.
    """
    return _rendered(brief, Part.PAGES)


def render_annex(brief: Brief) -> bytes:
    """Lay the annex of a brief out as a document of its own, as :func:`render_pdf` does."""
    return _rendered(brief, Part.ANNEX)


def _rendered(brief: Brief, part: Part) -> bytes:
    try:
        written, remarks = typst.compile_with_warnings(
            resources.files("vm2causal.report.brief.pdf")
            .joinpath("templates/brief.typ")
            .read_bytes(),
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs={"brief": typst_data(brief, part)},
            pdf_standards=[_STANDARD],
        )
    except typst.TypstError as error:
        reason = " ".join([error.message, *error.hints])
        raise Vm2CausalError(f"The brief cannot be made into a PDF: {reason}") from error
    for remark in remarks:
        warnings.warn(remark.message, UserWarning, stacklevel=2)
    return written


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(font_folder())]
    )
