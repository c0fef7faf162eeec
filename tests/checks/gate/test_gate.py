"""What checks license, by claim; nothing is sampled."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pandas as pd
import pytest

from vm2causal.checks.gate.diagnostics import Diagnostics
from vm2causal.checks.gate.gate import (
    along_paths,
    computation_state,
    effect_gates,
    predictions,
    turns,
    withholds,
)
from vm2causal.checks.gate.state import State

GRAPH: nx.DiGraph[Any] = nx.DiGraph([("a", "m"), ("m", "y"), ("a", "y"), ("z", "y"), ("y", "w")])
SPREAD = {
    "cause": "a", "effect": "y", "contrast": "1 vs 0", "kind": "total", "through": (),
    "effect_level": None, "mean": 1.0,
    "lower": 0.2, "upper": 1.8, "sd": 0.4, "robust_sd": 0.4, "clusters": "g", "levels": 20,
    "factor": 1.05,
}  # fmt: skip


def checked_row(**changes: Any) -> dict[str, Any]:
    base = {"cause": "a", "effect": "y", "shape": "varies", "by": "g", "state": "passed"}
    return base | changes


def judged(*tests: dict[str, Any], spread: dict[str, Any] = SPREAD, **options: Any) -> Any:
    states = options.get("states", {})
    (found,) = effect_gates(
        pd.DataFrame([spread]),
        tests=pd.DataFrame(tests or [checked_row()]),
        predicted=[
            {"variable": name, "state": states.get(name, "passed")} for name in ("m", "y", "w")
        ],
        prior=pd.DataFrame(
            {
                "cause": "a",
                "effect": "y",
                "contrast": "1 vs 0",
                "flag": options.get("flag", "none"),
            },
            index=[0],
        ),
        graph=GRAPH,
        sizes={"g": 20, "sector": 4},
    )
    return found


def test_what_was_not_judged_was_not_passed() -> None:
    predictive = pd.DataFrame({"variable": ["a", "b"], "verdict": ["ok", "warning"]})
    transforms = pd.DataFrame({"variable": ["a", "b"], "verdict": ["unjudged", "ok"]})
    found = predictions(["a", "b", "c"], predictive, transforms)
    assert {row["variable"]: row["state"] for row in found} == {
        "a": "unjudged", "b": "passed", "c": "unjudged",
    }  # fmt: skip


def test_one_chain_cannot_be_judged_and_divergences_fail() -> None:
    nan = float("nan")
    one = Diagnostics(nan, 900, 900, 0, 0.9, ("rhat_max",))
    assert computation_state(one) is State.UNJUDGED
    assert computation_state(Diagnostics(1.0, 900, 900, 3, 0.9, ("divergences",))) is State.FAILED
    both = Diagnostics(nan, 900, 900, 3, 0.9, ("rhat_max", "divergences"))
    assert computation_state(both) is State.FAILED
    assert computation_state(Diagnostics(1.0, 900, 900, 0, 0.9, ())) is State.PASSED


def test_only_arrows_on_the_way_concern_an_effect() -> None:
    tests = [checked_row(cause=cause, effect=effect) for cause, effect in GRAPH.edges]
    pairs = {(row["cause"], row["effect"]) for row in along_paths(tests, GRAPH, "a", "y")}
    assert pairs == {("a", "m"), ("m", "y"), ("a", "y")}
    assert judged(checked_row(cause="z", state="failed")).state is State.PASSED


def test_misfit_of_what_lies_elsewhere_is_no_matter() -> None:
    assert judged(states={"w": "failed"}).distribution == "fits"
    found = judged(states={"m": "failed"})
    assert (found.distribution, found.licence, found.state) == ("stands", "wider", State.PASSED)
    assert found.misfits == ("m",)


def test_a_claim_that_turns_on_the_distribution_fails() -> None:
    wide = SPREAD | {"robust_sd": 0.6, "factor": 1.5}
    found = judged(spread=wide, states={"y": "unjudged"})
    assert (found.distribution, found.licence, found.state) == ("turns", "wider", State.FAILED)
    # where the data look like draws of the model, its own interval is the one
    assert judged(spread=wide).licence == "as_is"


@pytest.mark.parametrize(
    ("lower", "upper", "factor", "expected"),
    [
        (0.2, 1.8, 1.2, False),
        (0.2, 1.8, 1.3, True),
        (-0.2, 2.2, 3.0, False),
        (-1.8, -0.2, 1.3, True),
    ],
)
def test_a_verdict_turns_where_the_wider_interval_holds_zero(
    lower: float, upper: float, factor: float, expected: bool
) -> None:
    row = {"mean": (lower + upper) / 2, "lower": lower, "upper": upper, "factor": factor}
    assert turns(row) is expected


def test_an_average_has_a_standard_error_over_many_levels_only() -> None:
    sizes = {"g": 20, "sector": 4}
    assert not withholds(checked_row(), sizes)
    assert withholds(checked_row(by="sector"), sizes)
    assert withholds(checked_row(shape="interaction", by="z"), sizes)
    assert withholds(checked_row(shape="curvature", by=None), sizes)
    assert judged(checked_row(state="failed")).licence == "wider"
    assert judged(checked_row(state="failed", by="sector")).licence == "withheld"


def test_an_effect_that_could_not_be_tested_is_not_judged() -> None:
    found = judged(checked_row(state="unjudged", reason="constant_within"))
    assert (found.state, found.licence) == (State.UNJUDGED, "as_is")
    assert judged(flag="prior_dominates").licence == "withheld"
    assert judged(flag="unjudged").state is State.UNJUDGED


def test_a_direct_effect_is_judged_by_its_own_equation() -> None:
    """Mediators are held: what is the matter with them is none of its concern."""
    on_the_way = checked_row(effect="m", state="failed", shape="curvature")
    itself = checked_row(state="failed", shape="interaction", by="z")
    direct = SPREAD | {"kind": "direct"}
    assert judged(on_the_way, spread=direct).licence == "as_is"
    assert judged(on_the_way, itself, spread=direct).failed == (itself,)
    assert judged(spread=direct, states={"m": "failed"}).misfits == ()
    assert judged(spread=direct, states={"y": "failed"}).misfits == ("y",)
    # nobody asked whether the prior decides it
    assert judged(spread=direct).prior == State.UNJUDGED.value


def test_a_share_is_judged_by_every_equation_on_the_way() -> None:
    share = SPREAD | {"kind": "indirect", "through": ("m",)}
    found = judged(spread=share, states={"m": "failed"})
    assert (found.misfits, found.licence, found.through) == (("m",), "wider", ("m",))
    assert judged(spread=share).state is State.PASSED
