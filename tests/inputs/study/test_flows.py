import math
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vm2causal.inputs.study.flows import FLOWS, yearly_flows
from vm2causal.inputs.study.frame import POSITIONS, Origin, StudyFrame

YEARS = 4
TELDATA = [f"teldatum_{year}" for year in range(1, YEARS + 1)]
COVARIATES = ["geslacht", "leeftijd", "lwoo"]
ENROLLED = ("vm2", "ander_onderwijs")


def study(rows: pd.DataFrame) -> StudyFrame:
    """A study whose careers are these pupils, one cell each or already collapsed."""
    careers = rows if "leerlingen" in rows else rows.assign(leerlingen=1)
    experiments = pd.DataFrame({"experiment": sorted(set(rows["experiment"]))})
    return StudyFrame("invented", Origin.SYNTHETIC, {"T1": YEARS}, experiments, careers)


def collapsed(rows: pd.DataFrame) -> pd.DataFrame:
    keys = list(rows.columns)
    return rows.groupby(keys, dropna=False).size().rename("leerlingen").reset_index()


def as_rows(pupils: list[tuple[str | None, ...]]) -> pd.DataFrame:
    return pd.DataFrame(pupils, columns=["experiment", *COVARIATES, *TELDATA], dtype="str")


@st.composite
def careers(draw: st.DrawFn) -> tuple[str | None, ...]:
    """Any possible course: SK is kept, and what follows an unknown position is unknown."""
    course: list[str | None] = []
    for _ in range(YEARS):
        if course and course[-1] in ("sk", None):
            course.append(course[-1])
        else:
            course.append(draw(st.sampled_from((*POSITIONS, *ENROLLED, None))))
    return (
        draw(st.sampled_from(("E1", "E2"))),
        draw(st.sampled_from(("meisje", "jongen"))),
        draw(st.sampled_from(("jonger", "gemiddeld", "ouder"))),
        draw(st.sampled_from(("nee", "ja", None))),
        *course,
    )


PUPILS = st.lists(careers(), min_size=1, max_size=25).map(as_rows)


@settings(max_examples=30, deadline=None)
@given(PUPILS)
def test_flows_nest(rows: pd.DataFrame) -> None:
    flows = yearly_flows(study(rows))
    assert (flows["vsv_van"] - flows["vsv"] == flows["sk_van"]).all()
    assert (flows["binding_van"] <= flows["sk_van"] - flows["sk"]).all()
    for name in FLOWS:
        assert ((flows[name] >= 0) & (flows[name] <= flows[f"{name}_van"])).all()
    first = flows[flows["jaar"] == 1]
    assert (first["binding_van"] == first["sk_van"] - first["sk"]).all()
    assert (first["terugkeer_van"] == 0).all()


@settings(max_examples=30, deadline=None)
@given(PUPILS)
def test_every_year_of_every_pupil_is_in_one_place(rows: pd.DataFrame) -> None:
    flows = yearly_flows(study(rows)).groupby("jaar").sum(numeric_only=True)
    flows = flows.reindex(range(1, YEARS + 1), fill_value=0)
    for year in range(1, YEARS + 1):
        before = rows[TELDATA[year - 2]] if year > 1 else pd.Series("vm2", index=rows.index)
        now, row = rows[TELDATA[year - 1]], flows.loc[year]
        known = before.notna() & now.notna()
        kept = int((known & (before == "sk")).sum())
        assert row["vsv_van"] + row["terugkeer_van"] + kept == known.sum()
        assert (
            row["vsv"] + row["terugkeer_van"] - row["terugkeer"] == (known & (now == "vsv")).sum()
        )
        back_to_sk = int((known & (before == "vsv") & (now == "sk")).sum())
        assert row["sk"] + kept + back_to_sk == (known & (now == "sk")).sum()
        assert row["binding_van"] == (known & (before == "vm2") & now.isin(ENROLLED)).sum()


@settings(max_examples=30, deadline=None)
@given(PUPILS)
def test_cells_say_what_their_rows_say(rows: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(yearly_flows(study(rows)), yearly_flows(study(collapsed(rows))))


def test_a_course_by_hand() -> None:
    one = ("E1", "meisje", "ouder", "nee")
    rows = as_rows(
        [
            (*one, "vm2", "vm2", "sk", "sk"),
            (*one, "vm2", "ander_onderwijs", "vsv", "vm2"),
            (*one, "vsv", "sk", "sk", "sk"),
        ]
    )
    flows = yearly_flows(study(rows)).set_index("jaar")
    # year: vsv, of; sk, of; binding, of; terugkeer, of
    assert flows[[name + part for name in FLOWS for part in ("", "_van")]].to_numpy().tolist() == [
        [1, 3, 0, 2, 2, 2, 0, 0],
        [0, 2, 0, 2, 1, 2, 1, 1],
        [1, 2, 1, 1, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, 1],
    ]


# -- nothing of the likelihood is lost -------------------------------------------------------------

Hazard = Callable[[str, str, str, str, int], float]


def pupil_loglikelihood(pupil: tuple[str, ...], hazard: Hazard) -> float:
    """Bernoulli log-likelihood of one pupil's vsv, written from its definition."""
    kind, course = pupil[:4], ("vm2", *pupil[4:])
    total = 0.0
    for year, (before, now) in enumerate(pairwise(course), start=1):
        if before in ENROLLED:
            p = hazard(*kind, year)
            total += math.log(p if now == "vsv" else 1 - p)
    return total


def cell_loglikelihood(flows: pd.DataFrame, hazard: Hazard) -> float:
    """Binomial log-likelihood of the counts, without the constant that no parameter is in."""
    kinds = flows[["experiment", *COVARIATES, "jaar"]].itertuples(index=False, name=None)
    p = np.array([hazard(*kind) for kind in kinds])
    events, trials = flows["vsv"].to_numpy(), flows["vsv_van"].to_numpy()
    return float((events * np.log(p) + (trials - events) * np.log1p(-p)).sum())


@pytest.mark.parametrize("seed", range(3))
def test_the_likelihood_of_cells_is_that_of_pupils(seed: int) -> None:
    random = np.random.default_rng(seed)
    pupils = [
        (
            f"E{random.integers(6)}",
            ("meisje", "jongen")[random.integers(2)],
            ("jonger", "gemiddeld", "ouder")[random.integers(3)],
            ("nee", "ja")[random.integers(2)],
            *course,
        )
        for course in random.choice(POSITIONS, p=(0.5, 0.2, 0.2, 0.1), size=(2000, YEARS)).tolist()
    ]
    effects: dict[object, float] = {
        level: float(effect)
        for level, effect in zip(
            sorted({value for pupil in pupils for value in pupil[:4]}),
            random.normal(size=13),
            strict=True,
        )
    }

    def hazard(experiment: str, geslacht: str, leeftijd: str, lwoo: str, year: int) -> float:
        logit = -2 + 0.3 * year + sum(effects[it] for it in (experiment, geslacht, leeftijd, lwoo))
        return 1 / (1 + math.exp(-logit))

    cells = collapsed(as_rows(pupils))
    flows = yearly_flows(study(cells))
    by_pupil = math.fsum(pupil_loglikelihood(pupil, hazard) for pupil in pupils)
    assert cell_loglikelihood(flows, hazard) == pytest.approx(by_pupil, rel=1e-9, abs=1e-9)
    assert len(flows) < len(pupils)
    assert Counter(cells["leerlingen"])[1] < len(pupils)
