import numpy as np
import pytest

from model.density_cases import kernel_density, named_point, parameter_names
from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.model.data.structural_data import study_data, table_data
from vm2causal.model.sampler.compiled_model import compiled_program, named_draws
from vm2causal.model.sampler.coordinates import sampler_program, starting_point
from vm2causal.model.sampler.densities import PARAMETERS
from vm2causal.model.sampler.program import structural_program
from vm2causal.model.sampler.sampling import TRAJECTORY, SamplerSettings, sample_structural
from vm2causal.model.sampler.traces import STATS
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.progress import Drawn

SHORT = SamplerSettings(draws=20, tune=30, chains=2)


@pytest.fixture(scope="module")
def layout() -> Layout:
    return structural_layout(table_data(EVERY_KIND, table_of_every_kind(missing=0.15)))


@pytest.fixture(scope="module")
def raw(layout: Layout) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.5, (2, 3, layout.size))


def test_every_parameter_is_named_once(layout: Layout, raw: np.ndarray) -> None:
    named = named_draws(layout, raw)
    free = sum(int(np.prod(values.shape[2:])) for values in named.data_vars.values())
    # the levels of a pooled cause sum to zero: one number more than there are free ones
    assert free == layout.size + len(layout.pooled)
    assert dict(named.sizes)["chain"] == 2
    assert dict(named.sizes)["draw"] == 3


def test_draws_stand_at_their_labels(layout: Layout, raw: np.ndarray) -> None:
    named = named_draws(layout, raw)
    names = parameter_names(layout)
    plain = names.index("weight['plan[full] -> score']")
    np.testing.assert_array_equal(
        named["weight"].sel(arrow_weight="plan[full] -> score"), raw[:, :, plain]
    )
    positive = names.index("loading['t2']")
    np.testing.assert_array_equal(named["loading"].sel(item="t2"), np.exp(raw[:, :, positive]))
    group = names.index("herd_z['score', 'h3']")
    np.testing.assert_array_equal(named["herd_z"].sel(herd_in="score", herd="h3"), raw[:, :, group])


def test_effects_of_levels_sum_to_zero(layout: Layout, raw: np.ndarray) -> None:
    effects = named_draws(layout, raw)["area_z"]
    assert effects.dims == ("chain", "draw", "area_in", "area_level")
    assert list(effects["area_level"].values) == ["n", "e", "s", "w"]
    np.testing.assert_allclose(effects.sum("area_level"), 0.0, atol=1e-14)
    start = layout.offsets["area_z"]
    free = raw[:, :, start : start + 6].reshape(2, 3, 2, 3)
    # an orthonormal basis keeps lengths, so that the prior is that of the free ones
    np.testing.assert_allclose((effects**2).sum("area_level"), (free**2).sum(-1))


def test_an_empty_block_has_no_variable() -> None:
    layout = structural_layout(table_data(EVERY_KIND, table_of_every_kind()))
    names = set(named_draws(layout, np.zeros((1, 1, layout.size))).data_vars)
    assert not names & {"imputed_z", "unit_z", "unit_sd"}


def test_the_pointer_computes_the_same_density(layout: Layout) -> None:
    """What the sampler calls is what the tests of densities test."""
    import ctypes

    program = structural_program(layout)
    compiled = compiled_program(layout, program)
    q = named_point(layout)
    value, gradient = program.log_density(q)
    out, slope = np.zeros(1), np.zeros(layout.size)
    real = ctypes.POINTER(ctypes.c_double)
    call = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_uint64, real, real, real, ctypes.c_void_p)(
        compiled.compiled_logp_func.address
    )
    packed = program.packed()
    status = call(
        layout.size,
        q.ctypes.data_as(real),
        slope.ctypes.data_as(real),
        out.ctypes.data_as(real),
        packed.ctypes.data,
    )
    assert status == 0
    assert out[0] == value == kernel_density(layout)
    np.testing.assert_array_equal(slope, gradient)
    np.testing.assert_array_equal(packed, program.packed())
    far = np.full(layout.size, 1e200)
    assert call(
        layout.size,
        far.ctypes.data_as(real),
        slope.ctypes.data_as(real),
        out.ctypes.data_as(real),
        packed.ctypes.data,
    )


def test_the_sampler_hands_on_parameters_of_the_model(layout: Layout) -> None:
    import ctypes

    program = sampler_program(layout)
    compiled = compiled_program(layout, program)
    q, out = named_point(layout), np.zeros(layout.size)
    real = ctypes.POINTER(ctypes.c_double)
    call = ctypes.CFUNCTYPE(
        ctypes.c_int64, ctypes.c_uint64, ctypes.c_uint64, real, real, ctypes.c_void_p
    )(compiled.compiled_expand_func.address)
    packed = program.packed()
    places = q.ctypes.data_as(real), out.ctypes.data_as(real)
    assert call(layout.size, layout.size, *places, packed.ctypes.data) == 0
    np.testing.assert_array_equal(out, program.parameters(q))
    np.testing.assert_array_equal(packed, program.packed())
    assert not np.array_equal(out, q)


@pytest.mark.mcmc
def test_the_same_seed_gives_the_same_draws() -> None:
    layout = structural_layout(study_data(STUDY_SPEC, small_study(missing=0.2)))
    program = sampler_program(layout)
    told = list[Drawn]()
    one, again, other = (
        sample_structural(layout, program, seed=seed, settings=SHORT, drawn=drawn)
        for seed, drawn in ((1, None), (1, told.append), (2, None))
    )
    assert all(state.total == SHORT.draws + SHORT.tune for state in told)
    for name, values in one["posterior"].data_vars.items():
        np.testing.assert_array_equal(values, again["posterior"][name])
        assert np.isfinite(values).all()
    assert not np.array_equal(one["posterior"]["weight"], other["posterior"]["weight"])
    assert one["sample_stats"].sizes == {"chain": 2, "draw": 20}


@pytest.mark.mcmc
def test_the_trace_is_as_nutpie_would_hand_it_over(layout: Layout) -> None:
    import nutpie

    program = sampler_program(layout)
    ours = sample_structural(layout, program, seed=3, settings=SHORT)
    length = {"draws": SHORT.draws, "tune": SHORT.tune, "chains": SHORT.chains}
    theirs = nutpie.sample(
        compiled_program(layout, program), seed=3, progress_bar=False, **length, **TRAJECTORY
    )
    named = named_draws(layout, theirs["posterior"][PARAMETERS].to_numpy())
    for name, values in named.data_vars.items():
        np.testing.assert_array_equal(values, ours["posterior"][name])
    assert set(ours["sample_stats"].data_vars) == set(STATS)
    for name in STATS:
        np.testing.assert_array_equal(ours["sample_stats"][name], theirs["sample_stats"][name])


def test_chains_start_apart_with_noise_from_its_prior(layout: Layout) -> None:
    program = sampler_program(layout)
    start = compiled_program(layout, program).initial_point_func
    points = np.array([start(seed) for seed in range(200)])
    noise = [place for place, name in enumerate(parameter_names(layout)) if "_z[" in name]
    others = np.setdiff1d(np.arange(layout.size), noise)
    away = points - starting_point(layout, program)
    assert away[:, noise].std() == pytest.approx(1.0, abs=0.02)
    assert np.abs(away[:, others]).max() <= 0.3
    assert away[:, others].std() == pytest.approx(0.3 / 3**0.5, abs=0.02)
    np.testing.assert_array_equal(start(7), points[7])
