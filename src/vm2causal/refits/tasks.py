"""A task: one fit described completely, in a few hundred bytes."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from typing import Any, Final

import numpy as np

from vm2causal.errors import OptionError

Function = Callable[[Mapping[str, Any], tuple[int, ...]], Mapping[str, Any]]
"""What a task runs: (arguments, seed) → values that JSON can hold; nothing else may matter."""

_NUMERIC: Final = ("numpy", "scipy", "numba", "nutpie", "pymc", "pytensor")
"""Packages whose version may change a number."""

_OUTSIDE: Final = frozenset({"cli", "workflow", "report"})
"""Parts of this package that stand above every task and can change no number."""


@dataclass(frozen=True)
class Task:
    """One fit, described completely; small, and the same on every machine.

    Parameters
    ----------
    name
        Unique within its batch; what a failure is reported by.
    function
        ``package.module:function``; see :data:`Function`.
    arguments
        Plain JSON values. ``{"file": "<hash>.json"}``, as
        :func:`~vm2causal.refits.data_files.put_data` returns it, stands for what that file holds;
        the function receives the object itself.
    seed
        Entropy, then spawn key, of a :class:`numpy.random.SeedSequence`.
    """

    name: str
    function: str
    arguments: Mapping[str, Any] = field(repr=False)
    seed: tuple[int, ...]

    @cached_property
    def key(self) -> str:
        """Hash of everything the result depends on, this version of the code included."""
        content = {
            "function": self.function,
            "arguments": self.arguments,
            "seed": self.seed,
            "code": code_version(),
        }
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def spawned_seeds(seed: int, number: int) -> list[tuple[int, ...]]:
    """Seeds of independent streams; the first ones stay the same when more are asked for.

    Parameters
    ----------
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    number
        How many, 0 or more.

    Examples
    --------
    >>> spawned_seeds(7, 3)
    [(7, 0), (7, 1), (7, 2)]
    """
    spawned = np.random.SeedSequence(seed).spawn(number)
    return [(seed, *child.spawn_key) for child in spawned]


def sampler_seed(seed: tuple[int, ...]) -> int:
    """Seed of a task as one number, for a sampler that takes no other.

    Parameters
    ----------
    seed
        Of the random numbers of this one task, each 0 or more.

    Examples
    --------
    >>> sampler_seed((7, 0)) == sampler_seed((7, 0)) != sampler_seed((7, 1))
    True
    """
    sequence = np.random.SeedSequence(seed[0], spawn_key=seed[1:])
    return int(sequence.generate_state(1)[0])


def function_of(name: str) -> Function:
    """Import the function of a task.

    Parameters
    ----------
    name
        As ``module:function``.

    Raises
    ------
    OptionError
        When there is none of that name.
    """
    module, _, attribute = name.partition(":")
    try:
        found: Function = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise OptionError("There is no such function to run.", value=name) from error
    return found


@cache
def code_version(*, outside: frozenset[str] = _OUTSIDE) -> str:
    """Hash of this package's code, and of the versions of what it computes with.

    Parameters
    ----------
    outside
        Parts of the package that do not count; by default those that no task can run.
    """
    found = hashlib.sha256()
    for name in _NUMERIC:
        found.update(f"{name}={metadata.version(name)}\n".encode())
    for path, source in _sources(resources.files("vm2causal"), outside):
        found.update(f"{path}\n".encode())
        found.update(source.read_bytes())
    return found.hexdigest()[:16]


def _sources(
    folder: Traversable, outside: frozenset[str], path: str = ""
) -> Iterable[tuple[str, Traversable]]:
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        place = f"{path}/{item.name}"
        if item.is_dir():
            if path or item.name not in outside:
                yield from _sources(item, outside, place)
        elif item.name.endswith(".py"):
            yield place, item
