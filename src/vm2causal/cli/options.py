"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vm2causal.texts import Language, locale_language


class Backend(StrEnum):
    """What evaluates the log-density."""

    KERNEL = "kernel"
    PYMC = "pymc"
    JAX = "jax"


Evaluated = Annotated[
    Backend,
    typer.Option("--backend", help="What evaluates the model; the posterior is the same."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Seed = Annotated[
    int, typer.Option("--seed", min=0, max=2**32 - 1, help="Seed of every random draw.")
]
Level = Annotated[
    float, typer.Option("--level", min=0.5, max=0.999, help="Probability mass of the intervals.")
]
Lang = Annotated[
    Language, typer.Option("--lang", envvar="VM2CAUSAL_LANG", help="Language of texts.")
]
Out = Annotated[Path, typer.Option("--out", help="Folder to write to.")]

DEFAULT_LANGUAGE = locale_language() or Language.NL
"""Language of texts where none is asked for: that of the locale, Dutch where it names none."""

DEFAULT_SEED = 2013
"""Seed of every command where none is given; that of the workflow, which is too heavy to ask."""

Varies = Annotated[
    list[str] | None,
    typer.Option(
        metavar="GROUP[:EFFECT,…]",
        help="Let arrows (into these effects) differ by a group; may be repeated.",
    ),
]
