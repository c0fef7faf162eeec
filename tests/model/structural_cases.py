"""Models and data that several tests of the structural model share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vm2causal.inputs.study.frame import Origin, StudyFrame
from vm2causal.spec import CausalSpec
from vm2causal.spec.objects import Arrow, Variable

EVERY_KIND = CausalSpec(
    name="every-kind",
    variables={
        "area": Variable(kind="nominal", levels=("n", "e", "s", "w")),
        "plan": Variable(kind="nominal", levels=("none", "some", "full"), reference="none"),
        "size": Variable(kind="continuous"),
        "open": Variable(kind="binary", levels=("no", "yes")),
        "grade": Variable(kind="ordinal", levels=("low", "mid", "high")),
        "trust": Variable(kind="latent", items=("t1", "t2", "t3"), levels=("1", "2", "3", "4")),
        "score": Variable(kind="continuous"),
        "cases": Variable(kind="count", trials="of"),
        "quality": Variable(observed=False),
    },
    arrows=[
        Arrow(cause=cause, effect=effect, sign=sign)
        for cause, effect, sign in [
            ("area", "size", None),
            ("area", "grade", None),
            ("size", "open", "+"),
            ("size", "trust", "+"),
            ("open", "plan", "+"),
            ("trust", "plan", "+"),
            ("open", "grade", "+"),
            ("plan", "grade", "+"),
            ("plan", "score", "+"),
            ("grade", "score", "+"),
            ("trust", "score", "+"),
            ("score", "cases", "-"),
            ("grade", "cases", "-"),
            ("plan", "trust", None),
            ("quality", "open", "-"),
            ("quality", "cases", "+"),
        ]
        if (cause, effect) != ("plan", "trust")
    ],
    groups=["area", "herd"],
    rows="units",
)
"""A flat table with every kind of variable, a pooled cause, a group and a hidden cause."""


def table_of_every_kind(rows: int = 60, *, missing: float = 0.0, seed: int = 1) -> pd.DataFrame:
    """Random values, unrelated: enough to compare densities."""
    rng = np.random.default_rng(seed)
    of = rng.integers(5, 20, rows)
    table = pd.DataFrame(
        {
            "area": rng.choice(["n", "e", "s", "w"], rows),
            "herd": rng.choice([f"h{k}" for k in range(9)], rows),
            "plan": rng.choice(["none", "some", "full"], rows),
            "size": rng.normal(20, 5, rows),
            "open": rng.choice(["no", "yes"], rows),
            "grade": rng.choice(["low", "mid", "high"], rows),
            **{f"t{k}": rng.choice(list("1234"), rows) for k in (1, 2, 3)},
            "score": rng.normal(size=rows),
            "cases": rng.binomial(of, 0.3),
            "of": of,
        }
    )
    for name in ("plan", "size", "open", "grade", "t1", "t2", "t3", "score"):
        table[name] = table[name].mask(rng.random(rows) < missing)
    return table


OTHER_NAMES = {
    "area": "unit_on", "plan": "term", "size": "gap", "open": "imputed", "grade": "cut",
    "trust": "latent", "score": "row", "cases": "weight", "quality": "hidden_anchor",
    "herd": "chain", "of": "cut_sd", "t1": "latent_z", "t2": "loading", "t3": "grade",
}  # fmt: skip
"""For every name of :data:`EVERY_KIND` one that a fit has for itself, or could make."""


def by_other_names(spec: CausalSpec, names: dict[str, str]) -> CausalSpec:
    """The same model of the same columns under other names."""

    def new(name: str) -> str:
        return names.get(name, name)

    def renamed(item: Variable) -> Variable:
        changes = {"items": tuple(map(new, item.items)), "trials": item.trials and new(item.trials)}
        return item.model_copy(update=changes)

    return CausalSpec(
        name=spec.name,
        variables={new(name): renamed(item) for name, item in spec.variables.items()},
        arrows=[
            item.model_copy(
                update={
                    "cause": new(item.cause),
                    "effect": new(item.effect),
                    "varies": tuple(map(new, item.varies)),
                    "depends_on": tuple(map(new, item.depends_on)),
                }
            )
            for item in spec.arrows
        ],
        groups=tuple(map(new, spec.groups)),
        rows=spec.rows,
    )


STUDY_SPEC = CausalSpec(
    name="small-study",
    variables={
        "sector": Variable(kind="nominal", levels=("techniek", "economie", "landbouw")),
        "tranche": Variable(kind="nominal", levels=("T1", "T2")),
        "samenwerking": Variable(kind="latent", items=("s1", "s2", "s3"), levels=tuple("12345")),
        "versnelling": Variable(kind="ordinal", levels=("0", "0.5", "1")),
        "lwoo": Variable(kind="binary", levels=("nee", "ja"), level="leerling"),
        "binding": Variable(kind="count", trials="binding_van", level="leerling"),
        "vsv": Variable(kind="count", trials="vsv_van", level="leerling"),
        "kwaliteit": Variable(observed=False, level="school"),
    },
    arrows=[
        Arrow(cause=cause, effect=effect)
        for cause, effect in [
            ("sector", "samenwerking"),
            ("tranche", "vsv"),
            ("sector", "vsv"),
            ("samenwerking", "versnelling"),
            ("samenwerking", "binding"),
            ("versnelling", "binding"),
            ("binding", "vsv"),
            ("lwoo", "vsv"),
            ("kwaliteit", "samenwerking"),
            ("kwaliteit", "vsv"),
        ]
    ],
    groups=["school", "sector", "tranche"],
)
"""A study in miniature: every construction of the shipped model."""


def small_study(experiments: int = 24, *, missing: float = 0.0, seed: int = 2) -> StudyFrame:
    """Random careers, unrelated to anything."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "experiment": [f"e{k}" for k in range(experiments)],
            "school": [f"school{k // 2}" for k in range(experiments)],
            "sector": rng.choice(["techniek", "economie", "landbouw"], experiments),
            "tranche": rng.choice(["T1", "T2"], experiments),
            "versnelling": rng.choice(["0", "0.5", "1"], experiments),
            **{f"s{k}": rng.choice(list("12345"), experiments) for k in (1, 2, 3)},
        }
    )
    frame["versnelling"] = frame["versnelling"].mask(rng.random(experiments) < missing)
    pupils = experiments * 15
    careers = pd.DataFrame(
        {
            "experiment": rng.choice(frame["experiment"], pupils),
            "lwoo": rng.choice(["nee", "ja"], pupils),
            "teldatum_1": rng.choice(["vm2", "ander_onderwijs", "vsv"], pupils, p=[0.7, 0.2, 0.1]),
        }
    )
    moved = rng.choice(["vm2", "ander_onderwijs", "vsv", "sk"], pupils, p=[0.4, 0.2, 0.2, 0.2])
    stays = (careers["teldatum_1"] == "ander_onderwijs") & (moved == "vm2")
    careers["teldatum_2"] = np.where(stays, "ander_onderwijs", moved)
    careers = careers.value_counts().rename("leerlingen").reset_index()
    return StudyFrame("small", Origin.SYNTHETIC, {"T1": 2, "T2": 2}, frame, careers)
