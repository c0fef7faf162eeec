"""What attacks found, in a brief: with their caveats, and in the units of the effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vm2causal.report.brief.content.attack_sections import attacks_section, refuted_effects
from vm2causal.report.brief.content.blocks import BulletList, Paragraph, Section, Table, walk
from vm2causal.spec import Arrow, CausalSpec, Variable
from vm2causal.texts import Language

SPEC = CausalSpec(
    name="small",
    variables={
        "x": Variable(),
        "y": Variable(kind="count", trials="of"),
        "score": Variable(),
        "hidden": Variable(observed=False),
    },
    arrows=[
        Arrow(cause="x", effect="y"),
        Arrow(cause="x", effect="score"),
        Arrow(cause="hidden", effect="x"),
        Arrow(cause="hidden", effect="y"),
    ],
)
VALUE = {"mean": 0.52, "lower": 0.2, "upper": 0.8, "level": 0.95}
DROPPED = {"cause": "x", "effect": "score", "reason": "No noise."}


def refuted(effect: str, *, passed: bool | None = True) -> dict[str, Any]:
    attack = {
        "attack": "placebo",
        "passed": passed,
        "rule": "The rule.",
        "sentence": "What was found.",
        "could_find": "What could be.",
        "refits": [{"converged": True}] * 3,
        "failed": [{"refit": "4", "reason": "lost"}],
    }
    query = {"cause": "x", "effect": effect, "estimate": VALUE, "assumed": ["hidden"],
             "estimator": "adjusted_regression", "structural": VALUE | {"mean": 0.55}}  # fmt: skip
    return {"queries": [{**query, "attacks": [attack]}], "not_attacked": [DROPPED]}


def varied() -> dict[str, Any]:
    confounding = {
        "cause": "x",
        "effect": "score",
        "estimate": VALUE,
        "tipping_interval": 0.3,
        "tipping_mean": None,
        "e_value": {"estimate": None, "limit": 1.25},
        "benchmarks": [{"variable": "hidden", "a": 0.1, "b": 0.2, "effect": VALUE}],
        "curve": [{"product": -0.4}, {"product": 0.6}],
    }
    front = {"cause": "x", "effect": "y", "mediators": ["score"], "violation": "back",
             "size": 0.2, "total": VALUE}  # fmt: skip
    missing = {"cause": "x", "effect": "y", "shift": 0.5, "shifted": VALUE}
    prior = {"quantity": "x -> y", "prior": 0.3, "likelihood": 0.0, "flag": "prior_dominates"}
    return {
        "confounding": [confounding],
        "front_door": [front],
        "missing": [missing],
        "priors": [prior],
        "not_attacked": [],
    }


def independences(**changes: Any) -> dict[str, Any]:
    row = {
        "cause": "x",
        "effect": "score",
        "verdict": "violated",
        "tail": 0.001,
        "q": 0.002,
        "coefficients": [VALUE],
    }
    permuted = {"violations": 2, "tests": 9, "share": 0.2, "mean_share": 0.3, "p_value": 0.01,
                "informative": False, "equivalent": 0.6}  # fmt: skip
    summary = {"tested": 4, "violated": 1, "holds": 2, "undecided": 1,
               "below_five_percent": 1, "expected_by_chance": 0.2,
               "undecided_detectable": {"smallest": 0.2, "median": 0.31, "largest": 0.9,
                                        "probability": 0.8}}  # fmt: skip
    document = {"independences": [row], "permuted_graphs": permuted, "summary": summary}
    return document | {"failed_tests": {"a": "lost"}} | changes


def told(
    left_out: dict[str, Any] | None = None,
    gates: Sequence[dict[str, Any]] = (),
    **documents: dict[str, Any],
) -> tuple[str, dict[str, Table]]:
    section = attacks_section(
        documents,
        gates=gates,
        left_out=left_out,
        spec=SPEC,
        fit="my-fit",
        pictures=(),
        language=Language.EN,
    )
    found = walk([section])
    said = [item.text for item in found if isinstance(item, Paragraph)]
    said += [line for item in found if isinstance(item, BulletList) for line in item.items]
    return " ".join(said), {item.name: item for item in found if isinstance(item, Table)}


def cells(table: Table) -> list[str]:
    return [cell.text for row in table.rows for cell in row]


def test_nothing_made_gives_every_command() -> None:
    said, tables = told()
    for name in ("test", "refute", "sensitivity"):
        assert f"vm2causal {name} my-fit" in said
    assert not tables


def test_a_refutation_tells_its_assumption_its_losses_and_what_was_skipped() -> None:
    said, tables = told(refute=refuted("y"))
    table = tables["refuted"]
    assert "52.0 pp (20.0; 80.0)" in table.rows[0][0].text
    assert table.rows[0][1].text == "55.0 pp (20.0; 80.0)"
    assert "hidden" in table.note
    assert "not the structural model itself" in table.note
    assert "The rule." in said
    assert "What was found. What could be." in cells(table)
    assert "Of 4 refits 1 failed; in 0 the chains" in table.note
    assert "x → score was skipped. No noise." in said


def test_the_numbers_of_an_effect_that_is_withheld_are_no_result() -> None:
    gate = {"cause": "x", "effect": "y", "licence": "withheld", "failed": []}
    assert "checks withhold" not in told(gates=[gate | {"licence": "wider"}])[0]
    said, _ = told(refute=refuted("y"), gates=[gate])
    assert f"Of x → {SPEC.label('y', Language.EN)} the checks withhold the number." in said


def test_a_part_of_the_refutations_is_told_until_all_of_them_are_made() -> None:
    part = refuted("y", passed=False)
    said, tables = told(left_out=part)
    assert "vm2causal refute my-fit" in said
    assert "What was found. What could be." in cells(tables["refuted"])
    section = attacks_section(
        {}, gates=[], left_out=part, spec=SPEC, fit="my-fit", pictures=(), language=Language.EN
    )
    whole = attacks_section(
        {"refute": refuted("y")},
        gates=[],
        left_out=part,
        spec=SPEC,
        fit="my-fit",
        pictures=(),
        language=Language.EN,
    )
    names = [[item.anchor for item in one.blocks if isinstance(item, Section)]
             for one in (section, whole)]  # fmt: skip
    assert names == [["attacks-left-out"], ["attacks-refute"]]


def test_an_effect_that_is_no_share_keeps_its_unit() -> None:
    _, tables = told(refute=refuted("score"), sensitivity=varied())
    assert "0.52 (0.20; 0.80)" in tables["refuted"].rows[0][0].text
    assert "0.52 (0.20; 0.80)" in cells(tables["tipping"])
    assert not any("pp" in cell for cell in cells(tables["tipping"]))


def test_what_has_no_finite_value_says_so() -> None:
    _, tables = told(sensitivity=varied())
    shown = cells(tables["tipping"])
    assert "∞ (1.25)" in shown
    assert "> 0.60" in shown


def test_violations_of_the_front_door_and_missing_answers_are_told() -> None:
    _, tables = told(sensitivity=varied())
    assert any("hidden acts on the mediator" in cell for cell in cells(tables["front-door"]))
    assert "52.0 pp (20.0; 80.0)" in cells(tables["missing"])
    assert "the prior decides" in cells(tables["priors"])


def test_a_comparison_that_says_little_says_that() -> None:
    said, tables = told(test=independences())
    assert "60%" in said
    assert "Tests that failed: 1." in said
    assert "x → score" in cells(tables["violated"])


def test_only_an_attack_that_fell_refutes() -> None:
    for passed, expected in {True: {}, None: {}}.items():
        assert refuted_effects(refuted("y", passed=passed), Language.EN) == expected
    assert refuted_effects(None, Language.EN) == {}
    (reason,) = refuted_effects(refuted("y", passed=False), Language.EN).values()
    assert "placebo cause" in reason
    assert "What was found." in reason
