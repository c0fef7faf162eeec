"""``vm.did``: the same from Python as from the command line."""

from __future__ import annotations

import pandas as pd
import pytest

import vm2causal as vm

TABLE = pd.DataFrame(
    {
        "group": ["A", "A", "N", "N"],
        "time": [1, 2, 1, 2],
        "events": [300, 200, 400, 402],
        "trials": 2_000,
        "treated_from": [2, 2, None, None],
    }
)


@pytest.mark.mcmc
def test_a_table_in_memory_is_estimated() -> None:
    found = vm.did(TABLE, drift=0.005, language="en", progress=False)
    table = found.estimates().table.set_index("method")
    truth = (200 - 300 - 402 + 400) / 2_000
    assert table.loc["group_time", "risk_difference_mean"] == pytest.approx(truth)
    assert table.loc["unpooled", "risk_difference_mean"] == pytest.approx(truth, abs=0.005)
    trend = found.trends().table.iloc[0]
    assert trend["verdict"] == "conditional"
    assert trend["sign_lost"] == pytest.approx(-truth, abs=0.005)
    assert found.plot().table["exposure"].tolist() == [0, 0]
    with pytest.raises(vm.InputError, match=r"'pupils'.*overall, cohort"):
        found.estimates("pupils")


def test_what_cannot_be_chosen_is_refused_before_anything_is_read() -> None:
    with pytest.raises(vm.InputError, match=r"'schools'.*pupils, equal"):
        vm.did(TABLE, weights="schools")
    with pytest.raises(vm.InputError, match=r"A drift lies above 0"):
        vm.did(TABLE, drift=-0.01)
