"""``vm2causal did``: what it prints, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from command_line import run, valid
from vm2causal.inputs.event_tables.reading import read_event_table
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.monitor.did.example import example_tables
from vm2causal.workflow import did as job

EXAMPLE = Path(__file__).parent.parent.parent / "data" / "did"


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """One fit of the smallest table with two earlier periods, asked for everything."""
    folder = tmp_path_factory.mktemp("did")
    rows = [
        f"{group},{time},{events},2000,{clusters},{since}"
        for group, since, clusters, counts in (
            ("A", 3, 30, (300, 310, 200)),
            ("B", "", "", (400, 402, 404)),
            ("C", "", "", (380, 384, 390)),
        )
        for time, events in enumerate(counts, start=1)
    ]
    table = folder / "tabel.csv"
    table.write_text("group,time,events,trials,clusters,treated_from\n" + "\n".join(rows) + "\n")
    figures = folder / "figures"
    options = ("--json", "--drift", "0.5pp", "--margin", "1pp", "--lang", "en")
    done = run("did", "fit", str(table), *options, "--figures", str(figures))
    return SimpleNamespace(done=done, figures=figures, table=table)


@pytest.mark.mcmc
def test_fit_prints_one_valid_document(fitted: SimpleNamespace) -> None:
    assert fitted.done.returncode == 0, fitted.done.stderr
    document = valid(fitted.done.stdout, "did")
    assert document["diagnostics"]["passed"], document["diagnostics"]
    overall = {row["method"]: row for row in document["estimates"] if row["about"] == "overall"}
    closed = overall["group_time"]["risk_difference"]["mean"]
    comparison = (404 + 390 - 402 - 384) / 4_000
    assert closed == pytest.approx((200 - 310) / 2_000 - comparison, abs=1e-4)
    pooled = overall["hierarchical"]
    assert pooled["risk_difference"]["mean"] == pytest.approx(closed, abs=0.006)
    assert pooled["pupils"]["mean"] == pytest.approx(2_000 * pooled["risk_difference"]["mean"])
    # a normal step of half a point more than without drift
    spread = pooled["with_drift"]["sd"] ** 2 - pooled["risk_difference"]["sd"] ** 2
    assert spread == pytest.approx(0.005**2, rel=0.15)
    assert [row["without"] for row in document["leave_one_out"]] == ["B", "C"]
    assert document["equivalence"][0]["equivalent"] is False
    assert "is not shown" in document["equivalence"][0]["sentence"]
    assert {row["mbar"] for row in document["bounds"]} == {0.5, 1.0, 2.0, None}


@pytest.mark.mcmc
def test_fit_draws_the_event_study(fitted: SimpleNamespace) -> None:
    names = sorted(path.name for path in fitted.figures.iterdir())
    assert names == ["event-study-1.csv", "event-study-1.png", "event-study-1.svg"]
    shown = pd.read_csv(fitted.figures / "event-study-1.csv")
    assert shown["exposure"].tolist() == [-2, 0, 0]


def test_check_says_what_can_be_compared(tmp_path: Path) -> None:
    done = run("did", "check", str(EXAMPLE), "--json")
    document = valid(done.stdout, "did-check")
    assert document["treated"][2] == {"group": "VM2-scholen T1", "treated_from": 2008}
    assert document["never_treated"] == ["landelijk"]
    assert (document["effects"], document["placebos"], document["left_out"]) == (15, 0, [])
    assert "The report" not in done.stdout
    people = run("did", "check", str(EXAMPLE), "--lang", "en").stdout
    assert "VM2-scholen T1 (2008)" in people


def test_mistakes_end_with_place_value_and_mend(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("group,time,events,trials,treated_from\nA,1,1200,900,2\n")
    done = run("did", "check", str(table))
    assert done.returncode == 2
    assert "t.csv, row 1, column events: Events are among the trials" in done.stderr
    done = run("did", "fit", str(EXAMPLE), "--drift", "half")
    assert done.returncode == 2
    assert "Write 0.5pp." in done.stderr
    done = run("did", "fit", str(EXAMPLE), "--icc", "1.5")
    assert done.returncode == 2
    assert "between 0 and 1" in done.stderr


def test_a_treated_group_that_was_never_seen_treated_is_named(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("group,time,events,trials,treated_from\nA,1,3,900,2\nB,1,4,900,\nB,2,5,900,\n")
    done = run("did", "check", table)
    assert done.returncode == 2
    assert "A treated group is compared with one that is untreated" in done.stderr
    assert "Got: 'A, 1'" in done.stderr


def test_the_shipped_example_is_the_published_tables(tables: PublishedTables) -> None:
    for name, made in example_tables(tables).items():
        shipped = pd.read_csv(EXAMPLE / f"{name}.csv", dtype=str, keep_default_na=False)
        pd.testing.assert_frame_equal(shipped, made.astype(str), check_dtype=False)


def test_the_example_gives_the_differences_of_the_published_tables() -> None:
    """Tables 3.1 and 3.3: T1 and the nation, 2008 less 2007, as printed or counted."""
    design = job.read_design(read_event_table(EXAMPLE))
    found = design.targets.assign(
        estimate=design.weights["group_time"] @ design.cells["share"].to_numpy(float)
    )
    t1 = found[found["cohort"] == 2008].set_index(["outcome", "after"])["estimate"]
    assert t1["vsv", 3] == pytest.approx((0.135 - 0.199) - (0.169 - 0.178))
    assert t1["vsv", 4] == pytest.approx((245 / 1_044 - 0.279) - (6_474 / 25_453 - 0.261))
    assert t1["sk", 4] == pytest.approx((451 / 1_044 - 0.347) - (9_857 / 25_453 - 0.379))
