"""What the checks withhold has no number in any table that leaves."""

import pandas as pd
import pytest

from vm2causal.checks.gate.licences import as_licensed, has_numbers

FOUND = {"mean": 0.4, "sd": 0.1, "lower": 0.2, "upper": 0.6, "level": 0.95}
BENT = {"cause": "m", "effect": "y", "shape": "curvature"}
GATES = [
    {"cause": "x", "effect": "y", "contrast": "1 vs 0", "licence": "withheld", "failed": [BENT]},
    {"cause": "x", "effect": "z", "contrast": "1 vs 0", "licence": "wider", "failed": []},
]


def row(**changes: object) -> dict[str, object]:
    return {"cause": "x", "effect": "y", "contrast": "1 vs 0", "natural": FOUND, "career": FOUND,
            "p_positive": 0.99, "kind": "total", "by": None, "group": "all"} | changes  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({}, True),
        ({"by": "sector", "group": "techniek"}, True),
        ({"effect": "z"}, False),
        ({"contrast": "2 vs 0"}, False),
        ({"kind": "direct"}, False),
    ],
)
def test_an_effect_is_withheld_for_everybody_and_in_every_group(
    changes: dict[str, object], *, gone: bool
) -> None:
    table = pd.DataFrame([row(**changes), row(cause="other")])
    found = as_licensed(table, GATES)
    assert list(found["withheld"]) == [gone, False]
    for name in ("natural", "career", "p_positive"):
        assert found[name].isna().tolist() == [gone, False]
    assert table["natural"].notna().all()  # what was given stays as it was
    assert has_numbers(found)
    assert has_numbers(found.iloc[:1]) is not gone


def test_what_a_withheld_effect_runs_through_is_withheld_with_it() -> None:
    parts = {"indirect": FOUND, "direct": FOUND, "total": FOUND}
    shares = [{"cause": "x", "effect": effect, "contrast": "1 vs 0", "through": ("m",)} | parts
              for effect in ("y", "z")]  # fmt: skip
    shares.append(shares[1] | {"indirect": None, "direct": None})
    found = as_licensed(pd.DataFrame(shares), GATES)
    for name in parts:
        assert found[name].isna().tolist() == [True, False, name != "total"]
    # a share that no data could tell is something else than one that is withheld
    assert found["identified"].tolist() == [True, True, False]


def test_an_empty_table_has_no_numbers() -> None:
    assert as_licensed(pd.DataFrame(), GATES).empty
    assert not has_numbers(pd.DataFrame())


def test_a_direct_effect_is_withheld_where_its_own_arrow_failed() -> None:
    own = [GATES[0] | {"failed": [BENT, BENT | {"cause": "x"}]}]
    table = pd.DataFrame([row(kind="direct"), row(kind="direct", contrast="2 vs 0")])
    assert as_licensed(table, own)["withheld"].tolist() == [True, False]
    # a test that failed elsewhere on the way says nothing of it
    assert as_licensed(table, GATES)["withheld"].tolist() == [False, False]
