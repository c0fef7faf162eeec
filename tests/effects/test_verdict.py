from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.effects.verdict import (
    LOGIT_SD,
    ROPE,
    Untestable,
    Verdict,
    direction,
    hardly_varies,
    rope_width,
    verdict,
    why_untestable,
)
from vm2causal.model.data.structural_data import (
    StructuralData,
    study_data,
    table_data,
)
from vm2causal.spec import CausalSpec
from vm2causal.spec.objects import Arrow, Variable
from vm2causal.spec.words import Sign


def judged(low: float, high: float, sign: Sign | None = Sign.PLUS, *, logit: bool = False) -> str:
    """Verdict on an interval that is testable."""
    return verdict(low, high, sign=sign, untestable=None, logit=logit).value


# -- the rules --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "sign", "expected"),
    [
        (0.02, 0.5, Sign.PLUS, "ondersteund"),
        (0.02, 0.05, Sign.PLUS, "geen_aanwijzing"),  # certain, and practically nothing
        (0.02, 0.05, Sign.MINUS, "geen_aanwijzing"),
        (-0.099, -0.02, None, "geen_aanwijzing"),
        (0.02, 0.101, Sign.PLUS, "ondersteund"),
        (-0.5, -0.02, Sign.MINUS, "ondersteund"),
        (0.02, 0.5, None, "een_effect"),
        (-0.5, -0.02, None, "een_effect"),
        (0.02, 0.5, Sign.MINUS, "tegengesproken"),
        (-0.5, -0.02, Sign.PLUS, "tegengesproken"),
        (-0.05, 0.05, Sign.PLUS, "geen_aanwijzing"),
        (-0.09, 0.09, None, "geen_aanwijzing"),
        (-0.09, 0.11, Sign.PLUS, "onbeslist"),
        (-0.11, 0.05, Sign.MINUS, "onbeslist"),
    ],
)
def test_rules(low: float, high: float, sign: Sign | None, expected: str) -> None:
    assert judged(low, high, sign) == expected


def test_the_region_of_practical_equivalence_is_wider_in_logits() -> None:
    assert rope_width(logit=False) == ROPE == 0.1
    assert rope_width(logit=True) == pytest.approx(0.1 * np.pi / np.sqrt(3))
    assert pytest.approx(stats.logistic.var()) == LOGIT_SD**2
    assert judged(-0.15, 0.15, logit=True) == "geen_aanwijzing"
    assert judged(-0.15, 0.15, logit=False) == "onbeslist"


def test_a_certain_effect_within_the_region_is_practically_nothing() -> None:
    """−0.064 (−0.126 to −0.003) in logits: 0 is excluded, and all of it lies within ±0.18."""
    for sign in (Sign.MINUS, Sign.PLUS, None):
        assert judged(-0.126, -0.003, sign, logit=True) == "geen_aanwijzing"
    assert judged(-0.126, -0.003, Sign.MINUS, logit=False) == "ondersteund"


@pytest.mark.parametrize("reason", list(Untestable))
def test_what_cannot_be_tested_has_no_other_verdict(reason: Untestable) -> None:
    found = verdict(1.0, 2.0, sign=Sign.PLUS, untestable=reason, logit=False)
    assert found is Verdict.NIET_TOETSBAAR


@pytest.mark.parametrize(
    ("low", "high", "side"), [(0.1, 0.2, Sign.PLUS), (-0.2, -0.1, Sign.MINUS), (-0.1, 0.1, None)]
)
def test_the_side_of_0(low: float, high: float, side: Sign | None) -> None:
    assert direction(low, high) is side


# -- what cannot be tested --------------------------------------------------------------------


def pair(x: list[object], *, kind: str = "binary", z: list[object] | None = None) -> StructuralData:
    """x → y, and z → y where given."""
    variables = {"x": Variable(kind=kind), "y": Variable()}
    arrows = [Arrow(cause="x", effect="y")]
    table = pd.DataFrame({"x": x, "y": np.arange(len(x), dtype=float)})
    if z is not None:
        variables["z"] = Variable(kind="nominal")
        arrows.append(Arrow(cause="z", effect="y"))
        table["z"] = z
    return table_data(CausalSpec(name="pair", variables=variables, arrows=arrows), table)


@pytest.mark.parametrize(
    ("x", "kind", "reason"),
    [
        ([1] * 20, "binary", Untestable.NO_VARIATION),
        ([1] * 39 + [0], "binary", Untestable.NO_VARIATION),
        ([1] * 19 + [0], "binary", None),  # exactly 95%
        ([2.5] * 20, "continuous", Untestable.NO_VARIATION),
        ([2.5] * 39 + [9.5], "continuous", Untestable.NO_VARIATION),
        ([2.5] * 19 + [9.5], "continuous", None),  # exactly 95%
        ([None] * 5 + [2.5] * 39 + [9.5], "continuous", Untestable.NO_VARIATION),
        ([2.5 + k / 1000 for k in range(40)], "continuous", None),
        ([None] * 10 + [1] * 10, "binary", Untestable.NO_VARIATION),
        (["a"] * 40 + ["b"], "nominal", Untestable.NO_VARIATION),
    ],
)
def test_a_cause_that_hardly_varies(x: list[object], kind: str, reason: Untestable | None) -> None:
    assert why_untestable(pair(x, kind=kind), "x", "y", contraction=0.3) is reason


def test_a_cause_without_overlap() -> None:
    """x is known from z, which also acts on y: nothing is left to compare."""
    z = ["a", "b"] * 20
    same = [int(value == "b") for value in z]
    assert why_untestable(pair(same, z=z), "x", "y", contraction=0.3) is Untestable.NO_OVERLAP
    free = [0, 0, 1, 1] * 10
    assert why_untestable(pair(free, z=z), "x", "y", contraction=0.3) is None
    number = [value + 0.02 * k for k, value in enumerate(same)]
    mostly = pair([float(v) for v in number], kind="continuous", z=z)
    assert why_untestable(mostly, "x", "y", contraction=0.3) is None
    number = [value + 0.001 * k for k, value in enumerate(same)]
    hardly = pair([float(v) for v in number], kind="continuous", z=z)
    assert why_untestable(hardly, "x", "y", contraction=0.3) is Untestable.NO_OVERLAP


@pytest.mark.parametrize(("contraction", "reason"), [(0.91, Untestable.PRIOR_ONLY), (0.89, None)])
def test_a_posterior_that_is_the_prior(contraction: float, reason: Untestable | None) -> None:
    assert why_untestable(pair([0, 1] * 10), "x", "y", contraction=contraction) is reason


def test_a_construct_is_judged_by_its_items() -> None:
    study = small_study()
    data = study_data(STUDY_SPEC, study)
    assert not hardly_varies(data, "samenwerking")
    same = study.experiments.assign(s1="5", s2="5", s3="5")
    constant = study_data(STUDY_SPEC, replace(study, experiments=same))
    assert hardly_varies(constant, "samenwerking")
    found = why_untestable(constant, "samenwerking", "versnelling", contraction=0.1)
    assert found is Untestable.NO_VARIATION
