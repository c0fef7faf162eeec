"""Names of users and names of results never meet: every word that results use, in every role."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from effects.effect_cases import prior_forward
from vm2causal.effects.arrows import arrow_table
from vm2causal.errors import ModelFileError
from vm2causal.model.structural import structural_model
from vm2causal.model.structural_data import table_data
from vm2causal.model.structural_layout import structural_layout
from vm2causal.spec import Arrow, CausalSpec, Variable
from vm2causal.spec.variable_rules import name_problem

WORDS = (
    "unit", "chain", "draw", "sample", "intercept", "weight", "term", "pattern", "latent",
    "hidden", "imputed", "cut", "gap", "loading", "residual", "residual_sd", "unit_sd", "unit_z",
    "unit_on", "weight_z", "latent_z", "imputed_z", "hidden_weight", "hidden_anchor", "obs_id",
    "missing_levels", "arrow", "experiment", "all", "Chain", "group.unit", "cause", "effect",
    "contrast", "do",
)  # fmt: skip
"""Words of fits, of ArviZ and of tables of effects."""

ROWS = 24


def _table() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame({
        "x": rng.normal(size=ROWS), "y": rng.normal(size=ROWS), "place": list("abcd") * (ROWS // 4),
        "kind": ["p", "q", "r"] * (ROWS // 3), "i": rng.integers(1, 4, ROWS).astype(str),
        "j": rng.integers(1, 4, ROWS).astype(str),
    })  # fmt: skip


def _spec(**changes: object) -> CausalSpec:
    variables = {
        "x": Variable(), "y": Variable(), "kind": Variable(kind="nominal"),
        "trust": Variable(kind="latent", items=("i", "j"), levels=("1", "2", "3")),
        "u": Variable(observed=False),
    }  # fmt: skip
    arrows = [("x", "y"), ("kind", "y"), ("trust", "y"), ("u", "x"), ("u", "y")]
    content = {
        "name": "names",
        "variables": variables,
        "arrows": [Arrow(cause=cause, effect=effect) for cause, effect in arrows],
        "groups": ("place", "kind"),
    }
    return CausalSpec(**content | changes)


def _renamed(old: str, new: str) -> CausalSpec:
    spec = _spec()
    return _spec(
        variables={new if name == old else name: item for name, item in spec.variables.items()},
        arrows=[
            Arrow(cause=new if item.cause == old else item.cause, effect=item.effect)
            for item in spec.arrows
        ],
        groups=tuple(new if name == old else name for name in spec.groups),
    )


def _weighed(spec: CausalSpec, table: pd.DataFrame) -> pd.DataFrame:
    """Draw from the priors of a model and weigh its arrows."""
    return arrow_table(prior_forward(table_data(spec, table), draws=8))


def _numbers(found: pd.DataFrame) -> pd.Series:
    return found["natural"].dropna().map(lambda value: value["mean"]).reset_index(drop=True)


def _hold(spec: CausalSpec, table: pd.DataFrame) -> pd.Series:
    """Build the definition of the model too: the same numbers under any name."""
    layout = structural_layout(table_data(spec, table))
    parameters = {block.name for block in layout.blocks if 0 not in block.shape}
    assert parameters <= set(structural_model(layout).named_vars)
    return _numbers(_weighed(spec, table))


@pytest.fixture(scope="module")
def usual() -> pd.Series:
    return _hold(_spec(), _table())


@pytest.mark.parametrize("word", WORDS)
def test_a_group(word: str, usual: pd.Series) -> None:
    table = _table().rename(columns={"place": word})
    found = _hold(_spec(groups=(word, "kind")), table)
    np.testing.assert_allclose(found, usual)


@pytest.mark.parametrize("word", WORDS)
def test_an_unobserved_cause(word: str, usual: pd.Series) -> None:
    if name_problem(word) is not None:
        with pytest.raises(ModelFileError, match=r"reserved|letters, digits"):
            _renamed("u", word)
        return
    np.testing.assert_allclose(_hold(_renamed("u", word), _table()), usual)


@pytest.mark.parametrize("word", WORDS)
def test_a_variable_that_is_a_group_too(word: str) -> None:
    if name_problem(word) is not None:
        with pytest.raises(ModelFileError, match=r"reserved|letters, digits"):
            _renamed("kind", word)
        return
    found = _weighed(_renamed("kind", word), _table().rename(columns={"kind": word}))
    assert (found["cause"] == word).sum() == 2
    assert found.loc[found["cause"] == word, "natural"].notna().all()


@pytest.mark.parametrize("word", WORDS)
def test_a_level_of_a_variable_and_of_a_group(word: str, usual: pd.Series) -> None:
    table = _table().replace({"place": {"a": word}, "kind": {"p": word}})
    kind = Variable(kind="nominal", levels=(word, "q", "r"))
    spec = _spec(variables={**_spec().variables, "kind": kind})
    np.testing.assert_allclose(_hold(spec, table), usual)


@pytest.mark.parametrize("word", WORDS)
def test_an_item(word: str, usual: pd.Series) -> None:
    trust = Variable(kind="latent", items=(word, "j"), levels=("1", "2", "3"))
    spec = _spec(variables={**_spec().variables, "trust": trust})
    found = _weighed(spec, _table().rename(columns={"i": word}))
    np.testing.assert_allclose(_numbers(found), usual)
