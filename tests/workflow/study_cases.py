"""Small studies of the format, with careers that can be bent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from vm2causal.inputs.study.files import write_study
from vm2causal.inputs.study.frame import PUPILS, Origin, StudyFrame
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.spec import Arrow, CausalSpec, Query, Variable

QUICK = SamplerSettings(draws=250, tune=350, chains=2)

SECTORS = ("techniek", "economie", "zorg_welzijn", "landbouw", "intersectoraal")

MODEL = CausalSpec(
    name="small",
    variables={
        "sector": Variable(kind="nominal", levels=SECTORS),
        "samenwerking": Variable(
            kind="latent",
            items=("samenwerking_1", "samenwerking_2", "samenwerking_3"),
            levels=tuple("12345"),
        ),
        "versnelling": Variable(kind="ordinal", levels=("0", "0.5", "1")),
        "geslacht": Variable(kind="binary", levels=("meisje", "jongen"), level="leerling"),
        "binding": Variable(kind="count", trials="binding_van", level="leerling"),
        "vsv": Variable(kind="count", trials="vsv_van", level="leerling"),
        "kwaliteit": Variable(observed=False, level="school"),
    },
    arrows=[
        Arrow(cause=cause, effect=effect)
        for cause, effect in (
            ("sector", "samenwerking"),
            ("sector", "vsv"),
            ("samenwerking", "versnelling"),
            ("samenwerking", "binding"),
            ("versnelling", "binding"),
            ("binding", "vsv"),
            ("geslacht", "vsv"),
            ("kwaliteit", "samenwerking"),
            ("kwaliteit", "vsv"),
        )
    ],
    groups=["school", "sector"],
    queries=[
        Query(cause="versnelling", effect="binding", kind="direct"),
        Query(cause="binding", effect="vsv"),
        Query(cause="samenwerking", effect="vsv"),
    ],
)


def study(
    experiments: int = 20,
    *,
    sectors: tuple[str, ...] = SECTORS,
    pupils: int = 15,
    teldata: int = 2,
    seed: int = 3,
) -> StudyFrame:
    """Cooperation helps versnelling and binding; girls leave early less."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(size=experiments)
    number = range(experiments)
    frame = pd.DataFrame(
        {
            "experiment": [f"Proef {unit:02d}" for unit in number],
            "school": [f"Regio College {unit // 2}" for unit in number],
            "sector": [sectors[unit % len(sectors)] for unit in number],
            "tranche": "T1",
            **{f"samenwerking_{item}": _answers(quality, rng) for item in (1, 2, 3)},
            "versnelling": _steps(quality, rng),
        },
    ).astype("str")
    careers = [
        {
            "experiment": name,
            "geslacht": sex,
            **dict(zip(_columns(teldata), _course(teldata, score, sex, rng), strict=True)),
        }
        for name, score in zip(frame["experiment"], quality, strict=True)
        for sex in rng.choice(["meisje", "jongen"], pupils)
    ]
    cells = pd.DataFrame(careers).astype("str").value_counts(sort=False)
    counted = cells.rename(PUPILS).reset_index()
    return StudyFrame("Klein", Origin.SYNTHETIC, {"T1": teldata}, frame, counted)


def _answers(quality: np.ndarray, rng: np.random.Generator) -> list[str]:
    score = quality + 0.5 * rng.normal(size=len(quality))
    return [str(rank + 1) for rank in np.digitize(score, [-1.2, -0.4, 0.4, 1.2])]


def _steps(quality: np.ndarray, rng: np.random.Generator) -> list[str]:
    score = quality + rng.logistic(size=len(quality))
    return [("0", "0.5", "1")[rank] for rank in np.digitize(score, [-0.7, 0.7])]


def _columns(teldata: int) -> list[str]:
    return [f"teldatum_{year + 1}" for year in range(teldata)]


def _course(teldata: int, score: float, sex: str, rng: np.random.Generator) -> list[str]:
    place, course = "vm2", []
    for _ in range(teldata):
        if place in ("vm2", "ander_onderwijs"):
            leaves = rng.random() < (0.08 if sex == "meisje" else 0.2)
            stays = place == "vm2" and rng.random() < 1 / (1 + np.exp(-1 - score))
            place = "vsv" if leaves else "vm2" if stays else "ander_onderwijs"
        course.append(place)
    return course


def written(frame: StudyFrame, folder: Path) -> Path:
    return write_study(frame, folder)
