import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vm2causal.errors import OptionError
from vm2causal.simulate.terms import Term, other_levels, parse_effect, terms_of
from vm2causal.spec import Variable, read_model

SPEC = read_model("onderzoeksmodel-2012")


@given(
    st.sampled_from(terms_of(SPEC)),
    st.floats(-10, 10),
    st.sampled_from(["{}->{}={}", " {} -> {} = {} "]),
)
def test_a_written_effect_reads_back(term: Term, size: float, form: str) -> None:
    cause, effect = str(term).split("->")
    assert parse_effect(form.format(cause, effect, size), SPEC) == (term, size)


def test_every_arrow_has_a_term_per_level_of_its_nominal_ends() -> None:
    terms = [str(term) for term in terms_of(SPEC)]
    assert len(set(terms)) == len(terms)
    assert [t for t in terms if t.startswith("samenwerking->financiele")] == [
        "samenwerking->financiele_afspraken[ja]",
        "samenwerking->financiele_afspraken[nvt]",
    ]
    assert "sector[economie]->status" not in terms  # the reference
    assert {(term.cause, term.effect) for term in terms_of(SPEC)} == {a.key for a in SPEC.arrows}


def test_the_reference_is_the_first_level_unless_said_otherwise() -> None:
    assert other_levels(Variable(kind="nominal", levels=["a", "b"])) == ("b",)
    assert other_levels(Variable(kind="nominal", levels=["a", "b"], reference="b")) == ("a",)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "samenwerking=0.4",
            "An effect is written as cause->effect=size. Got: 'samenwerking=0.4'. "
            "For example: 'samenwerking->versnelling=0.4'.",
        ),
        ("a->b->c=1", "An effect is written as cause->effect=size. Got: 'a->b->c=1'."),
        ("a[x->b=1", "An effect is written as cause->effect=size."),
        ("samenwerking->versnelling", "An effect is written as cause->effect=size."),
        ("", "An effect is written as cause->effect=size."),
        (
            "samenwerking->versnelling=0,4",
            "The size of an effect is a number. Got: 'samenwerking->versnelling=0,4'. "
            "Write it with a decimal point: 0.4, 0 or -0.4.",
        ),
        ("samenwerking->versnelling=nan", "The size of an effect is a number."),
        ("samenwerking->versnelling=inf", "The size of an effect is a number."),
        (
            "samenwerking->versneling=0.4",
            "The model 'onderzoeksmodel-2012' has no such arrow, so it can have no effect. "
            "Got: 'samenwerking->versneling'. Did you mean: samenwerking->versnelling, ",
        ),
        ("versnelling->samenwerking=0.4", "has no such arrow"),
        (
            "qqq->zzz=1",
            "has no such arrow, so it can have no effect. Got: 'qqq->zzz'. "
            "See `vm2causal model show`.",
        ),
        (
            "financiele_afspraken->status=0.3",
            "This arrow has an effect for each level of a nominal variable, and for nothing else. "
            "Got: 'financiele_afspraken->status'. "
            "Choose one of: financiele_afspraken[ja]->status, financiele_afspraken[nvt]->status.",
        ),
        ("financiele_afspraken[geen]->status=0.3", "Choose one of: financiele_afspraken[ja]"),
        (
            "samenwerking[4]->status=0.3",
            "Neither end of this arrow is nominal, so it has one effect, without a level. "
            "Got: 'samenwerking[4]->status'. Choose one of: samenwerking->status.",
        ),
    ],
)
def test_what_is_no_effect_of_the_model_is_refused(written: str, message: str) -> None:
    with pytest.raises(OptionError) as error:
        parse_effect(written, SPEC)
    assert message in str(error.value)


def test_zero_and_either_sign_are_effects() -> None:
    sizes = [parse_effect(f"binding->vsv={size}", SPEC)[1] for size in ("0", "-0.0", "-1e-3", "2")]
    assert sizes == [0.0, 0.0, -0.001, 2.0]
    assert math.copysign(1, sizes[1]) == -1
