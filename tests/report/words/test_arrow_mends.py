"""Lines of a model file that free arrows: each is read, and frees what the test found."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from vm2causal.report.words.arrow_mends import arrow_mends
from vm2causal.spec import Arrow, CausalSpec, Variable

SPEC = CausalSpec(
    name="m",
    variables={
        "x": Variable(),
        "grade": Variable(kind="ordinal", levels=("a", "b", "c")),
        "girl": Variable(kind="binary", level="leerling"),
        "sector": Variable(kind="nominal"),
        "score": Variable(),
    },
    arrows=[Arrow(cause=cause, effect="score") for cause in ("x", "grade", "girl", "sector")],
    groups=["school"],
)


def failed(shape: str, cause: str = "x", by: str | None = None) -> dict[str, Any]:
    return {"cause": cause, "effect": "score", "shape": shape, "by": by}


@pytest.mark.parametrize(
    ("tests", "lines"),
    [
        (
            [failed("varies", by="school"), failed("curvature")],
            ["{from: x, to: score, varies: [school], shape: smooth}"],
        ),
        ([failed("curvature", "grade")], ["{from: grade, to: score, shape: monotone}"]),
        (
            [failed("interaction", by="grade"), failed("interaction", "grade", "x")],
            ["{from: x, to: score, depends_on: [grade]}"],
        ),
        ([failed("interaction", by="girl"), failed("varies", "girl", "school")], []),
        ([failed("curvature", "sector")], []),
    ],
)
def test_each_line_is_read_and_frees_what_was_found(
    tests: list[dict[str, Any]], lines: list[str]
) -> None:
    assert arrow_mends(tests, SPEC) == lines
    freed = [Arrow.model_validate(yaml.safe_load(line)) for line in lines]
    keys = {arrow.key for arrow in freed}
    others = [arrow for arrow in SPEC.arrows if arrow.key not in keys]
    assert SPEC.changed(arrows=[*others, *freed]).version == (
        "vm2causal/model/2" if freed else "vm2causal/model/1"
    )
