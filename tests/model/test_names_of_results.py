"""Names of users and names of results never meet: every word that results use, in every role."""

from __future__ import annotations

from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from effects.effect_cases import prior_forward
from figure_cases import RECORD
from model.fit_cases import stand_in_fit
from model.structural_cases import by_other_names
from vm2causal.effects.arrows import arrow_table
from vm2causal.errors import ModelFileError
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.fits.fit_files import read_fit, write_fit
from vm2causal.model.result_names import (
    BLOCKS,
    PARTS,
    TAKEN,
    answered_as,
    drawn_as,
    held_as,
)
from vm2causal.model.structural import structural_model
from vm2causal.model.structural_layout import structural_layout
from vm2causal.spec import Arrow, CausalSpec, Variable
from vm2causal.spec.variable_rules import name_problem

ROWS = 24
GROUPS = ("place1", "place2", "place3", "place4")
ITEMS = ("i", "j", "k", "l")
HIDDEN = ("u", "v", "w")

WORDS = tuple(sorted(
    # those of a fit, those it makes, those of its files and of tables of effects
    TAKEN
    | {"place_slope", "place_slope_z"}
    | {"kind_sd", "kind_z", "place_on", "place_in", "kind_level", "kind_contrast", "y_propensity"}
    | {"obs_id", "arrow", "all", "Chain", "cause", "effect", "contrast", "do", "level", "natural"}
    | {"career", "group", "by", "unit", "outcome", "quantity", "none", "nan", "1", "a/b", "x.code"}
))  # fmt: skip
NAMES = tuple(word for word in WORDS if name_problem(word) is None)
"""Those that variables may have."""


def _table() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame({
        "x": rng.normal(size=ROWS), "y": rng.normal(size=ROWS), "kind": list("pqrs") * (ROWS // 4),
        **{name: rng.choice(list("abcd"), ROWS) for name in GROUPS},
        **{name: rng.integers(1, 4, ROWS).astype(str) for name in ITEMS},
    })  # fmt: skip


def _spec(levels: tuple[str, ...] = ("p", "q", "r", "s")) -> CausalSpec:
    arrows = [("x", "y"), ("kind", "y"), ("trust", "y")]
    arrows += [(hidden, effect) for hidden in HIDDEN for effect in ("x", "y")]
    return CausalSpec(
        name="names",
        variables={
            "kind": Variable(kind="nominal", levels=levels, column="kind"),
            "trust": Variable(kind="latent", items=ITEMS, levels=("1", "2", "3")),
            **{name: Variable(observed=False) for name in HIDDEN},
            "x": Variable(column="x"),
            "y": Variable(column="y"),
        },
        arrows=[
            Arrow(cause=cause, effect=effect, varies=GROUPS if cause == "x" else ())
            for cause, effect in arrows
        ],
        groups=(*GROUPS, "kind"),
    )


def _numbers(spec: CausalSpec, table: pd.DataFrame) -> pd.Series:
    """Draw from the priors and weigh the arrows."""
    found = arrow_table(prior_forward(table_data(spec, table), draws=8))["natural"].dropna()
    return found.map(lambda value: value["mean"]).reset_index(drop=True)


def _assert_defined(spec: CausalSpec, table: pd.DataFrame) -> None:
    """The definition of the model holds every parameter, variable and item."""
    data = table_data(spec, table)
    layout = structural_layout(data)
    held = {block.name for block in layout.blocks if 0 not in block.shape}
    drawn = {drawn_as(name) for name, item in spec.variables.items() if item.observed}
    items = {answered_as(item) for name in data.items for item in spec.variables[name].items}
    assert held | drawn | items <= set(structural_model(layout).named_vars)


@pytest.fixture(scope="module")
def usual() -> pd.Series:
    return _numbers(_spec(), _table())


def _some(words: tuple[str, ...], start: int, number: int) -> tuple[str, ...]:
    """So many words from a place on, round and round."""
    return tuple(words[(start + step) % len(words)] for step in range(number))


ROUNDS = max(-(-len(WORDS) // 4), -(-len(NAMES) // 3))
"""After which every word was a level, and every name an unobserved cause."""


@pytest.mark.parametrize("part", range(ROUNDS))
def test_groups_items_levels_and_unobserved_causes(part: int, usual: pd.Series) -> None:
    """Each word comes in each role, and the numbers are those of the usual names."""
    levels = _some(WORDS, 4 * part, 4)
    names = dict(zip(GROUPS, levels, strict=True))
    names |= dict(zip(ITEMS, _some(WORDS, 4 * part + 4, 4), strict=True))
    # half way round: a group that is a variable too has its effects by arrows alone
    names |= dict(zip(HIDDEN, _some(NAMES, 3 * part + len(NAMES) // 2, 3), strict=True))
    assert set(levels).isdisjoint(names[name] for name in HIDDEN)
    table = _table().replace({"kind": dict(zip("pqrs", levels, strict=True))})
    table = table.replace({name: dict(zip("abcd", sorted(levels), strict=True)) for name in GROUPS})
    spec, table = by_other_names(_spec(levels), names), table.rename(columns=names)
    np.testing.assert_allclose(_numbers(spec, table), usual)
    _assert_defined(spec, table)


@pytest.mark.parametrize("place", range(-3, len(NAMES)))
def test_variables_of_every_kind(place: int, usual: pd.Series) -> None:
    """Windows of words in the order of the usual names, which is that of the parameters."""
    padded = ("A", "B", "C", *NAMES, "zzz1", "zzz2", "zzz3")
    names = dict(zip(("kind", "trust", "x", "y"), padded[place + 3 : place + 7], strict=True))
    spec = by_other_names(_spec(), names)
    np.testing.assert_allclose(_numbers(spec, _table()), usual)
    if place % 4 == 0:  # so that every word was a variable once
        _assert_defined(spec, _table())


@pytest.mark.parametrize("word", sorted(set(WORDS) - set(NAMES)))
def test_other_words_no_variable_may_have(word: str) -> None:
    with pytest.raises(ModelFileError, match=r"reserved|letters, digits|begins with a letter"):
        by_other_names(_spec(), {"x": word})


def test_no_two_names_are_held_or_make_the_same() -> None:
    """A group, what is made of it, a variable and what a fit has for itself are all different."""
    words = {*WORDS, *(name + part for name, part in product(("a", "a_sd", "unit"), PARTS))}
    held = [{held_as(word), *(held_as(word) + part for part in PARTS)} for word in sorted(words)]
    assert all(one.isdisjoint(other) for one, other in combinations(held, 2))
    assert all(one.isdisjoint({*BLOCKS, *BLOCKS.values()} | TAKEN) for one in held)
    variables = [
        {drawn_as(word), f"{drawn_as(word)}_propensity", answered_as(word)} for word in words
    ]
    assert all(one.isdisjoint(other) for one, other in combinations(variables, 2))
    assert all(one.isdisjoint(TAKEN) for one in variables)


def test_a_fit_with_such_names_is_written_and_read_back(tmp_path: Path) -> None:
    names = {"place1": "a/b", "kind": "row", "x": "unit", "trust": "latent", "u": "cut"}
    table = _table().rename(columns={"place1": "a/b"})
    fit = stand_in_fit(table_data(by_other_names(_spec(), names), table))
    write_fit(fit, tmp_path / "fit", RECORD)
    again = read_fit(tmp_path / "fit")
    xr.testing.assert_identical(again.posterior, fit.posterior)
    assert again.layout.data.groups["a/b"].labels == fit.layout.data.groups["a/b"].labels
