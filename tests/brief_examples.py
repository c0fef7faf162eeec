"""A brief with every kind of block, for the tests of each form it takes; and a hostile one."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import product

import numpy as np
import xarray as xr
from scipy.special import expit
from scipy.stats import norm

from vm2causal.report.brief.content.blocks import (
    Alert,
    Box,
    Brief,
    BulletList,
    Cell,
    Choice,
    Code,
    Column,
    Definitions,
    Files,
    Finding,
    Lever,
    Option,
    Paragraph,
    Picture,
    Pictures,
    Section,
    Standing,
    Table,
    Tone,
    WhatIf,
)
from vm2causal.texts import Language

QUANTITIES = (
    "mean",
    "lower",
    "upper",
    "difference",
    "difference_lower",
    "difference_upper",
    *(f"q{dot}" for dot in range(1, 21)),
)
NOW_QUANTITIES = tuple(name for name in QUANTITIES if not name.startswith("difference"))
PLACES = ("", "techniek", "zorg_welzijn")
EFFECTS = {"samenwerking": -0.5, "mbo_stof": 0.05, "versnelling": -0.4}
AS_THEY_ARE = {"samenwerking": 0.0, "mbo_stof": 4.0, "versnelling": 0.0}
HOSTILE = ("<script>alert(1)</script>", "</script><!--", '#eval("1") *bold* $x$ @ref \\', "a{b}%s")
"""Names a school may not have, and could."""


def picture(name: str, language: Language = Language.NL) -> Picture:
    """An SVG whose identifiers are those of every other picture made here."""
    say = _speaker(language)
    dots = "".join(
        f'<use href="#dot" x="{14 + 14 * (place % 20)}" y="{14 + 14 * (place // 20)}"'
        f' style="fill: {"url(#hatch)" if 41 <= place < 60 else "#0072B2"}"/>'
        for place in range(100)
    )
    svg = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        ' viewBox="0 0 300 100" width="300pt" height="100pt" version="1.1">'
        '<defs><circle id="dot" r="5"/><pattern id="hatch" width="4" height="4"'
        ' patternUnits="userSpaceOnUse"><path d="M0 4 L4 0" stroke="#0072B2"/></pattern>'
        '<clipPath id="clip"><rect x="0" y="0" width="300" height="90"/></clipPath></defs>'
        f'<g id="axes_1" clip-path="url(#clip)">{dots}</g></svg>\n'
    )
    return Picture(
        name,
        svg,
        title=say("Honderd leerlingen", "One hundred pupils"),
        alt=say(
            "Van elke 100 leerlingen zijn er 41 gekleurd, en nog 19 gearceerd.",
            "Of every 100 pupils 41 are coloured, and another 19 are hatched.",
        ),
        caption=say("Elke stip is een leerling.", "Every dot is one pupil."),
    )


def table(language: Language = Language.NL, school: str = "School É") -> Table:
    """Four rows whose order differs by name, by number and as they stand; one cell is unknown."""
    say = _speaker(language)
    comma = say(",", ".")
    rows = [("Zwolle", -4.1, 43), ("appel", 3.25, 7), (school, -12.0, 1250), ("Éénhoorn", 0.5, 91)]
    return Table(
        "scholen",
        say("Verschil per school", "Difference per school"),
        (
            Column(say("School", "School")),
            Column(say("Verschil in procentpunten", "Difference in percentage points"), True),
            Column(say("Leerlingen", "Pupils"), True),
            Column(say("Oordeel", "Verdict")),
        ),
        (
            *(
                (
                    Cell(name),
                    Cell(f"{shown:.1f}".replace("-", "−").replace(".", comma), shown),
                    Cell(str(pupils), pupils),
                    Cell(say("ondersteund", "supported")),
                )
                for name, shown, pupils in rows
            ),
            (Cell("Onbekend"), Cell("–"), Cell("–"), Cell(say("niet toetsbaar", "untestable"))),
        ),
        note=say("Een streep: niet bekend.", "A dash: not known."),
    )


@cache
def what_if_block(language: Language = Language.NL) -> WhatIf:
    """As now or nine values of cooperation, three years, two speeds; shares follow a formula."""
    say = _speaker(language)
    levers = (
        Lever(
            "samenwerking",
            say("samenwerking vmbo–mbo", "vmbo–mbo cooperation"),
            _options((f"{value:g}" for value in np.linspace(-1.6, 1.6, 9).round(1)), language),
            say("Gemeten van −1,7 tot 1,8.", "Measured from −1.7 to 1.8."),
        ),
        Lever(
            "mbo_stof",
            say("begin van de mbo-stof", "start of mbo content"),
            _options("345", language),
            say("Gezien: leerjaar 3, 4 en 5.", "Seen: years 3, 4 and 5."),
        ),
        Lever(
            "versnelling",
            say("versnelling", "acceleration"),
            _options("01", language),
            say("Gezien: 0 en 1 jaar.", "Seen: 0 and 1 year."),
        ),
    )
    now, then = _shares(
        {lever.name: [option.value for option in lever.options] for lever in levers}
    )
    return WhatIf(
        title=say("Wat als?", "What if?"),
        lead=say(
            "Kies wat scholen zouden doen. U ziet wat het model dan verwacht.",
            "Choose what schools would do. You see what the model then expects.",
        ),
        levers=levers,
        places=(
            Choice("", say("alle leerlingen", "all pupils")),
            Choice("techniek", say("techniek", "technology")),
            Choice("zorg_welzijn", say("zorg en welzijn", "care and welfare")),
        ),
        outcomes=(
            Choice("vsv", say("voortijdig schoolverlaten (vsv)", "early leaving (vsv)")),
            Choice("sk", say("startkwalificatie (SK)", "starting qualification (SK)")),
        ),
        now=now,
        then=then,
        level=0.95,
    )


def example_brief(
    language: Language = Language.NL, *, synthetic: bool = True, school: str = "School É"
) -> Brief:
    """A brief that holds every kind of block at least once.

    Parameters
    ----------
    school
        A name from the data, which stands in a table, a heading, a paragraph and a box.
    """
    say = _speaker(language)
    return Brief(
        language=language,
        title=say(
            "Helpt samenwerking tegen voortijdig schoolverlaten?",
            "Does cooperation prevent early leaving?",
        ),
        subtitle=say(
            "Twee bladzijden voor wie haast heeft, en alles daaronder voor wie controleert",
            "Two pages for those in a hurry, and everything beneath for those who check",
        ),
        synthetic=say("Synthetische gegevens", "Synthetic data") if synthetic else "",
        name="study",
        first=_first(language),
        second=(
            Section("wat-als", say("Zelf proberen", "Try it yourself"), (what_if_block(language),)),
        ),
        annex=_annex(language, school),
        made=say(
            "Gemaakt op 1 maart 2013 met vm2causal 0.1.0",
            "Made on 1 March 2013 with vm2causal 0.1.0",
        ),
    )


def _first(language: Language) -> tuple[Section, ...]:
    say = _speaker(language)
    findings = (
        Finding(
            say("Meer samenwerking, minder uitval", "More cooperation, less early leaving"),
            (
                say(
                    "Van elke 1.000 leerlingen zijn er ongeveer 41 minder vsv'er, tussen 2 en 80.",
                    "Of every 1,000 pupils about 41 fewer leave early, between 2 and 80.",
                ),
                say("De kans dat het helpt is 98%.", "The chance that it helps is 98%."),
            ),
            say(
                "Dit mag een oorzaak heten, als de pijlen van het model kloppen.",
                "This may be called a cause, if the arrows of the model are right.",
            ),
            Standing.CAUSAL,
            say("Dat is vrijwel zeker.", "That is virtually certain."),
        ),
        Finding(
            say("Scholen met meer begeleiding", "Schools with more guidance"),
            (
                say(
                    "Van elke 1.000 leerlingen halen er ongeveer 25 meer SK, tussen −10 en 60.",
                    "Of every 1,000 pupils about 25 more earn SK, between −10 and 60.",
                ),
            ),
            say(
                "Dit is een samenhang. Het kan ook aan iets anders liggen.",
                "This is an association. Something else may be behind it.",
            ),
            Standing.ASSOCIATION,
        ),
        Finding(
            say("Pedagogiek", "Pedagogy"),
            (
                say(
                    "Hierover zeggen we niets: de scholen verschillen hierin te weinig.",
                    "We say nothing about this: the schools hardly differ in it.",
                ),
            ),
            say("Niet toetsbaar met deze gegevens.", "Cannot be tested with these data."),
            Standing.WITHHELD,
        ),
    )
    lead = say(
        "Dit stuk zegt wat de cijfers wel en niet laten zien.",
        "This brief says what the numbers do and do not show.",
    )
    return (
        Section(
            "kern",
            say("De kern", "The gist"),
            (
                Paragraph(lead, Tone.LEAD),
                Box(
                    Alert.SYNTHETIC,
                    say("Synthetische gegevens", "Synthetic data"),
                    say(
                        "Deze leerlingen bestaan niet. Gebruik de cijfers niet.",
                        "These pupils do not exist. Do not use the numbers.",
                    ),
                ),
                *findings,
                Pictures((picture("vsv", language), picture("sk", language))),
            ),
        ),
    )


def _annex(language: Language, school: str) -> tuple[Section, ...]:
    say = _speaker(language)
    method = Section(
        "methode",
        say("Hoe is dit berekend?", "How was this computed?"),
        (
            Paragraph(
                say("Met een model dat zijn pijlen noemt.", "With a model that names its arrows.")
            ),
            BulletList(
                (
                    say(
                        "Elke pijl staat in het modelbestand.", "Every arrow is in the model file."
                    ),
                    say("Elk getal heeft een interval.", "Every number has an interval."),
                )
            ),
            Section(
                "scholen",
                say("De scholen", "The schools"),
                (
                    Paragraph(f"{say('Bijvoorbeeld', 'For example')}: {school}.", Tone.ASIDE),
                    table(language, school),
                    picture("overzicht", language),
                    Section(f"school-{len(school)}", school, (Paragraph(school),)),
                ),
            ),
        ),
    )
    again = Section(
        "narekenen",
        say("Zelf narekenen", "Compute it again"),
        (
            Code("uv run vm2causal brief fit --lang nl --out brief"),
            Files(((say("Elk verband", "Every link"), "tables/arrows.csv"),)),
            Definitions(
                ((say("zaad", "seed"), "20130301"), (say("som", "checksum"), "sha256:" + 64 * "a"))
            ),
            Box(
                Alert.WITHHELD,
                say("Weggelaten: te weinig leerlingen", "Left out: too few pupils"),
                f"{school}: {say('minder dan 10 leerlingen.', 'fewer than 10 pupils.')}",
            ),
            Box(
                Alert.NOTE,
                say("Let op", "Please note"),
                say("De lat ligt bij 95%.", "The bar is at 95%."),
            ),
        ),
    )
    return method, again


def hostile_brief(language: Language = Language.NL) -> Brief:
    """The same brief about a school whose name is meant to break out of its page."""
    return example_brief(language, school=" ".join(HOSTILE))


def _speaker(language: Language):
    return lambda nl, en: nl if language is Language.NL else en


def _options(values: Iterable[str], language: Language) -> tuple[Option, ...]:
    comma = "," if language is Language.NL else "."
    as_is = Option("", _speaker(language)("zoals nu", "as now"))
    return (
        as_is,
        *(Option(value, value.replace("-", "−").replace(".", comma)) for value in values),
    )


def _shares(values: dict[str, list[str]]) -> tuple[xr.DataArray, xr.DataArray]:
    """Shares now and under each setting: logistic in the levers, with normal uncertainty."""
    base = {("", "vsv"): -1.4, ("", "sk"): 0.4, ("techniek", "vsv"): -1.1, ("techniek", "sk"): 0.1}
    base |= {("zorg_welzijn", "vsv"): -1.9, ("zorg_welzijn", "sk"): 0.9}
    kept = {"place": list(PLACES), "outcome": ["vsv", "sk"]}
    now = xr.DataArray(
        np.zeros((3, 2, 23)), {**kept, "quantity": list(NOW_QUANTITIES)}, [*kept, "quantity"]
    )
    shape = [len(options) for options in values.values()]
    then = xr.DataArray(
        np.zeros((*shape, 3, 2, 26)),
        {**values, **kept, "quantity": list(QUANTITIES)},
        [*values, *kept, "quantity"],
    )
    for (place, outcome), centre in base.items():
        now.loc[{"place": place, "outcome": outcome}] = _summary(centre, 0.12)
        for setting in product(*values.values()):
            moved = sum(
                EFFECTS[name] * (float(value) - AS_THEY_ARE[name] if value else 0.0)
                for name, value in zip(values, setting, strict=True)
            )
            after = _summary(centre + (moved if outcome == "vsv" else -moved), 0.2)
            change = after[0] - float(_summary(centre, 0.12)[0])
            found = [*after[:3], change, change - 0.05, change + 0.05, *after[3:]]
            here = dict(zip(values, setting, strict=True))
            then.loc[{**here, "place": place, "outcome": outcome}] = found
    return now, then


def _summary(centre: float, sd: float) -> np.ndarray:
    """Mean, 95% interval, and the middles of twenty equal parts, of a logistic normal share."""
    dots = expit(centre + sd * norm.ppf((np.arange(20) + 0.5) / 20))
    return np.array([dots.mean(), *expit(centre + sd * norm.ppf([0.025, 0.975])), *dots])
