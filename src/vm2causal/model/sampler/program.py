"""The structural model as a program for the kernel."""

from __future__ import annotations

from vm2causal.model.sampler.completing import CompletingAssembler
from vm2causal.model.sampler.tape import Program
from vm2causal.model.structural_layout import Layout


def structural_program(layout: Layout) -> Program:
    """Translate a layout into a program for the kernel."""
    return CompletingAssembler(layout).program()
