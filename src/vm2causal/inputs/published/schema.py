"""Columns of the published tables: their meaning, unit and allowed values, in one place.

Both the validation of ``data/published/*.csv`` and its codebook come from these definitions.
"""

from __future__ import annotations

from typing import Final

import pandas as pd
import pandera.pandas as pa

TRANCHES: Final = ("T1", "T2", "B1", "B2", "B3")
GROUPS: Final = ("vm2", "landelijk", "voorgaand", "landelijk_voorgaand")
SELECTIONS: Final = ("all", "as_intended")
OUTCOMES: Final = ("vsv", "sk")
SECTORS: Final = ("techniek", "economie", "zorg_welzijn", "landbouw", "intersectoraal")
STATUSES: Final = ("afgerond", "lopend", "gestopt", "onbekend")
DOCUMENTS: Final = ("vijf-jaar-vm2", "kamerbrief-2012", "gevalsstudies-2013", "maatwerk-2014")

START_YEAR: Final = {"T1": 2008, "T2": 2009, "B1": 2010, "B2": 2011, "B3": 2012}
"""Calendar year in which each cohort of VM2 pupils started (`vijf-jaar-vm2`, 2.1 and 2.2)."""


def _text(description: str, values: tuple[str, ...] | None = None, **options: bool) -> pa.Column:
    return pa.Column(
        str, pa.Check.isin(values) if values else None, description=description, **options
    )


def _count(description: str, *, nullable: bool = False) -> pa.Column:
    return pa.Column(
        "Int64", pa.Check.ge(0), description=f"{description} [pupils]", nullable=nullable
    )


_DOCUMENT = _text("Short id of the document the number stands in.", DOCUMENTS)
_TABLE = _text("Table id; repeated numbers in the document get a suffix of their own.")
_SECTION = _text("Section, table or figure of the document.")
_TRANCHE = _text("Cohort of VM2 pupils: tranche or borgingscohort.", TRANCHES)
_GROUP = _text("Which pupils: VM2 or one of the three comparison groups.", GROUPS)
_UNIT = _text("Unit of the value.", ("count", "percent"))
_VALUE = pa.Column(float, pa.Check.ge(0), description="The printed number.")
_DATE = _text("Teldatum as printed above the column (1 October).")
_QUALIFIER = _text(
    "How exact the source calls it.", ("precies", "ongeveer", "minstens", "bijna", "vanaf", "tot")
)
_NOTE = _text("Remark.", nullable=True)

SCHEMAS: Final[dict[str, pa.DataFrameSchema]] = {
    "outcomes": pa.DataFrameSchema(
        {
            "document": _DOCUMENT,
            "table": _TABLE,
            "tranche": _TRANCHE,
            "group": _GROUP,
            "cohort": pa.Column(int, description="Year in which these pupils started year 3."),
            "selection": _text("All starters, or experiments as intended only.", SELECTIONS),
            "outcome": _text("vsv (net, cumulative) or startkwalificatie.", OUTCOMES),
            "date": _DATE,
            "years_since_start": pa.Column(
                int, pa.Check.in_range(1, 4), description="Years since the pupils' own start."
            ),
            "unit": _text("Unit of the number.", ("percent",)),
            "percent": pa.Column(
                float,
                pa.Check.in_range(0, 100),
                description="Share of the start population [percent, one decimal].",
            ),
            "count": _count("Number behind the percentage, where published", nullable=True),
            "denominator": _count("Start population, where published", nullable=True),
        },
        unique=["table", "tranche", "group", "selection", "outcome", "date"],
    ),
    "status": pa.DataFrameSchema(
        {
            "document": _DOCUMENT,
            "table": _TABLE,
            "tranche": _TRANCHE,
            "sector": _text("Sector of the experiment; empty: all.", SECTORS, nullable=True),
            "status": _text("Status in spring 2012.", (*STATUSES, "totaal")),
            "unit": _UNIT,
            "value": _VALUE,
        },
        unique=["table", "tranche", "sector", "status", "unit"],
    ),
    "pupils": pa.DataFrameSchema(
        {
            "document": _DOCUMENT,
            "table": _TABLE,
            "tranche": _text("Cohort, or the total.", (*TRANCHES, "totaal")),
            "school_year": _text("School year, e.g. 2008-2009."),
            "unit": _UNIT,
            "value": _VALUE,
        },
        unique=["tranche", "school_year", "unit"],
    ),
    "positions": pa.DataFrameSchema(
        {
            "document": _DOCUMENT,
            "table": _TABLE,
            "tranche": _TRANCHE,
            "group": _GROUP,
            "date": _DATE,
            "position": _text(
                "Where the pupils are at the teldatum.",
                (
                    "vm2",
                    "overig_onderwijs",
                    "onbekend",
                    "sk",
                    "sk_binnen_vm2",
                    "sk_buiten_vm2",
                    "totaal",
                ),
            ),
            "unit": _UNIT,
            "value": _VALUE,
        },
        unique=["tranche", "group", "position", "unit"],
    ),
    "tests": pa.DataFrameSchema(
        {
            "id": _text("Id of the reported test.", unique=True),
            "document": _DOCUMENT,
            "section": _SECTION,
            "outcome": _text("Outcome compared.", OUTCOMES),
            "selection": _text("Pupils compared.", SELECTIONS),
            "tranche": _TRANCHE,
            "comparison": _text("Group the VM2 pupils are compared with.", GROUPS[1:]),
            "date": _DATE,
            "significant": pa.Column(bool, description="Called significant in the document."),
            "p_below": pa.Column(
                float, pa.Check.isin([0.01, 0.05]), nullable=True, description="Printed bound on p."
            ),
            "phi": pa.Column(
                float,
                pa.Check.in_range(-1, 1),
                nullable=True,
                description="Printed φ with its printed sign.",
            ),
        }
    ),
    "interim": pa.DataFrameSchema(
        {
            "document": _DOCUMENT,
            "section": _SECTION,
            "tranche": _TRANCHE,
            "group": _GROUP,
            "quantity": _text("What is counted."),
            "unit": _UNIT,
            "value": _VALUE,
            "significant": pa.Column(
                "boolean", nullable=True, description="Called significant in the letter."
            ),
        },
        unique=["group", "quantity", "unit"],
    ),
    "sites": pa.DataFrameSchema(
        {
            "document": _DOCUMENT,
            "section": _SECTION,
            "tranche": _TRANCHE,
            "quantity": _text("What is counted.", ("vestigingen",)),
            "value": pa.Column(int, pa.Check.gt(0), description="Number of school sites."),
        },
        unique=["tranche", "quantity"],
    ),
    "costs": pa.DataFrameSchema(
        {
            "document": _DOCUMENT,
            "section": _SECTION,
            "route": _text("Route the number is about."),
            "respondent": _text("School that gave it, as the source names it.", nullable=True),
            "quantity": _text("What is costed or counted."),
            "unit": _text("Unit of the value; euros of about 2013."),
            "value": _VALUE,
            "qualifier": _QUALIFIER,
            "note": _NOTE,
        }
    ),
    "forecasts": pa.DataFrameSchema(
        {
            "document": _DOCUMENT,
            "section": _SECTION,
            "kind": _text("Observed or forecast.", ("waarneming", "raming")),
            "quantity": _text("What is counted."),
            "year": pa.Column(int, description="Calendar year."),
            "unit": _text("Unit of the value.", ("leerlingen", "percent")),
            "value": _VALUE,
            "qualifier": _QUALIFIER,
            "note": _NOTE,
        }
    ),
    "quality": pa.DataFrameSchema(
        {
            "id": _text("Id; a rule's finding is named after the rule.", unique=True),
            "document": _DOCUMENT,
            "place_nl": _text("Where in the document, in Dutch."),
            "place_en": _text("Where in the document, in English."),
            "printed_nl": _text("What is printed there, in Dutch."),
            "printed_en": _text("What is printed there, in English."),
            "conflicts_nl": _text("What it contradicts, in Dutch."),
            "conflicts_en": _text("What it contradicts, in English."),
            "found_by": _text("A rule in the code, or reading.", ("rule", "reading")),
            "consequence_nl": _text("What vm2causal does about it, in Dutch."),
            "consequence_en": _text("What vm2causal does about it, in English."),
        }
    ),
}
"""One schema per file in ``data/published``; the file is called ``<name>.csv``."""


_TYPE_NAMES: Final = {
    "str": "text",
    "string": "text",
    "bool": "true or false",
    "boolean": "true or false",
    "int64": "whole number",
    "float64": "number",
}


def published_codebook() -> pd.DataFrame:
    """Codebook of the published tables: file, column, type, allowed values and meaning."""
    rows = [
        {
            "file": f"{name}.csv",
            "column": column,
            "type": _TYPE_NAMES[str(definition.dtype).lower().split("[")[0]],
            "may_be_empty": bool(definition.nullable),
            "values": "|".join(_allowed(definition)),
            "meaning": definition.description,
        }
        for name, schema in SCHEMAS.items()
        for column, definition in schema.columns.items()
    ]
    return pd.DataFrame(rows)


def _allowed(column: pa.Column) -> list[str]:
    values = [check.statistics.get("allowed_values", ()) for check in column.checks]
    return [str(value) for group in values for value in group]
