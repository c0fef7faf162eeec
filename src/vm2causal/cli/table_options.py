"""Options that say how a table is to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Annotated, Any, Final, get_type_hints

import typer

from vm2causal.errors import OptionError

if TYPE_CHECKING:
    from vm2causal.inputs.tables.choices import Choices

_PANEL = "How a table is read"

_Sheet = Annotated[str | None, typer.Option(help="Sheet of a workbook.", rich_help_panel=_PANEL)]
_HeaderRow = Annotated[
    int | None,
    typer.Option(min=1, help="Row of the file with the column names.", rich_help_panel=_PANEL),
]
_SkipRows = Annotated[
    str | None,
    typer.Option(
        metavar="ROWS",
        help="Data rows to leave out, like 3,7-9; 'empty': those that hold nothing of the model.",
        rich_help_panel=_PANEL,
    ),
]
_Decimal = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[COLUMN=]MARK",
        help="Decimal mark, ',' or '.', of a column or of all; may be repeated.",
        rich_help_panel=_PANEL,
    ),
]
_Missing = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[COLUMN=]TEXT",
        help="What stands for a missing value, in a column or in all; may be repeated.",
        rich_help_panel=_PANEL,
    ),
]
_Keep = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[COLUMN=]TEXT",
        help="What is data though it looks like a missing value or a total; may be repeated.",
        rich_help_panel=_PANEL,
    ),
]
_FillDown = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help="Column whose empty cells mean what stands above them; may be repeated.",
        rich_help_panel=_PANEL,
    ),
]
_Encoding = Annotated[
    str | None,
    typer.Option(help="Encoding of a text file, such as cp1252.", rich_help_panel=_PANEL),
]
_Delimiter = Annotated[
    str | None,
    typer.Option(help="Sign between cells of a text file; 'tab'.", rich_help_panel=_PANEL),
]

_OPTIONS: Final[dict[str, Any]] = {
    "sheet": _Sheet,
    "header_row": _HeaderRow,
    "skip_rows": _SkipRows,
    "decimal": _Decimal,
    "missing": _Missing,
    "keep": _Keep,
    "fill_down": _FillDown,
    "encoding": _Encoding,
    "delimiter": _Delimiter,
}
"""By the names that :func:`_table_choices` takes them under."""


def reads_table(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of reading a table, in the place of its parameter ``choices``."""
    hints = get_type_hints(command, localns={"Choices": object}, include_extras=True)
    parameters: list[Parameter] = []
    for name, item in signature(command).parameters.items():
        if name == "choices":
            parameters += [
                Parameter(option, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
                for option, annotation in _OPTIONS.items()
            ]
        else:
            known = item.replace(annotation=hints[name], kind=Parameter.KEYWORD_ONLY)
            parameters.append(known)

    def with_choices(**given: Any) -> None:
        options = {name: given.pop(name) for name in _OPTIONS}
        command(**given, choices=_table_choices(**options))

    with_choices.__name__, with_choices.__doc__ = command.__name__, command.__doc__
    with_choices.__annotations__ = {item.name: item.annotation for item in parameters}
    setattr(with_choices, "__signature__", Signature(parameters))  # noqa: B010  typer reads this
    return with_choices


def _table_choices(
    *,
    sheet: str | None,
    header_row: int | None,
    skip_rows: str | None,
    decimal: list[str] | None,
    missing: list[str] | None,
    keep: list[str] | None,
    fill_down: list[str] | None,
    encoding: str | None,
    delimiter: str | None,
) -> Choices:
    """What the options say of the reading of a table.

    Raises
    ------
    StudyError
        When one of them means nothing.
    """
    from vm2causal.inputs.tables.choices import (
        Choices,
        decimal_mark,
        delimiter_mark,
        skipped_rows,
    )

    return Choices(
        encoding=encoding,
        delimiter=None if delimiter is None else delimiter_mark(delimiter),
        sheet=sheet,
        header_row=header_row,
        decimal={column: decimal_mark(texts[-1]) for column, texts in _by_column(decimal).items()},
        missing=_by_column(missing),
        keep=_by_column(keep),
        fill_down=tuple(fill_down or ()),
        **skipped_rows([] if skip_rows is None else skip_rows.split(",")),
    )


def refuse_table_choices(choices: Choices, model: str | None) -> None:
    """Refuse options of one table where a study with several is checked.

    Raises
    ------
    OptionError
        When any is given.
    """
    from vm2causal.inputs.tables.choices import Choices

    if model is not None or choices != Choices():
        raise OptionError(
            "--model and the options of reading are for a table; this is the folder of a study.",
            fix="Write how its files are to be read in files such as experiments.table.yaml; see "
            "docs/tables.md.",
        )


def _by_column(items: Iterable[str] | None) -> dict[str, tuple[str, ...]]:
    """Texts by column; what stands before the last ``=`` is the column."""
    found: dict[str, tuple[str, ...]] = {}
    for item in items or ():
        column, _, text = item.rpartition("=")
        found[column] = (*found.get(column, ()), text)
    return found
