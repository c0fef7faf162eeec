"""Answers and pictures that show themselves, in a notebook and in a terminal."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from vm2causal.errors import OptionError

if TYPE_CHECKING:
    from vm2causal.report.figures.named_figure import NamedFigure


@dataclass(frozen=True, repr=False)
class Answer:
    """A table of answers, with what must be said beside it.

    Parameters
    ----------
    table
        Flat, one row per thing that is told; numbers are numbers.
    remarks
        What the checks of the fit, the graph and the data say of these answers.
    title
        What it is about.
    document
        The same as the command prints it with ``--json``; empty where there is no such document.
    """

    table: pd.DataFrame
    remarks: tuple[str, ...] = ()
    title: str = ""
    document: Mapping[str, Any] = field(default_factory=dict)

    @property
    def mean(self) -> float:
        """Posterior mean, of an answer of one row."""
        return self._one("mean")

    @property
    def lower(self) -> float:
        """Lower end of the interval, of an answer of one row."""
        return self._one("lower")

    @property
    def upper(self) -> float:
        """Upper end of the interval, of an answer of one row."""
        return self._one("upper")

    def _one(self, column: str) -> float:
        if len(self.table) != 1 or column not in self.table:
            raise OptionError(
                "This answer is no single number.",
                value=f"{len(self.table)} rows",
                fix=f"Take a row of it: answer.table['{column}'].",
            )
        return float(self.table[column].iloc[0])

    def __repr__(self) -> str:
        parts = [self.title] if self.title else []
        parts += [plain_table(self.table)] if len(self.table) else []
        return "\n".join([*parts, *self.remarks])

    def _repr_html_(self) -> str:
        parts = [f"<p><strong>{html.escape(self.title)}</strong></p>"] if self.title else []
        parts += [html_table(self.table)] if len(self.table) else []
        return "".join([*parts, html_list(self.remarks)])


@dataclass(frozen=True, repr=False)
class Picture:
    """A figure, or several of one kind, that shows itself.

    Parameters
    ----------
    drawn
        The figures, with title, text alternative and the numbers behind them.
    """

    drawn: tuple[NamedFigure, ...]

    @property
    def figure(self) -> Any:
        """The first figure: a ``matplotlib.figure.Figure``."""
        return self.drawn[0].figure

    @property
    def table(self) -> pd.DataFrame:
        """The numbers behind the figures, one row per thing drawn."""
        return pd.concat([item.data for item in self.drawn], ignore_index=True)

    @property
    def alt(self) -> str:
        """What the figures show, in words."""
        return "\n".join(item.alt for item in self.drawn)

    def save(self, path: Path | str) -> list[Path]:
        """Write the figures.

        Parameters
        ----------
        path
            Ends in .svg, .png or .pdf; of several figures each gets its name before the ending.

        Returns
        -------
        list of Path
            What was written.

        Raises
        ------
        OptionError
            When it ends otherwise.
        OutputError
            When it cannot be written.
        """
        from vm2causal.report.canvas.figure_files import write_figure

        wanted = Path(path)
        several = len(self.drawn) > 1
        return [
            write_figure(
                item.figure,
                wanted.with_stem(f"{wanted.stem}-{item.name}") if several else wanted,
                title=item.title,
                description=item.alt,
            )
            for item in self.drawn
        ]

    def __repr__(self) -> str:
        return "\n".join(f"{item.title}\n{item.alt}" for item in self.drawn)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        shown = [_inline(item.svg) for item in self.drawn]
        if len(shown) == 1:
            return {"image/svg+xml": shown[0], "text/plain": repr(self)}
        return {"text/html": "".join(shown), "text/plain": repr(self)}


def _inline(svg: str) -> str:
    return svg[svg.index("<svg") :]


def plain_table(table: pd.DataFrame) -> str:
    """A table for a terminal, without columns that hold nothing."""
    shown = _shown(table)
    return str(shown.to_string(index=False, na_rep="", formatters=_formatters(shown)))


def html_table(table: pd.DataFrame) -> str:
    """The same for a notebook."""
    shown = _shown(table)
    return str(shown.to_html(index=False, na_rep="", formatters=_formatters(shown)))


def html_list(lines: Sequence[str]) -> str:
    """Sentences as a list."""
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    return table.dropna(axis="columns", how="all")


def _formatters(table: pd.DataFrame) -> dict[str, Callable[[Any], str]]:
    return {
        str(name): _number for name in table.columns if pd.api.types.is_float_dtype(table[name])
    }


def _number(value: float) -> str:
    return "" if pd.isna(value) else f"{value:g}"
