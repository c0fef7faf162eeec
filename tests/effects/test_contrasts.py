import numpy as np
import pytest

from effects.effect_cases import prior_forward
from model.structural_cases import EVERY_KIND, table_of_every_kind
from vm2causal.effects.contrasts import chosen_contrast, default_contrasts, joint_contrast
from vm2causal.effects.forward import Forward
from vm2causal.errors import QueryError
from vm2causal.model.data.structural_data import table_data


@pytest.fixture(scope="module")
def forward() -> Forward:
    return prior_forward(table_data(EVERY_KIND, table_of_every_kind(60, missing=0.1)), draws=20)


def test_quartiles_of_a_number(forward: Forward) -> None:
    (contrast,) = default_contrasts(forward, "size")
    values = forward.data.columns["size"].values
    assert (contrast.low, contrast.high) == tuple(np.nanquantile(values, [0.25, 0.75]))
    assert not contrast.outside
    assert contrast.text == f"{contrast.high:.3g} vs {contrast.low:.3g}"


@pytest.mark.parametrize("cause", ["trust", "cases"])
def test_quartiles_of_posterior_means(forward: Forward, cause: str) -> None:
    (contrast,) = default_contrasts(forward, cause)
    means = forward.observed.values[cause].mean(axis=0)
    assert (contrast.low, contrast.high) == tuple(np.quantile(means, [0.25, 0.75]))


def test_highest_against_lowest_level(forward: Forward) -> None:
    (contrast,) = default_contrasts(forward, "grade")
    assert (contrast.high, contrast.low, contrast.text) == (2, 0, "high vs low")
    (contrast,) = default_contrasts(forward, "open")
    assert contrast.text == "yes vs no"


def test_each_level_against_the_reference(forward: Forward) -> None:
    assert [item.text for item in default_contrasts(forward, "plan")] == [
        "some vs none",
        "full vs none",
    ]
    assert len(default_contrasts(forward, "area")) == 3


def test_one_level_seen_is_no_contrast() -> None:
    table = table_of_every_kind(30).assign(grade="mid", plan="full")
    forward = prior_forward(table_data(EVERY_KIND, table), draws=5)
    assert default_contrasts(forward, "grade") == ()
    assert [item.text for item in default_contrasts(forward, "plan")] == ["full vs none"]


@pytest.mark.parametrize("usual", ["yes", "no"])
def test_without_another_value_a_level_is_compared_with_another_level(usual: str) -> None:
    table = table_of_every_kind(40)
    table["open"] = [usual] * 38 + [{"yes": "no", "no": "yes"}[usual]] * 2
    forward = prior_forward(table_data(EVERY_KIND, table), draws=5)
    for do, against in (("yes", "no"), ("no", "yes")):
        (contrast,) = chosen_contrast(forward, "open", do, None)
        assert contrast.text == f"{do} vs {against}"


def test_the_nearest_level_is_named(forward: Forward) -> None:
    with pytest.raises(QueryError, match=r"no such level. Got: 'ful'. Did you mean 'full'?"):
        chosen_contrast(forward, "plan", "ful", None)
    with pytest.raises(QueryError, match=r"Nothing can be done to 'siz' .* Did you mean 'size'?"):
        chosen_contrast(forward, "siz", "1", None)


def test_several_causes_at_once(forward: Forward) -> None:
    parts = [
        *chosen_contrast(forward, "size", "22", "18"),
        *chosen_contrast(forward, "plan", "full", "none"),
    ]
    joint = joint_contrast(forward, parts)
    assert joint.causes == "size, plan"
    assert joint.text == "size=22, plan=full vs size=18, plan=none"
    assert (joint.above, joint.below) == ({"size": 22, "plan": 2}, {"size": 18, "plan": 0})
    assert joint_contrast(forward, parts[:1]) == parts[0]


def test_a_group_is_set_by_itself(forward: Forward) -> None:
    parts = [
        *chosen_contrast(forward, "size", "22", "18"),
        *chosen_contrast(forward, "area", "n", "e"),
    ]
    with pytest.raises(QueryError, match="'area' is a group of the model"):
        joint_contrast(forward, parts)


def test_the_contrast_that_was_asked_for(forward: Forward) -> None:
    (contrast,) = chosen_contrast(forward, "size", "22,5", "18")
    assert (contrast.high, contrast.low, contrast.text) == (22.5, 18.0, "22.5 vs 18")
    (contrast,) = chosen_contrast(forward, "grade", "mid", "low")
    assert (contrast.high, contrast.low) == (1, 0)


def test_without_versus_it_is_the_middle_or_the_most_frequent(forward: Forward) -> None:
    (contrast,) = chosen_contrast(forward, "size", "22", None)
    assert contrast.low == np.nanmedian(forward.data.columns["size"].values)
    ranks = forward.data.columns["plan"].values
    (contrast,) = chosen_contrast(forward, "plan", "full", None)
    assert contrast.low == np.bincount(ranks[~np.isnan(ranks)].astype(int)).argmax()


@pytest.mark.parametrize(("do", "outside"), [("22", False), ("1000", True), ("-1000", True)])
def test_beyond_the_data_is_marked(forward: Forward, do: str, outside: bool) -> None:
    (contrast,) = chosen_contrast(forward, "size", do, "20")
    assert contrast.outside is outside


def test_a_level_that_nobody_has_is_marked() -> None:
    table = table_of_every_kind(30).assign(grade=["low", "mid"] * 15)
    forward = prior_forward(table_data(EVERY_KIND, table), draws=5)
    assert chosen_contrast(forward, "grade", "high", "low")[0].outside
    assert not chosen_contrast(forward, "grade", "mid", "low")[0].outside


@pytest.mark.parametrize(
    ("cause", "do", "message"),
    [
        ("quality", "1", r"Nothing can be done to 'quality' in this fit\. .* One of: .*size"),
        ("nowhere", "1", "Nothing can be done to 'nowhere' in this fit"),
        ("grade", "top", r"'grade' has no such level\. Got: 'top'\. One of: low, mid, high"),
        ("size", "big", r"'size' takes a number\. Got: 'big'"),
        ("size", "nan", r"'size' takes a number\. Got: 'nan'"),
        ("size", "inf", r"'size' takes a number\. Got: 'inf'"),
    ],
)
def test_what_cannot_be_done(forward: Forward, cause: str, do: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        chosen_contrast(forward, cause, do, None)
