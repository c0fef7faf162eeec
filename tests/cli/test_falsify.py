from pathlib import Path

import pytest

from checks.falsification_cases import QUICK, chain, chain_table
from command_line import run, valid
from vm2causal.identify.graph_falsification import GraphFalsification
from vm2causal.spec import CausalSpec, model_to_yaml
from vm2causal.workflow import fit_study


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fits")
    chain_table(120, extra=1.2).to_csv(folder / "table.csv", index=False)
    out = folder / "fit"
    fit_study(folder / "table.csv", chain(), out=out, seed=1, settings=QUICK)
    return out


def written(spec: CausalSpec, path: Path) -> Path:
    path.write_text(model_to_yaml(spec), encoding="utf-8")
    return path


@pytest.mark.mcmc
def test_everything_at_once(fit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = chain("with-arrow", "start-middle middle-end start-end")
    rival = written(spec, tmp_path / "rival.yaml")
    answer = GraphFalsification(120, 1, 1, 0.5, 0.0, True)
    monkeypatch.setattr(
        "vm2causal.workflow.falsification.falsify_with_dowhy", lambda *given, **options: answer
    )
    options = ["--rival", rival, "--false-alarms", 2]
    done = run("test", fit, *options, "--json")
    assert done.returncode == 0, done.stderr
    document = valid(done.stdout, "test")
    (row,) = document["independences"]
    assert (row["cause"], row["effect"], row["given"]) == ("start", "end", ["middle"])
    assert row["verdict"] == "violated"
    assert document["summary"]["violated"] == document["summary"]["tested"] == 1
    assert document["rivals"]["best"] == "with-arrow"
    assert document["false_alarms"]["replications"] == 2
    assert document["dowhy"]["falsified"] is True
    again = run("test", fit, *options, "--json")
    assert again.stdout == done.stdout

    shown = run("test", fit, *options, "--lang", "en")
    assert "violated" in shown.stdout
    assert "False alarms with a right model, 2 data sets drawn" in shown.stdout
    assert "Tested: 1 of 1. Violated: 1" in shown.stdout
    assert "DoWhy rejects the graph." in shown.stdout


@pytest.mark.mcmc
def test_a_rival_of_the_same_name(fit: Path, tmp_path: Path) -> None:
    rival = written(chain(), tmp_path / "rival.yaml")
    done = run("test", fit, "--rival", rival, "--dowhy-seconds", 0)
    assert done.returncode == 2
    assert "Models that are compared need names of their own. Got: 'chain'." in done.stderr


@pytest.mark.mcmc
def test_no_such_executor(fit: Path) -> None:
    done = run("test", fit, "--executor", "abacus", "--dowhy-seconds", 0)
    assert done.returncode == 2
    assert "There is no such executor. Got: 'abacus'." in done.stderr


def test_no_fit_at_all(tmp_path: Path) -> None:
    done = run("test", tmp_path / "nothing")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
