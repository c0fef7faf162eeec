"""A large simulated study gives back its declared effects, by simple regressions.

School and experiment effects are left out: a logit slope that averages over them is smaller than
the one within a school, which is not what is tested here.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import logit

from vm2causal.inputs.study.flows import yearly_flows
from vm2causal.inputs.study.frame import StudyFrame
from vm2causal.simulate import Truth, draw_experiments, simulate_study
from vm2causal.simulate.draw import DrawnExperiments
from vm2causal.spec import CausalSpec

EXPERIMENTS = 20_000
WITH_PUPILS = 2500
CHANGED = {
    "vmbo_examen->versnelling": 0.5,  # reversed
    "samenwerking->status": 0.0,
    "communicatie->samenwerking": -0.2,  # found in no case
    "financiele_afspraken[nvt]->continuiteit": -0.6,
}


@pytest.fixture(scope="module")
def alone(truth: Truth) -> Truth:
    """The default truth without group effects, some effects zero or reversed."""
    equations = {
        name: equation.model_copy(
            update={"sds": {k: sd for k, sd in equation.sds.items() if k == "residual"}}
        )
        for name, equation in truth.equations.items()
    }
    return truth.model_copy(update={"equations": equations}).with_effects(CHANGED)


@pytest.fixture(scope="module")
def drawn(spec: CausalSpec, alone: Truth) -> DrawnExperiments:
    return draw_experiments(spec, alone, experiments=EXPERIMENTS, seed=7)


@pytest.fixture(scope="module")
def with_pupils(spec: CausalSpec, alone: Truth) -> tuple[DrawnExperiments, StudyFrame]:
    """Experiments as they are, and the study that shows them."""
    drawn = draw_experiments(spec, alone, experiments=WITH_PUPILS, seed=7)
    return drawn, simulate_study(spec, alone, experiments=WITH_PUPILS, seed=7)


def _causes(
    spec: CausalSpec, truth: Truth, drawn: DrawnExperiments, effect: str
) -> dict[str, npt.NDArray[np.float64]]:
    """Design matrix of a variable by the conventions of ``truth``, worked out anew."""
    columns = {}
    for cause in spec.parents(effect):
        variable, values = spec.variables[cause], drawn.values.get(cause)
        if values is None:
            continue
        if variable.kind == "nominal":
            levels = drawn.levels(spec, cause)
            reference = variable.reference
            for level in variable.levels:
                if level != reference:
                    columns[f"{cause}[{level}]"] = (levels == level).astype(float)
        elif variable.kind == "continuous" and variable.observed:
            equation = truth.equations[cause]
            columns[cause] = (values - equation.centre) / equation.scale
        else:
            columns[cause] = values.astype(float)
    return columns


def _assert_recovered(
    found: dict[str, float], effect: str, truth: Truth, *, within: float = 0.1
) -> None:
    for cause, slope in found.items():
        assert slope == pytest.approx(truth.effects[f"{cause}->{effect}"], abs=within), cause


@pytest.mark.parametrize("effect", ["versnelling", "mbo_stof", "vmbo_examen", "continuiteit"])
def test_levels(spec: CausalSpec, alone: Truth, drawn: DrawnExperiments, effect: str) -> None:
    """Proportional odds: every cut has the same slopes; so a logit of each gives them back."""
    causes = _causes(spec, alone, drawn, effect)
    design = sm.add_constant(np.column_stack(list(causes.values())))
    codes = drawn.values[effect]
    for cut in range(codes.max()):
        slopes = sm.Logit(codes > cut, design).fit(disp=0).params[1:]
        # intersectoraal is rare, so its slopes are loose
        found = {
            name: slope
            for name, slope in zip(causes, slopes, strict=True)
            if name != "sector[intersectoraal]"
        }
        _assert_recovered(found, effect, alone)


@pytest.mark.parametrize("tranche", ["T1", "T2"])
def test_status_within_a_tranche(
    spec: CausalSpec, alone: Truth, drawn: DrawnExperiments, tranche: str
) -> None:
    """Cutpoints differ by tranche, slopes do not: cooperation has none here."""
    within = drawn.levels(spec, "tranche") == tranche
    causes = _causes(spec, alone, drawn, "status")
    names = [name for name in causes if not name.startswith("tranche")]
    design = sm.add_constant(np.column_stack([causes[name][within] for name in names]))
    fit = sm.Logit(drawn.values["status"][within] > 0, design).fit(disp=0)
    # binding and sk go together here, so their slopes are looser than the others
    for name, slope, error in zip(names, fit.params[1:], fit.bse[1:], strict=True):
        if name != "sector[intersectoraal]":
            assert slope == pytest.approx(alone.effects[f"{name}->status"], abs=3.5 * error), name
    assert alone.effects["samenwerking->status"] == 0.0


def test_a_nominal_effect(spec: CausalSpec, alone: Truth, drawn: DrawnExperiments) -> None:
    causes = _causes(spec, alone, drawn, "financiele_afspraken")
    design = sm.add_constant(np.column_stack(list(causes.values())))
    slopes = sm.MNLogit(drawn.values["financiele_afspraken"], design).fit(disp=0).params[1:]
    for column, level in enumerate(("ja", "nvt")):
        found = dict(zip(causes, slopes[:, column], strict=True))
        _assert_recovered(found, f"financiele_afspraken[{level}]", alone, within=0.12)


@pytest.mark.parametrize("effect", ["samenwerking", "pedagogiek", "leerlingenaantal"])
def test_quantities(spec: CausalSpec, alone: Truth, drawn: DrawnExperiments, effect: str) -> None:
    """Latent and continuous: identity, in standard units; unobserved causes included."""
    causes = _causes(spec, alone, drawn, effect)
    equation = alone.equations[effect]
    standard = (drawn.values[effect] - equation.centre) / equation.scale
    fit = sm.OLS(standard, sm.add_constant(np.column_stack(list(causes.values())))).fit()
    found = dict(zip(causes, fit.params[1:], strict=True))
    found.pop("sector[intersectoraal]", None)
    _assert_recovered(found, effect, alone, within=0.06)
    assert np.sqrt(fit.scale) == pytest.approx(equation.sds.get("residual", 1.0), rel=0.02)


def test_items_measure_with_their_loadings(
    alone: Truth, with_pupils: tuple[DrawnExperiments, StudyFrame]
) -> None:
    drawn, study = with_pupils
    experiments, theta = study.experiments, drawn.values["samenwerking"]
    for name, item in alone.equations["samenwerking"].items.items():
        answers = experiments[name]
        known = answers.notna().to_numpy()
        above = answers[known].astype(int) > 3
        fit = sm.Logit(above, sm.add_constant(theta[known])).fit(disp=0)
        assert fit.params["x1"] == pytest.approx(item.loading, abs=0.2)
        assert fit.params["const"] == pytest.approx(-item.cutpoints[2], abs=0.2)


@pytest.mark.parametrize("outcome", ["vsv", "sk", "binding"])
def test_yearly_hazards(
    spec: CausalSpec,
    alone: Truth,
    with_pupils: tuple[DrawnExperiments, StudyFrame],
    outcome: str,
) -> None:
    """Counts of a study, as the analysis counts them, follow the declared logit hazards."""
    drawn, study = with_pupils
    flows = yearly_flows(study)
    flows = flows[(flows[f"{outcome}_van"] > 0) & ((flows["jaar"] > 1) | (outcome != "sk"))]
    causes = pd.DataFrame(
        _causes(spec, alone, drawn, outcome), index=study.experiments["experiment"]
    ).loc[flows["experiment"]]
    causes = causes.reset_index(drop=True).drop(columns="sector[intersectoraal]")
    flows = flows.reset_index(drop=True)
    pupil = pd.DataFrame(
        {
            "geslacht": flows["geslacht"] == "jongen",
            "leeftijd": flows["leeftijd"].map({"jonger": -1, "gemiddeld": 0, "ouder": 1}),
            "lwoo": flows["lwoo"] == "ja",
        }
    )
    years = pd.get_dummies(flows["jaar"], prefix="jaar")
    design = pd.concat([causes, pupil, years], axis="columns").astype(float)
    # the reference of sector then holds intersectoraal, whose effects on these are zero
    events = np.column_stack([flows[outcome], flows[f"{outcome}_van"] - flows[outcome]])
    fit = sm.GLM(events, design, family=sm.families.Binomial()).fit()
    found = fit.params[[*causes.columns, *pupil.columns]].to_dict()
    _assert_recovered(found, outcome, alone, within=0.12)
    shift = _centres(alone, outcome)
    for year, intercept in enumerate(alone.equations[outcome].intercept, start=1):
        name = f"jaar_{year}"
        if name in years and abs(intercept) < 5:
            assert fit.bse[name] < 0.15
            assert fit.params[name] == pytest.approx(intercept - shift, abs=4 * fit.bse[name]), year


def _centres(truth: Truth, outcome: str) -> float:
    """What the design above leaves uncentred: ranks of ordinal causes enter minus their centre."""
    ordinal = ("mbo_stof", "versnelling") if outcome == "binding" else ()
    return sum(
        truth.effects[f"{cause}->{outcome}"] * truth.equations[cause].centre for cause in ordinal
    )


def test_net_vsv_returns_at_the_declared_chance(
    alone: Truth, with_pupils: tuple[DrawnExperiments, StudyFrame]
) -> None:
    flows = yearly_flows(with_pupils[1]).sum(numeric_only=True)
    share = flows["terugkeer"] / flows["terugkeer_van"]
    assert alone.population is not None
    assert logit(share) == pytest.approx(logit(alone.population.terugkeer), abs=0.15)
