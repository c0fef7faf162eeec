import pytest

from checks.loo_pit_cases import fitted, simulated
from vm2causal.checks import loo_pit
from vm2causal.model.structural_fit import StructuralFit
from vm2causal.texts import Language, text
from vm2causal.workflow.fit_checks import check_fit, declared_totals

pytestmark = pytest.mark.mcmc


@pytest.fixture(scope="module")
def mis_specified() -> StructuralFit:
    return fitted(simulated(1.2))


def test_a_model_that_does_not_describe_the_data_fails_the_gate(
    mis_specified: StructuralFit,
) -> None:
    checks = check_fit(mis_specified, unanswerable=[])
    assert loo_pit.FAILURE in checks.diagnostics.failures
    assert not checks.diagnostics.passed
    rows = {row["variable"]: row for row in checks.facts()["loo_pit"]}
    assert {name for name, row in rows.items() if row["verdict"] == "failure"} == {"vsv"}


def test_sensitivity_to_priors_is_told_per_effect_and_fails_nothing() -> None:
    fit = fitted(simulated(0.0))
    checks = check_fit(fit, unanswerable=[])
    rows = checks.prior_sensitivity.set_index(["cause", "effect"])
    assert set(rows.index) == {("binding", "vsv"), ("samenwerking", "vsv")}
    assert not {"loo_pit", "posterior_predictive"} & set(checks.diagnostics.failures)
    assert not any("prior" in name for name in checks.diagnostics.failures)


def test_a_question_that_was_refused_is_not_asked(mis_specified: StructuralFit) -> None:
    everything = declared_totals(mis_specified, [])
    assert sorted(effect for effects in everything.values() for effect in effects) == ["vsv", "vsv"]
    less = declared_totals(mis_specified, [("samenwerking", "vsv", "total")])
    assert [contrast.cause for contrast in less] == ["binding"]


@pytest.mark.parametrize("language", list(Language))
def test_the_failure_has_a_name_for_readers(language: Language) -> None:
    assert "LOO-PIT" in text(f"brief.gate.{loo_pit.FAILURE}", language)
