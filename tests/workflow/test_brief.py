"""A brief of fits that nobody sampled: what stands in it, what is withheld, what is escaped."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from figure_cases import GATE, PASSED, RECORD, study_fit, study_spec, table_fit, unsampled_fit
from model.structural_cases import small_study
from vm2causal.errors import FitError, OutputError
from vm2causal.model.data.structural_data import study_data
from vm2causal.model.fits.fit_files import read_record, write_fit
from vm2causal.model.structural_fit import StructuralFit
from vm2causal.report.figures.named_figure import save_figures
from vm2causal.spec.objects import Label
from vm2causal.texts import Language
from vm2causal.workflow import brief as job
from vm2causal.workflow.attack_records import SECOND, keep_attack, kept_attack
from vm2causal.workflow.brief import brief_of_fit
from vm2causal.workflow.reproduction import installed

FAILED = PASSED | {"rhat_max": 1.4, "passed": False, "failures": ["rhat_max"]}


def written(fit: StructuralFit, folder: Path, **facts: Any) -> Path:
    write_fit(fit, folder, RECORD | installed() | facts)
    return folder


def page_of(fit: Path, out: Path, language: Language = Language.NL) -> str:
    brief_of_fit(fit, out, language=language)
    return (out / "study.html").read_text(encoding="utf-8")


def section(page: str, anchor: str) -> str:
    start = page.index(f'id="{anchor}"')
    ends = (page.find(tag, start) for tag in ("<section", "<details"))
    return page[start : min(end for end in ends if end > 0)]


@pytest.fixture
def sparing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One figure and no PDF: what these tests ask stands in the words."""
    monkeypatch.setattr(job, "_PARTS", {"model": ("dag",)})
    monkeypatch.setattr(job, "save_figures", partial(save_figures, formats=("svg",)))
    for name in ("render_pdf", "render_annex"):
        monkeypatch.setattr(job, name, lambda brief: b"%PDF")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(study_fit(), tmp_path_factory.mktemp("study") / "fit")


@pytest.fixture(scope="module")
def page(study: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return page_of(study, tmp_path_factory.mktemp("brief"))


def test_everything_is_written_beside_the_brief(study: Path, tmp_path: Path) -> None:
    paths = brief_of_fit(study, tmp_path / "out", language=Language.EN)
    names = {str(path.relative_to(tmp_path / "out")) for path in paths}
    assert {"study.html", "study.pdf", "study-annex.pdf", "tables/arrows.csv"} <= names
    assert {"figures/dag.svg", "figures/dag.png", "figures/dag.csv"} <= names
    assert {
        "tables/totals.csv",
        "figures/with-and-without-1.svg",
        "figures/with-and-without-2.svg",
    } <= names
    assert all(path.exists() for path in paths)
    assert (tmp_path / "out" / "study.pdf").read_bytes().startswith(b"%PDF")
    totals = pd.read_csv(tmp_path / "out" / "tables" / "totals.csv")
    assert {"career_mean", "career_lower", "natural_upper"} <= set(totals.columns)


@pytest.mark.usefixtures("sparing")
def test_the_numbers_of_a_headline_are_those_of_the_table(study: Path, tmp_path: Path) -> None:
    page = page_of(study, tmp_path, Language.EN)
    totals = pd.read_csv(tmp_path / "tables" / "totals.csv")
    row = totals.query("cause == 'samenwerking' and effect == 'sk' and kind == 'total'").iloc[0]
    shown = [round(1000 * abs(row[f"career_{part}"])) for part in ("mean", "lower", "upper")]
    found = section(page, "findings")
    for count in shown:
        assert re.search(rf"\b{count:,}\b", found), count


def test_made_up_data_are_marked_in_the_title_and_every_figure(page: str) -> None:
    assert "Oefenvoorbeeld: deze leerlingen en scholen zijn verzonnen" in page
    drawn = re.findall(r'role="img" aria-label="([^"]*)"', page)
    assert len(drawn) >= 5
    assert all(item.startswith("Synthetische gegevens.") for item in drawn)


def test_every_part_that_a_checker_needs_is_there(page: str) -> None:
    parts = ("question", "model", "findings", "cannot", "what_if", "arrows", "effects", "second")
    parts += ("groups", "identification", "attacks", "diagnostics", "quality", "reproduce")
    for part in parts:
        assert f'id="{part}"' in page, part


@pytest.mark.usefixtures("sparing")
def test_a_failed_gate_withholds_every_headline_and_says_why(tmp_path: Path) -> None:
    fit = written(study_fit(), tmp_path / "fit", diagnostics=FAILED)
    page = page_of(fit, tmp_path / "out")
    found = section(page, "findings")
    assert "Achtergehouden" in found
    assert "slaagde niet voor convergentie (R-hat)" in found
    assert "op elke 1.000" not in found
    assert "<svg" not in page
    assert "pijlen" not in section(page, "effects")
    assert 'id="what_if"' not in page
    assert not (tmp_path / "out" / "tables").exists()
    assert not (tmp_path / "out" / "figures").exists()


@pytest.mark.usefixtures("sparing")
def test_a_failed_fit_leaves_nothing_of_the_brief_of_a_passed_one(
    study: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    passed = {path.relative_to(out) for path in brief_of_fit(study, out, language=Language.NL)}
    assert {Path("tables/arrows.csv"), Path("figures/dag.svg")} <= passed
    (out / "figures" / "mine.svg").write_text("<svg/>")
    fit = written(study_fit(), tmp_path / "fit", diagnostics=FAILED)
    brief_of_fit(fit, out, language=Language.NL)
    kept = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert kept == {"study.html", "study.pdf", "study-annex.pdf", "files.json", "figures/mine.svg"}


@pytest.mark.usefixtures("sparing")
def test_a_brief_that_cannot_be_made_leaves_the_earlier_one(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    brief_of_fit(study, out, language=Language.NL)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    def interrupted(brief: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(job, "render_pdf", interrupted)
    with pytest.raises(KeyboardInterrupt):
        brief_of_fit(study, out, language=Language.EN)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


@pytest.mark.usefixtures("sparing")
def test_files_of_yours_under_its_names_are_not_written_over(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    brief_of_fit(study, out, language=Language.NL)
    (out / "tables" / "arrows.csv").write_text("edited")
    with pytest.raises(OutputError, match=r"earlier brief wrote them: tables/arrows\.csv"):
        brief_of_fit(study, out, language=Language.NL)
    assert (out / "tables" / "arrows.csv").read_text() == "edited"


def test_a_brief_of_yours_is_found_before_the_fit_is_read(tmp_path: Path) -> None:
    (tmp_path / "study.html").write_text("mine")
    with pytest.raises(OutputError, match=r"wrote them: study\.html\."):
        brief_of_fit(tmp_path / "no-fit", tmp_path, language=Language.NL)


def attack(passed: bool) -> dict[str, Any]:
    return {
        "queries": [
            {
                "cause": "samenwerking",
                "effect": "vsv",
                "estimate": {"mean": -0.02, "lower": -0.03, "upper": -0.01},
                "assumed": ["binding"],
                "estimator": "adjusted_regression",
                "structural": {"mean": -0.02, "lower": -0.03, "upper": -0.01},
                "attacks": [
                    {
                        "attack": "placebo",
                        "passed": passed,
                        "rule": "Een placebo doet niets.",
                        "sentence": "3 van 4 intervallen sluiten 0 uit.",
                        "could_find": "",
                        "refits": [{"converged": True}, {"converged": False}],
                        "failed": [],
                    }
                ],
            }
        ],
        "not_attacked": [
            {"cause": "samenwerking", "effect": "sk", "reason": "Niet aan te vallen."}
        ],
    }


@pytest.mark.usefixtures("sparing")
def test_attacks_that_were_made_are_told_and_the_others_can_be_made(
    study: Path, tmp_path: Path
) -> None:
    fit = written(study_fit(), tmp_path / "fit")
    keep_attack(fit, "refute", read_record(fit), lambda language: attack(True))
    page = page_of(fit, tmp_path / "out")
    told = page[page.index('id="attacks"') :]
    assert "3 van 4 intervallen sluiten 0 uit." in told
    assert "Niet aan te vallen." in told
    assert "Van 2 refits mislukten er 0; bij 1 waren de ketens" in told
    assert "vm2causal test fit" in told
    assert "vm2causal refute fit" not in told
    assert str(tmp_path) not in page
    assert "op elke 1.000" in section(page, "findings")


@pytest.mark.usefixtures("sparing")
def test_an_effect_that_an_attack_brought_down_is_no_headline(tmp_path: Path) -> None:
    fit = written(study_fit(), tmp_path / "fit")
    keep_attack(fit, "refute", read_record(fit), lambda language: attack(False))
    page = page_of(fit, tmp_path / "out")
    found = section(page, "findings")
    assert "Achtergehouden: samenwerking" in found
    assert "‘placebo-oorzaak’: 3 van 4 intervallen" in found
    drawn = (tmp_path / "out" / "figures" / "with-and-without.svg").read_text(encoding="utf-8")
    alternative = drawn[drawn.index("<desc") : drawn.index("</desc>")]
    assert "startkwalificatie" in alternative
    assert "schoolverlaters" not in alternative


def test_attacks_on_other_draws_do_not_count(tmp_path: Path) -> None:
    fit = written(study_fit(), tmp_path / "fit")
    record = read_record(fit)
    keep_attack(fit, "refute", record, lambda language: attack(False))
    assert kept_attack(fit, "refute", record, Language.NL) is not None
    assert kept_attack(fit, "test", record, Language.NL) is None
    other = {**record, "draws_sha256": "f" * 64}
    assert kept_attack(fit, "refute", other, Language.NL) is None


OPINION = {
    "kind": "total",
    "effect_level": None,
    "strategy": "backdoor",
    "adjusted_for": ["sector"],
    "held": [],
    "reason": None,
    "passed": True,
    "failures": [],
    "first": {"mean": -0.02, "lower": -0.03, "upper": -0.01, "level": 0.95},
    "second": {"mean": 0.02, "lower": 0.01, "upper": 0.03, "level": 0.95},
    "first_career": {"mean": -0.04, "lower": -0.06, "upper": -0.02, "level": 0.95},
    "second_career": {"mean": 0.0373, "lower": 0.0201, "upper": 0.0604, "level": 0.95},
    "distance": -5.6,
    "disagrees": True,
}


def with_opinions(folder: Path, table: Path, **facts: Any) -> Path:
    """A fit with a second opinion per headline, of which only that on vsv disagrees."""
    fit = written(study_fit(), folder, **facts)
    rows = [
        OPINION | {name: row[name] for name in ("cause", "effect", "contrast")}
        for row in pd.read_csv(table).query("kind == 'total'").to_dict("records")
    ]
    opinions = [row | {"disagrees": row["effect"] == "vsv"} for row in rows]
    assert {row["effect"] for row in opinions} == {"vsv", "sk"}
    found = {"opinions": opinions, "withheld": 0}
    keep_attack(fit, SECOND, read_record(fit), lambda language: found)
    return fit


@pytest.mark.usefixtures("sparing")
def test_a_second_opinion_stands_in_its_section_and_beside_its_headline(
    study: Path, tmp_path: Path
) -> None:
    page = page_of(study, tmp_path / "without")
    assert "vm2causal effects fit --second-opinion" in section(page, "second")
    assert "wijkt hiervan af" not in page
    assert "Omstreden" not in page
    fit = with_opinions(tmp_path / "fit", tmp_path / "without" / "tables" / "totals.csv")
    said = {
        Language.NL: ("wijkt hiervan af: ongeveer 37 meer", "lopen uiteen</td>", "Omstreden"),
        Language.EN: ("differs from this: about 37 more", ">they differ</td>", "Disputed"),
    }
    for language, (beside, verdict, disputed) in said.items():
        page = page_of(fit, tmp_path / language.value, language)
        assert section(page, "findings").count(beside) == 1
        assert section(page, "second").count(verdict) == 1
        assert f"{disputed}: " in section(page, "findings")
        assert "--second-opinion" not in page


@pytest.mark.usefixtures("sparing")
def test_a_fit_that_failed_its_gate_has_nothing_to_set_a_second_opinion_beside(
    study: Path, tmp_path: Path
) -> None:
    brief_of_fit(study, tmp_path / "without", language=Language.NL)
    totals = tmp_path / "without" / "tables" / "totals.csv"
    page = page_of(with_opinions(tmp_path / "fit", totals, diagnostics=FAILED), tmp_path / "out")
    assert 'id="second"' not in page
    assert "tweede oordeel" not in page.lower()


@pytest.mark.usefixtures("sparing")
def test_an_effect_that_the_prior_decides_is_no_headline(tmp_path: Path) -> None:
    rows = [
        {
            "cause": "samenwerking",
            "effect": effect,
            "contrast": "1 vs 0",
            "prior": 0.2,
            "likelihood": 0.1,
            "flag": flag,
        }
        for effect, flag in (("vsv", "prior_dominates"), ("sk", "prior_data_conflict"))
    ]
    fit = written(study_fit(), tmp_path / "fit", prior_sensitivity=rows)
    found = section(page_of(fit, tmp_path / "out"), "findings")
    assert found.count("Achtergehouden") == 1
    assert "hangt meer af van wat vooraf is aangenomen" in found
    drawn = (tmp_path / "out" / "figures" / "with-and-without.svg").read_text(encoding="utf-8")
    alternative = drawn[drawn.index("<desc") : drawn.index("</desc>")]
    assert "startkwalificatie" in alternative
    assert "schoolverlaters" not in alternative


def test_a_fit_that_was_checked_for_less_is_refused(tmp_path: Path) -> None:
    fit = written(study_fit(), tmp_path / "fit")
    path = fit / "run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    del record["loo_pit"]
    path.write_text(json.dumps(record))
    with pytest.raises(FitError, match=r"'loo_pit' is missing\. Got: None\. Fit again"):
        brief_of_fit(fit, tmp_path / "out", language=Language.NL)


@pytest.mark.usefixtures("sparing")
def test_a_damaged_record_of_an_attack_is_named(tmp_path: Path) -> None:
    fit = written(study_fit(), tmp_path / "fit")
    path = keep_attack(fit, "test", read_record(fit), lambda language: {})
    for damaged in ("{", json.dumps({"draws_sha256": "0"}), "[]"):
        path.write_text(damaged)
        with pytest.raises(FitError, match=r"test\.json: What.*run 'vm2causal test'"):
            brief_of_fit(fit, tmp_path / "out", language=Language.NL)


@pytest.mark.usefixtures("sparing")
def test_text_from_a_model_file_is_escaped(tmp_path: Path) -> None:
    spec = study_spec()
    evil = Label(nl="<script>alert(1)</script>", en="</script><b>")
    marked = spec.variables["samenwerking"].model_copy(update={"label": evil})
    spec = spec.model_copy(update={"variables": {**spec.variables, "samenwerking": marked}})
    fit = written(unsampled_fit(study_data(spec, small_study())), tmp_path / "fit")
    for language in Language:
        page = page_of(fit, tmp_path / language.value, language)
        assert "<script>alert" not in page
        assert "<b>" not in page
    assert "&lt;script&gt;alert(1)" in (tmp_path / "nl" / "study.html").read_text()


@pytest.mark.usefixtures("sparing")
def test_a_flat_table_has_a_brief_without_pupils(tmp_path: Path) -> None:
    page = page_of(written(table_fit(), tmp_path / "fit"), tmp_path / "out", Language.EN)
    assert "How strong is each link of the model" in page
    assert "Synthetic" not in page
    assert "1,000 pupils" not in page


def test_an_unwritable_folder_is_found_before_the_fit_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        brief_of_fit(tmp_path / "no-fit", tmp_path / "file" / "out", language=Language.NL)


@pytest.mark.usefixtures("sparing")
def test_an_effect_that_the_checks_withhold_has_dashes_in_every_table_and_file(
    study: Path, tmp_path: Path
) -> None:
    """HTML and CSV, for everybody and by group; the other effect keeps its numbers."""
    before = page_of(study, tmp_path / "before", Language.EN)
    totals = pd.read_csv(tmp_path / "before" / "tables" / "totals.csv")
    of_vsv = totals.query("effect == 'vsv' and kind == 'total'").iloc[0]
    effect = {
        "cause": "samenwerking", "effect": "vsv", "contrast": of_vsv["contrast"],
        "kind": "total", "through": [], "state": "failed", "licence": "withheld",
        "sd": 0.1, "robust_sd": 0.1, "clusters": None, "levels": 12, "factor": 1.0,
        "distribution": "fits", "misfits": [], "prior": "prior_dominates",
        "failed": [], "unjudged": [],
    }  # fmt: skip
    fit = written(study_fit(), tmp_path / "fit", gate=GATE | {"effects": [effect]})
    page = page_of(fit, tmp_path / "out", Language.EN)
    for name in ("totals", "mediation", "by-sector", "by-school"):
        table = pd.read_csv(tmp_path / "out" / "tables" / f"{name}.csv")
        gone = (table["effect"] == "vsv") & (table["cause"] == "samenwerking")
        assert gone.any()
        assert table["withheld"].tolist() == gone.tolist()
        numbers = table.filter(regex="^(natural|career|indirect|direct|total)_|^p_positive$")
        # a file of nothing else has no columns of numbers at all
        assert numbers[gone].isna().to_numpy().all()
        assert (~gone).any() == (
            numbers[~gone].notna().to_numpy().any() if (~gone).any() else False
        )
    assert "Dashes in place of numbers" not in before
    for part in ("effects", "groups"):
        found = section(page, part)
        assert "Dashes in place of numbers: the checks withhold the number." in found
        assert "prior" in found
    assert "have a robust standard error of their own" in section(page, "effects")
    numbered = re.compile(r">([^<]* pp \([^<]*)<")
    was, stays = (numbered.findall(section(found, "effects")) for found in (before, page))
    # natural and career of one effect
    assert len(was) - len(stays) >= 2
    assert set(stays) < set(was)
