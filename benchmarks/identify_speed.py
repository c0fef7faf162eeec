"""How fast identification is, against DoWhy's exhaustive search where both can answer.

Run: ``uv run --no-sync python benchmarks/identify_speed.py [--graphs 200] [--cap 1.0]``
"""

from __future__ import annotations

import argparse
import logging
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations
from statistics import median

from vm2causal.identify import (
    CausalQuestion,
    Limits,
    arrow_questions,
    identify_effect,
    identify_effects,
    implied_independences,
)
from vm2causal.identify.adjustment import minimal_adjustment_sets
from vm2causal.identify.dag import dag_of
from vm2causal.spec import read_model
from vm2causal.spec.graph import CausalGraph


class CapReached(Exception):
    """The time for one graph is up."""


@contextmanager
def cap(seconds: float) -> Iterator[None]:
    def stop(number: int, frame: object) -> None:
        raise CapReached

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def timed[T](work: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def whole_model(name: str) -> None:
    reading, spec = timed(lambda: read_model(name))
    declared = [CausalQuestion(q.cause, q.effect, q.kind) for q in spec.queries]
    questions = list(dict.fromkeys([*arrow_questions(spec.graph), *declared]))
    asking, answers = timed(lambda: identify_effects(spec.graph, questions))
    listing, independences = timed(lambda: implied_independences(spec.graph, every=True))
    print(f"{name}: {len(spec.graph.nodes)} nodes, {len(spec.graph.arrows)} arrows")
    print(f"  read the model                          {reading:8.3f} s")
    print(f"  {len(answers):3} questions, all minimal sets         {asking:8.3f} s")
    print(
        f"  {len(independences.statements):3} implied independences, all minimal {listing:8.3f} s"
    )
    importing, _ = timed(lambda: __import__("dowhy.causal_identifier"))
    second, _ = timed(lambda: identify_effects(spec.graph, questions, second_opinion=True))
    print(f"  import DoWhy                            {importing:8.3f} s")
    print(f"  the questions with DoWhy's opinion      {second:8.3f} s")


def random_question(seed: int, nodes: int = 30, neighbours: float = 3.0) -> CausalGraph:
    """A random graph in which v00 affects the last node; a tenth is unobserved."""
    rng = random.Random(seed)
    names = [f"v{number:02}" for number in range(nodes)]
    chance = neighbours / (nodes - 1)
    arrows = [pair for pair in combinations(names, 2) if rng.random() < chance]
    cause, effect = names[nodes // 2], names[-1]
    hidden = rng.sample([name for name in names if name not in (cause, effect)], nodes // 10)
    return CausalGraph.of([*arrows, (cause, effect)], nodes=names, unobserved=hidden)


def exhaustive_search(graph: CausalGraph, cause: str, effect: str) -> set[frozenset[str]]:
    """Inclusion-minimal back-door sets among all that DoWhy finds."""
    from dowhy.causal_identifier import BackdoorAdjustment, EstimandType, identify_effect_auto

    answer = identify_effect_auto(
        graph.to_networkx(),
        [cause],
        [effect],
        observed_nodes=list(graph.observed),
        estimand_type=EstimandType.NONPARAMETRIC_ATE,
        backdoor_adjustment=BackdoorAdjustment.BACKDOOR_EXHAUSTIVE,
    )
    found = {frozenset(one) for one in answer.backdoor_variables.values() if one is not None}
    return {one for one in found if not any(other < one for other in found)}


def random_graphs(count: int, seconds: float) -> None:
    logging.getLogger("dowhy").setLevel(logging.ERROR)
    cause, effect = "v15", "v29"
    ours, whole, ratios, capped, differing = [], [], [], 0, 0
    sets = 0
    for seed in range(count):
        graph = random_question(seed)
        dag = dag_of(graph)
        x, y = dag.mask([cause]), dag.mask([effect])
        took, listing = timed(
            lambda: Limits().start().collect(minimal_adjustment_sets(dag, x, y))  # noqa: B023
        )
        ours.append(took)
        sets += len(listing.sets)
        whole.append(timed(lambda: identify_effect(graph, cause, effect))[0])  # noqa: B023
        start = time.perf_counter()
        try:
            with cap(seconds):
                found = exhaustive_search(graph, cause, effect)
                differing += found != {frozenset(dag.label(one)) for one in listing.sets}
        except CapReached:
            capped += 1
        ratios.append((time.perf_counter() - start) / took)
    print(f"\n{count} random graphs of 30 nodes, 3 unobserved, average degree 3")
    print(f"  all minimal adjustment sets, {sets} in all: {sum(ours):8.3f} s")
    print(f"  slowest graph                         : {max(ours):8.3f} s")
    print(f"  everything identify_effect answers    : {sum(whole):8.3f} s")
    print(f"  DoWhy exhaustive-search, stopped at {seconds:g} s in {capped} of {count} graphs")
    print(
        f"  DoWhy / ours, per graph (at least, where stopped): "
        f"median {median(ratios):.0f}×, least {min(ratios):.0f}×"
    )
    print(f"  finished searches whose minimal sets differ from ours: {differing}")


def dense_graphs() -> None:
    names = [f"v{number:02}" for number in range(50)]
    print("\ndense graphs of 50 nodes")
    for share, hidden in ((0.5, 0), (0.5, 10), (1.0, 0), (1.0, 10)):
        rng = random.Random(1)
        arrows = [pair for pair in combinations(names, 2) if rng.random() < share]
        graph = CausalGraph.of(arrows, nodes=names, unobserved=rng.sample(names[:40], hidden))
        middle = next(name for name in names[20:] if name not in graph.unobserved)
        took, found = timed(lambda: identify_effect(graph, middle, "v49"))  # noqa: B023
        print(
            f"  {len(arrows):4} arrows, {hidden:2} unobserved: {took:7.3f} s, "
            f"identifiable {found.identifiable}, {len(found.minimal_adjustment_sets)} sets, "
            f"complete {found.complete}"
        )


def large_graph() -> None:
    print("\na large graph: 2,000 nodes, 10,000 arrows, one question about a total effect")
    rng = random.Random(1)
    names = [f"v{number:04}" for number in range(2000)]
    arrows: set[tuple[str, str]] = set()
    while len(arrows) < 10_000:
        one, other = sorted(rng.sample(names, 2))
        arrows.add((one, other))
    for hidden in (0, 200):
        graph = CausalGraph.of(sorted(arrows), nodes=names, unobserved=names[:hidden])
        took, found = timed(lambda: identify_effect(graph, "v1000", "v1990"))  # noqa: B023
        print(
            f"  {hidden:3} unobserved: {took:7.3f} s, identifiable {found.identifiable}, "
            f"complete {found.complete}"
        )


def many_sets() -> None:
    print("\nthe limit: 40 chains of two confounders, 2^40 minimal sets")
    arrows = [("x", "y")]
    for number in range(40):
        arrows += [(f"a{number}", "x"), (f"a{number}", f"b{number}"), (f"b{number}", "y")]
    took, found = timed(lambda: identify_effect(CausalGraph.of(arrows), "x", "y"))
    print(f"  {took:.3f} s, {len(found.minimal_adjustment_sets)} sets, complete {found.complete}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", type=int, default=200)
    parser.add_argument("--cap", type=float, default=1.0, help="seconds for DoWhy, per graph")
    options = parser.parse_args()
    whole_model("onderzoeksmodel-2012")
    random_graphs(options.graphs, options.cap)
    dense_graphs()
    large_graph()
    many_sets()


if __name__ == "__main__":
    main()
