"""Printing how a table was read and how many rows each variable has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from vm2causal.cli.output import announce, print_table, say
from vm2causal.texts import Language, number, text

if TYPE_CHECKING:
    from vm2causal.inputs.tables.remarks import Remark
    from vm2causal.model.data.accounts import Account
    from vm2causal.workflow.table_check import TableReport


def announce_remarks(remarks: Iterable[Remark], lang: Language) -> None:
    """Say on standard error what a reader did that its user may not expect."""
    for remark in remarks:
        announce(remark.in_language(lang))


def print_accounts(
    accounts: Iterable[Account], *, data_unit: str, lang: Language, of_persons: bool = False
) -> None:
    """Print a line per variable: units with data, without, and filled in by the model.

    Parameters
    ----------
    of_persons
        Whether units are persons, and the table is for others than who holds the data: then of few
        only that they are few.
    """
    rows = list(accounts)
    if not rows:
        return
    key = "rows" if data_unit == "row" else "experiments"
    print_table(
        text(f"table.accounts.{key}", lang, number=number(rows[0].rows, lang)),
        [text(f"table.column.{name}", lang) for name in _COLUMNS],
        [(item.variable, *_numbers(item, lang, of_persons=of_persons)) for item in rows],
    )


def _numbers(item: Account, lang: Language, *, of_persons: bool) -> Iterator[str]:
    """Units with data, without, and filled in; those with data are all less those without."""
    from vm2causal.disclosure import MINIMUM, small_count

    numbers = (item.used, item.missing, item.imputed)
    if of_persons and any(map(small_count, numbers)):
        few = text("disclosure.few", lang, minimum=MINIMUM)
        yield from (few if small_count(n) else text("effects.none", lang) for n in numbers)
        return
    yield from (number(n, lang) for n in numbers)


_COLUMNS = ("variable", "used", "missing", "imputed")


def print_table_report(report: TableReport, lang: Language) -> None:
    """Print what a check of a table found."""
    from vm2causal.workflow.table_check import summary

    announce_remarks(report.remarks, lang)
    if report.source.adapted.missing:
        names = ", ".join(report.source.adapted.missing)
        announce(text("fit.missing", lang, names=names))
    data = report.source.data
    print_accounts(report.accounts, data_unit=data.unit, lang=lang)
    for item in report.accounts:
        found = summary(data, item.variable)
        say(f"{item.variable} ({found['kind']}): {_described(found, lang)}")


def _described(found: dict[str, dict[str, float] | None], lang: Language) -> str:
    numbers, levels = found["numbers"], found["levels"]
    if levels is not None:
        return ", ".join(f"{level} {number(count, lang)}" for level, count in levels.items())
    if numbers is None:
        return "–"
    if "trials" in numbers:
        return f"{number(numbers['events'], lang)} / {number(numbers['trials'], lang)}"
    if numbers["mean"] is None:
        return "–"
    fields = {name: number(value, lang, 3) for name, value in numbers.items()}
    return text("table.numbers", lang, **fields)
