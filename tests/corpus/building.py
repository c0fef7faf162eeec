"""Files of the corpus made from their description in YAML, and what must come of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

CASES = Path(__file__).parent

MODELS: dict[str, dict[str, Any]] = {
    "xy": {"x": {}, "y": {}},
    "sector": {"sector": {"kind": "nominal"}, "y": {}},
    "declared": {"sector": {"kind": "nominal", "levels": ["techniek", "zorg"]}, "y": {}},
    "binary": {"b": {"kind": "binary"}, "y": {}},
    "outcome": {"x": {}, "sector": {"kind": "nominal"}},
    "ordinal": {"o": {"kind": "ordinal", "levels": ["1", "2", "3"]}, "y": {}},
    "items": {"t": {"kind": "latent", "items": ["a1", "a2"]}, "y": {}},
    "count": {"x": {}, "n": {"kind": "count", "trials": "van"}},
}
"""Variables of the models that cases name; the first is a cause of the last."""


@dataclass(frozen=True)
class Case:
    """A small file, how it is read, and what must come of it."""

    name: str
    file: str
    content: dict[str, Any]
    model: str | dict[str, Any]
    options: tuple[str, ...] = ()
    sidecar: str | None = None
    groups: tuple[str, ...] = ()
    expect: dict[str, Any] = field(default_factory=dict)


def cases() -> list[Case]:
    """Every case of every file of the corpus."""
    found = []
    for path in sorted(CASES.glob("*.yaml")):
        for name, item in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            found.append(_case(f"{path.stem}: {name}", item))
    return found


def _case(name: str, item: dict[str, Any]) -> Case:
    kinds = {"csv", "xlsx", "parquet", "sav", "dta"} & set(item)
    (kind,) = kinds
    return Case(
        name=name,
        file=item.get("file", f"t.{kind}"),
        content={"kind": kind, **item},
        model=item.get("model", "xy"),
        options=tuple(map(str, item.get("options", ()))),
        sidecar=item.get("sidecar"),
        groups=tuple(item.get("groups", ())),
        expect={
            key: item[key] for key in ("refused", "says", "silent", "variables") if key in item
        },
    )


def write_case(case: Case, folder: Path) -> tuple[Path, Path]:
    """Write the file and the model of a case; return their paths."""
    path = folder / case.file
    _WRITERS[case.content["kind"]](path, case.content)
    if case.sidecar is not None:
        (folder / "table.yaml").write_text(case.sidecar, encoding="utf-8")
    variables = MODELS[case.model] if isinstance(case.model, str) else case.model
    names = list(variables)
    model = {
        "schema": "vm2causal/model/1",
        "variables": variables,
        "arrows": [{"from": name, "to": names[-1]} for name in names[:-1]],
        "groups": list(case.groups),
    }
    (folder / "m.yaml").write_text(yaml.safe_dump(model), encoding="utf-8")
    return path, folder / "m.yaml"


def _text(path: Path, content: dict[str, Any]) -> None:
    path.write_bytes(content["csv"].encode(content.get("encoding", "utf-8")))


def _workbook(path: Path, content: dict[str, Any]) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    given = content["xlsx"]
    sheets = given if isinstance(given, dict) else {"Blad1": given}
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    for title in content.get("hidden_sheets", ()):
        book[title].sheet_state = "hidden"
    first = book.worksheets[0]
    for cells in content.get("merged", ()):
        first.merge_cells(cells)
    for row in content.get("hidden_rows", ()):
        first.row_dimensions[row].hidden = True
    for letter in content.get("hidden_columns", ()):
        first.column_dimensions[letter].hidden = True
    if "filter" in content:
        first.auto_filter.ref = content["filter"]
    book.save(path)


def _parquet(path: Path, content: dict[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    columns = {name: pa.array(values) for name, values in content["parquet"].items()}
    pyarrow.parquet.write_table(pa.table(columns), path)


def _spss(path: Path, content: dict[str, Any]) -> None:
    import pyreadstat

    pyreadstat.write_sav(
        pd.DataFrame(content["sav"]),
        str(path),
        variable_value_labels=content.get("labels", {}),
        missing_ranges=content.get("defined_missing", {}),
    )


def _stata(path: Path, content: dict[str, Any]) -> None:
    import pyreadstat

    pyreadstat.write_dta(
        pd.DataFrame(content["dta"]),
        str(path),
        variable_value_labels=content.get("labels", {}),
    )


_WRITERS = {
    "csv": _text,
    "xlsx": _workbook,
    "parquet": _parquet,
    "sav": _spss,
    "dta": _stata,
}
