"""Questions a graph cannot hold, limits, and the same answer in every process."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from itertools import combinations

import pytest

from vm2causal.errors import QueryError, SizeLimitError
from vm2causal.identify import Limits, Strategy, identify_effect, implied_independences
from vm2causal.identify.minimality import minimal_sets
from vm2causal.spec.graph import CausalGraph

GRAPH = CausalGraph.of(
    [("quality", "binding"), ("quality", "vsv"), ("binding", "vsv")], unobserved=["quality"]
)


@pytest.mark.parametrize(
    ("cause", "effect", "kind", "message"),
    [
        ("bindig", "vsv", "total", r"The cause is not in the model\..*Did you mean 'binding'\?"),
        ("binding", "zzz", "total", r"The effect is not in the model\..*Choose from binding, vsv"),
        ("quality", "vsv", "total", r"The cause is unobserved .* no data can speak .*'quality'"),
        ("binding", "quality", "direct", r"The effect is unobserved"),
        ("vsv", "vsv", "total", r"no effect on itself.*'vsv'.*two different"),
        ("binding", "vsv", "causal", r"no kind of effect.*'causal'.*total, direct, mediated"),
    ],
)
def test_wrong_questions(cause: str, effect: str, kind: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        identify_effect(GRAPH, cause, effect, kind=kind)


def test_a_cycle_is_printed() -> None:
    cyclic = CausalGraph.of([("a", "b"), ("b", "c"), ("c", "a")])
    with pytest.raises(QueryError, match="a → b → c → a"):
        identify_effect(cyclic, "a", "b")


def _ladder(rungs: int) -> CausalGraph:
    """``rungs`` chains of two confounders between x and y: 2 to the power of that many sets."""
    arrows = [("x", "y")]
    for number in range(rungs):
        arrows += [
            (f"a{number:02}", "x"),
            (f"a{number:02}", f"b{number:02}"),
            (f"b{number:02}", "y"),
        ]
    return CausalGraph.of(arrows)


def test_all_of_very_many_sets() -> None:
    found = identify_effect(_ladder(8), "x", "y")
    assert found.complete
    assert len(found.minimal_adjustment_sets) == 2**8


def test_a_list_is_cut_off_at_its_limit_and_says_so() -> None:
    found = identify_effect(_ladder(30), "x", "y", limits=Limits(sets=50))
    assert not found.complete
    assert found.identifiable
    assert len(found.minimal_adjustment_sets) == 50
    assert all(len(one) == 30 for one in found.minimal_adjustment_sets)


def test_a_limit_on_seconds_ends_the_question() -> None:
    with pytest.raises(SizeLimitError, match=r"more than the 1e-09 seconds.*one cause and one"):
        identify_effect(_ladder(10), "x", "y", limits=Limits(seconds=1e-9))


def test_questions_share_a_clock_that_runs_already() -> None:
    over = Limits(seconds=0.01).start()
    time.sleep(0.02)
    with pytest.raises(SizeLimitError, match=r"more than the 0\.01 seconds"):
        identify_effect(GRAPH, "binding", "vsv", limits=over)
    with pytest.raises(SizeLimitError, match=r"more than the 0\.01 seconds"):
        implied_independences(
            CausalGraph.of([("a", "b"), ("c", "b")], unobserved=["b"]), limits=over
        )


@pytest.mark.parametrize("allowed", [1, 10, 150, 400])
def test_a_search_makes_no_more_tests_than_its_steps_allow(allowed: int) -> None:
    tested: list[int] = []

    def holds(nodes: int) -> bool:
        tested.append(nodes)
        return nodes & 0b111 == 0b111

    search = Limits(steps=100 * allowed).start().search(size=100)
    listing = minimal_sets(holds, (1 << 200) - 1, search)
    assert len(tested) <= allowed
    assert listing.sets == ((0b111,) if allowed == 400 else ())
    assert listing.complete is (allowed == 400)


def _large() -> CausalGraph:
    """2,000 nodes, 10,000 arrows, a tenth of the nodes unobserved."""
    rng = random.Random(1)
    names = [f"v{number:04}" for number in range(2000)]
    arrows: set[tuple[str, str]] = set()
    while len(arrows) < 10_000:
        one, other = sorted(rng.sample(names, 2))
        arrows.add((one, other))
    return CausalGraph.of(sorted(arrows), nodes=names, unobserved=names[:1000:5])


@pytest.mark.parametrize("cause", ["v0001", "v1001"])
def test_a_question_to_a_graph_of_two_thousand_nodes_is_answered(cause: str) -> None:
    found = identify_effect(_large(), cause, "v1990")
    assert not found.complete
    assert found.identifiable
    assert found.strategy in (Strategy.NONE_NEEDED, Strategy.BACKDOOR)
    assert found.minimal_adjustment_sets


def test_a_dense_graph_of_fifty_nodes_is_answered() -> None:
    names = [f"v{number:02}" for number in range(50)]
    dense = CausalGraph.of(combinations(names, 2), unobserved=names[10:15])
    found = identify_effect(dense, names[20], names[49])
    assert found.identifiable is False
    assert found.complete
    assert implied_independences(dense).statements == ()


_SCRIPT = """
import json, random, sys
from vm2causal.identify import *
from vm2causal.spec.graph import CausalGraph
from vm2causal.texts import Language
arrows, hidden = json.loads(sys.argv[1])
random.Random(int(sys.argv[2])).shuffle(arrows)
graph = CausalGraph.of([tuple(one) for one in arrows], unobserved=set(hidden))
answers = [
    identify_effect(graph, x, y, kind=kind)
    for x in graph.observed for y in graph.observed if x != y
    for kind in ("total", "direct", "mediated")
]
independences = implied_independences(graph, every=True)
print(json.dumps(identification_document(answers, independences, Language.NL)))
"""


def test_the_same_answer_in_every_process_and_edge_order() -> None:
    arrows = [
        ["u", "a"], ["u", "f"], ["a", "b"], ["a", "c"], ["b", "d"], ["c", "d"], ["d", "f"],
        ["s", "a"], ["s", "d"], ["s", "f"], ["z", "a"], ["w", "b"], ["w", "f"],
    ]  # fmt: skip
    outputs = {
        subprocess.run(
            [sys.executable, "-c", _SCRIPT, json.dumps([arrows, ["u"]]), seed],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "20")
    }
    assert len(outputs) == 1
    (only,) = outputs
    assert len(json.loads(only)["queries"]) == 3 * 8 * 7
