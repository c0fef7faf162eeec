"""Of twenty random small studies and ten tables nobody names one to nine persons.

``uv run pytest -m slow tests/attack/test_random.py -n2``
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from attack.folder import won
from attack.random_cases import PUPILS, Case, random_study, random_table, told_of

pytestmark = [pytest.mark.slow, pytest.mark.mcmc]


def few_in(case: Case) -> frozenset[tuple[str, str]]:
    """Variables and levels that one to nine persons have; of two levels the variable as such."""
    if case.source.is_file():
        table = pd.read_csv(case.source, dtype=str)
        few = set()
        for name in ("lwoo", "klas", "geslaagd", "geslacht"):
            numbers = table[name].value_counts()
            small = {(name, str(level)) for level in numbers.index[numbers < 10]}
            few |= {(name, "")} if small and len(numbers) == 2 else small
        return frozenset(few)
    counts = pd.read_csv(case.source / "counts.csv", dtype=str, keep_default_na=False)
    known = counts[(counts["lwoo"] != "") & (counts["leeftijd"] != "")]
    pupils = known[PUPILS].astype(int)
    sectors = pd.read_csv(case.source / "experiments.csv", dtype=str).set_index("experiment")
    by_sector = pupils.groupby(known["experiment"].map(sectors["sector"])).sum()
    by_age = pupils.groupby(known["leeftijd"]).sum()
    return frozenset(
        [("sector", str(name)) for name in by_sector.index[by_sector < 10]]
        + [("leeftijd", str(name)) for name in by_age.index[by_age < 10]]
    )


@pytest.mark.parametrize("seed", range(1, 21))
def test_nobody_is_named_of_a_small_study(seed: int, tmp_path: Path) -> None:
    case = random_study(tmp_path, seed)
    assert won(told_of(case, tmp_path).folder, few_in(case)) == []


@pytest.mark.parametrize("seed", range(1, 11))
def test_nobody_is_named_of_a_table(seed: int, tmp_path: Path) -> None:
    case = random_table(tmp_path, seed)
    assert won(told_of(case, tmp_path).folder, few_in(case)) == []
