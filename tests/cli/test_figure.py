"""``vm2causal figure``: files for publication, and plain answers to mistakes."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from command_line import run
from figure_cases import study_fit, table_fit, written_fit


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written_fit(study_fit(), tmp_path_factory.mktemp("study") / "fit")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written_fit(table_fit(), tmp_path_factory.mktemp("table") / "fit")


def test_a_figure_is_written_and_its_paths_are_printed(study: Path, tmp_path: Path) -> None:
    done = run("figure", "trajectories", study, "--out", tmp_path / "new", "--lang", "en")
    assert done.returncode == 0, done.stderr
    names = ["trajectories.svg", "trajectories.png", "trajectories.csv"]
    assert done.stdout.split() == [str(tmp_path / "new" / name) for name in names]
    svg = (tmp_path / "new" / "trajectories.svg").read_text(encoding="utf-8")
    assert "Where the pupils are, year by year" in svg
    assert "Synthetic data." in svg


def test_the_same_call_gives_the_same_bytes(study: Path, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        assert run("figure", "dag", study, "--out", folder).returncode == 0
    first, second = ({path.name: path.read_bytes() for path in f.iterdir()} for f in folders)
    assert first == second
    assert set(first) == {"dag.svg", "dag.png", "dag.csv"}


def test_formats_are_chosen(table: Path, tmp_path: Path) -> None:
    done = run("figure", "arrows", table, "--out", tmp_path, "--format", "csv")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["arrows.csv"]


def test_a_journal_gets_its_column_without_a_title(study: Path, tmp_path: Path) -> None:
    asked = ("--width", "85mm", "--no-title", "--format", "svg,png", "--lang", "en")
    done = run("figure", "arrows", study, "--out", tmp_path, *asked)
    assert done.returncode == 0, done.stderr
    svg = (tmp_path / "arrows.svg").read_text(encoding="utf-8")
    width = re.search(r'<svg[^>]* width="([\d.]+)pt"', svg)
    assert width is not None
    assert float(width[1]) == pytest.approx(85 / 25.4 * 72, abs=0.5)
    words = re.findall(r"<text[^>]*>([^<]*)<", svg)
    assert not any("Strength of each arrow" in line for line in words)
    assert "Synthetic data" in words  # the mark of made-up data stays


def test_effects_are_selected_by_name(study: Path, tmp_path: Path) -> None:
    asked = ("--format", "csv")
    whole = run("figure", "arrows", study, "--out", tmp_path / "a", *asked)
    assert whole.returncode == 0, whole.stderr
    table = pd.read_csv(tmp_path / "a" / "arrows.csv")
    cause, effect = table[["cause", "effect"]].iloc[-1]
    done = run(
        "figure", "arrows", study, "--out", tmp_path / "b", *asked, "--select", f"{cause}->{effect}"
    )
    assert done.returncode == 0, done.stderr
    chosen = pd.read_csv(tmp_path / "b" / "arrows.csv")
    assert set(zip(chosen["cause"], chosen["effect"], strict=True)) == {(cause, effect)}
    assert len(chosen) < len(table)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("dagg",), "There is no such figure. Got: 'dagg'. One of: dag, arrows, sectors,"),
        (("trajectories",), "it has no careers, or too few pupils. Got: 'trajectories'. It can"),
        (("dag", "--format", "pdf"), "Got: 'pdf'. Some of: svg, png, csv."),
        (("calibration",), "Run 'vm2causal calibrate'"),
        (("arrows", "--width", "85"), "This is no width for a figure. Got: '85'. A number with mm"),
        (("arrows", "--width", "10mm"), "Got: '10mm'. A number with mm, cm or in, between 61mm"),
        (("arrows", "--select", "nobody"), "The model has no such variable. Got: 'nobody'."),
        (("dag", "--select", "x"), "not about single effects"),
    ],
)
def test_mistakes_end_with_a_message(
    table: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    name, *options = arguments
    done = run("figure", name, table, "--out", tmp_path / "out", *options)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "out").glob("*"))
