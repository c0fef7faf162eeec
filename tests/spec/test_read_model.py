"""Reading model files: the smallest form, and every mistake a user will make."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vm2causal.errors import ModelFileError
from vm2causal.spec import CausalSpec, Evidence, Kind, QueryKind, Sign, list_models, read_model
from vm2causal.spec.words import RESERVED_NAMES

SMALLEST = """\
schema: vm2causal/model/1
name: example
variables:
  period:  {kind: nominal, column: period, reference: "1"}
  cases:   {kind: count, trials: size}
  score:   {kind: continuous}
  passed:  {kind: binary}
  grade:   {kind: ordinal, levels: [low, mid, high]}
  trust:   {kind: latent, items: [t1, t2, t3]}
  quality: {observed: false}
arrows:
  - {from: period, to: cases}
  - {from: quality, to: cases, evidence: supported, sign: "+", source: {document: d, section: "4"}}
groups: [herd]
queries:
  - {cause: period, effect: cases, kind: total}
"""


def _read(folder: Path, content: str | bytes) -> CausalSpec:
    path = folder / "model.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_model(path)


def test_the_smallest_form_is_read_whole(tmp_path: Path) -> None:
    spec = _read(tmp_path, SMALLEST)
    assert list(spec.variables) == [
        "period",
        "cases",
        "score",
        "passed",
        "grade",
        "trust",
        "quality",
    ]
    assert spec.variables["cases"].trials == "size"
    assert spec.variables["trust"].items == ("t1", "t2", "t3")
    assert spec.column("cases") == "cases"
    arrow = spec.arrow("quality", "cases")
    assert arrow is not None
    assert (arrow.evidence, arrow.sign) == (Evidence.ONDERSTEUND, Sign.PLUS)
    assert arrow.source[0].section == "4"
    assert spec.groups == ("herd",)
    assert spec.queries[0].kind is QueryKind.TOTAL
    assert spec.graph.unobserved == {"quality"}
    assert "trust" in spec.graph.observed


def test_kind_column_name_and_queries_have_defaults(tmp_path: Path) -> None:
    spec = _read(tmp_path, "schema: vm2causal/model/1\nvariables:\n  x:\n  y: {}\n")
    assert spec.name == "model"
    assert spec.variables["x"].kind is Kind.CONTINUOUS
    assert spec.queries == ()


def test_words_that_yaml_takes_for_truth_stay_words(tmp_path: Path) -> None:
    text = "schema: vm2causal/model/1\nvariables:\n  y: {kind: nominal, levels: [no, yes, 3]}\n"
    assert _read(tmp_path, text).variables["y"].levels == ("no", "yes", "3")


def test_priors_are_found_on_the_arrow_and_in_their_block(tmp_path: Path) -> None:
    text = SMALLEST.replace("to: cases}", "to: cases, prior: {mean: 0.3, sd: 0.2}}", 1)
    text += "priors:\n  - {from: quality, to: cases, mean: -1, sd: 2}\n"
    spec = _read(tmp_path, text)
    on_arrow, in_block = spec.prior("period", "cases"), spec.prior("quality", "cases")
    assert on_arrow is not None
    assert in_block is not None
    assert (on_arrow.mean, in_block.sd) == (0.3, 2.0)
    assert spec.prior("period", "grade") is None


def test_a_shipped_name_and_a_path_read_alike() -> None:
    for name in list_models():
        assert read_model(name).name == name


MISTAKES = [
    ("kind: nominal", "kind: nominaal", 4, "Got: 'nominaal'. Did you mean 'nominal'"),
    ("to: cases}\n", "to: casses}\n", 12, "not declared. Got: 'casses'. Did you mean 'cases'"),
    ("from: period", "from: unlike", 12, "Got: 'unlike'. Declare it under 'variables'"),
    ("from: period, to", "from: cases, to", 12, "from a variable to itself"),
    ("count, trials: size", "count", 5, "The count 'cases' does not say out of how many"),
    ("trials: size", "trails: size", 5, "'trails'. Did you mean 'trials'"),
    ("binary}", "binary, trials: size}", 7, "'trials' has no meaning for a variable of kind bin"),
    (", levels: [low, mid, high]", "", 8, "The ordinal 'grade' needs its levels"),
    ("[low, mid, high]", "[low, low]", 8, "'levels' names this twice. Got: 'low'"),
    ("[t1, t2, t3]", "[t1]", 9, "at least two items"),
    ("[t1, t2, t3]", "[t1, t1]", 9, "'items' names this twice"),
    ("[t1, t2, t3]", "[t1, score]", 9, "already holds the data of 'score'"),
    ('reference: "1"', "levels: [a], reference: b", 4, "not one of the levels. Got: 'b'"),
    ("binary}", "binary, levels: [a, b, c]}", 7, "A binary variable has two levels"),
    ("observed: false", "observed: maybe", 10, "Expected true or false. Got: 'maybe'"),
    ("observed: false", "observed: false, column: q", 10, "'column' has no meaning for this node"),
    ("binary}", "binary, step: two}", 7, "This step is not declared"),
    ("binary}", "binary, level_labels: {a: b}}", 7, "labels what 'levels' does not name"),
    ("{kind: continuous}", "continuous", 6, "Expected a mapping. Got: 'continuous'"),
    ("score:", "chain:", 6, "This name is reserved"),
    ("score:", "_score:", 6, "A name begins with a letter"),
    ("score:", "my score:", 6, "letters, digits, underscores and hyphens only"),
    ("score:", "s" * 65 + ":", 6, "at most 64 characters"),
    ("score:", "cases:", 6, "This key stands twice; first on line 5"),
    ("evidence: supported", "evidence: suported", 13, "Did you mean 'supported'"),
    ("evidence: supported", "evidence: sterkk", 13, "Did you mean 'sterk'"),
    ('sign: "+"', "sign: up", 13, r"'sign' does not know this word. Got: 'up'"),
    ("section:", "sectoin:", 13, "Did you mean 'section'"),
    (", to: cases}\n", "}\n", 12, "The key 'to' is missing"),
    ("groups: [herd]", "groups: herd", 14, "Expected a list. Got: 'herd'"),
    ("groups: [herd]", "groups: [herd, herd]", 14, "This group stands twice"),
    ("effect: cases", "effect: case", 16, "This query asks about a variable that is not decl"),
    ("cause: period", "cause: quality", 16, "that nobody observed. Got: 'quality'"),
    ("trials: size", "trials: cases", 5, "given as its own number of trials. Got: 'cases'"),
    ("trials: size", "column: n, trials: n", 5, "given as its own number of trials. Got: 'n'"),
    ('{document: d, section: "4"}', "bla", 13, "source.* Got: 'bla'. Write {document: …}"),
    ('{document: d, section: "4"}', "[blu]", 13, "source.* Got: 'blu'. Write {document: …}"),
    ("effect: cases", "effect: period", 16, "effect of one variable on another"),
    ("kind: total", "kind: totaal", 16, "Did you mean 'total'"),
    ("name: example", "name: [a]", 2, "Expected one text"),
    ("name: example", "nam: example", 2, "'nam'. Did you mean 'name'"),
    ("model/1", "model/3", 1, "does not read that schema. Got: 'vm2causal/model/3'"),
    ("schema: vm2causal/model/1", "title: x", 1, "'schema' is missing"),
    ("groups: [herd]", "documents: {other: {title: x}}", 13, "cites a document that is not listed"),
    ("to: cases}\n", "to: cases, prior: {mean: x, sd: 1}}\n", 12, "Expected a number. Got: 'x'"),
    ("to: cases}\n", "to: cases, prior: {mean: .inf, sd: 1}}\n", 12, "number. Got: '.inf'"),
    ("to: cases}\n", "to: cases, prior: {mean: 1, sd: 0}}\n", 12, "larger than zero"),
    ("to: cases}\n", "to: cases, prior: {mean: 1}}\n", 12, "The key 'sd' is missing"),
]


@pytest.mark.parametrize(("right", "wrong", "line", "message"), MISTAKES)
def test_a_mistake_is_named_with_file_line_value_and_mend(
    tmp_path: Path, right: str, wrong: str, line: int, message: str
) -> None:
    assert right in SMALLEST
    with pytest.raises(ModelFileError, match=message) as caught:
        _read(tmp_path, SMALLEST.replace(right, wrong, 1))
    assert caught.value.file == "model.yaml"
    assert caught.value.line == line
    assert caught.value.fix


def test_every_mistake_is_told_apart(tmp_path: Path) -> None:
    told = set()
    for right, wrong, _, _ in MISTAKES:
        with pytest.raises(ModelFileError) as caught:
            _read(tmp_path, SMALLEST.replace(right, wrong, 1))
        told.add(str(caught.value))
    assert len(told) == len(MISTAKES)


@pytest.mark.parametrize(
    ("added", "line", "message"),
    [
        (
            "priors:\n  - {from: period, to: grade, mean: 0, sd: 1}",
            18,
            "on an arrow the model does",
        ),
        ("priors:\n  - {from: perod, to: cases, mean: 0, sd: 1}", 18, "Did you mean 'period -> ca"),
        (
            "priors:\n  - {from: period, to: cases, mean: 0, sd: 1}\n"
            "  - {from: period, to: cases, mean: 0, sd: 1}",
            19,
            "This arrow has two priors",
        ),
    ],
)
def test_priors_apart_belong_to_one_arrow_each(
    tmp_path: Path, added: str, line: int, message: str
) -> None:
    with pytest.raises(ModelFileError, match=message) as caught:
        _read(tmp_path, SMALLEST + added)
    assert caught.value.line == line


def test_a_cycle_is_printed(tmp_path: Path) -> None:
    arrows = "  - {from: cases, to: passed}\n  - {from: passed, to: score}\n"
    arrows += "  - {from: score, to: cases}\n"
    message = "The arrows form a cycle: cases -> passed -> score -> cases. Got: 'score -> cases'"
    with pytest.raises(ModelFileError, match=message) as caught:
        _read(tmp_path, SMALLEST.replace("arrows:\n", "arrows:\n" + arrows))
    assert caught.value.line == 14


def test_a_duplicate_arrow_names_both_lines(tmp_path: Path) -> None:
    again = SMALLEST.replace("groups:", "  - {from: period, to: cases}\ngroups:")
    with pytest.raises(ModelFileError, match="line 14: This arrow stands twice; first on line 12"):
        _read(tmp_path, again)


@pytest.mark.parametrize("name", sorted(RESERVED_NAMES))
def test_reserved_names_are_refused_in_any_case(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelFileError, match="This name is reserved"):
        _read(tmp_path, SMALLEST.replace("score:", f'"{name.upper()}":'))


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"no such model file.*onderzoeksmodel-2012"):
        read_model(tmp_path / "absent.yaml")
    with pytest.raises(ModelFileError, match="Did you mean 'onderzoeksmodel-201"):
        read_model("onderzoeksmodel-2013")
    with pytest.raises(ModelFileError, match="This is a folder"):
        read_model(tmp_path)
    with pytest.raises(ModelFileError, match="This file cannot be read"):
        read_model("a\0b")
    for empty in ("", " \n\n", "\ufeff"):
        with pytest.raises(ModelFileError, match="This file is empty"):
            _read(tmp_path, empty)
    with pytest.raises(ModelFileError, match="A model file is a mapping"):
        _read(tmp_path, "- a\n- b\n")
    with pytest.raises(ModelFileError, match="A model file is a mapping"):
        _read(tmp_path, "# nothing but a comment\n")


def test_an_unreadable_file_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *options: object) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    path = tmp_path / "model.yaml"
    path.write_text(SMALLEST)
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ModelFileError, match="cannot be read: Permission denied"):
        read_model(path)


def test_other_encodings_are_refused_with_their_offset(tmp_path: Path) -> None:
    data = SMALLEST.encode() + b"# caf\xe9\n"
    message = f"byte at offset {data.index(0xE9)} does not belong. Got: '0xe9'. Save it as UTF-8"
    with pytest.raises(ModelFileError, match=message) as caught:
        _read(tmp_path, data)
    assert caught.value.line == SMALLEST.count("\n") + 1
    with pytest.raises(ModelFileError, match="not in UTF-8"):
        _read(tmp_path, SMALLEST.encode("utf-16"))
    assert _read(tmp_path, SMALLEST.encode("utf-8-sig")).name == "example"


def _many(arrows: list[tuple[int, int]], variables: int) -> str:
    lines = ["schema: vm2causal/model/1", "variables:"]
    lines += [f"  v{number}:" for number in range(variables)]
    lines += ["arrows:", *(f"  - {{from: v{a}, to: v{b}, sign: '+'}}" for a, b in arrows)]
    return "\n".join(lines)


def test_ten_thousand_arrows_are_read_within_seconds(tmp_path: Path) -> None:
    pairs = [(n, n + step) for step in range(1, 6) for n in range(2000)]
    start = time.perf_counter()
    spec = _read(tmp_path, _many(pairs, 2005))
    assert len(spec.graph.arrows) == 10_000
    assert time.perf_counter() - start < 4


def test_a_cycle_among_ten_thousand_arrows_is_found_and_shortened(tmp_path: Path) -> None:
    pairs = [(n, (n + 1) % 10_000) for n in range(10_000)]
    start = time.perf_counter()
    with pytest.raises(
        ModelFileError, match=r"v48 -> v49 -> … \(9,950 more\) … -> v0\. G"
    ) as caught:
        _read(tmp_path, _many(pairs, 10_000))
    assert caught.value.line == 2 + 10_000 + 1 + 10_000
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(("length", "left_out"), [(9, 0), (50, 0), (51, 1), (60, 10)])
def test_a_cycle_is_printed_whole_up_to_fifty_names(
    tmp_path: Path, length: int, left_out: int
) -> None:
    pairs = [(n, (n + 1) % length) for n in range(length)]
    with pytest.raises(ModelFileError, match="The arrows form a cycle: v0 -> v1 -> ") as caught:
        _read(tmp_path, _many(pairs, length))
    printed = str(caught.value).split("Got:")[0]
    missing = [n for n in range(length) if f"v{n} -> " not in printed]
    assert len(missing) == left_out
    assert (f"({left_out} more)" in printed) == bool(left_out)


@pytest.mark.parametrize("block", ["arrows", "groups", "queries", "steps", "documents", "priors"])
def test_a_block_just_begun_is_empty(tmp_path: Path, block: str) -> None:
    spec = _read(tmp_path, f"schema: vm2causal/model/1\nvariables: {{x: }}\n{block}:\n")
    assert not getattr(spec, block)


def test_a_file_too_large_to_be_a_model_is_not_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vm2causal.spec.files.LARGEST", 100)
    with pytest.raises(ModelFileError, match="A model file has at most 100 bytes"):
        _read(tmp_path, SMALLEST)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@given(data=st.binary(max_size=80))
def test_any_bytes_are_refused_with_a_model_file_error(scratch: Path, data: bytes) -> None:
    with pytest.raises(ModelFileError):
        _read(scratch, data)


@given(
    start=st.integers(0, len(SMALLEST)),
    length=st.integers(0, 30),
    put=st.text(alphabet="abc:-[]{}&*!|'\"#, \n0", max_size=12),
)
def test_a_damaged_file_is_read_or_refused(
    scratch: Path, start: int, length: int, put: str
) -> None:
    damaged = SMALLEST[:start] + put + SMALLEST[start + length :]
    with contextlib.suppress(ModelFileError):
        assert _read(scratch, damaged).variables
