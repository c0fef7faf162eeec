"""What a brief is made of: a tree of blocks that every form of it lays out in its own way.

Texts are plain and in one language already; whoever lays them out escapes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import xarray as xr

from vm2causal.texts import Language


class Tone(StrEnum):
    """How a paragraph is meant."""

    NORMAL = "normal"
    LEAD = "lead"
    ASIDE = "aside"


class Alert(StrEnum):
    """Why a box stands out; never by colour alone: its title says it in words."""

    SYNTHETIC = "synthetic"
    WITHHELD = "withheld"
    NOTE = "note"


class Standing(StrEnum):
    """How far a finding carries; its wording follows."""

    CAUSAL = "causal"
    ASSOCIATION = "association"
    DISPUTED = "disputed"
    """A second opinion is apart from it."""
    CONDITIONAL = "conditional"
    """It holds on a condition that the data cannot hold; the words say which."""
    UNDECIDED = "undecided"
    """What the data cannot tell decides its direction."""
    WITHHELD = "withheld"


@dataclass(frozen=True)
class Paragraph:
    """One paragraph."""

    text: str
    tone: Tone = Tone.NORMAL


@dataclass(frozen=True)
class BulletList:
    """Items of equal rank."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Definitions:
    """Terms with what they mean, or names with their values."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Code:
    """What is typed in a terminal, or a hash: kept as it is, letter for letter."""

    text: str


@dataclass(frozen=True)
class Box:
    """A notice that may not be missed."""

    alert: Alert
    title: str
    text: str


@dataclass(frozen=True)
class Column:
    """Head of a column; numbers are set flush right."""

    title: str
    numeric: bool = False


@dataclass(frozen=True)
class Cell:
    """What a cell shows, and by what number it sorts; by its text where there is none."""

    text: str
    order: float | None = None


@dataclass(frozen=True)
class Table:
    """A table whose first column names its rows.

    Parameters
    ----------
    name
        Unique in the brief; also that of the CSV file that holds the numbers.
    note
        Beneath the table, empty where nothing needs saying.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Files:
    """Files beside the brief, for numbers that nobody reads as a page.

    Parameters
    ----------
    items
        What stands in a file, and its path from the brief.
    """

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Picture:
    """A figure as SVG text.

    Parameters
    ----------
    name
        Unique in the brief; also that of its files.
    alt
        What it shows, in words and numbers, for those who cannot see it.
    caption
        Beneath the figure, empty where the title says enough.
    numbers
        Path, from the brief, of the table of what is drawn; empty where there is none.
    narrow
        The same for a phone, laid out anew; empty where one form does for all.
    """

    name: str
    svg: str = field(repr=False)
    title: str
    alt: str
    caption: str = ""
    numbers: str = ""
    narrow: str = field(default="", repr=False)


@dataclass(frozen=True)
class Pictures:
    """Small pictures beside one another, or below where there is no room."""

    items: tuple[Picture, ...]


@dataclass(frozen=True)
class Finding:
    """One headline: what was found, how sure it is, and what it licenses.

    Parameters
    ----------
    title
        The finding in a few words.
    sentences
        First the natural frequency with its interval, then what else a reader must know.
    licence
        What the finding does and does not license; empty where that stands beside it.
    certainty
        How certain it is, in a calibrated word; empty where nothing is claimed.
    """

    title: str
    sentences: tuple[str, ...]
    licence: str
    standing: Standing
    certainty: str = ""


@dataclass(frozen=True)
class Option:
    """A value a lever can take, as ``--do`` writes it and as the reader knows it."""

    value: str
    label: str


@dataclass(frozen=True)
class Lever:
    """A cause that the reader moves.

    Parameters
    ----------
    options
        First that it is left as it is, then values in order, all within the range of the data.
    limits
        In words: how far the data reach.
    """

    name: str
    label: str
    options: tuple[Option, ...]
    limits: str


@dataclass(frozen=True)
class Choice:
    """A place or an outcome: its name in the data and in words."""

    name: str
    label: str


@dataclass(frozen=True)
class WhatIf:
    """What would become of the outcomes under every combination of the levers.

    Parameters
    ----------
    now
        Shares as things are, dims (place, outcome, quantity).
    then
        Shares under the levers, one dim per lever
        (:func:`~vm2causal.effects.what_if_grid.cause_dim`), then (place, outcome, quantity).
        The coordinate ``quantity`` holds ``mean``, ``lower``, ``upper``, ``difference``,
        ``difference_lower``, ``difference_upper`` and the quantile dots ``q1`` … ``q20`` of the
        posterior (5%-wide bins, their middles); ``now`` lacks the differences.
    level
        Mass of the intervals.
    """

    title: str
    lead: str
    levers: tuple[Lever, ...]
    places: tuple[Choice, ...]
    outcomes: tuple[Choice, ...]
    now: xr.DataArray = field(repr=False)
    then: xr.DataArray = field(repr=False)
    level: float


type Block = (
    Paragraph
    | BulletList
    | Definitions
    | Code
    | Box
    | Table
    | Files
    | Picture
    | Pictures
    | Finding
    | WhatIf
    | Section
)
"""Whatever stands in a section."""


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it; sections nest.

    Parameters
    ----------
    anchor
        Unique in the brief; links point to it.
    """

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Brief:
    """A whole brief in one language.

    Parameters
    ----------
    name
        Of its files, without suffix.
    synthetic
        Mark for every page and figure, where input is synthetic; empty where all is real.
    first
        What a reader in a hurry sees: one page.
    second
        What qualifies it: one more page.
    annex
        For the reader who checks: closed sections of the page, a document of its own on paper.
    made
        When and with what the brief was made, for the foot of every page.
    """

    language: Language
    name: str
    title: str
    subtitle: str
    synthetic: str
    first: tuple[Section, ...]
    second: tuple[Section, ...]
    annex: tuple[Section, ...]
    made: str

    @property
    def sections(self) -> tuple[Section, ...]:
        """All sections, in reading order."""
        return (*self.first, *self.second, *self.annex)


def walk(blocks: Sequence[Block]) -> list[Block]:
    """Every block, sections and what stands in them included, in reading order."""
    found: list[Block] = []
    for block in blocks:
        found.append(block)
        if isinstance(block, Section):
            found += walk(block.blocks)
        if isinstance(block, Pictures):
            found += block.items
    return found
