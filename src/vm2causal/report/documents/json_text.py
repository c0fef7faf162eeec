"""JSON text of a document: readable, as it stands, and valid for every reader."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from vm2causal.disclosure import Released
from vm2causal.unseen import first_unseen, is_unseen


def to_json(document: Released) -> str:
    """JSON text of a document; what is not finite becomes ``null``.

    Parameters
    ----------
    document
        That may leave the run.

    Examples
    --------
    >>> from vm2causal.disclosure import released
    >>> print(to_json(released({"upper": float("inf")})))
    {
      "upper": null
    }
    """
    written = json.dumps(_finite(document), ensure_ascii=False, indent=2, allow_nan=False)
    if first_unseen(written, allowed="\n") is None:
        return written
    # the same document: JSON has escapes of its own
    return "".join(
        json.dumps(one)[1:-1] if one != "\n" and is_unseen(one) else one for one in written
    )


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
