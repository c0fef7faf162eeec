"""What a study asks last is no cause of what its pupils did in the years before."""

from pathlib import Path

import pytest

from vm2causal.inputs.study.files import read_study
from vm2causal.inputs.study.schema import ASKED_LAST, EXPERIMENTS
from vm2causal.model.data.spec_for_data import spec_for_study
from vm2causal.model.data.time_order import arrows_back_in_time
from vm2causal.spec import Arrow, CausalSpec, Variable, read_model

DEMO = Path(__file__).parents[3] / "data" / "demo"


def model(*arrows: tuple[str, str], column: str | None = None) -> CausalSpec:
    """Status and attachment, with one variable of the programme and one of cooperation."""
    levels = ("gestopt", "lopend", "afgerond")
    name = "status" if column is None else "toestand"
    return CausalSpec(
        name="m",
        variables={
            "krimp": Variable(),
            "vmbo_examen": Variable(kind="binary", levels=("nee", "ja")),
            name: Variable(kind="ordinal", levels=levels, column=column),
            "continuiteit": Variable(kind="binary", levels=("nee", "ja")),
            "binding": Variable(kind="count", trials="binding_van"),
        },
        arrows=[Arrow(cause=cause, effect=effect) for cause, effect in arrows],
    )


@pytest.mark.parametrize("name", ["onderzoeksmodel-2011", "onderzoeksmodel-2012"])
def test_no_arrow_of_the_shipped_models_runs_back(name: str) -> None:
    spec = read_model(name)
    assert arrows_back_in_time(spec) == ()
    assert spec_for_study(spec, read_study(DEMO)).back_in_time == ()


def test_an_arrow_to_a_count_of_earlier_years_runs_back() -> None:
    spec = model(("status", "binding"), ("krimp", "binding"), ("krimp", "status"))
    assert arrows_back_in_time(spec) == (("status", "binding"),)
    assert spec_for_study(spec, read_study(DEMO)).back_in_time == (("status", "binding"),)


def test_a_longer_way_round_runs_back_at_its_first_arrow() -> None:
    """Between two that are asked last none does; the programme is older than either."""
    spec = model(
        ("status", "continuiteit"), ("continuiteit", "vmbo_examen"), ("vmbo_examen", "binding")
    )
    assert arrows_back_in_time(spec) == (("continuiteit", "vmbo_examen"),)


def test_what_counts_is_the_column_whatever_the_variable_is_called() -> None:
    assert arrows_back_in_time(model(("toestand", "binding"), column="status")) == (
        ("toestand", "binding"),
    )
    assert arrows_back_in_time(model(("toestand", "binding"), column="toestand")) == ()


def test_arrows_forward_in_time_are_none() -> None:
    spec = model(("binding", "status"), ("status", "continuiteit"), ("krimp", "status"))
    assert arrows_back_in_time(spec) == ()


def test_what_is_asked_last_is_part_of_the_study_format() -> None:
    assert set(ASKED_LAST) <= set(EXPERIMENTS.columns)
