"""A hash of what is fitted that does not tell who is who.

A hash over real names, or over units in the order of their names, would confirm a guess at whose
pseudonym is whose. This one can be computed from the fit with its pseudonyms, so it tells nothing
that the fit does not: hidden names are no part of it, and it is the same in any order of what they
name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.pseudonyms.content_hashes import mark_without_units, unit_marks


def source_hash(data: StructuralData, *, hidden: Collection[str]) -> str:
    """SHA-256 of data without the names of some groups and units, whatever their order.

    Parameters
    ----------
    hidden
        Groups, or the main unit, that have pseudonyms in the fit.

    Returns
    -------
    str
        The same for data and for their
        :func:`~vm2causal.model.pseudonyms.renaming.renamed_data`, if only names in ``hidden``
        differ.
    """
    marks = unit_marks(data, hidden)
    found = hashlib.sha256(mark_without_units(data, hidden).encode())
    for mark in sorted(marks) if data.unit in hidden else marks:
        found.update(mark)
    return found.hexdigest()
