"""The tranches of ``study.yaml``: when their pupils started, and when they were counted."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from vm2causal.inputs.study.schema import MOST_TELDATA
from vm2causal.inputs.study.settings_problems import SettingsFindings, check_keys
from vm2causal.spec.yaml_tree import Tree

_TRANCHE_KEYS: Final = ("start", "teldata")
_YEARLY: Final = (timedelta(days=334), timedelta(days=397))
_FIRST_YEAR: Final = (timedelta(days=300), timedelta(days=460))


def read_tranches(tree: dict[str, Tree], found: SettingsFindings) -> dict[str, int]:
    """Read the number of yearly count dates of every tranche, and check their dates.

    Parameters
    ----------
    tree
        The whole file.
    found
        Gets the problems.
    """
    tranches = tree.get("tranches")
    if not isinstance(tranches, dict) or not tranches:
        place = ("tranches",) if "tranches" in tree else ()
        found.add(
            place,
            "missing_key",
            "The key 'tranches' with at least one tranche is missing.",
            "Add 'tranches: {T1: {start: 2008-10-01, teldata: [2009-10-01, 2010-10-01]}}'.",
        )
        return {}
    return {name: _teldata(content, name, found) for name, content in tranches.items()}


def _teldata(content: Tree, name: str, found: SettingsFindings) -> int:
    """Number of teldata of one tranche, their dates checked where they are given."""
    path = ("tranches", name)
    if not isinstance(content, dict):
        found.add(
            path,
            "missing_key",
            "A tranche has a start and teldata.",
            "Write '{start: 2008-10-01, teldata: [2009-10-01]}'.",
        )
        return 0
    check_keys(content, path, _TRANCHE_KEYS, found)
    teldata = content.get("teldata")
    if isinstance(teldata, str):
        count = int(teldata) if teldata.isascii() and teldata.isdigit() else 0
        dates: list[date | None] = []
    else:
        values = teldata if isinstance(teldata, list) else []
        count = len(values)
        dates = [_date(v, (*path, "teldata", place), found) for place, v in enumerate(values)]
    if not 1 <= count <= MOST_TELDATA:
        found.add(
            (*path, "teldata") if "teldata" in content else path,
            "teldata_count",
            f"A tranche has 1 to {MOST_TELDATA} teldata: a list of dates, or their number.",
            "Write 'teldata: [2009-10-01, 2010-10-01]'.",
            value=teldata if isinstance(teldata, str) else None,
        )
    start = _date(content["start"], (*path, "start"), found) if "start" in content else None
    _check_order(start, dates, path, found)
    return count


def _date(value: Tree, path: tuple[str | int, ...], found: SettingsFindings) -> date | None:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        found.add(
            path,
            "not_a_date",
            "This is not a date.",
            "Write year-month-day: 2009-10-01.",
            value=str(value),
        )
        return None


def _check_order(
    start: date | None, dates: list[date | None], path: tuple[str, ...], found: SettingsFindings
) -> None:
    """Outcomes are measured after the start, each a year after the one before."""
    _check_first(start, dates[0] if dates else None, (*path, "teldata", 0), found)
    for place, (earlier, later) in enumerate(pairwise(dates), start=1):
        if earlier and later and not _YEARLY[0] <= later - earlier <= _YEARLY[1]:
            found.add(
                (*path, "teldata", place),
                "teldata_order",
                "Teldata ascend, each one year after the one before.",
                "Correct the date; a count date between two others is left out.",
                value=later.isoformat(),
            )
    for place, day in enumerate(dates):
        if day and (day.month, day.day) != (10, 1):
            found.add(
                (*path, "teldata", place),
                "teldatum_not_october",
                "A teldatum is usually 1 October.",
                "Check the date.",
                value=day.isoformat(),
                severity="warning",
            )


def _check_first(
    start: date | None, first: date | None, place: tuple[str | int, ...], found: SettingsFindings
) -> None:
    if start is None or first is None:
        return
    if first <= start:
        found.add(
            place,
            "outcome_before_start",
            "The first teldatum is not after the start: outcomes would be measured before VM2.",
            "Correct the start or the teldatum.",
            value=first.isoformat(),
        )
    elif not _FIRST_YEAR[0] <= first - start <= _FIRST_YEAR[1]:
        found.add(
            place,
            "first_teldatum",
            "teldatum_1 is counted as one year after the start, and this is another time.",
            "Check the start and the teldatum.",
            value=first.isoformat(),
            severity="warning",
        )
