"""Names that would run, be drawn or hide elsewhere: in spreadsheets, figures, terminals, pages."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from io import StringIO
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from command_line import run
from figure_cases import texts_of, unsampled_fit, written_fit
from study_examples import write_files
from vm2causal.errors import InputError, ModelFileError, StudyError
from vm2causal.model.data.structural_data import table_data
from vm2causal.report.documents.csv_text import csv_text
from vm2causal.report.documents.json_text import to_json
from vm2causal.report.graph.picture import draw_model
from vm2causal.spec import CausalGraph, CausalSpec, Query, Variable, read_model, to_dagitty, to_dot
from vm2causal.spec.objects import Label
from vm2causal.texts import Language

FORMULAS = ("=1+1", "@SUM(A1)", "+1", "-2+3", "\t=1+1", "\r=1+1", "a;=1+1", "＝1+1")
HIDDEN = ("\x9b2J", "a\u202eb", "a\u200eb", "\u2066a", "a\u061cb", "a\ufeffb", "a\u200bb", "a\x85b")


def hostile_model(*labels: str) -> CausalSpec:
    """A variable per label, in a chain."""
    names = [f"v{number}" for number in range(len(labels))]
    return CausalSpec(
        name="m",
        variables={
            name: Variable(label=Label(nl=label, en=label))
            for name, label in zip(names, labels, strict=True)
        },
        arrows=[{"from": one, "to": other} for one, other in pairwise(names)],
    )


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a table with levels that are formulas, and labels that are mathematics."""
    levels = ["laag", "=1+1", "-2+3", "@SUM(A1)"]
    rng = np.random.default_rng(3)
    table = pd.DataFrame(
        {
            "soort": rng.choice(levels, 80),
            "x": rng.normal(size=80),
            "y": rng.normal(size=80),
            "regio": rng.choice(["=2+2", "zuid"], 80),
        }
    )
    spec = CausalSpec(
        name="hostile",
        variables={
            "soort": Variable(
                kind="nominal", levels=levels, label=Label(nl=r"$\foo$", en=r"$\foo$")
            ),
            "x": Variable(label=Label(nl="$x^2$", en="$x^2$")),
            "y": Variable(label=Label(nl="kosten in $ of $", en="cost in $ or $")),
        },
        arrows=[{"from": "soort", "to": "x"}, {"from": "x", "to": "y"}],
        groups=["regio"],
        queries=[Query(cause="x", effect="y")],
    )
    folder = tmp_path_factory.mktemp("hostile") / "fit"
    return written_fit(unsampled_fit(table_data(spec, table)), folder)


def cells(folder: Path) -> set[str]:
    return {
        cell
        for path in folder.rglob("*.csv")
        for row in csv.reader(StringIO(path.read_bytes().decode(), newline=""))
        for cell in row
    }


def test_no_cell_of_a_table_is_a_formula_and_no_label_ends_a_figure(
    fit: Path, tmp_path: Path
) -> None:
    done = run("figure", "all", fit, "--out", tmp_path, "--format", "csv,svg", "--lang", "en")
    assert done.returncode == 0, done.stderr
    found = cells(tmp_path)
    texts = [cell for cell in found if not re.fullmatch(r"-?[\d.e+-]+", cell)]
    assert [cell for cell in texts if cell[:1] in tuple("=+-@\t\r") and len(cell) > 1] == []
    assert any("'=1+1" in cell for cell in found)
    assert "so the tables (CSV) have an apostrophe before them: " in done.stderr
    assert "'=1+1" in done.stderr
    assert list(tmp_path.glob("*.svg"))


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_becomes_a_text(name: str) -> None:
    table = csv_text(pd.DataFrame({"level": [name], name: [-1.5]}))
    (header, row) = csv.reader(table.splitlines())
    for cell in (header[1], row[0]):
        # as it stands, and cut where a spreadsheet with another separator would
        assert not [part for part in re.split("[;\t\r\n]", cell) if re.match("[=+@＝-].", part)]
    assert row[1] == "-1.5"


def test_numbers_and_signs_stay_as_they_are() -> None:
    table = pd.DataFrame({"level": ["-2", "-0.5", "-", "+", "a-b"], "mean": [-1, 2, 0.5, 1e-9, -3]})
    assert csv_text(table) == table.to_csv(index=False, lineterminator="\n")


@pytest.mark.parametrize("label", [r"$\foo$", "$x^2$", r"a $\frac{1}{2}$ b", "5 $ of 6 $"])
def test_no_name_is_mathematics(label: str, tmp_path: Path) -> None:
    figure = draw_model(hostile_model(label, "y"), language=Language.EN)
    assert label in "\n".join(texts_of(figure)).replace("\n", " ")
    model = tmp_path / "m.yaml"
    model.write_text(
        "schema: vm2causal/model/1\nvariables:\n"
        f"  a: {{label: '{label}'}}\n  b: {{}}\narrows: [{{from: a, to: b}}]\n",
        encoding="utf-8",
    )
    for kind in ("svg", "png"):
        out = tmp_path / f"m.{kind}"
        done = run("model", "export", model, "--to", kind, "--out", out)
        assert done.returncode == 0, done.stderr
    drawn = ElementTree.parse(tmp_path / "m.svg").getroot()
    assert label in " ".join(" ".join(drawn.itertext()).split())


def test_a_dollar_is_drawn_as_a_dollar() -> None:
    """What mathematics would draw is another shape than the five characters."""
    from matplotlib.textpath import TextPath

    from vm2causal.report.canvas.style import figure_style
    from vm2causal.report.canvas.text_size import text_size

    with figure_style():
        as_text = TextPath((0, 0), "$x^2$", size=10.0).get_extents().width
    assert text_size("$x^2$", 10.0)[0] == pytest.approx(as_text / 72)


@pytest.mark.parametrize("name", HIDDEN)
def test_a_model_with_a_hidden_character_is_refused(name: str, tmp_path: Path) -> None:
    model = tmp_path / "m.yaml"
    escaped = "".join(f"\\u{ord(one):04x}" for one in name)
    model.write_text(
        f'schema: vm2causal/model/1\nvariables:\n  a: {{label: "{escaped}"}}\n', encoding="utf-8"
    )
    with pytest.raises(ModelFileError, match=r"no marks of direction: here U\+[0-9A-F]{4}") as told:
        read_model(model)
    assert told.value.line == 3
    assert str(told.value).isprintable()


@pytest.mark.parametrize("name", HIDDEN)
def test_a_level_with_a_hidden_character_is_refused(name: str, tmp_path: Path) -> None:
    from vm2causal.inputs.tables.reading import read_table
    from vm2causal.inputs.tables.settling import settled
    from vm2causal.inputs.tables.uses import Role, Use

    table = tmp_path / "t.csv"
    table.write_text(f"g,x\nb,1\n{name},2\nb,3\n", encoding="utf-8")
    with pytest.raises(StudyError, match=r"t.csv, row 2, column g: .* here U\+"):
        settled(read_table(table), [Use("g", Role.LEVELS)])


def test_a_school_with_a_hidden_character_is_a_problem_of_the_study(tmp_path: Path) -> None:
    table = write_files(tmp_path / "s") / "experiments.csv"
    rows = pd.read_csv(table, dtype=str)
    rows.loc[1, "school"] = "school\u202e1"
    rows.to_csv(table, index=False)
    done = run("study", "check", tmp_path / "s", "--lang", "en")
    assert done.returncode == 2
    assert "experiments.csv, row 2, column school: A name holds no controls" in done.stdout
    assert "U+202E" in done.stdout
    assert "\u202e" not in done.stdout


def test_what_is_printed_is_seen(tmp_path: Path) -> None:
    for name in ("a\u202egpj.yaml", "b\x9b2J.yaml"):
        done = run("model", "check", tmp_path / name)
        assert done.returncode == 2
        assert done.stderr.rstrip("\n").isprintable()
        assert f"[U+{ord(name[1]):04X}]" in done.stderr


def test_documents_and_graphs_hold_no_hidden_character() -> None:
    document = {"naam\u202e": "a\x9bb\n", "tag": "\U000e0041"}
    written = to_json(document)
    assert written.replace("\n", "").isprintable()
    assert json.loads(written) == document
    assert "[U+202E]" in to_dagitty(CausalGraph.of([("a\u202e", "b")]))


def test_brackets_in_a_name_are_no_markup_of_the_terminal(tmp_path: Path) -> None:
    model = tmp_path / "m.yaml"
    model.write_text(
        "schema: vm2causal/model/1\ntitle: 'a [/b] [red]c[/red]'\n"
        "variables:\n  a: {label: '[link=x]y'}\n",
        encoding="utf-8",
    )
    done = run("model", "show", model)
    assert done.returncode == 0, done.stderr
    assert "a [/b] [red]c[/red]" in done.stdout
    assert "[link=x]y" in done.stdout


MARKUP = '</title><script>alert(1)</script><img src=x onerror="alert(2)">'


def test_markup_stays_text_in_svg_and_dot(tmp_path: Path) -> None:
    from vm2causal.report.canvas.figure_files import svg_text
    from vm2causal.spec import import_model

    spec = hostile_model(MARKUP, '"] ; evil -> b')
    root = ElementTree.fromstring(
        svg_text(draw_model(spec, language=Language.EN), title=MARKUP, description="--> <script/>")
    )
    assert {item.tag.rpartition("}")[2] for item in root.iter()}.isdisjoint({"script", "img"})
    assert root.findtext("{http://www.w3.org/2000/svg}title") == MARKUP
    dot = tmp_path / "m.dot"
    dot.write_text(to_dot(spec), encoding="utf-8")
    read = import_model(dot).spec
    assert set(read.variables) == set(spec.variables)
    assert [arrow.key for arrow in read.arrows] == [arrow.key for arrow in spec.arrows]


FOLDER = "geheime map/van jan"


@pytest.mark.parametrize(
    "arguments",
    [
        ("model", "check", "{}/x.yaml"),
        ("fit", "{}/x.csv", "--model", "{}/m.yaml", "--out", "fit"),
        ("effects", "{}/fit"),
        ("study", "check", "{}/study"),
        ("identify", "{}/m.yaml"),
        ("run", "--study", "{}/study", "--model", "{}/m.yaml", "--out", "{}/out"),
        ("model", "import", "{}/m.dot", "--out", "{}/m.yaml"),
        ("model", "export", "maatwerk-2014", "--to", "svg", "--out", "{}/m.dot"),
        ("model", "export", "maatwerk-2014", "--to", "dot", "--out", "{}/file/m.dot"),
        ("figure", "dag", "{}/fit", "--out", "{}/file/x"),
        ("monitor", "curve", "--figures", "{}/file/x"),
        ("calibrate", "--simulations", "{}/fit"),
    ],
    ids=lambda arguments: "-".join(arguments[:2]),
)
def test_no_message_names_a_folder(arguments: tuple[str, ...], tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    (folder / "file").write_text("x", encoding="utf-8")
    done = run(*(item.format(folder) for item in arguments))
    assert done.returncode == 2
    assert "geheim" not in done.stdout + done.stderr
    assert str(tmp_path.parent) not in done.stdout + done.stderr


def test_errors_of_the_package_name_no_folder_either() -> None:
    long = "/home/jan de vries/" + "a" * 90 + "/x.yaml"
    error = InputError(f"In '{long}'.", file=long, value=long, fix="See /home/jan/y.")
    assert "jan" not in str(error)
    assert error.file == "x.yaml"
    assert error.value == "x.yaml"
    assert "jan" not in str(InputError("Rule.", value=Path(long)))


def test_warnings_and_tracebacks_name_no_folder() -> None:
    program = (
        "import warnings, sys\n"
        "from vm2causal.cli.stopping import hide_folders\n"
        "hide_folders()\n"
        "warnings.warn('reading /home/jan/x.csv')\n"
        "raise RuntimeError('/home/jan/y\\u202e.csv')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    assert "UserWarning: reading x.csv" in done.stderr
    assert "RuntimeError: y[U+202E].csv" in done.stderr
    assert "jan" not in done.stderr
