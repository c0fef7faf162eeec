"""Nothing leaves but through the door, and no number through it whose kind nobody said."""

from __future__ import annotations

import ast
import csv
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pypdf
import pytest

import vm2causal
from attack import small
from vm2causal.disclosure import Behind, UnknownNumber, released, released_table
from vm2causal.disclosure.digits import by_error, probability, significant
from vm2causal.disclosure.kinds import KINDS, Kind, kind_of
from vm2causal.errors import QueryError
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.structural_layout import structural_layout
from vm2causal.report.documents.effects import effects_document, what_if_document
from vm2causal.spec import Arrow, CausalSpec, Variable
from vm2causal.spec.words import Rows
from vm2causal.texts import Language
from vm2causal.workflow.brief import brief_of_fit
from vm2causal.workflow.effects import FitOnDisk, all_effects, answer_what_if
from vm2causal.workflow.shown_record import shown_record
from vm2causal.workflow.small_groups import require_residual
from workflow.test_brief import written

SOURCE = Path(vm2causal.__file__).parent
PERSONS = Behind(60, rows_are_persons=True)

WRITERS = {
    "api/answers.py": "tables of released answers, in a notebook",
    "cli/identify.py": "a model file",
    "cli/model.py": "a model file",
    "cli/output.py": "the console",
    "cli/stopping.py": "messages",
    "cli/study_simulate.py": "pupils who do not exist",
    "report/documents/json_text.py": "documents",
    "report/documents/csv_text.py": "tables",
    "report/brief/pdf/typst_data.py": "the brief as PDF, of the same blocks as the page",
    "inputs/deliveries/duo.py": "a study, for its holder",
    "inputs/study/files.py": "a study, for its holder",
    "inputs/study/pupil_file.py": "a study, for its holder",
    "inputs/event_tables/template.py": "empty tables",
    "inputs/study/template.py": "an empty study",
    "model/fits/fit_arrays.py": "a hash",
    "model/fits/fit_files.py": "a fit",
    "refits/data_files.py": "a fit",
    "refits/task_files.py": "a fit",
    "refits/tasks.py": "a hash",
    "monitor/cohort_calibration.py": "a design, simulated",
    "timings.py": "how long a job took",
    "simulate/writing.py": "pupils who do not exist",
    "workflow/reproduction.py": "a hash",
}
"""Modules that turn values into text by themselves, and of what."""


@pytest.mark.parametrize("number", [3, 3.0, np.int64(3), np.float64(0.123456789), 10**6])
def test_a_number_that_nobody_named_is_refused(number: float) -> None:
    told = "'girls' is a number of no known kind, and is not shown"
    for document in ({"girls": number}, {"arrows": [{"girls": number}]}, {"girls": [number]}):
        with pytest.raises(UnknownNumber, match="girls' is a number of no known kind"):
            released(document)
    with pytest.raises(UnknownNumber, match=told):
        released_table(pd.DataFrame({"cause": ["a"], "girls": [number]}))


def test_a_whole_number_that_is_none_is_refused() -> None:
    with pytest.raises(UnknownNumber, match="'tests' is not a whole number"):
        released({"tests": 3.5})


def test_a_share_of_unknown_many_is_refused() -> None:
    with pytest.raises(UnknownNumber, match="'kept' is a share of unknown many"):
        released({"kept": 0.992})
    assert released({"kept": 0.992}, PERSONS) == {"kept": 1.0}


def test_rows_that_are_persons_are_numbers_of_persons() -> None:
    """Three of sixty without a value: neither they nor the others, nor their mark in the file."""
    document = {
        "variables": [{"rows": 60, "used": 57, "missing": 3, "imputed": 0}],
        "dowhy": {"rows": 57},
        "loo_pit": [{"points": 57, "unreliable": 1 / 57}],
        "outliers": {"rows": [17]},
        "table": {"columns": [{"missing": {"-9": 3}}]},
        "missing_shares": {"lwoo": 3 / 60},
    }
    assert released(document, PERSONS) == {
        "variables": [{"rows": 60, "used": None, "missing": None, "imputed": None}],
        "dowhy": {"rows": None},
        "loo_pit": [{"points": None, "unreliable": 0.0}],
        "outliers": {"rows": None},
        "table": {"columns": [{"missing": {"-9": None}}]},
        "missing_shares": {"lwoo": 0.0},
    }
    shown = released(document, Behind(60, rows_are_persons=False))
    assert shown["variables"] == document["variables"]
    assert (shown["dowhy"], shown["outliers"]) == ({"rows": 57}, {"rows": [17]})


def test_every_kind_is_used_and_no_field_has_two() -> None:
    assert set(KINDS.values()) == set(Kind)


def _calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def test_nobody_else_makes_what_is_released_or_writes_by_himself() -> None:
    made, by_itself = set(), set()
    for path in SOURCE.rglob("*.py"):
        name, calls = path.relative_to(SOURCE).as_posix(), set(_calls(path))
        if calls & {"Released", "ReleasedTable"}:
            made.add(name)
        if any(re.search(r"(^|\.)(dumps|dump|to_csv|to_json|to_html|echo)$", c) for c in calls):
            by_itself.add(name)
    assert made == {f"disclosure/{name}.py" for name in ("release", "exemption", "flat")}
    # to_json is the writer of documents: who calls it gives it what is released (mypy)
    own = {name for name in by_itself if not _only_to_json(SOURCE / name)}
    assert own <= set(WRITERS), own - set(WRITERS)


def _only_to_json(path: Path) -> bool:
    found = {c for c in _calls(path) if re.search(r"(^|\.)(dumps|dump|to_csv|to_html|echo)$", c)}
    return not found


def _documents(opened: FitOnDisk) -> Iterator[Mapping[str, Any]]:
    answers = all_effects(opened)
    yield effects_document(
        answers.arrows,
        answers.totals,
        answers.mediation,
        record=opened.shown,
        withheld=answers.withheld,
        gates=answers.gates,
        by_group=None,
        behind=opened.behind,
    )
    change = "toets=1" if "toets" in opened.forward.data.columns else "versnelling=0"
    table, _ = answer_what_if(opened, dict([change.split("=")]), place=None)
    yield what_if_document(
        table, record=opened.shown, place=None, changes=[change], behind=opened.behind
    )
    yield opened.shown


@pytest.mark.parametrize("of", ["study", "table"])
def test_every_document_of_a_fit_has_passed(of: str) -> None:
    opened = small.study_opened() if of == "study" else small.table_opened()
    for document in _documents(opened):
        assert released(document, opened.behind) == document


def test_a_coefficient_of_few_pupils_is_no_parameter_of_the_record() -> None:
    opened = small.study_opened()
    names = [f"weight[{item.label}]" for item in opened.forward.layout.weights]
    assert "weight[lwoo -> vsv]" in names
    parameters = [{"name": name, "mean": 0.123, "sd": 0.1} for name in names]
    shown = shown_record(opened.forward.layout, {**opened.record, "parameters": parameters})
    left = {row["name"] for row in shown["parameters"]}
    assert left
    assert {name for name in names if "lwoo" in name} & left == set()


def test_a_model_that_few_persons_decide_is_refused() -> None:
    """Twelve persons and three coefficients leave nine."""
    spec = CausalSpec(
        name="small",
        variables={name: Variable() for name in ("x", "z", "y")},
        arrows=[Arrow(cause="x", effect="y"), Arrow(cause="z", effect="y")],
    )
    table = pd.DataFrame(np.random.default_rng(1).normal(size=(13, 3)), columns=["x", "z", "y"])
    told = "An equation needs 10 persons more than it has coefficients.*Got: 'y'"
    with pytest.raises(QueryError, match=told):
        require_residual(structural_layout(table_data(spec, table[:12])))
    require_residual(structural_layout(table_data(spec, table)))
    cars = spec.model_copy(update={"rows": Rows.UNITS})
    require_residual(structural_layout(table_data(cars, table[:12])))


@pytest.fixture(scope="module")
def brief(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("door")
    fit = written(small.study_opened().fit, folder / "fit", pupils_left_out=small.FEW_LEFT)
    brief_of_fit(fit, folder / "brief", language=Language.EN)
    return folder / "brief"


def test_every_number_in_every_file_is_as_its_kind_permits(brief: Path) -> None:
    files = list(brief.rglob("*.csv"))
    assert len(files) >= 4
    for path in files:
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                for name, cell in row.items():
                    if (number := _number(cell)) is not None:
                        assert _as_permitted(name, number, row), (path.name, name, cell)


def _number(cell: str) -> float | None:
    try:
        found = float(cell)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _as_permitted(name: str, number: float, row: Mapping[str, str]) -> bool:
    """Whether a number stands as rounded as the door rounds it; its kind must be known."""
    whole, _, part = name.rpartition("_")
    ends = [_number(row.get(f"{whole}_{end}".lstrip("_"), "")) for end in ("lower", "upper")]
    if part in ("mean", "lower", "upper") and None not in ends:
        spread = _number(row.get(f"{whole}_sd".lstrip("_"), "")) or (ends[1] - ends[0]) / 4
        return number == by_error(number, spread)
    if part == "sd" or part in ("mean", "lower", "upper", "level"):
        name = part
    kind = kind_of(name, "frequency" if "people" in row else "")
    if kind in (Kind.THINGS, Kind.YEAR):
        return number == round(number)
    if kind is Kind.PERSONS:
        return not small.FEW_LEFT <= number < 10
    if kind is Kind.SETTING:
        # a seed or level as it was asked for, or the value that a cause is set to
        return len(repr(number)) < 6 or number == significant(number, 3)
    if kind in (Kind.OBSERVED, Kind.SHARE):
        return number == round(number, 3)
    if {"value", "prior", "posterior"} <= row.keys():
        return number == significant(number, 4)
    return number == probability(number)


def test_numbers_in_the_page_have_few_digits(brief: Path) -> None:
    """In words, tables, scripts and alternatives; marks and lines stand at half pixels."""
    page = (brief / "study.html").read_text(encoding="utf-8")
    words = re.sub(r"<style.*?</style>|<svg.*?</svg>|<[^>]*>|[0-9a-f]{32,}", " ", page, flags=re.S)
    numbers = re.findall(r"(?<![\w.#-])\d+\.\d+(?:e-?\d+)?(?![\w.-])", words)
    assert len(numbers) > 20
    _have_few_digits(numbers)


def test_the_first_pages_of_the_pdf_say_no_more(brief: Path) -> None:
    pages = [
        *pypdf.PdfReader(brief / "study.pdf").pages,
        *pypdf.PdfReader(brief / "study-annex.pdf").pages[:6],
    ]
    numbers = re.findall(
        r"(?<![\w.#-])\d+\.\d+(?![\w.-])", " ".join(p.extract_text() for p in pages)
    )
    assert len(numbers) > 20
    _have_few_digits(numbers)


def _have_few_digits(numbers: list[str]) -> None:
    for number in numbers:
        digits = re.sub(r"e.*", "", number).replace(".", "").lstrip("0")
        assert len(digits) <= 5, number
