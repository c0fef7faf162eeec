"""Small tables as they come, each with what must come of it: a value, a remark or a refusal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from command_line import run, valid
from corpus.building import Case, cases, write_case

CASES = cases()


def test_the_corpus_is_large_and_every_case_says_what_must_come_of_it() -> None:
    assert len(CASES) >= 300
    assert all(case.expect for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_must_come_of_a_table_comes_of_it(case: Case, tmp_path: Path) -> None:
    table, model = write_case(case, tmp_path)
    done = run("study", "check", table, "--model", model, "--json", "--lang", "en", *case.options)
    assert "Traceback" not in done.stderr
    if "refused" in case.expect:
        assert done.returncode == 2, done.stdout
        assert re.search(case.expect["refused"], done.stderr), done.stderr
        return
    assert done.returncode == 0, done.stderr
    document = valid(done.stdout, "table-check")
    said = [remark["says"] for remark in document["table"]["remarks"]]
    for pattern in case.expect.get("says", ()):
        assert any(re.search(pattern, sentence) for sentence in said), said
    if case.expect.get("silent"):
        assert not said
    found = {item["variable"]: item for item in document["variables"]}
    for name, wanted in case.expect.get("variables", {}).items():
        _compare(found[name], wanted)


def _compare(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Counts of rows and levels exactly, in their order; numbers to nine digits."""
    for key, value in wanted.items():
        if key == "levels":
            assert list(found["levels"].items()) == list(value.items())
        elif key in ("used", "missing", "imputed"):
            assert found[key] == value
        else:
            assert found["numbers"][key] == pytest.approx(value, rel=1e-9)
