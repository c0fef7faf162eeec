from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from model.density_cases import (
    kernel_density,
    named_point,
    parameter_names,
    permuted,
    random_case,
)
from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.errors import StudyError
from vm2causal.model.data.spec_for_data import spec_for_study
from vm2causal.model.data.structural_data import (
    StructuralData,
    study_data,
    table_data,
)
from vm2causal.model.sampler.program import structural_program
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.model.structural_parameters import (
    CONTRAST_SD,
    GROUP_LOG_SD,
    LOG_ODDS_SD,
    WEIGHT_SD,
    Priors,
    widths_of,
    zero_sum_basis,
)
from vm2causal.spec import CausalSpec
from vm2causal.spec.objects import Arrow, Prior, Variable
from vm2causal.spec.words import Sign


def every_kind() -> Layout:
    return structural_layout(table_data(EVERY_KIND, table_of_every_kind()))


def study_layout(**changes: object) -> Layout:
    return structural_layout(study_data(replace_spec(STUDY_SPEC, **changes), small_study()))


def replace_spec(spec: CausalSpec, **changes: object) -> CausalSpec:
    kept = {name: getattr(spec, name) for name in ("name", "variables", "arrows", "groups", "rows")}
    return CausalSpec(**(kept | changes))


def linear(arrows: list[tuple[str, str]], **columns: list[object]) -> Layout:
    spec = CausalSpec(
        name="linear",
        variables={name: Variable() for name in columns if name != "g"},
        arrows=[Arrow(cause=cause, effect=effect) for cause, effect in arrows],
        groups=["g"] if "g" in columns else [],
    )
    return structural_layout(table_data(spec, pd.DataFrame(columns)))


# -- order ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(25))
def test_the_order_of_model_and_rows_says_nothing(seed: int) -> None:
    """Same parameters by name, same density at the same named point."""
    spec, table = random_case(seed, missing=0.1)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(table))
    shuffled = CausalSpec(
        name=spec.name,
        variables={name: spec.variables[name] for name in rng.permutation(list(spec.variables))},
        arrows=[spec.arrows[place] for place in rng.permutation(len(spec.arrows))],
        groups=[str(name) for name in rng.permutation(list(spec.groups))],
        rows=spec.rows,
    )
    data = table_data(spec, table)
    moved = table_data(shuffled, permuted(table, order))
    moved = replace(moved, units=tuple(data.units[place] for place in order))
    one, other = structural_layout(data), structural_layout(moved)
    assert sorted(parameter_names(one)) == sorted(parameter_names(other))
    assert kernel_density(other) == pytest.approx(kernel_density(one), rel=1e-12)


def test_the_order_of_a_study_says_nothing() -> None:
    study = small_study(missing=0.2)
    order = np.random.default_rng(1).permutation(len(study.experiments))
    shuffled = replace(
        study,
        experiments=study.experiments.iloc[order].reset_index(drop=True),
        careers=study.careers.iloc[::-1].reset_index(drop=True),
    )
    one, other = (structural_layout(study_data(STUDY_SPEC, item)) for item in (study, shuffled))
    assert kernel_density(other) == pytest.approx(kernel_density(one), rel=1e-12)


# -- what acts where --------------------------------------------------------------------------


def test_causes_come_before_effects() -> None:
    layout = every_kind()
    place = {name: k for k, name in enumerate(layout.order)}
    for arrow in EVERY_KIND.arrows:
        if arrow.cause in place:
            assert place[arrow.cause] < place[arrow.effect]


def test_every_arrow_has_its_coefficients() -> None:
    labels = [weight.label for weight in every_kind().weights]
    assert len(labels) == len(set(labels))
    # nominal: one per level but the reference; of a nominal effect too
    assert {"plan[some] -> grade", "plan[full] -> score", "open -> plan[full]"} <= set(labels)
    assert not [label for label in labels if "none]" in label or "area" in label]


def test_a_group_that_is_a_variable_acts_only_along_its_arrows() -> None:
    layout = every_kind()
    assert set(layout.pooled) == {("area", "size"), ("area", "grade")}
    assert {group for group, _ in layout.group_effects} == {"herd"}
    assert {label for _, label in layout.group_effects} == {
        "size",
        "open",
        "plan[some]",
        "plan[full]",
        "grade",
        "trust",
        "score",
        "cases",
    }


def test_a_group_of_two_levels_is_not_pooled() -> None:
    layout = study_layout()
    assert {weight.label for weight in layout.weights if weight.cause == "tranche"} == {
        "tranche[T2] -> vsv"
    }
    assert {group for group, _ in layout.pooled} == {"sector"}


def test_a_group_with_one_level_or_one_row_each_has_no_effects() -> None:
    rows = list(range(6))
    arrows = [("x", "y")]
    alone = linear(arrows, x=rows, y=rows, g=["a"] * 6)
    apart = linear(arrows, x=rows, y=rows, g=list("abcdef"))
    some = linear(arrows, x=rows, y=rows, g=list("aabbcc"))
    assert alone.group_effects == apart.group_effects == ()
    assert some.group_effects == (("g", "y"),)


def test_a_count_of_pupils_has_an_effect_of_its_experiment_and_a_row_has_none() -> None:
    assert study_layout().unit_effects == ("binding", "vsv")
    assert every_kind().unit_effects == ()


def test_pupil_covariates_act_in_cells() -> None:
    layout = study_layout()
    (vsv,) = layout.predictors_of["vsv"]
    assert [layout.weights[index].label for index in vsv.cell_weights] == ["lwoo -> vsv"]
    assert "lwoo" not in layout.predictors_of


def test_a_covariate_cannot_act_on_what_is_not_counted() -> None:
    arrows = [*STUDY_SPEC.arrows, Arrow(cause="lwoo", effect="versnelling")]
    with pytest.raises(StudyError, match="'lwoo' describes pupils and 'versnelling' does not"):
        study_layout(arrows=arrows)


# -- unobserved causes ------------------------------------------------------------------------


def test_an_unobserved_cause_varies_at_its_level() -> None:
    assert study_layout().hidden == {"kwaliteit": "school"}
    assert every_kind().hidden == {"quality": "row"}


@pytest.mark.parametrize(("sign", "anchored"), [(Sign.MINUS, -1.0), (Sign.PLUS, 1.0), (None, 1.0)])
def test_the_first_arrow_of_an_unobserved_cause_has_the_declared_sign(
    sign: Sign | None, anchored: float
) -> None:
    arrows = [
        arrow.model_copy(update={"sign": sign}) if arrow.cause == "quality" else arrow
        for arrow in EVERY_KIND.arrows
    ]
    spec = replace_spec(EVERY_KIND, arrows=arrows)
    layout = structural_layout(table_data(spec, table_of_every_kind()))
    assert layout.hidden_signs == (anchored, None)
    assert layout.block("hidden_anchor").dims["hidden_first"] == ("quality -> open",)
    assert layout.block("hidden_weight").dims["hidden_other"] == ("quality -> cases",)


def test_an_unobserved_cause_of_one_variable_is_its_noise() -> None:
    arrows = [
        arrow for arrow in STUDY_SPEC.arrows if (arrow.cause, arrow.effect) != ("kwaliteit", "vsv")
    ]
    assert study_layout(arrows=arrows).hidden == {}


def test_an_unobserved_mediator_is_refused() -> None:
    arrows = [*STUDY_SPEC.arrows, Arrow(cause="sector", effect="kwaliteit")]
    with pytest.raises(StudyError, match="'kwaliteit' has causes but no data"):
        study_layout(arrows=arrows)


# -- constructs -------------------------------------------------------------------------------


def without_variation(share: float) -> StructuralData:
    study = small_study()
    frame = study.experiments.copy()
    top = np.arange(len(frame)) < share * len(frame)
    for item in ("s1", "s2", "s3"):
        frame[item] = frame[item].mask(top, "5")
    study = replace(study, experiments=frame)
    return study_data(spec_for_study(STUDY_SPEC, study).spec, study)


def test_a_construct_whose_items_hardly_vary_leaves_its_paths() -> None:
    layout = structural_layout(without_variation(0.96))
    assert "samenwerking" not in layout.order
    assert not [weight for weight in layout.weights if "samenwerking" in weight.label]
    assert np.isfinite(kernel_density(layout))


def test_a_construct_whose_items_vary_is_fitted() -> None:
    assert "samenwerking" in structural_layout(without_variation(0.2)).order


# -- priors -----------------------------------------------------------------------------------


def with_prior() -> StructuralData:
    arrows = [
        arrow.model_copy(update={"prior": Prior(mean=0.7, sd=0.2)})
        if (arrow.cause, arrow.effect) == ("open", "grade")
        else arrow
        for arrow in EVERY_KIND.arrows
    ]
    return table_data(replace_spec(EVERY_KIND, arrows=arrows), table_of_every_kind())


def test_evidence_priors_are_used_when_asked_for() -> None:
    neutral, evidence = (
        {w.label: (w.mean, w.sd) for w in structural_layout(with_prior(), priors=priors).weights}
        for priors in (Priors.NEUTRAL, Priors.EVIDENCE)
    )
    assert evidence["open -> grade"] == (0.7, 0.2)
    scale = with_prior().columns["open"].scale
    assert neutral["open -> grade"] == (0.0, CONTRAST_SD * scale)
    del evidence["open -> grade"], neutral["open -> grade"]
    assert evidence == neutral


def test_neutral_priors_are_per_standard_deviation_or_per_level() -> None:
    layout = every_kind()
    sds = {weight.label: weight.sd for weight in layout.weights}
    assert sds["score -> cases"] == sds["trust -> score"] == sds["size -> open"] == WEIGHT_SD
    assert sds["plan[full] -> score"] == CONTRAST_SD
    # a binary cause enters standardised: its levels are one unit of 1 / scale apart
    assert sds["open -> grade"] == CONTRAST_SD * layout.data.columns["open"].scale
    study = {weight.label: weight.sd for weight in study_layout().weights}
    assert study["tranche[T2] -> vsv"] == CONTRAST_SD
    assert study["binding -> vsv"] == LOG_ODDS_SD


def test_a_binary_cause_has_the_prior_of_a_nominal_one_with_two_levels() -> None:
    table = pd.DataFrame({"x": list("aaaaaaab") * 5, "y": np.arange(40.0)})
    sds = {}
    for kind in ("binary", "nominal"):
        spec = CausalSpec(
            name=kind,
            variables={"x": Variable(kind=kind, levels=("a", "b")), "y": Variable()},
            arrows=[Arrow(cause="x", effect="y")],
        )
        layout = structural_layout(table_data(spec, table))
        scale = layout.data.columns["x"].scale if kind == "binary" else 1.0
        sds[kind] = layout.weights[0].sd / scale
    assert sds["binary"] == pytest.approx(sds["nominal"])


def test_weak_priors_are_twice_as_wide_but_for_what_settles_scale_and_sign() -> None:
    data = table_data(EVERY_KIND, table_of_every_kind())
    usual, weak = (structural_layout(data, priors=p) for p in (Priors.NEUTRAL, Priors.WEAK))
    for before, after in zip(usual.blocks, weak.blocks, strict=True):
        assert (after.mean == before.mean).all()
        factor = np.where(before.sd == 0, 1, after.sd / before.sd)
        settled = before.name in ("loading", "hidden_anchor") or before.name.endswith("_z")
        # the intercept of a standardised number has the scale of the number
        numbers = np.array([label in ("size", "score") for label in before.dims.get("term", ())])
        expected = np.where(numbers, 1.0, 2.0) if len(numbers) else (1.0 if settled else 2.0)
        assert factor == pytest.approx(np.broadcast_to(expected, factor.shape)), before.name


def test_the_prior_of_a_difference_of_pooled_levels() -> None:
    """Drawn from the prior of the standard deviation and of two effects."""
    rng = np.random.default_rng(1)
    place, spread = GROUP_LOG_SD
    sd = np.exp(place + spread * rng.normal(size=400_000))
    drawn = sd * (rng.normal(size=sd.size) - rng.normal(size=sd.size))
    assert widths_of(Priors.NEUTRAL).pooled_difference == pytest.approx(drawn.std(), rel=0.02)


# -- missing numbers --------------------------------------------------------------------------


def test_a_missing_number_is_imputed_where_something_depends_on_it() -> None:
    gaps = [1.0, None, 3.0, None]
    layout = linear([("x", "y")], x=gaps, y=[None, 1.0, 2.0, 3.0])
    assert layout.imputed == {"x": (1, 3)}
    assert layout.block("imputed_z").dims["imputed"] == ("x[2]", "x[4]")


def test_places_of_parameters_do_not_overlap() -> None:
    layout = every_kind()
    assert layout.size == len(parameter_names(layout)) == len(set(parameter_names(layout)))
    assert sorted(layout.offsets.values()) == list(layout.offsets.values())


@pytest.mark.parametrize("levels", [2, 3, 7])
def test_a_zero_sum_basis_is_orthonormal(levels: int) -> None:
    basis = zero_sum_basis(levels)
    np.testing.assert_allclose(basis.T @ basis, np.eye(levels - 1), atol=1e-14)
    np.testing.assert_allclose(basis.sum(axis=0), 0.0, atol=1e-14)


def test_mirrored_answers_mirror_the_construct() -> None:
    """Same density where its scores, cuts and arrows have the other sign."""
    table = table_of_every_kind()
    mirror = dict(zip("1234", "4321", strict=True))
    mirrored = table.assign(**{item: table[item].map(mirror) for item in ("t1", "t2", "t3")})
    one, other = (structural_layout(table_data(EVERY_KIND, item)) for item in (table, mirrored))
    names = parameter_names(one)
    point = named_point(one)
    turned = point.copy()
    for place, name in enumerate(names):
        if name.startswith(("cut['t", "latent_z['trust'", "herd_z['trust'")) or (
            name.startswith("weight") and "trust" in name
        ):
            turned[place] = -point[place]
        if name.startswith("gap['t"):
            swapped = name.replace("1–2", "x").replace("2–3", "1–2")
            turned[place] = point[names.index(swapped.replace("x", "2–3"))]
    density = [
        structural_program(layout).log_density(at)[0]
        for layout, at in ((one, point), (other, turned))
    ]
    assert density[0] == pytest.approx(density[1], rel=1e-12)
