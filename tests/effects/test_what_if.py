"""What a school is told: expectations, not one draw of what is left to chance."""

import numpy as np
import pytest

from effects.effect_cases import drawn_once, prior_forward
from effects.what_if_cases import LEVERS, levers_forward
from model.structural_cases import small_study
from vm2causal.effects.contrasts import Contrast, chosen_contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.responses import CAREER_OUTCOMES
from vm2causal.effects.totals import expected_totals, totals_table
from vm2causal.effects.what_if import Settings, what_if
from vm2causal.model.data.columns import Floats
from vm2causal.model.data.structural_data import study_data

MORE = Contrast("trust", 1.0, -0.5, "1", "-0.5")


@pytest.fixture(scope="module")
def study() -> Forward:
    return levers_forward(draws=200)


def enumerated(forward: Forward, settings: Settings, trust: float | None, end: str) -> Floats:
    """Shares of starters at one end, with every level of versnelling written out."""
    kept = forward.untouched(["trust"])
    do = {} if trust is None else {"trust": trust}
    chances = forward.level_probabilities("versnelling", forward.world(do, held=kept))
    found = np.zeros(forward.shape)
    for rank in range(chances.shape[2]):
        world = forward.world({**do, "versnelling": rank}, held=kept)
        found += chances[:, :, rank] * settings.careers.shares(world)[end]
    return found


@pytest.mark.parametrize("end", CAREER_OUTCOMES)
def test_the_answer_of_one_school_is_its_expectation(study: Forward, end: str) -> None:
    settings = Settings.of(study, ["trust"], outcomes=(end,))
    exact = enumerated(study, settings, 1.0, end) - enumerated(study, settings, None, end)
    found = settings.responses({"trust": 1.0})[end] - settings.now[end]
    # Monte Carlo error of a tenth of the posterior sd is asked for
    assert (np.std(found - exact, axis=0) < 0.1 * exact.std(axis=0)).all()
    np.testing.assert_allclose(found, exact, atol=1e-12)
    high, low = (
        settings.careers.shares(world)[end]
        for world in drawn_once(study, Contrast("trust", 1.0, 0.0, "1", "0"))
    )
    written = enumerated(study, settings, 1.0, end) - enumerated(study, settings, 0.0, end)
    assert (np.std(high - low - written, axis=0) > 0.1 * written.std(axis=0)).all()


def test_the_answer_does_not_hang_on_the_noise_of_a_seed(study: Forward) -> None:
    """Another seed draws other returns to school, and nothing else: a tenth of the sd at most."""
    other = levers_forward(draws=200)
    other.seed = study.seed + 1
    one, two = (
        settings.responses({"trust": 1.0})["sk"] - settings.now["sk"]
        for settings in (Settings.of(forward, ["trust"], outcomes=("sk",))
                         for forward in (study, other))
    )  # fmt: skip
    assert (np.std(one - two, axis=0) < 0.1 * one.std(axis=0)).all()


@pytest.mark.parametrize("place", [None, "techniek", "economie"])
def test_what_if_and_effects_agree_on_the_same_question(study: Forward, place: str | None) -> None:
    by = None if place is None else "sector"
    table = totals_table(study, [MORE], {"trust": CAREER_OUTCOMES}, by=by).set_index(
        ["group", "effect"]
    )
    said = {
        value: what_if(
            study, chosen_contrast(study, "trust", value, None), place=place
        ).set_index("outcome")
        for value in ("1", "-0.5")
    }  # fmt: skip
    for outcome in CAREER_OUTCOMES:
        high, low = (said[value].loc[outcome, "then"]["mean"] for value in ("1", "-0.5"))
        whole = table.loc[(place or "all", outcome), "career"]["mean"]
        assert high - low == pytest.approx(whole, abs=1e-12)
        # and so do the changes from how things are
        changes = [said[value].loc[outcome, "difference"]["mean"] for value in ("1", "-0.5")]
        assert changes[0] - changes[1] == pytest.approx(whole, abs=1e-12)


def test_a_cause_that_acts_on_one_end_only_has_effects_on_both_careers() -> None:
    """Whoever qualifies is no longer at risk of leaving early, though no arrow says so."""
    arrows = [arrow for arrow in LEVERS.arrows if (arrow.cause, arrow.effect) !=
              ("versnelling", "vsv")]  # fmt: skip
    spec = LEVERS.model_copy(update={"arrows": arrows})
    forward = prior_forward(study_data(spec, small_study(12)), draws=40)
    contrasts = chosen_contrast(forward, "versnelling", "1", "0")
    table = what_if(forward, contrasts).set_index("outcome")
    assert set(table.index) == {"vsv", "sk"}
    assert table.loc["vsv", "difference"]["sd"] > 0
    settings = Settings.of(forward, ["versnelling"])
    kept = forward.untouched(["versnelling"])
    for end in CAREER_OUTCOMES:
        shares = settings.careers.shares(forward.world({"versnelling": 2}, held=kept))
        np.testing.assert_allclose(settings.responses({"versnelling": 2.0})[end], shares[end])
    found = expected_totals(forward, contrasts[0], ["sk"])["sk"]["career"].to_numpy()
    settings = Settings.of(forward, ["versnelling"], outcomes=("sk",))
    high, low = (settings.responses({"versnelling": value})["sk"] for value in (2.0, 0.0))
    np.testing.assert_allclose(found, high - low, atol=1e-12)
