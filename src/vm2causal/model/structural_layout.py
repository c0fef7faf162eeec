"""Which parameters a structural model has, with what priors, and which of them meet where.

The layout is read twice: :mod:`~vm2causal.model.structural` makes a ``pm.Model`` of it, which is
the definition; :mod:`~vm2causal.model.assembler` and what builds on it make the arrays that the
sampler evaluates. A test holds both to the same log-density and gradient.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import networkx as nx
import numpy as np

from vm2causal.errors import StudyError
from vm2causal.model.columns import Ints
from vm2causal.model.result_names import BLOCKS, TABLE_UNIT, held_as
from vm2causal.model.structural_data import YEAR, StructuralData
from vm2causal.model.structural_parameters import (
    HIDDEN_LOG,
    LOADING_LOG,
    Block,
    Predictor,
    Priors,
    Scale,
    Weight,
    Widths,
    normal_block,
    widths_of,
)
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import Kind, Sign


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

    def passes_on(self, name: str) -> bool:
        """Whether a variable has no noise of its own, so that what acts on it acts on its effects.

        That is a count whose unit has no effect of its own: its log-odds are its predictor.
        """
        items = self.predictors_of.get(name, ())
        return any(item.kind is Kind.COUNT and item.unit_effect is None for item in items)

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
            level = variable.level.value if variable.level else self.data.unit
            if len(children) > 1:
                found[name] = level if level in self.data.groups else self.data.unit
        return found

    def _add(self, name: str) -> None:
        variable = self.spec.variables[name]
        causes = self.spec.parents(name)
        if variable.kind is Kind.LATENT:
            self._add_items(name)
        elif not causes and name not in self.data.cells and not self._stands_alone(name):
            return  # an exogenous variable is conditioned on
        if variable.kind is Kind.ORDINAL:
            self._add_scale(name, name, self.data.columns[name].levels, loading=None)
        if variable.kind is Kind.NOMINAL:
            column = self.data.columns[name]
            for level in range(len(column.levels)):
                if level != column.reference:
                    self._predictor(name, level, causes)
        else:
            self._predictor(name, None, causes)

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
        unit, cell, pooled, hidden = [], [], [], []
        for cause in causes:
            if not self.spec.variables[cause].observed:
                if cause in self.hidden:
                    hidden.append((cause, self._hidden_weight(cause, name, label)))
            elif cause in self.data.covariates:
                self._require_count(cause, name)
                cell += self._weights(cause, name, level)
            elif self._is_pooled(cause):
                pooled.append((cause, _rows_of(cause, self.pooled)))
                self.pooled.append((cause, label))
            else:
                unit += self._weights(cause, name, level)
        self.predictors.append(
            Predictor(
                name,
                level,
                kind,
                tuple(unit),
                tuple(cell),
                tuple(pooled),
                tuple(hidden),
                self._group_effects(name, label),
                self._unit_effect(name),
                self._intercepts(name, label),
            )
        )

    def _is_pooled(self, cause: str) -> bool:
        """A nominal cause that is a declared group of more than two levels shares strength."""
        column = self.data.columns.get(cause)
        return (
            cause in self.data.groups
            and column is not None
            and column.kind is Kind.NOMINAL
            and len(column.levels) > 2
        )

    def _weights(self, cause: str, effect: str, effect_level: int | None) -> list[int]:
        column = self.data.column(cause)
        prior = self.spec.prior(cause, effect) if self.priors is Priors.EVIDENCE else None
        levels: list[int | None] = [None]
        if column is not None and column.kind is Kind.NOMINAL:
            levels = [rank for rank in range(len(column.levels)) if rank != column.reference]
        mean, sd = (prior.mean, prior.sd) if prior else (0.0, self._neutral_sd(cause))
        start = len(self.weights)
        for level in levels:
            source = _labelled(cause, self._level(cause, level))
            target = _labelled(effect, self._level(effect, effect_level))
            label = f"{source} -> {target}"
            self.weights.append(Weight(cause, effect, level, effect_level, label, mean, sd))
        return list(range(start, len(self.weights)))

    def _neutral_sd(self, cause: str) -> float:
        """Prior standard deviation of a coefficient, in the units in which its cause enters."""
        column = self.data.column(cause)
        if cause in self.data.cells:
            return self.widths.log_odds
        if column is not None and column.kind is Kind.NOMINAL:
            return self.widths.contrast
        if column is not None and column.kind is Kind.BINARY:  # as a nominal one with two levels
            return self.widths.contrast * column.scale
        return self.widths.weight

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

    def _group_effects(self, name: str, label: str) -> tuple[tuple[str, int], ...]:
        """Random intercepts; a group that is itself a variable acts only where it has an arrow."""
        found = []
        for group, grouping in self.data.groups.items():
            if group in self.spec.variables:
                continue
            levels, units = len(set(grouping.codes)), len(self.data.units)
            own_row = levels == units and name not in self.data.cells
            doubled = levels == units and self.data.unit != TABLE_UNIT
            if levels > 1 and not own_row and not doubled:
                found.append((group, _rows_of(group, self.groups)))
                self.groups.append((group, label))
        return tuple(found)

    def _unit_effect(self, name: str) -> int | None:
        if name not in self.data.cells or self.data.unit == TABLE_UNIT or len(self.data.units) < 2:
            return None
        self.unit_effects.append(name)
        return len(self.unit_effects) - 1

    def _intercepts(self, name: str, label: str) -> int | None:
        kind = self.spec.variables[name].kind
        if kind in (Kind.LATENT, Kind.ORDINAL):
            return None
        start = len(self.intercepts)
        if kind is Kind.COUNT and YEAR in self.data.patterns:
            years = sorted(set(self.data.patterns[YEAR]))
            self.intercepts += [f"{label}, {YEAR} {year}" for year in years]
        else:
            self.intercepts.append(label)
        return start

    def _add_items(self, name: str) -> None:
        variable = self.spec.variables[name]
        answers = self.data.items[name]
        levels = variable.levels or tuple(str(rank) for rank in range(int(answers.max()) + 1))
        for loading, item in enumerate(variable.items, start=self._loadings()):
            self._add_scale(item, name, levels, loading=loading)

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
        return {
            name: tuple(int(unit) for unit in np.flatnonzero(column.missing))
            for name, column in self.data.columns.items()
            if column.kind is Kind.CONTINUOUS
            and column.missing.any()
            and any(self.spec.arrow(name, effect) for effect in self.order)
        }

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
        continuous = tuple(
            item.variable for item in self.predictors if item.kind is Kind.CONTINUOUS
        )
        yield _own("residual_sd", continuous, *self.widths.residual_log, positive=True)
        for group in dict.fromkeys(name for name, _ in self.pooled):
            yield self._spreads(group, self.pooled)
            free = len(data.columns[group].levels) - 1
            contrasts = {f"{held_as(group)}_contrast": tuple(str(n + 1) for n in range(free))}
            yield normal_block(
                f"{held_as(group)}_z",
                _carried(group, self.pooled) | contrasts,
                0.0,
                1.0,
                contrasts_of=group,
            )
        for group in dict.fromkeys(name for name, _ in self.groups):
            yield self._spreads(group, self.groups)
            levels = {held_as(group): data.groups[group].labels}
            yield normal_block(
                f"{held_as(group)}_z", _carried(group, self.groups) | levels, 0.0, 1.0
            )
        units = {data.unit: data.units}
        yield _own("unit_sd", self.unit_effects, *self.widths.group_log, positive=True)
        yield _own("unit_z", self.unit_effects, 0.0, 1.0, each=units)
        latents = tuple(item.variable for item in self.predictors if item.kind is Kind.LATENT)
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

    def _intercept_block(self) -> Block:
        continuous = {item.intercepts for item in self.predictors if item.kind is Kind.CONTINUOUS}
        sds = [
            1.0 if row in continuous else self.widths.intercept
            for row in range(len(self.intercepts))
        ]
        dims = {BLOCKS["intercept"]: tuple(self.intercepts)}
        return Block("intercept", dims, np.zeros(len(sds)), np.array(sds))

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


def pattern_years(layout: Layout) -> Ints:
    """Per pattern the place of its year among the years; zeros for a flat table."""
    patterns = layout.data.patterns
    if "jaar" not in patterns:
        return np.zeros(len(patterns), dtype=np.int64)
    years = sorted(set(patterns["jaar"]))
    return np.array([years.index(year) for year in patterns["jaar"]], dtype=np.int64)
