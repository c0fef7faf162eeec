"""What the checks withhold has no number in any table that leaves."""

import pandas as pd
import pytest

from vm2causal.checks.gate.licences import as_licensed, has_numbers, widened, wider_by

FOUND = {"mean": 0.4, "sd": 0.1, "lower": 0.2, "upper": 0.6, "level": 0.95}
BENT = {"cause": "m", "effect": "y", "shape": "curvature"}
WHOLE = {"cause": "x", "contrast": "1 vs 0", "kind": "total", "through": [], "failed": [],
         "factor": 2.0}  # fmt: skip
GATES = [
    WHOLE | {"effect": "y", "licence": "withheld", "failed": [BENT]},
    WHOLE | {"effect": "z", "licence": "wider"},
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


# -- intervals as wide as the checks ask ---------------------------------------------------------


def test_an_interval_is_as_wide_as_the_robust_one_for_everybody_and_in_every_group() -> None:
    table = pd.DataFrame([row(effect="z"), row(effect="z", by="sector", group="techniek")])
    found = as_licensed(table, GATES)
    for name in ("natural", "career"):
        for shown in found[name]:
            assert shown == pytest.approx(FOUND | {"sd": 0.2, "lower": 0.0, "upper": 0.8})
    # 0.4 lies 1.96 robust standard errors from 0
    assert found["p_positive"].tolist() == pytest.approx([0.975, 0.975])
    assert table["natural"][0] == FOUND
    pd.testing.assert_frame_equal(as_licensed(found, GATES), found)


def test_shares_and_direct_effects_are_as_wide_as_their_own_standard_errors() -> None:
    share = {"effect": "z", "licence": "wider", "through": ["m"]}
    gates = [
        *GATES,
        WHOLE | share | {"kind": "indirect", "factor": 3.0},
        WHOLE | share | {"kind": "direct", "factor": 1.5},
        WHOLE | {"effect": "z", "licence": "wider", "kind": "direct", "factor": 4.0},
    ]
    parts = {"indirect": FOUND, "direct": FOUND, "total": FOUND}
    table = pd.DataFrame(
        [{"cause": "x", "effect": "z", "contrast": "1 vs 0", "through": ("m",)} | parts]
    )
    (found,) = as_licensed(table, gates).to_dict("records")
    widths = {name: found[name]["upper"] - found[name]["lower"] for name in parts}
    assert widths == pytest.approx({"indirect": 1.2, "direct": 0.6, "total": 0.8})
    direct = as_licensed(pd.DataFrame([row(effect="z", kind="direct")]), gates)
    assert direct["natural"][0]["sd"] == pytest.approx(0.4)


def test_a_ratio_is_stretched_on_the_scale_of_its_logarithm() -> None:
    ratio = {"mean": 2.0, "sd": 0.5, "lower": 1.0, "upper": 4.0, "level": 0.95}
    found = widened(row(effect="z", natural=ratio, career=None, scale="ratio"), wider_by(GATES))
    assert (found["natural"]["lower"], found["natural"]["upper"]) == pytest.approx((0.5, 8.0))
    # log 2 lies half of 1.96 robust standard errors from log 1
    assert found["p_positive"] == pytest.approx(0.836, abs=0.001)
