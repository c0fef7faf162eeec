"""What the script of a panel reads: every number as text already, every dot at its place.

The script fills in and draws; it neither computes nor writes numbers, so that a page says exactly
what Python would.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr

from vm2causal.effects.what_if_grid import cause_dim
from vm2causal.model.data.columns import Floats, Ints
from vm2causal.report.brief.content.blocks import WhatIf
from vm2causal.texts import Language, number, percentage

COLUMNS: Final = 44
"""Places along the axis of a picture where dots stack."""

FINE: Final = 1000
"""Lines and ticks stand at so many parts of the axis."""

_SHOWN: Final = ("mean", "lower", "upper")
_DIFFERENCES: Final = ("difference", "difference_lower", "difference_upper")
_STEPS: Final = (1.0, 2.0, 5.0, 10.0)
_MOST_TICKS: Final = 6


@dataclass(frozen=True)
class Axis:
    """An axis of shares that holds every setting of an outcome, from tick to tick."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def part(self, share: float) -> int:
        """Where a share stands, in ``FINE`` parts of the axis."""
        return round(FINE * (share - self.low) / (self.high - self.low))

    def columns(self, shares: Floats) -> Ints:
        """The column in which the dot of each share stacks."""
        places = np.floor(COLUMNS * (shares - self.low) / (self.high - self.low))
        columns: Ints = np.clip(places, 0, COLUMNS - 1).astype(np.int64)
        return columns


def axis_of(low: float, high: float) -> Axis:
    """Ticks at round percentages around two shares, and never outside 0 and 100%.

    Examples
    --------
    >>> axis_of(0.113, 0.287).ticks
    (0.1, 0.15, 0.2, 0.25, 0.3)
    >>> axis_of(0.5, 0.5).ticks
    (0.5, 0.502, 0.504, 0.506, 0.508, 0.51)
    """
    width = max(high - low, 0.01)
    low = min(low, 1 - width)
    ten = 10.0 ** np.floor(np.log10(width / (_MOST_TICKS - 1)))
    step = next(ten * size for size in _STEPS if ten * size * (_MOST_TICKS - 1) >= width * 0.999)
    first = max(0, int(np.floor(low / step + 1e-9)))
    last = int(np.ceil(max(high, low + width) / step - 1e-9))
    ticks = tuple(round(float(k * step), 9) for k in range(first, last + 1) if k * step <= 1 + 1e-9)
    return Axis(ticks[0], ticks[-1], ticks)


def panel_data(block: WhatIf, language: Language) -> dict[str, Any]:
    """Everything that the script of a panel needs, ready for JSON.

    Returns
    -------
    dict
        ``levers`` (``labels``), ``places`` (``label``), and ``outcomes``, each with ``ticks``,
        ``rows`` (the highest stack of dots), ``now`` by place and ``then`` by setting and place,
        the last lever and the place running fastest. Each of these holds ``shown`` (texts: share,
        lower, upper, and of ``then`` the same of the difference) and ``drawn`` (mean, and of
        ``now`` the interval, in parts of the axis); ``then`` also ``dots``, the columns of its
        dots.
    """
    return {
        "levers": [
            {"labels": [option.label for option in lever.options]} for lever in block.levers
        ],
        "places": [{"label": place.label} for place in block.places],
        "outcomes": [_outcome(block, outcome.name, language) for outcome in block.outcomes],
    }


def points(share: float, language: Language) -> str:
    """A share, or a difference of shares, in hundredths: percentages or percentage points.

    Examples
    --------
    >>> points(0.1234, Language.NL), points(-0.0001, Language.EN)
    ('12,3', '0.0')
    """
    return number(100 * share, language, 1)


def _outcome(block: WhatIf, outcome: str, language: Language) -> dict[str, Any]:
    levers = {cause_dim(item.name): [one.value for one in item.options] for item in block.levers}
    places = [place.name for place in block.places]
    now = block.now.sel(outcome=outcome, place=places).transpose("place", "quantity")
    then = block.then.sel({"outcome": outcome, "place": places, **levers})
    then = then.transpose(*levers, "place", "quantity")
    dots = [str(name) for name in then["quantity"].values if str(name).startswith("q")]
    held = [*_SHOWN, *dots]
    all_shares = (now.sel(quantity=held), then.sel(quantity=held))
    axis = axis_of(
        min(float(shares.min()) for shares in all_shares),
        max(float(shares.max()) for shares in all_shares),
    )
    columns = axis.columns(_flat(then, dots))
    return {
        "ticks": [[axis.part(tick), _tick(tick, axis, language)] for tick in axis.ticks],
        "rows": int(max(np.bincount(row).max() for row in columns)),
        "now": [
            {"shown": _texts(row, language), "drawn": [axis.part(value) for value in row]}
            for row in _flat(now, _SHOWN)
        ],
        "then": [
            {
                "shown": [*_texts(shares, language), *_changes(differences, language)],
                "drawn": [axis.part(shares[0])],
                "dots": stacked.tolist(),
            }
            for shares, differences, stacked in zip(
                _flat(then, _SHOWN), _flat(then, _DIFFERENCES), columns, strict=True
            )
        ],
    }


def _flat(shares: xr.DataArray, names: tuple[str, ...] | list[str]) -> Floats:
    """Shape (setting and place, quantity)."""
    found: Floats = shares.sel(quantity=list(names)).to_numpy().reshape(-1, len(names))
    return found


def _texts(shares: Floats, language: Language) -> list[str]:
    return [percentage(share, language) for share in shares.tolist()]


def _changes(differences: Floats, language: Language) -> list[str]:
    return [points(value, language) for value in differences.tolist()]


def _tick(share: float, axis: Axis, language: Language) -> str:
    whole = all(abs(100 * tick - round(100 * tick)) < 1e-6 for tick in axis.ticks)
    return percentage(share, language, 0 if whole else 1)
