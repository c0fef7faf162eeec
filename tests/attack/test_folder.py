"""The attack on a folder finds what is planted there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from attack.folder import won
from attack.programs import Program

FEW = frozenset({("lwoo", ""), ("klas", "d"), ("sector", "landbouw")})

FIT: dict[str, Any] = {
    "unit": "row",
    "variables": [{"variable": "toets", "rows": 73, "used": 73, "missing": 0, "imputed": 0}],
    "posterior_predictive": [],
}

INTERVAL = {"mean": 0.65, "sd": 0.61, "lower": -0.55, "upper": 1.78, "level": 0.95}


def _folder(path: Path, **documents: Any) -> Path:
    for name, document in {"fit": FIT, **documents}.items():
        (path / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    return path


def _share(observed: float, *, steps: bool) -> dict[str, Any]:
    mean, sd = 0.123, 0.035
    told = 0.1 if steps else observed
    row = {"variable": "geslaagd", "level": "nee", "statistic": "share", "year": None}
    return row | {"sector": None, "mean": mean, "sd": sd, "distance": (told - mean) / sd}


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"coefficients": [{"label": "klas[d] -> cijfer", **INTERVAL}]}, "klas=d"),
        ({"tests": [{"cause": "lwoo", "effect": "cijfer", "slope": -0.0078}]}, "lwoo="),
        ({"rows": [{"by": "klas", "group": "d", "natural": INTERVAL}]}, "klas=d"),
        ({"checks": [{"variable": "vsv", "sector": "landbouw", "distance": 0.3}]}, "sector="),
        ({"tests": [{"cause": "toets", "effect": "cijfer", "slope": 0.5}]}, None),
    ],
)
def test_numbers_beside_few_by_name(document: Any, found: str | None, tmp_path: Path) -> None:
    wins = won(_folder(tmp_path, test=document), FEW)
    assert bool(wins) == (found is not None)
    assert all(str(found) in win for win in wins)


def test_a_verdict_without_numbers_is_none(tmp_path: Path) -> None:
    row = {"cause": "lwoo", "effect": "cijfer", "slope": None, "state": "passed"}
    assert won(_folder(tmp_path, test={"tests": [row]}), FEW) == []


@pytest.mark.parametrize("said", ["Left out: 3 pupils.", "Weggelaten: 3 leerlingen."])
def test_few_persons_in_words(said: str, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "fit.txt").write_text(said, encoding="utf-8")
    (folder / "brief.html").write_text(f"<p>13 pupils</p><p>{said}</p>", encoding="utf-8")
    assert len([win for win in won(folder, FEW) if win.startswith("said")]) == 2


def test_numbers_of_rows_that_differ_by_few(tmp_path: Path) -> None:
    points = FIT | {"loo_pit": [{"variable": "geslaagd", "points": 66}]}
    assert won(_folder(tmp_path, fit=points), FEW) == ["rows: 73 and 66 differ by 7"]


def test_sums_of_whole_numbers_that_leave_one() -> None:
    program = Program()
    one, two = program.unknown("T1", 40), program.unknown("T2", 40)
    program.learn({one: 1.0, two: 1.0}, 40, 40)
    program.learn({two: 1.0}, 35.6, 36.4)
    assert program.names({one: 1.0})
    assert not program.names({two: 1.0})
    wider = Program()
    wider.learn({wider.unknown("T1", 40): 1.0, wider.unknown("T2", 40): 1.0}, 40, 40)
    wider.learn({"T2": 1.0}, 33.5, 38.5)
    assert wider.range_of({"T1": 1.0}) == (2, 6)


@pytest.mark.parametrize("steps", [False, True])
def test_a_share_in_full_is_found_and_one_in_steps_is_not(steps: bool, tmp_path: Path) -> None:
    """7 of 73 have not passed."""
    checked = FIT | {"posterior_predictive": [_share(7 / 73, steps=steps)]}
    found = won(_folder(tmp_path, fit=checked), FEW)
    assert bool(found) != steps
    assert all("share: geslaagd" in win for win in found)
