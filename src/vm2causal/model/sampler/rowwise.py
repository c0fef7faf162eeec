"""Likelihoods compiled by themselves, each from one plain function in the file of its family.

The kernel calls such a function by its address, so nothing of the kernel has to be compiled anew
for a likelihood, and numba's cache, which looks at the file of a function only, cannot be stale:
a function that is compiled here uses no other function of the package.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

SIGNATURE: Final = "void(int64, {0}, {0}, {0}, {0}, {0}, {0}, {0})".format("CPointer(float64)")
"""n, seen, eta, shared, weights, value, to_eta, to_shared.

Of each of n rows the log-density given its linear predictor and the parameters that rows share
goes to ``value``, and its derivative by the predictor to ``to_eta``. Derivatives by shared
parameters are added up over rows, each times its weight, in ``to_shared``, which is 0 before.
"""


@cache
def compiled(function: Callable[..., None]) -> Any:
    """The function for machines, with its ``address``; found on disk if it was compiled before.

    Parameters
    ----------
    function
        With the operands of :data:`SIGNATURE`, as arrays or pointers.
    """
    import numba

    return numba.cfunc(SIGNATURE, cache=True, error_model="numpy")(function)
