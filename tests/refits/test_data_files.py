from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.model.data.structural_data import StructuralData, study_data, table_data
from vm2causal.model.fits.fit_arrays import arrays_of, digest
from vm2causal.model.sampler.program import structural_program
from vm2causal.model.structural_layout import structural_layout
from vm2causal.refits.data_files import (
    put_data,
    put_json,
    put_spec,
    read_files,
    references,
    resolved,
)
from vm2causal.refits.task_files import value_of, value_text


def there_and_back(data: StructuralData, folder: Path) -> StructuralData:
    reference = put_data(data, folder)
    texts = read_files(references([{"a": reference}]), folder)
    found: StructuralData = resolved({"a": [reference]}, texts)["a"][0]
    return found


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_data_come_back_whole(missing: float, tmp_path: Path) -> None:
    for data in (
        table_data(EVERY_KIND, table_of_every_kind(30, missing=missing)),
        study_data(STUDY_SPEC, small_study(missing=missing)),
    ):
        found = there_and_back(data, tmp_path)
        assert found.spec == data.spec
        assert list(found.spec.variables) == list(data.spec.variables)
        assert digest(*arrays_of(found).values()) == digest(*arrays_of(data).values())
        before, after = (structural_layout(item) for item in (data, found))
        point = np.random.default_rng(1).normal(0, 0.3, before.size)
        expected, gradient = structural_program(before).log_density(point)
        value, other = structural_program(after).log_density(point)
        assert value == expected
        assert (gradient == other).all()


def test_equal_content_has_one_name_whatever_it_was_made_of(tmp_path: Path) -> None:
    assert put_json({"a": 1, "b": 2}, tmp_path) == put_json({"b": 2, "a": 1}, tmp_path)
    assert put_spec(STUDY_SPEC, tmp_path) != put_spec(EVERY_KIND, tmp_path)
    assert len(list((tmp_path / "data").iterdir())) == 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.floats(allow_nan=False)), st.integers(-(2**62), 2**62))
def test_values_keep_every_bit(numbers: list[float], whole: int) -> None:
    value = value_of(value_text({"x": np.array(numbers), "n": np.int64(whole)}))
    assert [item.hex() for item in value["x"]] == [item.hex() for item in numbers]
    assert value["n"] == whole


def test_a_task_returns_plain_values() -> None:
    with pytest.raises(TypeError, match="not set"):
        value_text({"x": {1, 2}})
