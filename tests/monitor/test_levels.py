"""Shares with and without VM2, and bounds on what is still open."""

from __future__ import annotations

import numpy as np
import pytest

from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.monitor.effects import Contrast
from vm2causal.monitor.levels import level_table, qualification_bounds


def test_the_difference_of_the_levels_is_the_effect() -> None:
    random = np.random.default_rng(1)
    share, comparison = random.beta(40, 160, 500), random.beta(50, 150, 500)
    item = Contrast("vsv", "T2", 3, share, comparison, 1995.0)
    (row,) = level_table([item]).to_dict("records")
    assert row["with_vm2"]["mean"] - row["without_vm2"]["mean"] == pytest.approx(
        item.risk_difference.mean()
    )
    assert (row["tranche"], row["years_since_start"]) == ("T2", 3)


def test_the_bounds_are_those_of_the_printed_positions(tables: PublishedTables) -> None:
    """T2: 367 of 1,995 qualified and 206 + 1,102 still there; T1: 451 of 1,044, 7 + 341."""
    found = qualification_bounds(tables).set_index(["tranche", "group"])
    second = found.loc[("T2", "vm2")]
    assert (second["starters"], second["qualified"], second["enrolled"]) == (1995, 367, 1308)
    assert second["lower"] == pytest.approx(367 / 1995)
    assert second["upper"] == pytest.approx((367 + 1308) / 1995)
    nation = found.loc[("T2", "landelijk")]
    assert nation["starters"] == 22_908 - 1995
    assert nation["lower"] == pytest.approx((1118 - 367) / (22_908 - 1995))
    assert nation["upper"] == pytest.approx((1118 + 18_043 - 367 - 1308) / (22_908 - 1995))
    first = found.loc[("T1", "vm2")]
    assert (first["qualified"], first["enrolled"]) == (451, 348)


def test_everybody_is_qualified_still_there_or_gone(tables: PublishedTables) -> None:
    """What is left over is the printed vsv: 320 of T2, 6,474 less 245 of the nation beside T1."""
    found = qualification_bounds(tables).set_index(["tranche", "group"])
    gone = found["starters"] - found["qualified"] - found["enrolled"]
    assert gone[("T2", "vm2")] == 320
    assert gone[("T1", "landelijk")] == 6474 - 245
