"""Random models with data, and densities of them at points that are named, not ordered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from statistics import NormalDist
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import gammaln, logsumexp

from vm2causal.model.data.columns import Column, Floats
from vm2causal.model.missing.completions import completions
from vm2causal.model.result_names import slopes_as
from vm2causal.model.sampler.program import structural_program
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.model.structural_parameters import zero_sum_basis
from vm2causal.model.terms import ProductCoefficient, VaryingCoefficient
from vm2causal.spec import CausalSpec
from vm2causal.spec.objects import Arrow, Variable
from vm2causal.spec.words import Kind

ROWS = 14
KINDS = ("continuous", "binary", "ordinal", "nominal", "count", "latent")
LEVELS = {"binary": ("0", "1"), "ordinal": ("a", "b", "c"), "nominal": ("p", "q", "r")}


def random_case(seed: int, *, missing: float = 0.25) -> tuple[CausalSpec, pd.DataFrame]:
    """Up to six variables of any kinds with any arrows, data that have nothing to do with them."""
    rng = np.random.default_rng(seed)
    names = [f"v{k}" for k in range(rng.integers(2, 7))]
    kinds = {name: str(rng.choice(KINDS)) for name in names}
    variables = {name: _variable(name, kind) for name, kind in kinds.items()}
    pairs = [(a, b) for k, b in enumerate(names) for a in names[:k] if rng.random() < 0.6]
    arrows = [Arrow(cause=a, effect=b, sign=_sign(rng)) for a, b in pairs]
    if rng.random() < 0.6:
        level = "school" if rng.random() < 0.5 else None
        variables["u"] = Variable(observed=False, level=level)
        children = [name for name in names if rng.random() < 0.6]
        arrows += [Arrow(cause="u", effect=name, sign=_sign(rng)) for name in children]
    groups = [name for name in ("school", "herd") if rng.random() < 0.6]
    table = pd.DataFrame({"school": _labels(rng, "s", 3), "herd": _labels(rng, "h", 5)})
    for name, kind in kinds.items():
        columns = _drawn(rng, name, kind)
        pooled = kind == "nominal" and rng.random() < 0.4
        groups += [name] if pooled else []
        for column, values in columns.items():
            whole = pooled or kind == "count"
            table[column] = values if whole else values.mask(rng.random(ROWS) < missing)
    arrows = _modified(np.random.default_rng([seed, 1]), arrows, variables, groups)
    known = [name for name in names if name in table and table[name].notna().all()]
    arrows = _shaped(np.random.default_rng([seed, 2]), arrows, kinds, groups, known)
    spec = CausalSpec(
        name=f"random-{seed}", variables=variables, arrows=arrows, groups=groups, rows="units"
    )
    return spec, table


def _modified(
    rng: np.random.Generator,
    arrows: list[Arrow],
    variables: dict[str, Variable],
    groups: list[str],
) -> list[Arrow]:
    """Some arrows vary by groups or by nominal causes, or depend on other causes."""
    pooled = [name for name in groups if name in variables]
    found, products = [], set()
    for arrow in arrows:
        parents = [a.cause for a in arrows if a.effect == arrow.effect and a.cause != arrow.cause]
        changes: dict[str, tuple[str, ...]] = {}
        if arrow.cause != "u" and arrow.cause not in pooled:
            by = [name for name in groups if name not in variables or name in parents]
            changes["varies"] = tuple(name for name in by if rng.random() < 0.5)
            others = [name for name in parents if name != "u" and name not in pooled]
            depends = tuple(
                name
                for name in others
                if rng.random() < 0.4
                and frozenset({name, arrow.cause, arrow.effect}) not in products
            )
            products |= {frozenset({name, arrow.cause, arrow.effect}) for name in depends}
            changes["depends_on"] = depends
        found.append(arrow.model_copy(update=changes))
    return found


def _shaped(
    rng: np.random.Generator,
    arrows: list[Arrow],
    kinds: dict[str, str],
    groups: list[str],
    known: list[str],
) -> list[Arrow]:
    """Some arrows bend, or hold within a group, where every value of their cause is known."""
    within = [name for name in groups if name not in kinds]
    found = []
    for arrow in arrows:
        changes: dict[str, object] = {}
        kind, asked = kinds.get(arrow.cause), rng.random(2)
        if kind == "ordinal" and asked[0] < 0.6:
            changes["shape"] = "monotone"
        elif kind == "continuous" and arrow.cause in known and asked[0] < 0.5:
            changes["shape"] = "smooth"
        elif kind in ("continuous", "ordinal", "binary") and arrow.cause in known and within:
            changes |= {"split": within[0]} if asked[1] < 0.7 else {}
        found.append(Arrow.model_validate(arrow.model_dump(by_alias=True) | changes))
    return found


def _variable(name: str, kind: str) -> Variable:
    if kind == "count":
        return Variable(kind=kind, trials=f"{name}_of")
    if kind == "latent":
        return Variable(kind=kind, items=(f"{name}_1", f"{name}_2"), levels=("1", "2", "3"))
    return Variable(kind=kind, levels=LEVELS.get(kind, ()))


def _sign(rng: np.random.Generator) -> str | None:
    return (None, "+", "-")[rng.integers(3)]


def _labels(rng: np.random.Generator, letter: str, number: int) -> list[str]:
    return [f"{letter}{k}" for k in rng.integers(0, number, ROWS)]


def _drawn(rng: np.random.Generator, name: str, kind: str) -> dict[str, pd.Series]:
    if kind == "continuous":
        return {name: pd.Series(rng.normal(5, 2, ROWS))}
    if kind == "count":
        of = rng.integers(1, 9, ROWS)
        return {name: pd.Series(rng.binomial(of, 0.4)), f"{name}_of": pd.Series(of)}
    if kind == "latent":
        return {f"{name}_{k}": pd.Series(rng.choice(list("123"), ROWS)) for k in (1, 2)}
    return {name: pd.Series(rng.choice(LEVELS[kind], ROWS))}


def named_point(layout: Layout, seed: int = 0, *, sd: float = 0.5) -> Floats:
    """A point whose coordinates hang on the names of the parameters, not on their order."""
    values = [
        sd * NormalDist().inv_cdf((crc32(f"{seed}|{key}".encode()) + 0.5) / 2**32)
        for key in parameter_names(layout)
    ]
    return np.array(values)


def parameter_names(layout: Layout) -> list[str]:
    """Block and labels of every unconstrained parameter, in order."""
    return [
        f"{block.name}{list(labels)}"
        for block in layout.blocks
        for labels in product(*block.dims.values())
    ]


def kernel_density(layout: Layout, seed: int = 0, *, sd: float = 0.5) -> float:
    """Log-density at a named point."""
    return structural_program(layout).log_density(named_point(layout, seed, sd=sd))[0]


def finite_differences(
    density: Callable[[Floats], float], q: Floats, *, step: float = 1e-4
) -> Floats:
    """Gradient by central differences of the fourth order."""
    found = np.empty(len(q))
    for k in range(len(q)):
        at = []
        for away in (-2, -1, 1, 2):
            moved = q.copy()
            moved[k] += away * step
            at.append(density(moved))
        found[k] = (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * step)
    return found


@dataclass(frozen=True)
class Filled(Column):
    """A column with levels filled in whose shares are those of what was known."""

    known: Column | None = None

    def share(self, level: int) -> float:
        return self.known.share(level) if self.known else super().share(level)


def enumerated_density(layout: Layout, seed: int = 0) -> float:
    """Log of the sum of the densities of whole data over all ways to fill in what is missing.

    Levels that no other variable depends on stay missing: they have no density. Noise that makes
    a value of its own (of a construct, an imputed number) is measured from a predictor that lacks
    the missing causes, and from the whole one here: the same values lie at shifted points.
    """
    data = layout.data
    gaps = [
        (name, int(unit))
        for name, column in data.columns.items()
        if column.kind is not Kind.CONTINUOUS and layout.children(name)
        for unit in np.flatnonzero(column.missing)
    ]
    point = named_point(layout, seed)
    weights = exogenous_weights(layout)
    total = []
    for ranks in product(*(range(len(data.columns[name].levels)) for name, _ in gaps)):
        filled = dict(zip(gaps, ranks, strict=True))
        columns = dict(data.columns)
        weight = 0.0
        for (name, unit), rank in filled.items():
            columns[name] = _with_rank(columns[name], unit, rank)
            weight += float(weights[name][rank]) if name in weights else 0.0
        whole = structural_layout(replace(data, columns=columns))
        assert not completions(whole)
        assert parameter_names(whole) == parameter_names(layout)
        moved = _same_values(layout, whole, point, filled)
        total.append(weight + structural_program(whole).log_density(moved)[0])
    return float(logsumexp(total))


def _same_values(
    layout: Layout, whole: Layout, point: Floats, filled: dict[tuple[str, int], int]
) -> Floats:
    place = {name: k for k, name in enumerate(parameter_names(layout))}
    moved = point.copy()
    passed: dict[tuple[str, int], float] = {}
    for item in layout.predictors:
        for unit, label in enumerate(layout.data.units):
            shift = 0.0
            for index in item.weights:
                cause = layout.weights[index].cause
                added = passed.get((cause, unit), 0.0)
                if (cause, unit) in filled:
                    added = _entered(whole, index, unit, point)
                coefficient = float(point[layout.offsets["weight"] + index])
                coefficient += sum(
                    _deviation(layout, point, term, unit)
                    for term in item.modifiers
                    if isinstance(term, VaryingCoefficient) and term.index == index
                )
                shift += coefficient * added
            if item.kind is Kind.COUNT:
                passed[item.variable, unit] = shift
            if item.kind is Kind.LATENT:
                moved[place[f"latent_z{[item.variable, label]}"]] -= shift
            if unit in layout.imputed.get(item.variable, ()):
                sd = np.exp(point[place[f"residual_sd{[item.variable]}"]])
                moved[place[f"imputed_z{[f'{item.variable}[{label}]']}"]] -= shift / sd
    return moved


def shifts_noise_by_products(layout: Layout) -> bool:
    """Whether noise makes up for products of causes, which are not followed here."""
    return any(
        isinstance(term, ProductCoefficient)
        for item in layout.predictors
        for term in item.modifiers
        if item.kind is Kind.LATENT or item.variable in layout.imputed
    ) or any(
        isinstance(term, ProductCoefficient)
        for item in layout.predictors
        for term in item.modifiers
        if item.kind is Kind.COUNT and layout.children(item.variable)
    )


def _deviation(layout: Layout, point: Floats, term: VaryingCoefficient, unit: int) -> float:
    """How far a coefficient lies from its mean in the level of a unit."""
    name = slopes_as(term.group)
    block = layout.block(f"{name}_z")
    start = layout.offsets[block.name] + term.row * block.shape[1]
    z = point[start : start + block.shape[1]]
    if block.zero_sum is not None:
        z = zero_sum_basis(block.shape[1] + 1) @ z
    sd = np.exp(point[layout.offsets[f"{name}_sd"] + term.row])
    return float(sd * z[layout.data.levels_of(term.group).codes[unit]])


def _entered(whole: Layout, index: int, unit: int, point: Floats) -> float:
    weight = whole.weights[index]
    column = whole.data.columns[weight.cause]
    if weight.steps is not None:
        first = whole.offsets["arrow_step"] + weight.steps.first
        sizes = np.exp(point[first : first + weight.steps.matrix.shape[1]])
        return float((weight.steps.matrix @ (sizes / sizes.sum()))[int(column.values[unit])])
    if weight.cause_level is None:
        return float(column.standardised[unit])
    return float(column.indicator(weight.cause_level)[unit])


def _with_rank(column: Column, unit: int, rank: int) -> Filled:
    values = column.values.copy()
    values[unit] = rank
    known = column.known if isinstance(column, Filled) else column
    return Filled(
        column.kind,
        values,
        column.levels,
        column.reference,
        column.centre,
        column.scale,
        known=known,
    )


def exogenous_weights(layout: Layout) -> dict[str, Floats]:
    """Log shares of the levels of variables without causes, half a unit more for each."""
    found = {}
    for name, column in layout.data.columns.items():
        if column.levels and name not in layout.predictors_of:
            known = column.values[~column.missing].astype(int)
            counts = np.bincount(known, minlength=len(column.levels)) + 0.5
            found[name] = np.log(counts / counts.sum())
    return found


class PymcDensity:
    """The ``pm.Model`` of a layout, evaluated at points of the kernel."""

    def __init__(self, layout: Layout, *, mode: str | None = "FAST_COMPILE") -> None:
        from vm2causal.model.structural import structural_model

        model = structural_model(layout)
        self._call = model.logp_dlogp_function(ravel_inputs=True, mode=mode)
        self._call.set_extra_values({})
        places = []
        for value in model.value_vars:
            block = layout.block(model.values_to_rvs[value].name)
            start = layout.offsets[block.name]
            places.append(np.arange(start, start + int(np.prod(block.shape))))
        self._places = np.concatenate(places)

    def __call__(self, q: Floats) -> tuple[float, Floats]:
        """Log-density and gradient, in the order of the layout."""
        value, slope = self._call(q[self._places])
        gradient = np.zeros(len(q))
        gradient[self._places] = slope
        return float(value), gradient


def constant_between(layout: Layout) -> float:
    """What the kernel leaves out of the log-density: binomial coefficients and units of numbers."""
    left_out = 0.0
    for cells in layout.data.cells.values():
        n, y = cells.trials, cells.events
        left_out += float((gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)).sum())
    for name, column in layout.data.columns.items():
        if column.kind is Kind.CONTINUOUS and name in layout.predictors_of:
            left_out -= float((~column.missing).sum() * np.log(column.scale))
    return left_out


def permuted(table: pd.DataFrame, order: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Rows of a table in another order."""
    return table.iloc[order].reset_index(drop=True)
