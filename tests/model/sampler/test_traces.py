"""ArviZ is loaded by nutpie when it needs it, not before."""

from __future__ import annotations

import subprocess
import sys

LOADED = """
import sys
from vm2causal.model.sampler.traces import _Later, sampler_package
{before}
assert sampler_package().__name__ == "nutpie"
print("arviz" in sys.modules)
"""


def said(before: str) -> str:
    """What a fresh Python prints; what is loaded in one stays."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(before=before)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_sampler_is_loaded_without_arviz() -> None:
    assert said("") == "False"


def test_a_module_that_is_asked_for_while_another_stands_for_it_is_loaded() -> None:
    """As versions of nutpie do that name a class of ArviZ where they are loaded."""
    before = (
        'later = sys.modules["arviz"] = _Later("arviz"); '
        "assert later.from_dict is sys.modules['arviz'].from_dict; "
        "assert sys.modules['arviz'] is not later"
    )
    assert said(before) == "True"
