"""Rival models compared by prediction; the pointwise log-likelihood behind it."""

from pathlib import Path

import numpy as np
import pytensor.tensor as pt
import pytest

from checks.falsification_cases import QUICK, chain, chain_data
from model.fit_cases import stand_in_fit
from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.checks.falsify.log_likelihood import pointwise_log_likelihood, seen
from vm2causal.checks.falsify.rivals import compare_rivals, rival_data, school_folds
from vm2causal.checks.replicate.new_units import forward_for, replicated, some_units
from vm2causal.effects.forward import Forward
from vm2causal.errors import StudyError
from vm2causal.model.data.structural_data import study_data, table_data
from vm2causal.model.structural import structural_model
from vm2causal.refits import run_tasks
from vm2causal.spec import Variable

WRONG = chain("wrong", "start-middle start-end")


@pytest.mark.mcmc
def test_the_true_model_beats_a_wrong_rival(tmp_path: Path) -> None:
    data = chain_data()
    found = compare_rivals(
        {"chain": data, "wrong": rival_data(data, WRONG)},
        lambda tasks: run_tasks(tasks, folder=tmp_path),
        folder=tmp_path,
        seed=1,
        settings=QUICK,
    )
    assert found.scored == ("end", "middle")
    assert found.best == "chain"
    wrong = found.loo.set_index("model").loc["wrong"]
    assert wrong["elpd_diff"] < -2 * wrong["dse"] < 0
    assert found.loo["weight"].iloc[0] > 0.8
    assert found.loo_reliable
    assert found.kfold.empty


@pytest.mark.mcmc
def test_new_herds_are_predicted_where_loo_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vm2causal.checks.falsify.rivals.COMMON", -1.0)
    data = chain_data()
    found = compare_rivals(
        {"wrong": rival_data(data, WRONG), "chain": data},
        lambda tasks: run_tasks(tasks, folder=tmp_path),
        folder=tmp_path,
        seed=1,
        folds=2,
        settings=QUICK,
    )
    assert not found.loo_reliable
    assert found.folds == 2
    assert found.best == "chain"
    kfold, loo = (table.set_index("model")["elpd"] for table in (found.kfold, found.loo))
    # new herds are harder to predict than known ones, by a little
    assert loo["chain"] - 30 < kfold["chain"] < loo["chain"] + 5


def test_a_variable_that_one_model_explains_is_scored_in_both(tmp_path: Path) -> None:
    data = chain_data()
    tasks: list = []

    class Stopped(Exception):
        pass

    def record(asked):
        tasks.extend(asked)
        raise Stopped

    rival = chain("turned", "middle-start middle-end")
    with pytest.raises(Stopped):
        compare_rivals(
            {"chain": data, "turned": rival_data(data, rival)}, record, folder=tmp_path, seed=1
        )
    assert [task.arguments["scored"] for task in tasks] == [["end", "middle", "start"]] * 2


def test_a_rival_that_describes_a_variable_otherwise_is_refused() -> None:
    other = chain("other").model_copy(
        update={"variables": {**chain().variables, "start": Variable(kind="binary")}}
    )
    with pytest.raises(StudyError, match=r"other: The rival describes 'start' otherwise .* kind"):
        rival_data(chain_data(), other)


def test_a_variable_without_data_is_projected_out_of_a_rival() -> None:
    spec = chain()
    longer = type(spec)(
        name="longer",
        variables={**spec.variables, "extra": Variable()},
        arrows=[*spec.arrows, {"from": "start", "to": "extra"}, {"from": "extra", "to": "end"}],
        groups=spec.groups,
    )
    found = rival_data(chain_data(), longer).spec
    assert found.arrow("start", "end") is not None
    assert not found.variables.get("extra", Variable(observed=False)).observed


def test_folds_hold_whole_herds_and_every_unit_once() -> None:
    data = chain_data()
    folds = school_folds(data, 4, seed=1)
    assert sorted(unit for part in folds for unit in part) == list(range(150))
    codes = data.groups["herd"].codes
    herds = [set(codes[part]) for part in folds]
    assert sum(map(len, herds)) == len(set.union(*herds))


@pytest.mark.parametrize("study", [False, True])
def test_log_likelihood_is_that_of_the_definition(study: bool) -> None:
    data = (
        study_data(STUDY_SPEC, small_study())
        if study
        else table_data(EVERY_KIND, table_of_every_kind())
    )
    fit = stand_in_fit(data, draws=3)
    forward = Forward(fit.layout, fit.posterior, draws=3)
    own = pointwise_log_likelihood(forward).to_array().sum(["variable", data.unit]).to_numpy()
    model = structural_model(fit.layout)
    density = model.compile_logp(vars=model.observed_RVs, mode="FAST_COMPILE")
    defined = []
    for draw in range(3):
        point = model.initial_point()
        for variable in model.free_RVs:
            values = fit.posterior[variable.name].isel(chain=0, draw=draw).to_numpy()
            value = model.rvs_to_values[variable]
            transform = model.rvs_to_transforms[variable]
            if transform is not None:
                values = transform.forward(pt.as_tensor(values), *variable.owner.inputs).eval(
                    mode="FAST_COMPILE"
                )
            point[value.name] = values
        defined.append(float(density(point)))
    # binomial coefficients and the scale of numbers are constants
    assert np.diff(own) == pytest.approx(np.diff(defined), abs=1e-6, rel=1e-6)


def test_nothing_observed_has_no_likelihood() -> None:
    table = table_of_every_kind(missing=0.3)
    data = table_data(EVERY_KIND, table)
    fit = stand_in_fit(data, draws=2)
    found = pointwise_log_likelihood(Forward(fit.layout, fit.posterior, draws=2))
    for name in ("grade", "score", "trust"):
        assert ((found[name] != 0).all("sample").to_numpy() == seen(data, name)).all()
    assert seen(data, "cases").all()


def test_replicates_keep_the_design_and_have_the_moments_of_the_model() -> None:
    data = study_data(STUDY_SPEC, small_study(missing=0.2))
    fit = stand_in_fit(data, draws=5)
    forward = Forward(fit.layout, fit.posterior, draws=5)
    drawn = replicated(forward, 2, seed=1)
    assert replicated(forward, 2, seed=1).cells["vsv"].events.tolist() == (
        drawn.cells["vsv"].events.tolist()
    )
    assert drawn.columns["sector"] is data.columns["sector"]
    assert (drawn.columns["versnelling"].missing == data.columns["versnelling"].missing).all()
    assert (drawn.cells["vsv"].trials == data.cells["vsv"].trials).all()
    assert (drawn.cells["vsv"].events <= drawn.cells["vsv"].trials).all()
    assert set(np.unique(drawn.items["samenwerking"])) <= set(range(-1, 5))
    answers = drawn.items["samenwerking"]
    assert (answers != data.items["samenwerking"]).any()


def test_new_units_do_not_know_the_old_ones() -> None:
    data = study_data(STUDY_SPEC, small_study())
    kept = np.arange(len(data.units)) < 10
    part = some_units(data, kept)
    assert part.groups["school"].labels == data.groups["school"].labels
    fit = stand_in_fit(data, draws=400)
    forward = forward_for(fit.layout, fit.posterior, part, seed=1, copies=2)
    assert forward.shape == (800, 10)
    assert forward.parameters["latent_z"].std() == pytest.approx(1.0, abs=0.05)
    row = forward.layout.unit_effects.index("binding")
    assert forward.parameters["unit_z"][:, row].std() == pytest.approx(1.0, abs=0.05)
    assert (forward.parameters["weight"][:400] == forward.parameters["weight"][400:]).all()
