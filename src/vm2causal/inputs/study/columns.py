"""How a column of a study is declared: kind, levels, and meaning in two languages."""

from __future__ import annotations

from enum import StrEnum

import pandera.pandas as pa


class Kind(StrEnum):
    """How a column is measured; decides how it is read and what is reported of it."""

    IDENTIFIER = "identifier"
    NOMINAL = "nominal"
    BINARY = "binary"
    ORDINAL = "ordinal"
    ITEM = "item"
    CONTINUOUS = "continuous"
    COUNT = "count"
    POSITION = "position"


def identifier(nl: str, en: str, *, unique: bool = False) -> pa.Column:
    """Declare a column that names something; never empty."""
    return column("str", Kind.IDENTIFIER, nl, en, may_be_empty=False, unique=unique)


def levelled(
    kind: Kind, levels: tuple[str, ...], nl: str, en: str, *, may_be_empty: bool = True
) -> pa.Column:
    """Declare a column whose values are given, from low to high where they have an order."""
    return column("str", kind, nl, en, pa.Check.isin(levels), may_be_empty=may_be_empty)


def column(
    dtype: str,
    kind: Kind,
    nl: str,
    en: str,
    check: pa.Check | None = None,
    *,
    may_be_empty: bool = True,
    unique: bool = False,
) -> pa.Column:
    """Declare a column; one that may be empty may also be absent."""
    return pa.Column(
        dtype,
        check,
        nullable=may_be_empty,
        unique=unique,
        report_duplicates="exclude_first",
        required=not may_be_empty,
        description=en,
        metadata={"kind": kind, "nl": nl, "en": en},
    )


def kind_of(column: pa.Column) -> Kind:
    """How a column is measured."""
    return Kind((column.metadata or {})["kind"])


def levels_of(column: pa.Column) -> tuple[str, ...]:
    """Allowed values of a column, in order; empty where any is allowed."""
    for check in column.checks:
        if "allowed_values" in check.statistics:
            return tuple(check.statistics["allowed_values"])
    return ()
