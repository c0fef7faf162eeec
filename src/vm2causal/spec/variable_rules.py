"""What must hold of each variable by itself: its name, and what its kind needs or cannot have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from vm2causal.errors import ModelFileError
from vm2causal.spec.places import Places
from vm2causal.spec.refusing import suggestion
from vm2causal.spec.words import LONGEST_NAME, RESERVED_NAMES, Kind, Level

if TYPE_CHECKING:
    from vm2causal.spec.causal_spec import CausalSpec
    from vm2causal.spec.objects import Variable


def hold_variable_rules(spec: CausalSpec, places: Places) -> None:
    """Check the variables of a model.

    Raises
    ------
    ModelFileError
        With the first rule that is broken.
    """
    for name, variable in spec.variables.items():
        check = _Check(name, variable, places)
        check.name_is_usable()
        check.selected_has_no_data()
        check.kind_has_what_it_needs()
        check.trials_are_another_column()
        check.kind_has_nothing_else()
        check.lists_hold()
        check.step_is_declared(spec.steps)
        check.level_is_known(spec.groups)
    _hold_single_columns(spec, places)


def name_problem(name: str) -> str | None:
    """Why a variable may not have this name; None when it may.

    Examples
    --------
    >>> name_problem("mbo_stof") is None, name_problem("_x")
    (True, 'A name begins with a letter.')
    """
    if not name[:1].isalpha():
        return "A name begins with a letter."
    if not all(character.isalnum() or character in "_-" for character in name):
        return "A name holds letters, digits, underscores and hyphens only."
    if len(name) > LONGEST_NAME:
        return f"A name has at most {LONGEST_NAME} characters."
    if name.lower() in RESERVED_NAMES:
        return "This name is reserved, because results use it themselves."
    return None


@dataclass(frozen=True)
class _Check:
    name: str
    variable: Variable
    places: Places

    def name_is_usable(self) -> None:
        problem = name_problem(self.name)
        if problem:
            self._refuse(problem, (), self.name, "Rename it, and keep its column with 'column'.")

    def selected_has_no_data(self) -> None:
        if self.variable.selected and self.variable.observed:
            self._refuse(
                f"All units in the data have '{self.name}', so it has no data of its own.",
                ("observed",),
                "true",
                "Remove 'observed', or 'selected' where a column tells who has it.",
            )

    def kind_has_what_it_needs(self) -> None:
        variable = self.variable
        if not variable.observed:
            return
        if variable.kind.counted and variable.trials is None:
            self._refuse(
                f"The count '{self.name}' does not say out of how many.",
                ("kind",),
                "count",
                "Add 'trials: column', the column with the number of trials; of a count without "
                "a ceiling say 'kind: negative_binomial'.",
            )
        if variable.kind is Kind.ORDINAL and len(variable.levels) < 2:
            self._refuse(
                f"The ordinal '{self.name}' needs its levels, at least two.",
                ("levels",),
                list(variable.levels),
                "Add 'levels: [low, high]', from low to high.",
            )
        if variable.kind.measured and len(variable.items) < 2:
            self._refuse(
                f"The latent '{self.name}' needs at least two items that measure it.",
                ("items",),
                list(variable.items),
                "Add 'items: [first, second]', or 'observed: false' when nothing measures it.",
            )

    def trials_are_another_column(self) -> None:
        variable = self.variable
        own = variable.column or self.name
        for key, what in (("trials", "number of trials"), ("exposure", "exposure")):
            if getattr(variable, key) == own:
                self._refuse(
                    f"The count '{self.name}' is given as its own {what}.",
                    (key,),
                    own,
                    "Name the column that holds out of how many, or over how much.",
                )

    def kind_has_nothing_else(self) -> None:
        variable, kind = self.variable, self.variable.kind
        allowed = {key: kind.takes(key) for key in ("trials", "exposure", "items", "levels")}
        allowed["reference"] = kind.takes("reference")
        allowed["column"] = variable.observed and kind.takes("column")
        allowed["missing"] = variable.observed
        for key, may_have in allowed.items():
            value = getattr(variable, key)
            if value and not may_have:
                state = f"a variable of kind {kind.value}"
                self._refuse(
                    f"'{key}' has no meaning for {state if variable.observed else 'this node'}.",
                    (key,),
                    value if isinstance(value, str) else list(value),
                    f"Remove '{key}', or change 'kind' or 'observed'.",
                )

    def level_is_known(self, groups: Sequence[str]) -> None:
        level = self.variable.level
        if level is not None and level not in (*Level, *groups):
            self._refuse(
                f"'{self.name}' describes a level that is no group of the model.",
                ("level",),
                level,
                suggestion(level, (*groups, *Level), otherwise="Declare it under 'groups'."),
            )

    def lists_hold(self) -> None:
        variable = self.variable
        lists = {"levels": variable.levels, "items": variable.items, "missing": variable.missing}
        for key, values in lists.items():
            for position, value in enumerate(values):
                if value in values[:position]:
                    self._refuse(f"'{key}' names this twice.", (key, position), value, "Keep one.")
        self._missing_are_no_levels()
        if variable.levels and variable.reference not in (None, *variable.levels):
            self._refuse(
                "The reference is not one of the levels.",
                ("reference",),
                variable.reference,
                f"Choose one of: {', '.join(variable.levels)}.",
            )
        if variable.kind is Kind.BINARY and variable.levels and len(variable.levels) != 2:
            self._refuse(
                "A binary variable has two levels.",
                ("levels",),
                list(variable.levels),
                "Name two, or use kind nominal.",
            )
        self._labels_fit("level_labels", variable.level_labels, variable.levels)
        self._labels_fit("item_labels", variable.item_labels, variable.items)

    def _missing_are_no_levels(self) -> None:
        for position, value in enumerate(self.variable.missing):
            if value in self.variable.levels:
                self._refuse(
                    "This stands for a missing value and is a level too.",
                    ("missing", position),
                    value,
                    "Keep it in one of the two.",
                )

    def step_is_declared(self, steps: Iterable[str]) -> None:
        step = self.variable.step
        if step is not None and step not in steps:
            self._refuse(
                "This step is not declared.",
                ("step",),
                step,
                f"Declare it under 'steps'; there {_listed(steps)}.",
            )

    def _labels_fit(self, key: str, labels: Iterable[str], named: Sequence[str]) -> None:
        for label in labels:
            if label not in named:
                self._refuse(
                    f"'{key}' labels what '{key[:5].rstrip('_')}s' does not name.",
                    (key, label),
                    label,
                    f"Use {_listed(named)}.",
                )

    def _refuse(self, rule: str, path: tuple[str | int, ...], value: object, fix: str) -> NoReturn:
        line = self.places.line(("variables", self.name, *path))
        raise ModelFileError(rule, file=self.places.file, line=line, value=value, fix=fix)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "is none"


def _hold_single_columns(spec: CausalSpec, places: Places) -> None:
    owner: dict[str, str] = {}
    for name, variable in spec.variables.items():
        for column, path in _data_columns(name, variable):
            first = owner.setdefault(column, name)
            if first != name:
                raise ModelFileError(
                    f"This column already holds the data of '{first}'.",
                    file=places.file,
                    line=places.line(("variables", name, *path)),
                    value=column,
                    fix="Give each variable and each item a column of its own.",
                )


def _data_columns(name: str, variable: Variable) -> Iterable[tuple[str, tuple[str | int, ...]]]:
    if not variable.observed:
        return ()
    if variable.kind.measured:
        return [(item, ("items", position)) for position, item in enumerate(variable.items)]
    return [(variable.column or name, ("column",))]
