import numpy as np
import pytest

from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.monitor.sector_model import sector_counts
from vm2causal.workflow.monitor import SectorResult


def test_counts_are_those_of_the_table(tables: PublishedTables) -> None:
    counts = sector_counts(tables)
    assert counts["stopped"].sum("sector").to_numpy().tolist() == [11, 40]
    assert counts["started"].sum("sector").to_numpy().tolist() == [36, 121]
    assert int(counts["stopped"].sel(tranche="T2", sector="techniek")) == 18
    assert int(counts["stopped"].sel(tranche="T1", sector="intersectoraal")) == 0


@pytest.mark.mcmc
def test_techniek_stops_more_often_and_small_sectors_shrink(sectors: SectorResult) -> None:
    assert sectors.diagnostics.passed
    higher = sectors.contrasts.set_index(["sector", "versus"])["p_higher"]
    assert higher["techniek", "others"] > 0.95
    for sector, versus in (("techniek", "economie"), ("landbouw", "zorg_welzijn")):
        assert higher[sector, versus] + higher[versus, sector] == pytest.approx(1.0)
    stop = sectors.stop.set_index(["tranche", "sector"])
    means = {key: row["probability"]["mean"] for key, row in stop.iterrows()}
    # 0 of 1 and 4 of 6 move towards the mean of all; 18 of 32 hardly moves
    assert 0.1 < means["T1", "intersectoraal"] < 0.5
    assert means["T1", "techniek"] < 4 / 6
    assert means["T2", "techniek"] == pytest.approx(18 / 32, abs=0.06)
    assert all(np.isfinite(list(means.values())))
