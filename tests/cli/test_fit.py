import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from command_line import Done, run, run_apart, started, valid
from vm2causal.model.fits.fit_files import read_fit, read_record
from vm2causal.spec import Arrow, CausalSpec, Variable, model_to_yaml, read_model
from vm2causal.texts import Language
from vm2causal.workflow.fit_lines import preparation_lines
from vm2causal.workflow.structural import prepare_fit
from workflow.study_cases import MODEL, study, written

DEMO = Path(__file__).parents[2] / "data" / "demo"
FEW = ("--draws", "100", "--tune", "150", "--chains", "2")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(study(), tmp_path_factory.mktemp("study") / "study")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "small.yaml"
    path.write_text(model_to_yaml(MODEL), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def fitted(
    folder: Path, model: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Done, Path]:
    out = tmp_path_factory.mktemp("fits") / "fit"
    options = ("--model", model, "--out", out, *FEW, "--json", "--lang", "en")
    return run_apart("fit", folder, *options), out


@pytest.mark.mcmc
def test_a_study_as_json(fitted: tuple[Done, Path]) -> None:
    done, out = fitted
    assert done.returncode == 0, done.stderr
    document = valid(done.stdout, "fit")
    record = read_record(out)
    assert set(document) == set(record)
    # rounded, and without what sums up few pupils
    digits = {len(repr(row["distance"])) for row in document["posterior_predictive"]}
    assert max(digits) <= 7 < max(len(repr(r["distance"])) for r in record["posterior_predictive"])
    assert len(document["posterior_predictive"]) <= len(record["posterior_predictive"])
    assert document["settings"] == {"draws": 100, "tune": 150, "chains": 2}
    assert document["timings"]["import_s"] > 0
    assert {"name", "mean", "sd", "ess_bulk", "rhat"} == set(document["parameters"][0])
    assert "Synthetic data: the pupils do not exist." in done.stderr
    assert document["back_in_time"] == []
    assert str(out.parent) not in json.dumps(document)
    assert read_fit(out).layout.data.units[0] == "experiment 01"


def test_arrows_that_run_back_in_time_are_named_before_the_fit() -> None:
    """A model of one's own may have status → binding: fitted, and said to be reverse causation."""
    status = Variable(kind="ordinal", levels=("gestopt", "lopend", "afgerond"))
    own = CausalSpec(
        name="own",
        variables={"status": status, "binding": MODEL.variables["binding"]},
        arrows=[Arrow(cause="status", effect="binding")],
    )
    said = " ".join(preparation_lines(prepare_fit(DEMO, own, seed=1), Language.EN))
    assert "these arrows run back in time: status → binding." in said
    assert "reverse causation" in said
    said = " ".join(preparation_lines(prepare_fit(DEMO, MODEL, seed=1), Language.EN))
    assert "back in time" not in said


@pytest.mark.mcmc
def test_a_table_for_people(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    rows = [f"h{row % 5};{row % 4},5;{rng.binomial(12, 0.3)};12" for row in range(20)]
    source = tmp_path / "herds.csv"
    source.write_text("herd;dose;ill;of\n" + "\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "m.yaml").write_text(
        "schema: vm2causal/model/1\nvariables:\n  dose: {}\n  feed: {}\n"
        "  ill: {kind: count, trials: of}\n"
        "arrows:\n  - {from: dose, to: ill}\n  - {from: feed, to: ill}\ngroups: [herd]\n"
        "queries:\n  - {cause: dose, effect: ill}\n  - {cause: feed, effect: ill}\n",
        encoding="utf-8",
    )
    asked = ["fit", source, "--model", tmp_path / "m.yaml", "--out", tmp_path / "fit"]
    done = run(*asked, "--allow-missing", *FEW)
    assert done.returncode == 0, done.stderr
    assert "Vooraf: wat de priors alleen verwachten" in done.stdout
    assert done.stdout.index("Vooraf") < done.stdout.index("Pijlen (linkschaal)")
    assert "dose -> ill" in done.stdout
    assert "De berekening is " in done.stdout
    assert "Geen gegevens, dus niet waargenomen: feed." in done.stderr
    assert "feed → ill (totaal effect). Er zijn geen gegevens over feed." in done.stderr
    assert "De fit van een tabel bevat de rijen van die tabel" in done.stderr


ADMISSIONS = """schema: vm2causal/model/1
variables:
  gender: {kind: binary, levels: [men, women]}
  dept: {kind: nominal}
  admitted: {kind: count, trials: applied}
arrows:
  - {from: gender, to: dept}
  - {from: gender, to: admitted}
  - {from: dept, to: admitted}
"""


@pytest.mark.mcmc
def test_rows_that_are_persons_must_be_said_to_be(tmp_path: Path) -> None:
    source, model, out = (tmp_path / name for name in ("a.csv", "m.yaml", "fit"))
    rows = ("A,men,5,8", "A,women,9,11", "B,men,2,5", "B,women,1,9")
    source.write_text("\n".join(["dept,gender,admitted,applied", *rows]), encoding="utf-8")
    model.write_text(ADMISSIONS, encoding="utf-8")
    asked = ("fit", source, "--model", model, "--out", out, *FEW, "--lang", "en", "--json")
    refused = run(*asked)
    assert refused.returncode == 2
    assert "a.csv, row 2, column applied: A row has 'admitted' out of more than one" in (
        refused.stderr
    )
    assert "Got: '11'. Say so in the model file or with --rows" in refused.stderr
    done = run(*asked, "--rows", "persons")
    assert done.returncode == 0, done.stderr
    assert "Each row counts for as many persons as its number: 33 persons" in done.stderr
    document = valid(done.stdout, "fit")
    assert document["rows"] == {"read_as": "persons", "declared": True}
    assert read_fit(out).layout.data.units[:9] == (*(f"1.{n}" for n in range(1, 9)), "2.1")


def test_arrows_that_were_let_vary_are_named() -> None:
    spec = read_model("onderzoeksmodel-2012")
    prepared = prepare_fit(DEMO, spec, seed=1, varies=["sector: binding, vsv, sk"])
    said = " ".join(preparation_lines(prepared, Language.EN))
    assert (
        "These arrows may differ by sector: mbo_stof → binding, versnelling → binding, "
        "communicatie → binding, binding → vsv, binding → sk, samenwerking → binding." in said
    )
    slopes = prepared.layout.block("sector_slope_sd").shape
    assert slopes == (6,)


def test_what_nothing_can_vary_by_is_refused(folder: Path, model: Path, tmp_path: Path) -> None:
    done = run("fit", folder, "--model", model, "--out", tmp_path / "fit", "--varies", "street")
    assert done.returncode == 2
    assert "Arrows vary by a group of the model or by a variable with levels" in done.stderr
    assert not (tmp_path / "fit").exists()


def test_rows_of_a_study_are_no_question(folder: Path, model: Path, tmp_path: Path) -> None:
    done = run("fit", folder, "--model", model, "--out", tmp_path / "fit", "--rows", "units")
    assert done.returncode == 2
    assert "--rows units" in done.stderr
    assert "Leave --rows out." in done.stderr


def test_data_that_answer_nothing_are_refused_with_the_reason(folder: Path, tmp_path: Path) -> None:
    model = tmp_path / "m.yaml"
    model.write_text(
        "schema: vm2causal/model/1\nvariables:\n  weer: {}\n  vsv: {kind: count, trials: vsv_van}\n"
        "arrows: [{from: weer, to: vsv}]\nqueries: [{cause: weer, effect: vsv}]\n",
        encoding="utf-8",
    )
    done = run("fit", folder, "--model", model, "--out", tmp_path / "fit", "--allow-missing")
    assert done.returncode == 2
    assert "cannot answer any question of the model" in done.stderr
    assert "There are no data on weer." in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "fit").exists()


def test_a_folder_with_other_things_is_never_overwritten(folder: Path, model: Path) -> None:
    done = run("fit", folder, "--model", model, "--out", folder)
    assert done.returncode == 2
    assert "holds other things than a fit" in done.stderr
    assert (folder / "study.yaml").exists()


@pytest.mark.mcmc
def test_an_interrupted_fit_leaves_the_old_one(
    folder: Path, model: Path, fitted: tuple[Done, Path]
) -> None:
    _, out = fitted
    options = ("--out", out, "--seed", 9, "--draws", 400_000, "--lang", "en")
    with started("fit", folder, "--model", model, *options) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("Synthetic data")
        time.sleep(6)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert read_fit(out).seed == 2013
    assert [item.name for item in out.parent.iterdir()] == ["fit"]


def test_help_loads_no_heavy_package() -> None:
    program = (
        "import atexit, sys\n"
        "heavy = ('pymc', 'numba', 'pandas', 'xarray', 'nutpie', 'numpy')\n"
        "atexit.register(lambda: print('LOADED', [n for n in heavy if n in sys.modules]))\n"
        "sys.argv = ['vm2causal', 'fit', '--help']\n"
        "from vm2causal.cli import main; main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("LOADED []")


@pytest.mark.mcmc
def test_a_model_without_arrows_gives_variances_and_no_effects(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    effect = rng.normal(size=12)
    rows = [
        f"g{group};{effect[group] + rng.normal():.3f};{rng.binomial(9, 0.4)};9"
        for group in range(12)
        for _ in range(5)
    ]
    source, out = tmp_path / "t.csv", tmp_path / "fit"
    source.write_text("group;score;ill;of\n" + "\n".join(rows) + "\n", encoding="utf-8")
    model = tmp_path / "null.yaml"
    model.write_text(
        "schema: vm2causal/model/1\nvariables:\n  score: {kind: continuous}\n"
        "  ill: {kind: count, trials: of}\ngroups: [group]\nrows: units\n",
        encoding="utf-8",
    )
    done = run("fit", source, "--model", model, "--out", out, *FEW, "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "Variance, and correlation within groups (ICC)" in done.stdout
    found = valid(json.dumps(read_record(out)), "fit")["variances"]
    assert [(row["variable"], row["component"], row["scale"]) for row in found] == [
        ("ill", "group", "log_odds"),
        ("ill", "residual", "log_odds"),
        ("score", "group", "natural"),
        ("score", "residual", "natural"),
    ]
    assert found[0]["icc_probability"]["mean"] < found[0]["icc"]["mean"]
    refused = run("effects", out, "--lang", "en")
    assert refused.returncode == 2
    assert "a model without arrows: it has variances, and no effects" in refused.stderr
