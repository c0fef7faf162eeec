import numpy as np
import pandas as pd
import pytest

from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.checks.gate.answers import check_answers, item_rest_correlations
from vm2causal.errors import StudyError
from vm2causal.model.data.structural_data import (
    StructuralData,
    study_data,
    table_data,
)
from vm2causal.spec import Arrow, CausalSpec, Variable

SCALE = CausalSpec(
    name="scale",
    variables={
        "trust": Variable(kind="latent", items=("t1", "t2", "t3"), levels=tuple("12345")),
        "cases": Variable(kind="count", trials="of"),
    },
    rows="units",
)


def answered(turned: tuple[str, ...] = (), *, rows: int = 60, noise: float = 0.6) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    trust = rng.normal(size=rows)
    table = pd.DataFrame({"of": 10, "cases": rng.binomial(10, 0.3, rows)})
    for item in ("t1", "t2", "t3"):
        score = trust + noise * rng.normal(size=rows)
        answers = np.digitize(-score if item in turned else score, [-1.2, -0.4, 0.4, 1.2]) + 1
        table[item] = [str(answer) for answer in answers]
    return table


def data(table: pd.DataFrame) -> StructuralData:
    return table_data(SCALE, table)


def test_items_that_agree_pass() -> None:
    check_answers(data(answered()))
    found = item_rest_correlations(data(answered()), "trust")
    assert (found["correlation"] > 0.5).all()
    assert (found["p"] > 0.99).all()
    assert list(found.index) == ["t1", "t2", "t3"]


def test_a_turned_item_is_an_error_that_says_recode() -> None:
    with pytest.raises(
        StudyError,
        match=r"column t2: This item runs against the other items of 'trust': their "
        r"rank correlation is -0\.\d\d\. Got: '60 answers'\. Recode it so that",
    ):
        check_answers(data(answered(("t2",))))


def test_the_correlation_is_spearman_s() -> None:
    from scipy.stats import spearmanr

    table = answered(("t2",), rows=25)
    found = item_rest_correlations(data(table), "trust")
    rest = table[["t1", "t3"]].astype(int).mean(axis=1)
    expected = spearmanr(table["t2"].astype(int), rest, alternative="less")
    assert found.loc["t2", "correlation"] == pytest.approx(expected.statistic)
    assert found.loc["t2", "p"] == pytest.approx(expected.pvalue)


def test_chance_is_no_error() -> None:
    """Few units and weak correlations say nothing."""
    check_answers(data(answered(("t2",), rows=6, noise=4.0)))


def test_items_without_variation_or_answers_pass() -> None:
    table = answered().assign(t1="3", t2=pd.NA)
    check_answers(data(table))
    assert item_rest_correlations(data(table), "trust")["correlation"].isna().all()


@pytest.mark.parametrize(("events", "word"), [(0, "never"), (10, "always")])
def test_an_outcome_that_is_always_the_same_is_an_error(events: int, word: str) -> None:
    with pytest.raises(
        StudyError,
        match=rf"column cases: 'cases' {word} happened, so nothing can be learnt.* of 600'\. Check",
    ):
        check_answers(data(answered().assign(cases=events)))


def test_a_study_of_noise_passes() -> None:
    check_answers(study_data(STUDY_SPEC, small_study(missing=0.2)))


@pytest.mark.parametrize(
    ("outcome", "values", "shown"),
    [
        (Variable(), [3.0] * 6, "3"),
        (Variable(kind="nominal"), ["techniek"] * 5 + [None], "techniek"),
        (Variable(kind="ordinal", levels=("1", "2", "3")), ["2"] * 6, "2"),
        (Variable(kind="binary", levels=("nee", "ja")), ["ja"] * 6, "ja"),
    ],
)
def test_outcomes_of_one_value_are_refused_before_a_fit(
    outcome: Variable, values: list[object], shown: str
) -> None:
    def model(*arrows: Arrow) -> CausalSpec:
        variables = {"x": Variable(), "y": outcome, "z": Variable()}
        return CausalSpec(name="constant", variables=variables, arrows=arrows)

    spec = model(Arrow(cause="x", effect="y"))
    table = pd.DataFrame({"x": np.arange(6.0), "y": values, "z": 1.0})
    with pytest.raises(
        StudyError,
        match=rf"column y: 'y' has the same value in every row, so nothing .* Got: '{shown}'\.",
    ):
        check_answers(table_data(spec, table))
    # beside another outcome that varies it is only not testable
    two = model(*spec.arrows, Arrow(cause="y", effect="z"))
    check_answers(table_data(two, table.assign(z=np.arange(6.0))))
