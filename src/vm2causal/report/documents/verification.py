"""What ``vm2causal verify`` prints as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def verification_document(
    *,
    kind: str,
    holds: bool,
    parts: Sequence[Mapping[str, Any]],
    differs: Sequence[tuple[str, str, str]],
    reruns: Sequence[Mapping[str, Any]] | None,
) -> dict[str, Any]:
    """Document of a verification.

    Parameters
    ----------
    kind
        ``run`` or ``fit``.
    holds
        Whether everything is as it was written, and came again where that was asked.
    parts
        Every file and fit with its state.
    differs
        What is otherwise now than where it was made: name, then and now.
    reruns
        Fits that were sampled again; None where none was asked for.
    """
    return {
        "schema": "vm2causal/verify/1",
        "kind": kind,
        "holds": holds,
        "parts": [dict(part) for part in parts],
        "differs": [{"name": name, "made": made, "now": now} for name, made, now in differs],
        "reruns": None if reruns is None else [dict(rerun) for rerun in reruns],
    }
