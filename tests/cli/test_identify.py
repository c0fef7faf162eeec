"""``vm2causal identify``: questions about several causes, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import run, valid

MODEL = """
schema: vm2causal/model/1
variables: {a: , b: , c: , w: , u: {observed: false}}
arrows:
  - {from: w, to: a}
  - {from: a, to: b}
  - {from: b, to: c}
  - {from: a, to: c}
  - {from: w, to: b}
  - {from: w, to: c}
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.yaml"
    path.write_text(MODEL)
    return path


def test_several_causes_ask_for_their_joint_effect(model: Path) -> None:
    done = run("identify", model, "--cause", "a", "--cause", "b", "--effect", "c", "--json")
    (found,) = valid(done.stdout, "identify")["queries"]
    assert (found["cause"], found["also"]) == ("a", ["b"])
    assert found["minimal_adjustment_sets"] == [["w"]]
    assert found["estimand"] == r"P(c \mid do(a, b)) = \sum_{w} P(c \mid a, b, w) \, P(w)"
    assert "values of a and b at equal w" in found["sentence"]["en"]
    assert "DoWhy is niet gevraagd" in found["engine_note"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--cause", "a", "--cause", "b"], "joint effect, which needs an effect. Got: 'a, b'"),
        (["--cause", "a", "--cause", "bb", "--effect", "c"], "The cause is not in the model"),
        (["--cause", "a", "--cause", "c", "--effect", "c"], "A variable has no effect on itself"),
        (
            ["--cause", "a", "--cause", "b", "--effect", "c", "--kind", "direct"],
            "Of several causes together only the total effect can be asked. Got: 'direct'",
        ),
        (["--effect", "c", "--effect", "b"], "--effect takes one value, and is given 2"),
    ],
)
def test_what_it_cannot_answer(model: Path, options: list[str], message: str) -> None:
    done = run("identify", model, *options)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""
