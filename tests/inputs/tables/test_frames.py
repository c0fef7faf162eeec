"""Tables in memory read as the same table from a file."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.frames import frame_table
from vm2causal.inputs.tables.reading import read_table

FRAME = pd.DataFrame(
    {
        "school": ["A", " B ", None],
        "krimp": [1.5, np.nan, 2.0],
        "leerlingen": pd.array([3, None, 5], dtype="Int64"),
        "vsv": [True, False, True],
        "start": pd.to_datetime(["2008-08-01", None, "2009-08-01"]),
    }
)


def test_a_frame_reads_as_its_file(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    read, held = read_table(tmp_path / "t.csv"), frame_table(FRAME)
    assert held.rows["vsv"].tolist() == ["true", "false", "true"]  # a file of pandas says True
    same = ["school", "krimp", "leerlingen"]
    filled = held.rows[same].fillna("")
    expected = read.rows[same].fillna("").replace({"2.0": "2", "3.0": "3", "5.0": "5"})
    assert filled.equals(expected)
    assert held.typed["leerlingen"].isna().tolist() == [False, True, False]
    assert held.rows["start"].tolist()[0] == "2008-08-01"


def test_arrow_is_read_as_pandas() -> None:
    table = pa.table({"school": ["A", None], "krimp": [1.5, 2.0]})
    held = frame_table(table)
    assert held.rows.columns.tolist() == ["school", "krimp"]
    assert held.typed["krimp"].tolist() == [1.5, 2.0]
    assert held.rows["school"].isna().tolist() == [False, True]


def test_categories_keep_their_order_and_a_named_index_is_a_column() -> None:
    levels = pd.Categorical(["mid", "low", "mid"], categories=["low", "mid", "high"])
    frame = pd.DataFrame({"grade": levels}, index=pd.Index(["a", "b", "c"], name="pupil"))
    held = frame_table(frame)
    assert held.orders["grade"] == {"low": 0.0, "mid": 1.0}
    assert held.rows["pupil"].tolist() == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (pd.DataFrame({"x": []}), "no rows"),
        ({"x": [1]}, "DataFrame of pandas or polars, or a path"),
        (pd.DataFrame([[1, 2]], columns=["x", "x"]), "x"),
    ],
)
def test_what_is_no_table_is_refused(given: pd.DataFrame, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        frame_table(given)
