"""Columns of a study: their meaning, levels and rules, for both validation and codebook.

Levels are those of the shipped model ``onderzoeksmodel-2012``.
"""

from __future__ import annotations

from typing import Final

import pandas as pd
import pandera.pandas as pa

from vm2causal.inputs.study.columns import Kind, column, identifier, kind_of, levelled, levels_of
from vm2causal.inputs.study.frame import POSITIONS, PUPILS, TELDATUM

CODEBOOK_VERSION: Final = "1"
"""Version of the format these definitions describe."""

MOST_TELDATA: Final = 4
"""Most yearly count dates a tranche can have."""

_LIKERT: Final = ("1", "2", "3", "4", "5")
_NO_YES: Final = ("nee", "ja")


def _items(construct: str, sentences: tuple[tuple[str, str], ...]) -> dict[str, pa.Column]:
    """Columns of the statements that measure a construct; 1 disagrees wholly, 5 agrees wholly."""
    return {
        f"{construct}_{number}": levelled(Kind.ITEM, _LIKERT, nl, en)
        for number, (nl, en) in enumerate(sentences, start=1)
    }


_EXPERIMENT: Final = identifier(
    "Naam of nummer van het experiment: één vmbo–mbo-verband in één sector.",
    "Name or number of the experiment: one vmbo–mbo partnership in one sector.",
    unique=True,
)

EXPERIMENTS: Final = pa.DataFrameSchema(
    {
        "experiment": _EXPERIMENT,
        "school": identifier(
            "Naam of nummer van de school; een school kan meer experimenten hebben.",
            "Name or number of the school; a school can have several experiments.",
        ),
        "sector": levelled(
            Kind.NOMINAL,
            ("techniek", "economie", "zorg_welzijn", "landbouw", "intersectoraal"),
            "Sector van het experiment.",
            "Sector of the experiment.",
            may_be_empty=False,
        ),
        "tranche": column(
            "str",
            Kind.NOMINAL,
            "Tranche waarin het experiment begon; een sleutel van study.yaml.",
            "Tranche in which the experiment began; a key of study.yaml.",
            may_be_empty=False,
        ),
        "zelfde_bestuur": levelled(
            Kind.BINARY,
            _NO_YES,
            "Of de vmbo-school en de mbo-instelling onder hetzelfde bestuur vallen.",
            "Whether the vmbo school and the mbo institution come under the same board.",
        ),
        "krimp": column(
            "float64",
            Kind.CONTINUOUS,
            "Daling van het aantal leerlingen in de basisberoepsgerichte leerweg in de omgeving "
            "[procent per jaar; negatief bij groei].",
            "Decline of the number of pupils in the basisberoepsgerichte track in the area "
            "[per cent a year; negative for growth].",
            pa.Check.in_range(-100, 100, error="a percentage from -100 to 100"),
        ),
        **_items(
            "samenwerking",
            (
                (
                    "Vmbo en mbo zien beide de noodzaak van dit traject.",
                    "Vmbo and mbo both see why this route is needed.",
                ),
                (
                    "Bij de start voelden beide zich eigenaar.",
                    "At the start both felt they owned it.",
                ),
                (
                    "Ook bij de verdere ontwikkeling voelen beide zich eigenaar.",
                    "As it developed both still feel they own it.",
                ),
                (
                    "Er wordt op alle niveaus van de organisaties samengewerkt.",
                    "They cooperate at every level of the organisations.",
                ),
                ("Afspraken worden gemaakt en nagekomen.", "Agreements are made and kept."),
            ),
        ),
        "financiele_afspraken": levelled(
            Kind.NOMINAL,
            ("geen", "ja", "nvt"),
            "Of vmbo en mbo hebben afgesproken wie wat betaalt; nvt onder één bestuur of zonder "
            "mbo-partner.",
            "Whether vmbo and mbo agreed on who pays what; nvt (does not apply) under one board or "
            "without an mbo partner.",
        ),
        "leerlingenaantal": column(
            "float64",
            Kind.CONTINUOUS,
            "Leerlingen per groep bij de start.",
            "Pupils per group at the start.",
            pa.Check.in_range(0, 10_000, include_min=False, error="a number above 0, up to 10000"),
        ),
        **_items(
            "positie",
            (
                (
                    "De school profileert zich met het traject.",
                    "The school profiles itself with the route.",
                ),
                ("Het traject wordt uitgebreid.", "The route is being extended."),
                (
                    "Er is steun voor het traject in en rond de school.",
                    "The route has support in and around the school.",
                ),
            ),
        ),
        "mbo_stof": levelled(
            Kind.ORDINAL,
            ("3", "4", "5"),
            "Leerjaar waarin de mbo-stof begint.",
            "Year of school in which mbo content begins.",
        ),
        "versnelling": levelled(
            Kind.ORDINAL,
            ("0", "0.5", "1"),
            "Hoeveel jaar eerder dan na vier jaar het traject tot de startkwalificatie leidt.",
            "How many years earlier than after four the route leads to the starting qualification.",
        ),
        "vmbo_examen": levelled(
            Kind.BINARY,
            _NO_YES,
            "Of de leerlingen het vmbo-examen nog afleggen.",
            "Whether the pupils still sit the vmbo examination.",
        ),
        **_items(
            "pedagogiek",
            (
                (
                    "De benadering van het vmbo loopt door in het mbo-deel.",
                    "The vmbo approach carries on in the mbo part.",
                ),
                ("De setting is klein en veilig.", "The setting is small and safe."),
                ("De leerlingen houden dezelfde docenten.", "The pupils keep the same teachers."),
                ("De docenten kennen de leerlingen.", "The teachers know the pupils."),
            ),
        ),
        **_items(
            "communicatie",
            (
                ("Ouders worden als groep ingelicht.", "Parents are informed as a group."),
                ("Met ouders wordt één voor één gesproken.", "Parents are spoken to one by one."),
                (
                    "Leerlingen maken vooraf kennis met het traject.",
                    "Pupils get to know the route beforehand.",
                ),
            ),
        ),
        "status": levelled(
            Kind.ORDINAL,
            ("gestopt", "lopend", "afgerond"),
            "Of het experiment is gestopt, nog loopt of is afgerond.",
            "Whether the experiment had stopped, was running or was completed.",
        ),
        "continuiteit": levelled(
            Kind.BINARY,
            _NO_YES,
            "Of de school verwacht het traject de komende jaren voort te zetten.",
            "Whether the school expects to carry the route on in the coming years.",
        ),
    },
    name="experiments",
)
"""One row per experiment."""

_PUPIL_EXPERIMENT: Final = identifier(
    "Experiment van deze leerlingen, zoals in experiments.",
    "Experiment of these pupils, as in experiments.",
)
_COVARIATES: Final = {
    "geslacht": levelled(Kind.BINARY, ("meisje", "jongen"), "Geslacht.", "Sex."),
    "leeftijd": levelled(
        Kind.ORDINAL,
        ("jonger", "gemiddeld", "ouder"),
        "Leeftijd in vergelijking met de klasgenoten.",
        "Age compared with the classmates.",
    ),
    "lwoo": levelled(
        Kind.BINARY,
        _NO_YES,
        "Of de leerling leerwegondersteunend onderwijs krijgt.",
        "Whether the pupil receives learning support (leerwegondersteunend onderwijs).",
    ),
}
_TELDATA: Final = {
    f"{TELDATUM}{year}": levelled(
        Kind.POSITION,
        POSITIONS,
        f"Waar de leerling is op 1 oktober, {year} jaar na de start; leeg na de laatste teldatum "
        "van de tranche.",
        f"Where the pupil is on 1 October, {year} years after the start; empty after the last "
        "count date of the tranche.",
    )
    for year in range(1, MOST_TELDATA + 1)
}

COUNTS: Final = pa.DataFrameSchema(
    {
        "experiment": _PUPIL_EXPERIMENT,
        **_COVARIATES,
        **_TELDATA,
        PUPILS: column(
            "float64",
            Kind.COUNT,
            "Aantal leerlingen met precies deze loop.",
            "Number of pupils with exactly this course.",
            pa.Check(
                lambda values: values.between(0, 1e9) & (values % 1 == 0),
                error="a whole number from 0",
            ),
            may_be_empty=False,
        ),
    },
    name="counts",
)
"""One row per cell: pupils of an experiment with the same characteristics and the same course."""

PUPIL_ROWS: Final = pa.DataFrameSchema(
    {
        "leerling": identifier(
            "Nummer van de leerling, alleen voor dit bestand gemaakt; geen BSN of onderwijsnummer.",
            "Number of the pupil, made for this file only; no BSN or onderwijsnummer.",
            unique=True,
        ),
        "experiment": _PUPIL_EXPERIMENT,
        **_COVARIATES,
        **_TELDATA,
    },
    name="pupils",
)
"""One row per pupil."""

SCHEMAS: Final = {"experiments": EXPERIMENTS, "counts": COUNTS, "pupils": PUPIL_ROWS}
"""By name of the file without its ending; a study has ``counts`` or ``pupils``."""

ASKED_LAST: Final = ("status", "continuiteit")
"""What became of the experiment, asked after the years in which its pupils were counted."""

CONSTRUCTS: Final = ("samenwerking", "positie", "pedagogiek", "communicatie")
"""What the items measure."""

GROUPS: Final = ("experiment", "school", "sector", "tranche")
"""Columns that say where an experiment belongs; the others are what is known of it."""


def items_of(construct: str) -> list[str]:
    """Columns of the statements that measure a construct.

    Examples
    --------
    >>> items_of("positie")
    ['positie_1', 'positie_2', 'positie_3']
    """
    return [name for name in EXPERIMENTS.columns if name.rpartition("_")[0] == construct]


def study_codebook() -> pd.DataFrame:
    """Codebook of a study's files.

    Returns
    -------
    pandas.DataFrame
        ``file``, ``column``, ``type``, ``may_be_empty``, ``required`` (whether the column must be
        there), ``values`` (separated by ``|``), ``meaning_nl``, ``meaning_en``.
    """
    rows = [
        {
            "file": file,
            "column": name,
            "type": _type_name(declared),
            "may_be_empty": bool(declared.nullable),
            "required": bool(declared.required),
            "values": "|".join(levels_of(declared)),
            "meaning_nl": (declared.metadata or {})["nl"],
            "meaning_en": (declared.metadata or {})["en"],
        }
        for file, schema in SCHEMAS.items()
        for name, declared in schema.columns.items()
    ]
    return pd.DataFrame(rows)


def _type_name(declared: pa.Column) -> str:
    return {Kind.CONTINUOUS: "number", Kind.COUNT: "whole number"}.get(kind_of(declared), "text")
