"""A small study whose schools can change two things, with draws that were not sampled."""

from __future__ import annotations

from effects.effect_cases import prior_forward
from model.structural_cases import small_study
from vm2causal.effects.forward import Forward
from vm2causal.model.data.structural_data import study_data
from vm2causal.spec import CausalSpec, Query
from vm2causal.spec.objects import Arrow, Variable

LEVERS = CausalSpec(
    name="levers",
    variables={
        "sector": Variable(kind="nominal", levels=("techniek", "economie", "landbouw")),
        "trust": Variable(kind="latent", items=("s1", "s2", "s3"), levels=tuple("12345")),
        "versnelling": Variable(
            kind="ordinal",
            levels=("0", "0.5", "1", "2"),
            label={"nl": "versnelling", "en": "acceleration"},
            unit={"nl": "jaar", "en": "years"},
        ),
        "lwoo": Variable(kind="binary", levels=("nee", "ja"), level="leerling"),
        "vsv": Variable(kind="count", trials="vsv_van", level="leerling"),
        "sk": Variable(kind="count", trials="sk_van", level="leerling"),
    },
    arrows=[
        Arrow(cause=cause, effect=effect)
        for cause, effect in (
            ("sector", "trust"),
            ("trust", "versnelling"),
            ("versnelling", "vsv"),
            ("trust", "sk"),
            ("versnelling", "sk"),
            ("lwoo", "vsv"),
            ("sector", "vsv"),
        )
    ],
    groups=["school", "sector"],
    queries=[
        Query(cause=cause, effect=effect)
        for cause, effect in (
            ("lwoo", "vsv"),
            ("trust", "sk"),
            ("trust", "vsv"),
            ("versnelling", "sk"),
        )
    ],
)
"""Nobody has two years of acceleration; trust acts on it, and both on how careers end."""


def levers_forward(*, experiments: int = 12, draws: int = 40) -> Forward:
    """Careers over two years in a dozen experiments."""
    return prior_forward(study_data(LEVERS, small_study(experiments)), draws=draws)
