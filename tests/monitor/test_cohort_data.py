import numpy as np
import pytest
import xarray as xr

from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.monitor.cohort_data import cohort_data


def cell(data: xr.Dataset, name: str, interval: str, group: str) -> float:
    return float(data[name].sel(interval=interval, group=group))


def test_events_and_risk_sets_follow_from_the_printed_shares(everyone: xr.Dataset) -> None:
    assert cell(everyone, "risk", "vsv T1 1", "vm2") == 1
    assert cell(everyone, "events", "vsv T1 2", "vm2") == pytest.approx(0.074 - 0.022)
    assert cell(everyone, "events", "vsv T1 4", "vm2") == pytest.approx(245 / 1044 - 0.135)
    assert cell(everyone, "risk", "vsv T1 4", "vm2") == pytest.approx(1 - 0.135 - 0.166)
    assert cell(everyone, "events", "sk T1 4", "vm2") == pytest.approx(451 / 1044 - 0.166)
    assert cell(everyone, "risk", "sk T1 4", "vm2") == pytest.approx(1 - 245 / 1044 - 0.166)


def test_unpublished_early_sk_is_an_interval_not_a_zero(everyone: xr.Dataset) -> None:
    assert cell(everyone, "risk_per_early", "vsv T1 3", "vm2") == -1
    assert cell(everyone, "risk_per_early", "vsv T1 2", "vm2") == -0.5
    here = {"tranche": "T1", "group": "vm2"}
    assert float(everyone["early_lower"].sel(here)) == 0
    assert float(everyone["early_upper"].sel(here)) == pytest.approx(0.0065)
    printed = {"tranche": "T2", "group": "vm2"}
    assert float(everyone["early_lower"].sel(printed)) == pytest.approx(0.0045)


def test_vm2_pupils_are_taken_out_of_the_nation(
    tables: PublishedTables, everyone: xr.Dataset
) -> None:
    total = sum(cell(everyone, "events", f"vsv T1 {year}", "landelijk") for year in (1, 2, 3, 4))
    assert total == pytest.approx((6474 - 245) / (25453 - 1044), abs=1e-9)
    assert float(everyone["pupils_lower"].sel(tranche="T1", group="landelijk")) == 25453 - 1044
    as_printed = cohort_data(tables, "all", take_out_vm2=False)
    total = sum(cell(as_printed, "events", f"vsv T1 {year}", "landelijk") for year in (1, 2, 3, 4))
    assert total == pytest.approx(6474 / 25453)


def test_the_tranche_before_is_taken_out_of_the_earlier_nation(everyone: xr.Dataset) -> None:
    # T2's earlier national cohort is that of 2008, which contains the pupils of T1
    expected = (25453 * 0.023 - 1044 * 0.022) / (25453 - 1044)
    assert cell(everyone, "events", "vsv T2 1", "landelijk_voorgaand") == pytest.approx(expected)


def test_the_other_printing_swaps_the_national_value(tables: PublishedTables) -> None:
    other = cohort_data(tables, "all", take_out_vm2=False, national_values="other")
    # only the earlier cohort, whose whole series is printed twice, takes the other value
    assert cell(other, "events", "vsv T1 1", "landelijk") == pytest.approx(0.024)
    assert cell(other, "events", "vsv T2 1", "landelijk_voorgaand") == pytest.approx(0.024)
    assert cell(other, "events", "vsv T1 1", "vm2") == pytest.approx(0.022)


def test_as_intended_follows_only_what_was_published(tables: PublishedTables) -> None:
    data = cohort_data(tables, "as_intended")
    seen = [
        str(key) for key in data["interval"].to_numpy() if float(data["seen"].sel(interval=key))
    ]
    assert seen == [
        "vsv T1 3", "vsv T1 4", "vsv T2 2", "vsv T2 3", "sk T1 3", "sk T1 4", "sk T2 2", "sk T2 3",
    ]  # fmt: skip
    assert cell(data, "events", "vsv T1 3", "vm2") == pytest.approx(0.116)
    assert cell(data, "risk", "vsv T1 3", "vm2") == 1
    assert data["starters"].sel(tranche=["T1", "T2"]).to_numpy().tolist() == [569, 1474]
    assert data["sites"].sel(tranche=["T1", "T2"]).to_numpy().tolist() == [25, 81]


def test_clusters_are_sites_where_published_else_experiments(everyone: xr.Dataset) -> None:
    assert everyone["sites"].to_numpy().tolist() == [36, 121, 69, 54]


def test_no_interval_has_more_events_than_pupils_at_risk(everyone: xr.Dataset) -> None:
    seen = everyone.where(everyone["seen"] > 0, drop=True)
    low = seen["risk"] + np.minimum(0, seen["risk_per_early"]) * 0.0065
    assert bool((seen["events"] <= low + 1e-12).all())
