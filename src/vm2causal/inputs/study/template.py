"""An empty study folder to fill in, with its codebook."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from vm2causal.errors import OutputError
from vm2causal.inputs.rows import row_dicts
from vm2causal.inputs.study.schema import SCHEMAS, study_codebook
from vm2causal.inputs.study.settings import SETTINGS_FILE
from vm2causal.storage import write_atomically
from vm2causal.texts import Language, text

CODEBOOK_FILE: Final = "codebook.csv"
CODEBOOK_PAGE: Final = "CODEBOOK.md"

_SHOWN: Final = ("column", "type", "required", "may_be_empty", "values", "meaning")


def write_template(folder: Path | str, *, language: Language) -> list[Path]:
    """Write a study folder with everything but the data.

    Parameters
    ----------
    folder
        A new or empty folder.
    language
        Of the comments in ``study.yaml`` and of ``CODEBOOK.md``.

    Returns
    -------
    list of Path
        The files: settings, headers of the three tables, and the codebook twice, as a table and
        as a page.

    Raises
    ------
    OutputError
        When the folder holds anything, or cannot be written.
    """
    folder = Path(folder)
    refuse_filled(folder)
    files = {
        SETTINGS_FILE: text("study.template.settings", language),
        **{f"{name}.csv": ",".join(schema.columns) + "\n" for name, schema in SCHEMAS.items()},
        CODEBOOK_FILE: study_codebook().to_csv(index=False, lineterminator="\n"),
        CODEBOOK_PAGE: codebook_page(language),
    }
    return [write_atomically(folder / name, content) for name, content in files.items()]


def refuse_filled(folder: Path) -> None:
    """Refuse a folder for a template that holds something already.

    Parameters
    ----------
    folder
        A new or empty one.

    Raises
    ------
    OutputError
        When it is neither.
    """
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists():
        raise OutputError(
            "A template is written to a new or empty folder, and this one holds something."
            if folder.is_dir()
            else "A template is a folder, and there is a file of this name.",
            value=folder.name,
            fix="Name another folder.",
        )


def codebook_page(language: Language) -> str:
    """Write the codebook of a study as a page in Markdown.

    Parameters
    ----------
    language
        Of the texts: Dutch or English.
    """
    lines = [f"# {text('study.codebook.title', language)}", ""]
    lines += [text("study.codebook.intro", language), ""]
    for file, columns in study_codebook().groupby("file", sort=False):
        headings = [text(f"study.column.{name}", language) for name in _SHOWN]
        lines += [f"## {file}", "", _row(headings), _row(["---"] * len(headings))]
        lines += [_row(_cells(column, language)) for column in row_dicts(columns)]
        lines.append("")
    return "\n".join(lines)


def _cells(column: dict[str, object], language: Language) -> list[str]:
    kind = str(column["type"]).replace(" ", "_")
    values = str(column["values"])
    return [
        f"`{column['column']}`",
        text(f"study.type.{kind}", language),
        _yes_no(column["required"], language),
        _yes_no(column["may_be_empty"], language),
        ", ".join(f"`{value}`" for value in values.split("|")) if values else "",
        str(column[f"meaning_{language.value}"]),
    ]


def _yes_no(value: object, language: Language) -> str:
    return text("word.yes" if value else "word.no", language)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
