import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from command_line import run, valid
from figure_cases import GATE, table_fit, written_fit
from vm2causal.cli.effects import _with_second
from vm2causal.effects.forward import Forward
from vm2causal.errors import OutputError
from vm2causal.model.fits.fit_files import read_record
from vm2causal.report.words.arrow_order import ordered_arrows
from vm2causal.report.words.effect_rows import wrong_signs_fields
from vm2causal.spec.graph import CausalGraph
from vm2causal.texts import Language, text
from vm2causal.workflow import attack_records, fit_study, second_opinions
from vm2causal.workflow.attack_records import SECOND, kept_attack
from vm2causal.workflow.effects import FitOnDisk, all_effects
from vm2causal.workflow.questions import mediation_notes
from workflow.study_cases import MODEL, QUICK, study, written


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = written(study(), tmp_path_factory.mktemp("study") / "study")
    out = tmp_path_factory.mktemp("fit") / "fit"
    fit_study(folder, MODEL, out=out, seed=1, settings=QUICK)
    return out


@pytest.mark.mcmc
def test_every_arrow_and_every_declared_question(fit: Path) -> None:
    done = run("effects", fit, "--json", "--lang", "en")
    assert done.returncode == 0, done.stderr
    document = valid(done.stdout, "effects")
    assert document["origin"] == "synthetic"
    assert "Synthetic data: the pupils do not exist." in done.stderr
    weighed = {(row["cause"], row["effect"]) for row in document["arrows"]}
    assert weighed == {arrow.key for arrow in MODEL.arrows}
    asked = {(row["cause"], row["effect"]) for row in document["totals"]}
    assert asked == {(query.cause, query.effect) for query in MODEL.queries}
    hidden = [row for row in document["arrows"] if row["cause"] == "kwaliteit"]
    assert {row["untestable"] for row in hidden} == {"unobserved"}
    named = [row for row in document["arrows"]
             if row["verdict"] in ("ondersteund", "een_effect", "tegengesproken")]  # fmt: skip
    assert document["signs_named"] == len(named)
    total = sum(row["lfsr"] for row in named)
    assert document["expected_wrong_signs"] == pytest.approx(total)
    for row in document["arrows"]:
        assert row["verdict"] != ("ondersteund" if row["expected"] is None else "een_effect")


@pytest.mark.mcmc
@pytest.mark.parametrize("more", [(), ("--all",)], ids=["compact", "all"])
def test_beneath_the_arrows_wrong_signs_are_counted(fit: Path, more: tuple[str, ...]) -> None:
    done = run("effects", fit, "--lang", "nl", *more)
    first, _, rest = done.stdout.partition("Effecten van een ingreep")
    document = valid(run("effects", fit, "--json").stdout, "effects")
    expected = wrong_signs_fields(pd.DataFrame(document["arrows"]), Language.NL)
    assert text("effects.wrong_signs.long", Language.NL, **expected) in first
    assert rest


@pytest.mark.mcmc
def test_a_table_fits_80_columns_and_breaks_no_word(fit: Path) -> None:
    """The arrows of control variables are counted; --all shows them, in a table of their own."""
    document = valid(run("effects", fit, "--json").stdout, "effects")
    shown = run("effects", fit, "--lang", "en").stdout
    table, _, _ = shown.partition("\n\n")
    assert max(map(len, table.splitlines())) <= 80
    words = {word for line in table.splitlines() for word in line.split()}
    assert {"supported", "undecided"} & words
    about, controls = ordered_arrows(document["arrows"], MODEL)
    assert len(about) + len(controls) == len(document["arrows"])
    assert {row["cause"] for row in controls} >= {"sector", "tranche"} & set(MODEL.groups)
    assert f"Another {len(controls)} arrows that no declared question is about" in shown
    sizes = [abs(row["standardised"]["mean"]) for row in about if row["direction"]]
    assert sizes == sorted(sizes, reverse=True)
    assert "Arrows that no question is about" in run("effects", fit, "--lang", "en", "--all").stdout


@pytest.mark.mcmc
def test_one_contrast_with_its_mediation(fit: Path) -> None:
    done = run("effects", fit, "--do", "samenwerking=1", "--versus", "samenwerking=-1",
               "--on", "binding", "--json")  # fmt: skip
    document = valid(done.stdout, "effects")
    (total,) = document["totals"]
    assert total["contrast"] == "1 vs -1"
    parts = document["mediation"][0]
    assert parts["through"] == ["versnelling"]
    assert parts["total"]["mean"] == pytest.approx(total["natural"]["mean"])
    shares = parts["indirect"]["mean"] + parts["direct"]["mean"]
    assert shares == pytest.approx(parts["total"]["mean"])


@pytest.mark.mcmc
def test_what_no_data_tell_of_a_mediation_is_in_the_document(
    fit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked of the mediation that is shown, under another graph; said and written alike."""
    graph = CausalGraph.of([
        ("samenwerking", "l"), ("l", "m"), ("l", "binding"), ("m", "binding"),
    ])  # fmt: skip
    shown = "vm2causal.workflow.answer_lines.mediation_notes"
    monkeypatch.setattr(shown, lambda _, pairs: mediation_notes(graph, pairs))
    ask = ("effects", fit, "--do", "samenwerking=1", "--on", "binding", "--json", "--lang", "en")
    done = run(*ask)
    (note,) = valid(done.stdout, "effects")["mediation_notes"]
    assert note["en"].startswith("l is itself affected by samenwerking and confounds m")
    assert note["nl"].startswith("l ")
    assert note["en"] in done.stderr


@pytest.mark.mcmc
def test_do_twice_is_a_joint_intervention(fit: Path) -> None:
    together = ("--do", "samenwerking=1", "--do", "versnelling=0")
    against = ("--versus", "samenwerking=-1", "--versus", "versnelling=1")
    done = run("effects", fit, *together, *against, "--on", "vsv", "--json", "--lang", "en")
    document = valid(done.stdout, "effects")
    (total,) = document["totals"]
    assert total["cause"] == "samenwerking, versnelling"
    assert total["contrast"] == "samenwerking=1, versnelling=0 vs samenwerking=-1, versnelling=1"
    assert document["mediation"] == []
    assert "The interventions are made together" in done.stderr
    alone = run("effects", fit, *together[:2], *against[:2], "--on", "vsv", "--json")
    assert total["natural"] != valid(alone.stdout, "effects")["totals"][0]["natural"]


@pytest.mark.mcmc
def test_small_groups_are_withheld_and_counted(fit: Path) -> None:
    done = run("effects", fit, "--do", "versnelling=1", "--by", "school", "--lang", "nl", "--json")
    document = valid(done.stdout, "effects")
    shown = {row["group"] for row in document["totals"]}
    schools = study().experiments["school"].nunique()
    assert len(shown) + document["withheld_groups"] == schools
    assert all(name.startswith("school ") for name in shown)
    assert {row["group"] for row in document["mediation"]} == shown
    if document["withheld_groups"]:
        assert "Groepen met minder dan 10 leerlingen" in done.stderr


@pytest.mark.mcmc
def test_effects_in_new_schools_are_said_to_be_so(fit: Path) -> None:
    asked = ("effects", fit, "--do", "versnelling=1", "--on", "vsv", "--new", "school")
    document = valid(run(*asked, "--json").stdout, "effects")
    assert [row["group"] for row in document["totals"]] == ["new levels", "one new level"]
    assert document["mediation"] == []
    done = run(*asked, "--lang", "nl")
    assert "school: één nieuwe)" in " ".join(done.stdout.split())
    assert "Voor andere niveaus van 'school'" in done.stderr
    declared = run("effects", fit, "--new", "school", "--lang", "en")
    assert declared.returncode == 0
    assert "school: one new" in " ".join(declared.stdout.split())


@pytest.mark.mcmc
def test_a_value_beyond_the_data_is_said(fit: Path) -> None:
    done = run("effects", fit, "--do", "samenwerking=9", "--on", "vsv", "--lang", "en")
    assert done.returncode == 0
    assert "lies outside the data on samenwerking" in done.stderr
    done = run("what-if", fit, "--do", "samenwerking=9", "--lang", "en")
    assert "samenwerking=9 lies outside the data" in done.stderr


@pytest.mark.mcmc
def test_what_if_keeps_what_lies_upstream(fit: Path) -> None:
    done = run("what-if", fit, "--do", "versnelling=1", "--json")
    document = valid(done.stdout, "what-if")
    assert [row["outcome"] for row in document["outcomes"]] == ["binding", "vsv"]
    for row in document["outcomes"]:
        change = row["then"]["mean"] - row["now"]["mean"]
        # each is rounded by its own standard deviation
        assert row["difference"]["mean"] == pytest.approx(change, abs=0.02)


@pytest.mark.mcmc
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--do", "versnelling"], "--do takes a variable and its value. Got: 'versnelling'."),
        (["--do", "versnelling=2"], "'versnelling' has no such level. Got: '2'."),
        (["--do", "vsv=x"], "'vsv' takes a number. Got: 'x'."),
        (["--do", "nobody=1"], "Nothing can be done to 'nobody' in this fit. Got: 'nobody'."),
        (["--do", "binding=8"], "it takes a share between 0 and 1. Got: '8'."),
        (["--on", "vsv"], "--versus and --on need --do."),
        (["--do", "versnelling=1", "--on", "samenwerking"], "does not act on 'samenwerking'"),
        (["--do", "versnelling=1", "--versus", "samenwerking=1"], "must name the same cause"),
        (["--do", "versnelling=1", "--do", "versnelling=0"], "--do gives 'versnelling' two values"),
        (
            ["--do", "versnelling=1", "--versus", "versnelling=1"],
            "This compares a value with itself, so there is nothing to see. Got: 'versnelling: 1",
        ),
        (["--do", "versnelling=1", "--on", "vsv", "--on", "binding"], "--on takes one value"),
        (["--do", "binding=0.5", "--do", "vsv=0.1", "--on", "vsv"], "An effect is not set itself"),
        (["--do", "versnelling=1", "--by", "street"], "Effects are given by a group of the model."),
        (["--new", "sector"], "The levels of 'sector' are all that there are"),
        (["--new", "school", "--by", "school"], "or in new levels of a group, not both"),
    ],
)
def test_a_question_the_fit_cannot_answer(fit: Path, options: list[str], message: str) -> None:
    done = run("effects", fit, *options)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.mcmc
def test_a_change_to_two_values_is_refused(fit: Path) -> None:
    done = run("what-if", fit, "--do", "versnelling=1", "--do", "versnelling=0")
    assert done.returncode == 2
    assert "--do gives 'versnelling' two values" in done.stderr


@pytest.mark.mcmc
def test_a_place_the_fit_does_not_know_names_the_nearest(fit: Path) -> None:
    done = run("what-if", fit, "--do", "versnelling=1", "--at", "technik")
    assert done.returncode == 2
    assert "Got: 'technik'. Did you mean 'techniek'?" in done.stderr


@pytest.mark.mcmc
def test_a_place_the_fit_does_not_know(fit: Path) -> None:
    done = run("what-if", fit, "--do", "versnelling=1", "--at", "elsewhere")
    assert done.returncode == 2
    assert "This fit knows no such school, experiment or group. Got: 'elsewhere'." in done.stderr


def test_no_fit_at_all(tmp_path: Path) -> None:
    done = run("effects", tmp_path / "nothing")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.mcmc
def test_a_count_is_set_as_a_share(fit: Path) -> None:
    done = run("effects", fit, "--do", "binding=0.8", "--versus", "binding=0.5", "--json")
    document = valid(done.stdout, "effects")
    assert {row["contrast"] for row in document["totals"]} == {"80% vs 50%"}


@pytest.mark.mcmc
def test_a_second_opinion_on_the_declared_effects(fit: Path) -> None:
    done = run("effects", fit, "--second-opinion", "--json", "--lang", "en")
    document = valid(done.stdout, "effects")
    rows = {(row["cause"], row["effect"]): row for row in document["second_opinions"]}
    assert set(rows) == {(query.cause, query.effect) for query in MODEL.queries}
    # an unobserved cause of both leaves nothing to adjust for
    alone = rows["samenwerking", "vsv"]
    assert alone["strategy"] == "frontdoor"
    assert alone["second"] is None
    assert alone["reason"].startswith("No set of covariates is enough to adjust for.")
    both = rows["versnelling", "binding"]
    assert both["adjusted_for"] == ["samenwerking"]
    assert both["second"] is not None
    told = {
        (row["cause"], row["effect"])
        for row in document["arrows"]
        if row["second_opinion"] is not None
    }
    direct = {("versnelling", "binding"), ("binding", "vsv")}
    assert told == {pair for pair in direct if rows[pair]["passed"]}
    assert run("effects", fit, "--second-opinion", "--do", "versnelling=1").returncode == 2
    kept = kept_attack(fit, SECOND, read_record(fit), Language.EN)
    assert kept is not None
    own = ("held", "failures")
    found = [{k: v for k, v in row.items() if k not in own} for row in kept.document["opinions"]]
    assert found == document["second_opinions"]


@pytest.mark.parametrize("full", [False, True], ids=["from the start", "in the end"])
def test_a_second_opinion_that_cannot_be_kept_is_given_all_the_same(
    full: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fit = table_fit()
    record: dict[str, object] = {
        "draws_sha256": "a",
        "model_sha256": "b",
        "unanswerable": [],
        "not_fitted": [],
        "back_in_time": [],
        "through": [],
        "origin": "real",
    }
    record["gate"] = GATE
    opened = FitOnDisk(fit, record, Forward(fit.layout, fit.posterior, seed=1, draws=2))
    answers = all_effects(opened)
    monkeypatch.setattr(second_opinions, "second_opinions", lambda *given, **options: ())
    if full:

        def no_room(*given: object) -> None:
            raise OutputError("This cannot be written.", fix="Name a folder with --out.")

        monkeypatch.setattr(attack_records, "keep_second_opinions", no_room)
    else:
        (tmp_path / "fit-refits").write_text("in the way")
    again = _with_second(tmp_path / "fit", opened, answers, Language.EN, 0.95)
    assert again.arrows["second_opinion"].isna().all()
    said = capsys.readouterr().err
    assert " ".join(said.split()).count("So the second opinion is not kept, and no brief") == 1
    assert "--out" not in said


def test_asking_a_fit_loads_no_sampler_and_nothing_that_draws(tmp_path: Path) -> None:
    """Loading these takes longer than the answer."""
    folder = written_fit(table_fit(), tmp_path / "fit")
    program = (
        "import atexit, sys\n"
        f"sys.argv = ['vm2causal', 'effects', {str(folder)!r}, '--json']\n"
        "heavy = ('numba', 'nutpie', 'pymc', 'arviz', 'matplotlib', 'scipy.stats', 'pandera')\n"
        "atexit.register(lambda: print('LOADED', [n for n in heavy if n in sys.modules]))\n"
        "from vm2causal.cli import main; main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("LOADED []")
