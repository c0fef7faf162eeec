"""Which parameters a structural model has, with what priors, and which of them meet where.

The layout is read twice: :mod:`~vm2causal.model.structural` makes a ``pm.Model`` of it, which is
the definition; :mod:`~vm2causal.model.sampler.assembler` and what builds on it make the arrays that
the sampler evaluates. A test holds both to the same log-density and gradient.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import networkx as nx
import numpy as np

from vm2causal.errors import StudyError
from vm2causal.model.data.columns import constant_within
from vm2causal.model.data.own_level import require_constant_causes
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.families import Family, every_shape, family_of
from vm2causal.model.modifiers import Modifiers
from vm2causal.model.result_names import BLOCKS, TABLE_UNIT, held_as, shape_dim
from vm2causal.model.structural_parameters import (
    HIDDEN_LOG,
    LOADING_LOG,
    Block,
    CurvePlace,
    GroupMeans,
    Predictor,
    Priors,
    Product,
    Scale,
    Weight,
    Widths,
    normal_block,
    widths_of,
)
from vm2causal.model.terms import (
    Coefficient,
    CurveDeviation,
    GroupEffect,
    GroupMean,
    Intercept,
    PooledLevels,
    ProductCoefficient,
    PupilCoefficient,
    Term,
    UnitEffect,
    UnobservedCause,
    VaryingCoefficient,
    YearIntercepts,
)
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import ArrowShape, Sign


@dataclass(frozen=True)
class Layout:
    """The structural model as lists; see :func:`structural_layout`."""

    data: StructuralData
    order: tuple[str, ...]
    weights: tuple[Weight, ...]
    predictors: tuple[Predictor, ...]
    scales: tuple[Scale, ...]
    hidden: Mapping[str, str]
    """Unobserved causes and the group at which each varies."""
    hidden_signs: tuple[float | None, ...]
    """Per hidden weight the sign that anchors it, or None where it is free."""
    pooled: tuple[tuple[str, str], ...]
    """(group variable, predictor label) per row of its effects."""
    group_effects: tuple[tuple[str, str], ...]
    """(group, predictor label) per row of its effects."""
    varying: tuple[tuple[str, int], ...]
    """(group or variable, coefficient) per row of its deviations between levels."""
    products: tuple[Product, ...]
    curves: tuple[CurvePlace, ...]
    """Of smooth arrows."""
    group_means: tuple[GroupMeans, ...]
    """Of arrows that hold within a group."""
    unit_effects: tuple[str, ...]
    intercepts: tuple[str, ...]
    imputed: Mapping[str, tuple[int, ...]]
    """Continuous causes with missing values: units where they are imputed."""
    blocks: tuple[Block, ...]
    widths: Widths
    """Of the priors."""

    @cached_property
    def predictors_of(self) -> dict[str, tuple[Predictor, ...]]:
        """Predictors by variable."""
        found: dict[str, list[Predictor]] = {}
        for predictor in self.predictors:
            found.setdefault(predictor.variable, []).append(predictor)
        return {name: tuple(items) for name, items in found.items()}

    @cached_property
    def offsets(self) -> dict[str, int]:
        """Where each block starts in the vector of parameters."""
        starts = np.cumsum([0, *(int(np.prod(block.shape)) for block in self.blocks)])
        return {block.name: int(start) for block, start in zip(self.blocks, starts, strict=False)}

    @cached_property
    def sd_rows(self) -> dict[tuple[str, int], int]:
        """Row of the standard deviation of a group's effects, by group and row of the effects.

        The levels of a nominal variable have one together. With one each, a group that knows
        one level only could owe that to either, and its two standard deviations would trade off.
        """
        found: dict[tuple[str, int], int] = {}
        for item in self.predictors:
            for group, row in (*item.pooled, *item.groups):
                labels = self.block(f"{held_as(group)}_sd").dims[f"{held_as(group)}_on"]
                found[group, row] = labels.index(item.variable)
        return found

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum(int(np.prod(block.shape)) for block in self.blocks)

    def block(self, name: str) -> Block:
        """A block by name."""
        return next(block for block in self.blocks if block.name == name)

    def scale(self, variable: str, item: str | None = None) -> Scale:
        """The scale of an ordinal variable, or of an item of a construct."""
        wanted = (variable, variable if item is None else item)
        return next(scale for scale in self.scales if (scale.variable, scale.name) == wanted)

    def hidden_place(self, index: int) -> tuple[str, int]:
        """Block and row that hold a hidden weight."""
        anchored = self.hidden_signs[index] is not None
        row = sum((sign is not None) == anchored for sign in self.hidden_signs[:index])
        return ("hidden_anchor" if anchored else "hidden_weight", row)

    def shared_group(self, predictor: Predictor) -> tuple[str, int] | None:
        """Group whose effect an unobserved cause shares, and the index of its arrow."""
        own = {group for group, _ in predictor.groups}
        shared = [(self.hidden[name], row) for name, row in predictor.hidden]
        return next((pair for pair in shared if pair[0] in own), None)

    def shape_row(self, block: str, name: str) -> int:
        """Row of a variable in a block of shapes of likelihoods."""
        return self.block(block).dims[shape_dim(block)].index(name)

    def family(self, name: str) -> Family:
        """The family of a variable."""
        return family_of(self.data.spec.variables[name].kind)

    def passes_on(self, name: str) -> bool:
        """Whether a variable has no noise of its own, so that what acts on it acts on its effects.

        That is a count whose unit has no effect of its own: its log-odds are its predictor.
        """
        items = self.predictors_of.get(name, ())
        return name in self.data.cells and any(item.unit_effect is None for item in items)

    def children(self, name: str) -> tuple[str, ...]:
        """Variables with data that a variable acts on directly, in causal order."""
        spec = self.data.spec
        return tuple(effect for effect in self.order if spec.arrow(name, effect) is not None)


def structural_layout(data: StructuralData, *, priors: Priors = Priors.NEUTRAL) -> Layout:
    """Lay out the parameters of the structural model of ``data``.

    Raises
    ------
    StudyError
        When the data are on other units than the model needs.
    """
    if priors is Priors.EVIDENCE:
        _require_usable_priors(data)
    return _Builder(data, priors).layout()


def _require_usable_priors(data: StructuralData) -> None:
    """A prior on an arrow whose coefficients share strength, or are hidden, cannot be used."""
    spec = data.spec
    for arrow in spec.arrows:
        column = data.columns.get(arrow.cause)
        pooled = column is not None and arrow.cause in data.groups and len(column.levels) > 2
        hidden = not spec.variables[arrow.cause].observed
        if (pooled or hidden) and spec.prior(*arrow.key) is not None:
            raise StudyError(
                "The prior of this arrow cannot be used: its cause is "
                + ("not observed." if hidden else "a group whose levels share strength."),
                value=f"{arrow.cause} -> {arrow.effect}",
                fix="Remove that prior from the model file, or fit with --priors neutral.",
            )


class _Builder:
    """Walks the variables in causal order and hands out parameters."""

    def __init__(self, data: StructuralData, priors: Priors) -> None:
        self.data = data
        self.spec = data.spec
        self.priors = priors
        self.widths = widths_of(priors)
        self.weights: list[Weight] = []
        self.predictors: list[Predictor] = []
        self.scales: list[Scale] = []
        self.hidden_weights: list[tuple[str, str]] = []
        self.hidden_signs: list[float | None] = []
        self.pooled: list[tuple[str, str]] = []
        self.groups: list[tuple[str, str]] = []
        self.modifiers = Modifiers(data, self.weights)
        self.unit_effects: list[str] = []
        self.intercepts: list[str] = []
        self.variable_of: dict[str, str] = {}
        self.order = causal_order(self.spec)
        self.hidden = self._hidden()

    def layout(self) -> Layout:
        fitted = tuple(name for name in self.order if self.spec.variables[name].observed)
        for name in fitted:
            self._add(name)
        return Layout(
            data=self.data,
            order=fitted,
            weights=tuple(self.weights),
            predictors=tuple(self.predictors),
            scales=tuple(self.scales),
            hidden=self.hidden,
            hidden_signs=tuple(self.hidden_signs),
            pooled=tuple(self.pooled),
            group_effects=tuple(self.groups),
            varying=tuple(self.modifiers.varying),
            products=tuple(self.modifiers.products),
            curves=tuple(self.modifiers.curves),
            group_means=tuple(self.modifiers.group_means),
            unit_effects=tuple(self.unit_effects),
            intercepts=tuple(self.intercepts),
            imputed=self._imputed(),
            blocks=tuple(self._blocks()),
            widths=self.widths,
        )

    def _hidden(self) -> dict[str, str]:
        """Unobserved causes of two variables or more, and the group at which each varies."""
        found = {}
        for name, variable in self.spec.variables.items():
            if variable.observed or variable.selected:
                continue
            if self.spec.parents(name):
                raise StudyError(
                    f"'{name}' has causes but no data, so its arrows cannot be fitted.",
                    value=name,
                    fix="Give it items, or draw arrows from its causes to its effects instead.",
                )
            children = [arrow for arrow in self.spec.arrows if arrow.cause == name]
            level = str(variable.level) if variable.level else self.data.unit
            if len(children) > 1:
                found[name] = level if level in self.data.groups else self.data.unit
        return found

    def _add(self, name: str) -> None:
        family, causes = family_of(self.spec.variables[name].kind), self.spec.parents(name)
        if not causes and not family.stands_alone(self.data, name) and not self._stands_alone(name):
            return  # an exogenous variable is conditioned on
        require_constant_causes(self.data, name, self._observed(causes))
        self._require_constant_hidden(name, causes)
        for scale, levels, loading in family.scales(self.spec, self.data, name):
            self._add_scale(scale, name, levels, loading=self._loadings() if loading else None)
        for level in family.predicted(self.data, name):
            self._predictor(name, level, causes)

    def _observed(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for name in names if self.spec.variables[name].observed)

    def _require_constant_hidden(self, name: str, causes: Iterable[str]) -> None:
        """Nobody's own unobserved cause acts on a variable that describes a group."""
        group = self.data.group_of(name)
        for cause in causes:
            level = self.hidden.get(cause)
            if group is None or level is None:
                continue
            codes = self.data.groups[group].codes
            if level not in self.data.groups or not constant_within(
                self.data.groups[level].codes, codes
            ):
                raise StudyError(
                    f"'{name}' describes a '{group}', and what acts on it without being observed, "
                    f"'{cause}', differs within one.",
                    value=f"{cause} -> {name}",
                    fix=f"Declare '{cause}' with 'level: {group}'.",
                )

    def _stands_alone(self, name: str) -> bool:
        """Whether the model is a null model, and the variable what it is about.

        Without any arrow nothing is a cause, so all but the groups are outcomes; with one, a
        variable without causes is what the others are compared by.
        """
        return (
            not self.spec.arrows
            and name not in self.data.groups
            and name not in self.data.covariates
        )

    def _predictor(self, name: str, level: int | None, causes: Iterable[str]) -> None:
        kind = self.spec.variables[name].kind
        label = _labelled(name, self._level(name, level))
        self.variable_of[label] = name
        terms: list[Term] = [term for cause in causes for term in self._causal(cause, name, level)]
        terms += self.modifiers.terms(name, terms)
        terms += self._group_effects(name, label)
        terms += self._unit_effect(name)
        terms += self._intercepts(name, label)
        terms.sort(key=lambda term: _ORDER.index(type(term)))
        self.predictors.append(Predictor(name, level, kind, tuple(terms)))

    def _causal(self, cause: str, name: str, level: int | None) -> list[Term]:
        """What a cause adds to a predictor; nothing where nobody saw it and it acts on one only."""
        if not self.spec.variables[cause].observed:
            label = _labelled(name, self._level(name, level))
            if cause not in self.hidden:
                return []
            return [UnobservedCause(cause, self._hidden_weight(cause, name, label))]
        if cause in self.data.covariates:
            self._require_count(cause, name)
            return [PupilCoefficient(index) for index in self._weights(cause, name, level)]
        if self._is_pooled(cause):
            row = _rows_of(cause, self.pooled)
            self.pooled.append((cause, _labelled(name, self._level(name, level))))
            return [PooledLevels(cause, row)]
        return [Coefficient(index) for index in self._weights(cause, name, level)]

    def _is_pooled(self, cause: str) -> bool:
        """A nominal cause that is a declared group of more than two levels shares strength."""
        column = self.data.columns.get(cause)
        return (
            cause in self.data.groups
            and column is not None
            and column.kind.unordered
            and len(column.levels) > 2
        )

    def _weights(self, cause: str, effect: str, effect_level: int | None) -> list[int]:
        column = self.data.column(cause)
        prior = self.spec.prior(cause, effect) if self.priors is Priors.EVIDENCE else None
        levels: list[int | None] = [None]
        if column is not None and column.kind.unordered:
            levels = [rank for rank in range(len(column.levels)) if rank != column.reference]
        mean, sd = (prior.mean, prior.sd) if prior else (0.0, self._neutral_sd(cause))
        arrow = self.spec.arrow(cause, effect)
        stepped = arrow is not None and arrow.shape is ArrowShape.MONOTONE
        start = len(self.weights)
        for level in levels:
            source = _labelled(cause, self._level(cause, level))
            target = _labelled(effect, self._level(effect, effect_level))
            label = f"{source} -> {target}"
            steps = self.modifiers.steps_of(cause, label) if stepped else None
            self.weights.append(Weight(cause, effect, level, effect_level, label, mean, sd, steps))
        return list(range(start, len(self.weights)))

    def _neutral_sd(self, cause: str) -> float:
        """Prior standard deviation of a coefficient, in the units in which its cause enters."""
        family = family_of(self.spec.variables[cause].kind)
        return family.coefficient_sd(self.data.column(cause), self.widths)

    def _level(self, name: str, level: int | None) -> str | None:
        column = self.data.column(name)
        return None if level is None or column is None else column.levels[level]

    def _hidden_weight(self, cause: str, effect: str, label: str) -> int:
        first = all(name != cause for name, _ in self.hidden_weights)
        arrow = self.spec.arrow(cause, effect)
        declared = -1.0 if arrow is not None and arrow.sign is Sign.MINUS else 1.0
        self.hidden_weights.append((cause, f"{cause} -> {label}"))
        self.hidden_signs.append(declared if first else None)
        return len(self.hidden_weights) - 1

    def _group_effects(self, name: str, label: str) -> list[Term]:
        """Random intercepts; a group that is itself a variable acts only where it has an arrow."""
        found: list[Term] = []
        own = np.unique(self.data.own_units(name))
        for group, grouping in self.data.groups.items():
            if group in self.spec.variables or not self._is_constant(group, name):
                continue
            levels, units = len(set(grouping.codes)), len(own)
            own_row = levels == units and name not in self.data.cells
            doubled = levels == units and self.data.unit != TABLE_UNIT
            if levels > 1 and not own_row and not doubled:
                found.append(GroupEffect(group, _rows_of(group, self.groups)))
                self.groups.append((group, label))
        return found

    def _is_constant(self, group: str, name: str) -> bool:
        """Whether a variable has one level of a group: not where it describes a coarser one."""
        of = self.data.group_of(name)
        codes = self.data.groups[group].codes
        return of is None or constant_within(codes, self.data.groups[of].codes)

    def _unit_effect(self, name: str) -> list[Term]:
        if name not in self.data.cells or self.data.unit == TABLE_UNIT or len(self.data.units) < 2:
            return []
        self.unit_effects.append(name)
        return [UnitEffect(len(self.unit_effects) - 1)]

    def _intercepts(self, name: str, label: str) -> list[Term]:
        labels = family_of(self.spec.variables[name].kind).intercepts(self.data, label)
        start = len(self.intercepts)
        self.intercepts += labels
        if not labels:
            return []
        return [YearIntercepts(start) if name in self.data.cells else Intercept(start)]

    def _add_scale(
        self, name: str, variable: str, levels: tuple[str, ...], *, loading: int | None
    ) -> None:
        gaps = sum(len(scale.levels) - 2 for scale in self.scales)
        self.scales.append(Scale(name, variable, levels, len(self.scales), gaps, loading))

    def _loadings(self) -> int:
        return sum(scale.loading is not None for scale in self.scales)

    def _require_count(self, cause: str, effect: str) -> None:
        if effect not in self.data.cells:
            raise StudyError(
                f"'{cause}' describes pupils and '{effect}' does not, so it cannot be its cause "
                "in this study.",
                value=f"{cause} -> {effect}",
                fix="Remove the arrow, or give the effect a count of pupils.",
            )

    def _imputed(self) -> dict[str, tuple[int, ...]]:
        found = {
            name: tuple(int(unit) for unit in np.flatnonzero(column.missing))
            for name, column in self.data.columns.items()
            if column.numeric
            and column.missing.any()
            and any(self.spec.arrow(name, effect) for effect in self.order)
        }
        for name in found:
            kind = self.data.columns[name].kind
            if not family_of(kind).imputed:
                raise StudyError(
                    f"'{name}' is a cause and has missing values, which cannot be filled in for a "
                    f"variable of kind {kind.value}.",
                    column=self.spec.column(name),
                    row=found[name][0] + 1,
                    fix="Leave those rows out, or declare it continuous.",
                )
        return found

    def _blocks(self) -> Iterable[Block]:
        data = self.data
        arrows = tuple(weight.label for weight in self.weights)
        yield Block(
            "weight",
            {BLOCKS["weight"]: arrows},
            np.array([weight.mean for weight in self.weights]),
            np.array([weight.sd for weight in self.weights]),
        )
        yield self._intercept_block()
        names = tuple(scale.name for scale in self.scales)
        yield _own("cut", names, 0.0, self.widths.intercept)
        gaps = tuple(
            f"{scale.name}: {rank + 1}–{rank + 2}"
            for scale in self.scales
            for rank in range(len(scale.levels) - 2)
        )
        yield _own("gap", gaps, *self.widths.gap_log, positive=True)
        items = tuple(scale.name for scale in self.scales if scale.loading is not None)
        yield _own("loading", items, *LOADING_LOG, positive=True)
        yield from self._shape_blocks()
        for group in dict.fromkeys(name for name, _ in self.pooled):
            yield self._spreads(group, self.pooled)
            free = len(data.columns[group].levels) - 1
            contrasts = {f"{held_as(group)}_contrast": tuple(str(n + 1) for n in range(free))}
            yield normal_block(
                f"{held_as(group)}_z",
                _carried(group, self.pooled) | contrasts,
                0.0,
                1.0,
                zero_sum=(f"{held_as(group)}_level", data.groups[group].labels),
            )
        for group in dict.fromkeys(name for name, _ in self.groups):
            yield self._spreads(group, self.groups)
            levels = {held_as(group): data.groups[group].labels}
            yield normal_block(
                f"{held_as(group)}_z", _carried(group, self.groups) | levels, 0.0, 1.0
            )
        yield from self.modifiers.blocks()
        units = {data.unit: data.units}
        yield _own("unit_sd", self.unit_effects, *self.widths.group_log, positive=True)
        yield _own("unit_z", self.unit_effects, 0.0, 1.0, each=units)
        latents = tuple(item.variable for item in self.predictors if family_of(item.kind).own_noise)
        yield _own("latent_z", latents, 0.0, 1.0, each=units)
        for name, group in self.hidden.items():
            labels = data.units if group == data.unit else data.groups[group].labels
            place = group if group == data.unit else held_as(group)
            yield normal_block(f"{held_as(name)}_z", {place: labels}, 0.0, 1.0)
        yield from self._hidden_blocks()
        imputed = tuple(
            f"{name}[{data.units[unit]}]"
            for name, units in self._imputed().items()
            for unit in units
        )
        yield _own("imputed_z", imputed, 0.0, 1.0)

    def _spreads(self, group: str, effects: list[tuple[str, str]]) -> Block:
        """Standard deviations of a group's effects, one per variable."""
        on = dict.fromkeys(self.variable_of[label] for name, label in effects if name == group)
        return normal_block(
            f"{held_as(group)}_sd",
            {f"{held_as(group)}_on": tuple(on)},
            *self.widths.group_log,
            positive=True,
        )

    def _shape_blocks(self) -> Iterable[Block]:
        """Parameters of likelihoods beside their predictors, in the order of the families."""
        for shape in every_shape():
            has = tuple(
                dict.fromkeys(
                    item.variable
                    for item in self.predictors
                    if shape in family_of(item.kind).shapes
                )
            )
            if has or shape.block in BLOCKS:
                dims = {shape_dim(shape.block): has}
                prior = shape.prior(self.widths)
                yield normal_block(shape.block, dims, *prior, positive=True)

    def _intercept_block(self) -> Block:
        priors = [
            family_of(item.kind).intercept_prior(self.data, item, self.widths)
            for item in self.predictors
            for _ in family_of(item.kind).intercepts(self.data, item.variable)
        ]
        dims = {BLOCKS["intercept"]: tuple(self.intercepts)}
        means, sds = (np.array([prior[part] for prior in priors]) for part in (0, 1))
        return Block("intercept", dims, means, sds)

    def _hidden_blocks(self) -> Iterable[Block]:
        labels = [label for _, label in self.hidden_weights]
        anchored = tuple(
            label for label, sign in zip(labels, self.hidden_signs, strict=True) if sign is not None
        )
        free = tuple(
            label for label, sign in zip(labels, self.hidden_signs, strict=True) if sign is None
        )
        yield _own("hidden_anchor", anchored, *HIDDEN_LOG, positive=True)
        yield _own("hidden_weight", free, 0.0, self.widths.hidden)


_ORDER: Final = (
    Coefficient,
    VaryingCoefficient,
    ProductCoefficient,
    CurveDeviation,
    GroupMean,
    Intercept,
    PooledLevels,
    GroupEffect,
    UnobservedCause,
    UnitEffect,
    PupilCoefficient,
    YearIntercepts,
)
"""Order of terms within a predictor."""


def causal_order(spec: CausalSpec) -> tuple[str, ...]:
    """Variables such that causes come before effects; otherwise by name.

    The order does not depend on the order in the file.
    """
    return tuple(nx.lexicographical_topological_sort(spec.graph.to_networkx()))


def _own(
    name: str,
    labels: Sequence[str],
    mean: float,
    sd: float,
    *,
    positive: bool = False,
    each: Mapping[str, tuple[str, ...]] | None = None,
) -> Block:
    """Parameters under one of a fit's own names, for each label and each unit if there are any."""
    dims = {BLOCKS[name]: tuple(labels), **(each or {})}
    return normal_block(name, dims, mean, sd, positive=positive)


def _carried(group: str, effects: list[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Dimension of the predictors in which a group has an effect."""
    return {f"{held_as(group)}_in": tuple(label for name, label in effects if name == group)}


def _rows_of(group: str, effects: list[tuple[str, str]]) -> int:
    return sum(name == group for name, _ in effects)


def _labelled(name: str, level: str | None) -> str:
    return name if level is None else f"{name}[{level}]"
