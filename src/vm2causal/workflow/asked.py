"""Questions asked of a fit in Python: values as they are, answers as flat tables with remarks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from vm2causal.checks.gate.licences import as_licensed
from vm2causal.disclosure import ReleasedTable, flattened, released_table, small_count
from vm2causal.effects.asked import EffectScale, asked_effect, chosen_units
from vm2causal.effects.forward import Forward
from vm2causal.effects.hidden_places import hidden_in
from vm2causal.effects.small_levels import small_levels
from vm2causal.errors import OptionError, QueryError
from vm2causal.model.data.columns import as_text
from vm2causal.spec.words import Kind
from vm2causal.workflow.effects import (
    Answers,
    FitOnDisk,
    asked_contrasts,
    effects_of,
    gates_of,
    require_effect,
)
from vm2causal.workflow.small_groups import large_enough, without_small_levels

type Value = str | float | int | bool
"""A value as data hold it: a number, or a level."""

_SCALES: Final = ("natural", "career")
_DIFFERENCES: Final = {"natural": "difference", "career": "difference at the last count date"}


def asked_effects(
    opened: FitOnDisk,
    causes: Mapping[str, Value | None],
    effect: str,
    *,
    versus: Mapping[str, Value] | None = None,
    scale: str = EffectScale.DIFFERENCE.value,
    by: str | None = None,
    among: Mapping[str, Value] | None = None,
    new: str | None = None,
    level: float = 0.95,
) -> Answers:
    """A total effect as ``effects_of`` tells it, or on another scale, or among some.

    Parameters
    ----------
    causes
        Values by cause; None for the contrast that the data suggest.
    versus
        What these are compared with.
    scale
        ``difference``, ``ratio``, ``odds ratio`` or ``slope``.
    by
        A group of the model.
    among
        Observed values that the units averaged over have; not together with ``by``.
    new
        A group of the model, for levels of it that are not in the data; by itself.
    level
        Mass of the intervals.

    Returns
    -------
    Answers
        Its ``totals`` are the effect, with a column ``scale`` where one was asked for.

    Raises
    ------
    OptionError
        When a scale is unknown, ``by`` and ``among`` come together, or either with ``new``.
    QueryError
        When the fit cannot answer, or may not: nothing is told of fewer than ten persons, nor of
        all but fewer than ten.
    """
    forward = opened.forward
    done = {name: told(forward, name, value) for name, value in causes.items()}
    against = {name: str(told(forward, name, value)) for name, value in (versus or {}).items()}
    chosen = {name: str(told(forward, name, value)) for name, value in (among or {}).items()}
    asked = _scale(scale)
    if by is not None and chosen:
        raise OptionError(
            "An effect is given by group or among some, not both.", value=by, fix="Leave one out."
        )
    if asked is EffectScale.DIFFERENCE and not chosen:
        return effects_of(opened, done, versus=against, on=effect, by=by, new=new, level=level)
    if new is not None:
        raise OptionError(
            "In new levels of a group an effect is a difference among everybody.",
            value=new,
            fix="Leave out 'new', or 'scale' and 'among'.",
        )
    contrasts = asked_contrasts(forward, done, against)
    require_effect(forward, list(done), effect)
    _require_many(forward, chosen)
    found = pd.concat(
        [
            asked_effect(forward, one, effect, scale=asked, by=by, among=chosen, level=level)
            for one in contrasts
        ],
        ignore_index=True,
    ).assign(kind="total", career=None)
    if chosen:
        found["by"] = ", ".join(chosen)
        found["group"] = ", ".join(chosen.values())
        found["coefficients"] = None
    levels, gone = without_small_levels(forward, found)
    table, few = (levels, 0) if chosen else large_enough(forward, levels, by)
    gates = tuple(gate for one in contrasts for gate in gates_of(opened, one, [effect]))
    nothing = released_table(pd.DataFrame())
    return Answers(nothing, released_table(table), nothing, few + len(gone), gates=gates)


def effect_rows(answers: Answers) -> pd.DataFrame:
    """Total effects as a tidy table of numbers.

    Returns
    -------
    pandas.DataFrame
        A row per effect, group and scale: ``cause``, ``effect``, ``contrast``, ``effect_level``,
        ``by``, ``group``, ``scale``, ``mean``, ``sd``, ``lower``, ``upper``, ``level``,
        ``p_positive`` and ``withheld``: whether the checks of the fit take the number away, so
        that it is missing.
    """
    rows: list[dict[str, Any]] = []
    for row in as_licensed(answers.totals, answers.gates).to_dict("records"):
        shown = [name for name in _SCALES if name == "natural" or isinstance(row[name], dict)]
        for name in shown:
            known = {key: row[key] for key in ("cause", "effect", "contrast", "effect_level")}
            numbers = row[name] if isinstance(row[name], dict) else {}
            rows.append(
                known
                | {"by": row["by"], "group": row["group"]}
                | {"scale": row.get("scale", _DIFFERENCES[name])}
                | {part: numbers.get(part) for part in ("mean", "sd", "lower", "upper", "level")}
                | {"p_positive": row["p_positive"] if name == "natural" else None}
                | {"withheld": row["withheld"]}
            )
    return _numeric(pd.DataFrame(rows))


def arrow_rows(answers: Answers) -> pd.DataFrame:
    """Every arrow as a tidy table of numbers.

    Returns
    -------
    pandas.DataFrame
        ``cause``, ``effect``, ``contrast``, ``effect_level``; ``mean``, ``sd``, ``lower`` and
        ``upper`` per natural unit of the cause; the same of ``standardised_`` and ``link_``;
        ``p_direction``, ``verdict``, ``direction``, ``lfsr``, ``bayes_factor``, ``literature`` and
        the rest of :func:`~vm2causal.effects.arrows.arrow_table`.
    """
    flat = flattened(answers.arrows)
    bare = {f"natural_{part}": part for part in ("mean", "sd", "lower", "upper")}
    flat = flat.rename(columns={"natural_level": "level", **bare})
    first = ["cause", "effect", "contrast", "effect_level", *bare.values(), "p_direction"]
    first += ["verdict", "literature"]
    known = [name for name in first if name in flat]
    rest = [name for name in flat.columns if name not in known and not name.endswith("_level")]
    return _numeric(flat[[*known, *rest]])


def difference_rows(answers: Answers) -> pd.DataFrame:
    """How coefficients vary and depend, as a table of numbers.

    Parameters
    ----------
    answers
        Of a fit.

    Returns
    -------
    pandas.DataFrame
        Of :func:`~vm2causal.effects.heterogeneity.differences_table`, intervals in columns of
        their own (``spread_mean``, ``spread_lower``, …).
    """
    return _numeric(flattened(answers.differences))


def slope_rows(answers: Answers) -> pd.DataFrame:
    """The coefficient in every level, as a table of numbers.

    Parameters
    ----------
    answers
        Of a fit.

    Returns
    -------
    pandas.DataFrame
        Of :func:`~vm2causal.effects.heterogeneity.slopes_table`, intervals in columns of their own
        (``standardised_mean``, ``link_lower``, …).
    """
    return _numeric(flattened(answers.slopes))


def shape_rows(answers: Answers) -> pd.DataFrame:
    """How effects follow their causes, as a table of numbers.

    Parameters
    ----------
    answers
        Of a fit.

    Returns
    -------
    pandas.DataFrame
        Of :func:`~vm2causal.effects.arrow_shapes.shapes_table`, intervals in columns of their own
        (``standardised_mean``, ``of_total_lower``, …).
    """
    return _numeric(flattened(answers.shapes))


def mediation_rows(answers: Answers) -> pd.DataFrame:
    """Shares of effects as a tidy table: ``share`` is indirect, direct or total."""
    rows: list[dict[str, Any]] = []
    for row in as_licensed(answers.mediation, answers.gates).to_dict("records"):
        for share in ("indirect", "direct", "total"):
            numbers = row[share] if isinstance(row[share], dict) else {}
            rows.append(
                {key: row[key] for key in ("cause", "effect", "contrast", "by", "group")}
                | {"through": "; ".join(row["through"]), "share": share}
                | {part: numbers.get(part) for part in ("mean", "sd", "lower", "upper", "level")}
                | {"withheld": row["withheld"]}
            )
    return _numeric(pd.DataFrame(rows))


def what_if_rows(table: ReleasedTable) -> pd.DataFrame:
    """Outcomes now and under changes as a table of numbers."""
    return _numeric(_without_levels(flattened(table)))


def opinion_rows(answers: Answers) -> pd.DataFrame:
    """First and second opinions as a table of numbers."""
    return _numeric(_without_levels(flattened(answers.second)))


def attack_rows(document: Mapping[str, Any]) -> pd.DataFrame:
    """Every attack of a refutation document: what must hold, what was found, whether it passed."""
    columns = ("attack", "passed", "rule", "sentence", "could_find")
    rows = [
        {key: query[key] for key in ("cause", "effect", "contrast")}
        | {key: attack.get(key) for key in columns}
        for query in document["queries"]
        for attack in query["attacks"]
    ]
    return pd.DataFrame(rows)


def confounding_rows(document: Mapping[str, Any]) -> pd.DataFrame:
    """Every effect of a sensitivity document, with what an unobserved cause would have to be."""
    rows = [
        {key: item[key] for key in ("cause", "effect", "contrast")}
        | {part: item["estimate"][part] for part in ("mean", "lower", "upper")}
        | {key: item[key] for key in ("tipping_interval", "tipping_mean")}
        | {f"e_value_{part}": item["e_value"][part] for part in ("estimate", "limit")}
        for item in document["confounding"]
    ]
    return pd.DataFrame(rows)


def independence_rows(document: Mapping[str, Any]) -> pd.DataFrame:
    """Every independence of a falsification document, with its verdict."""
    columns = ("cause", "effect", "given", "verdict", "untested", "tail", "q", "bayes_factor")
    rows = [
        {
            key: "; ".join(row[key]) if isinstance(row.get(key), list | tuple) else row.get(key)
            for key in columns
        }
        for row in document["independences"]
    ]
    return pd.DataFrame(rows)


def told(forward: Forward, name: str, value: Value | None) -> str | None:
    """A value as the data write it; 0 and 1 of a binary variable are its two values."""
    if value is None:
        return None
    plain = value.item() if hasattr(value, "item") else value
    column = forward.data.column(name)
    levels = column.levels if column is not None and column.kind is Kind.BINARY else ()
    written = str(plain).lower() if isinstance(plain, bool) else as_text(plain)
    if len(levels) == 2 and written not in levels and plain in (0, 1):
        return levels[int(plain)]
    return written


def _scale(scale: str) -> EffectScale:
    known = [item.value for item in EffectScale]
    if scale not in known:
        raise OptionError(
            "There is no such scale.", value=scale, fix=f"One of: {', '.join(known)}."
        )
    return EffectScale(scale)


def _require_many(forward: Forward, among: Mapping[str, str]) -> None:
    """Refuse to answer about few persons, or about all but few."""
    if not among or not forward.data.of_persons:
        return
    chosen = chosen_units(forward, among)
    persons = forward.data.persons
    small = small_levels(forward.data) | hidden_in(forward)
    few = small_count(float(chosen @ persons)) or small_count(float((1 - chosen) @ persons))
    if few or any(item in small for item in among.items()):
        raise QueryError(
            "These are not answered about, so that nothing can be worked out about fewer than ten "
            "persons.",
            value=", ".join(f"{name}={value}" for name, value in among.items()),
            fix="Ask about others, or about everybody.",
        )


def _without_levels(table: pd.DataFrame) -> pd.DataFrame:
    """A table without the mass of each interval, which is the same throughout."""
    return table[[name for name in table.columns if not str(name).endswith("_level")]]


def _numeric(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of numbers as numbers; what is missing is NaN."""
    if table.empty:
        return table
    return table.infer_objects()
