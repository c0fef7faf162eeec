"""Which number a school or experiment gets: by what the data say, never by a name.

Numbers dealt at random would put the same data in another order at each fit, and whatever is
refitted from a fit would differ in its last digits. Numbers dealt by names would confirm a guess at
them, since a study has few schools and everyone knows what they are called. So levels are put in
the order of a hash of their content, salted with a hash of all the data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from vm2causal.model.data.columns import Grouping, Ints
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.pseudonyms.content_hashes import (
    group_marks,
    hidden_partitions,
    mark_without_units,
    unit_marks,
)

_DOMAIN: Final = b"vm2causal/pseudonyms/1\n"
"""Sets the salt apart from the hash of the same data that ``run.json`` publishes."""


def dealt_names(data: StructuralData, hidden: Collection[str]) -> dict[str, dict[str, str]]:
    """Pseudonyms of some groups, and of the main unit.

    The same data get the same numbers in any order of rows and under any names. Units that nothing
    but their names tells apart are interchangeable: whichever gets the first number, the data are
    the same. That is exact where hidden groups lie within each other, as experiments in schools;
    where they cross, units that also look alike in whom they are with go by the order of the data.

    Parameters
    ----------
    hidden
        What gets pseudonyms; what the data do not have is passed over.

    Returns
    -------
    dict
        By group or main unit: pseudonym per name.
    """
    groups = {name: data.groups[name] for name in hidden if name in data.groups}
    units = data.unit in hidden
    if not groups and not units:
        return {}
    # a row of a table has its place for a name, which may hang on names
    nameless = {*groups, data.unit}
    marks = unit_marks(data, nameless)
    salt = _salt(data, nameless, marks)
    order = np.arange(len(marks), dtype=np.int64)
    if units:
        order = _told_apart(_salted(salt, marks), hidden_partitions(data, hidden))
    places = {
        name: _group_places(grouping, marks, salt, order) for name, grouping in groups.items()
    }
    dealt = {name: _numbered(name, groups[name].labels, places[name]) for name in groups}
    return dealt | ({data.unit: _numbered(data.unit, data.units, order)} if units else {})


def _salt(data: StructuralData, hidden: Collection[str], marks: Sequence[bytes]) -> bytes:
    """A hash of all the data: who lacks any of them cannot tell where a known unit comes."""
    found = hashlib.sha256(_DOMAIN)
    found.update(mark_without_units(data, hidden).encode())
    for mark in sorted(marks):
        found.update(mark)
    return found.digest()


def _salted(salt: bytes, marks: Sequence[bytes]) -> list[bytes]:
    return [hashlib.sha256(salt + mark).digest() for mark in marks]


def _group_places(grouping: Grouping, marks: Sequence[bytes], salt: bytes, order: Ints) -> Ints:
    """Place of each level; levels of the same content follow the places of their units."""
    levels = len(grouping.labels)
    first = np.full(levels, len(marks), dtype=np.int64)
    np.minimum.at(first, grouping.codes, order)
    own = group_marks(marks, grouping.codes)
    keys = _salted(salt, [own.get(code, b"") for code in range(levels)])
    ranked = sorted(range(levels), key=lambda code: (keys[code], first[code]))
    return np.argsort(np.array(ranked, dtype=np.int64))


def _numbered(word: str, labels: Sequence[str], places: Ints) -> dict[str, str]:
    width = max(2, len(str(len(labels))))
    numbers = zip(labels, places.tolist(), strict=True)
    return {label: f"{word} {place + 1:0{width}d}" for label, place in numbers}


def _told_apart(keys: Sequence[bytes], partitions: Sequence[Ints]) -> Ints:
    """Places of units by their keys, each its own.

    Of units with equal keys one is put first, and all are told apart anew by whom they share a
    group with; so twins of one school come in the same order as those of its twin school.
    """
    colours = _refined(_dense([(key,) for key in keys]), partitions)
    while (tied := np.flatnonzero(np.bincount(colours) > 1)).size:
        one = int(np.flatnonzero(colours == tied[0])[0])
        others = np.arange(len(colours)) != one
        colours = _refined(_dense(list(zip(colours.tolist(), others, strict=True))), partitions)
    return colours


def _refined(colours: Ints, partitions: Sequence[Ints]) -> Ints:
    """Colours told apart by those in the same groups, until that tells no more apart."""
    while True:
        company = [_company(colours, codes).tolist() for codes in partitions]
        finer = _dense(list(zip(colours.tolist(), *company, strict=True)))
        if finer.max(initial=0) == colours.max(initial=0):
            return finer
        colours = finer


def _company(colours: Ints, codes: Ints) -> Ints:
    """Per unit the rank of its group, by the colours that it holds."""
    members: dict[int, list[int]] = {}
    for code, colour in zip(codes.tolist(), colours.tolist(), strict=True):
        members.setdefault(code, []).append(colour)
    held = {code: tuple(sorted(own)) for code, own in members.items()}
    return _dense([held[code] for code in codes.tolist()])


def _dense(keys: Sequence[tuple[object, ...]]) -> Ints:
    """Ranks from 0 on, equal keys having equal ones."""
    rank = {key: place for place, key in enumerate(sorted(set(keys)))}
    return np.array([rank[key] for key in keys], dtype=np.int64)
