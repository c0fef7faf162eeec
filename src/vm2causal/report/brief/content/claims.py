"""Headline claims: what may be said of an effect, in words that go no further than the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from vm2causal.checks.gate.licences import widened, wider_by
from vm2causal.effects.totals import arrows_on_paths
from vm2causal.identify.result import Identification
from vm2causal.inputs.published.schema import OUTCOMES
from vm2causal.report.brief.content.blocks import Finding, Standing
from vm2causal.report.brief.content.opinion_section import Comparison, comparison
from vm2causal.report.words.certainty import certainty_word, probability_of_side
from vm2causal.report.words.effect_rows import has_event
from vm2causal.report.words.frequencies import (
    PER,
    amount,
    amounts_between,
    decimals_of,
    is_clear,
    people_in,
)
from vm2causal.report.words.gate import (
    EffectRow,
    effect_sentences,
    withheld_reason,
)
from vm2causal.report.words.level_labels import (
    declared_sides,
    effect_label,
    group_label,
    sides_in_words,
)
from vm2causal.report.words.names import joined_name
from vm2causal.report.words.sentences import probability
from vm2causal.spec import CausalSpec
from vm2causal.spec.diff_declarations import written_arrow
from vm2causal.texts import Language, capitalised, number, text

_CAREERS: Final = frozenset(OUTCOMES)
_SOONER: Final = "sk"
"""Of this outcome it matters how long after the start it is counted."""
_MOST_DIFFERING: Final = 2
"""Arrows that differ which a finding names; of more it says how many and by what."""


Levels = Mapping[tuple[str, str, str], tuple[Mapping[str, float], Mapping[str, float]]]
"""By cause, effect and contrast: the outcome at the low and at the high side, as intervals."""


@dataclass(frozen=True)
class Claim:
    """A headline, and the numbers of people that it is about.

    Parameters
    ----------
    name
        Unique in the brief.
    certainty
        How certain it is, in a calibrated word; empty where nothing is claimed.
    share
        Difference in the share of people, with ``mean``, ``lower``, ``upper``; None where the
        effect is not one on people, or is withheld.
    levels
        Shares at both sides of the contrast, from low to high; None where there is no ``share``.
    sides
        What the two sides are, in words, from low to high.
    cause, outcome
        What is compared, and the people the share counts, in words.
    """

    name: str
    title: str
    sentences: tuple[str, ...]
    licence: str
    standing: Standing
    certainty: str = ""
    share: Mapping[str, float] | None = field(default=None, repr=False)
    levels: tuple[Mapping[str, float], Mapping[str, float]] | None = field(default=None, repr=False)
    sides: tuple[str, str] = ("", "")
    cause: str = ""
    outcome: str = ""

    @property
    def finding(self) -> Finding:
        """The claim as a block of a brief."""
        return Finding(self.title, self.sentences, self.licence, self.standing, self.certainty)


def study_claims(
    totals: Sequence[Mapping[str, Any]],
    *,
    spec: CausalSpec,
    identified: Mapping[tuple[str, str], Identification],
    failures: Sequence[str],
    gates: Mapping[tuple[str, str, str], EffectRow],
    refuted: Mapping[tuple[str, str], str],
    contradicted: Mapping[Comparison, Mapping[str, Any]],
    levels: Levels,
    horizon: str,
    synthetic: bool,
    pupils: bool,
    most: int,
    language: Language,
) -> tuple[Claim, ...]:
    """What a fit says of the total effects its model declares.

    Parameters
    ----------
    totals
        Rows for everybody, of :func:`~vm2causal.effects.totals.totals_table`.
    identified
        By cause and effect, of total effects.
    failures
        Checks of the computation that the fit did not pass, in words.
    gates
        What the other checks say of each effect, by cause, effect and contrast: of
        ``gate.effects`` in ``run.json``.
    refuted
        Effects to withhold, with the reason in words: an attack brought them down, or the prior
        decides them.
    contradicted
        Second opinions that are apart from the first, by what they are on.
    levels
        Outcomes at both sides of each contrast on people, where they are known.
    horizon
        After how many years a share of careers holds, in words; empty for a flat table.
    synthetic
        Whether the data were made up.
    pupils
        Whether they are counts of pupils, rather than rows of a table.
    most
        How many claims; effects on careers come first, in the order of the model.
    """
    claims = []
    for row in headline_rows(totals, most=most):
        pair = (row["cause"], row["effect"])
        gate = gates.get((*pair, row["contrast"]))
        reason = text_of_gate(failures, language) if failures else refuted.get(pair)
        if reason is None and gate is not None:
            reason = withheld_reason(gate, spec, language)
        standing = standing_of(identified.get(pair))
        claim = _study_claim(
            row if gate is None else widened(row, wider_by([gate])),
            spec,
            standing,
            reason,
            contradicted.get(comparison(row)),
            levels.get((*pair, row["contrast"])),
            horizon=horizon,
            pupils=pupils,
            language=language,
        )
        if reason is None:
            claim = _checked(claim, gate, spec, language)
        claims.append(_marked(claim, language) if synthetic else claim)
    return tuple(claims)


def headline_rows(totals: Sequence[Mapping[str, Any]], *, most: int) -> list[Mapping[str, Any]]:
    """Total effects that are told first: on careers where there are any, else in order."""
    chosen = [row for row in totals if row["kind"] == "total"]
    careers = [row for row in chosen if row["career"] is not None]
    # of a cause with several contrasts the first one speaks
    first: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in careers or chosen:
        first.setdefault((row["cause"], row["effect"]), row)
    return list(first.values())[:most]


def _checked(claim: Claim, gate: EffectRow | None, spec: CausalSpec, language: Language) -> Claim:
    """The claim with what the checks say of it."""
    if gate is None:
        return replace(claim, sentences=(*claim.sentences, text("gate.not_made", language)))
    said = (*claim.sentences, *effect_sentences(gate, spec, language))
    licence = claim.licence
    if gate["failed"]:
        licence = f"{text('gate.average', language)} {licence}"
    return replace(claim, sentences=said, licence=licence)


def prior_decided(record: Mapping[str, Any], language: Language) -> dict[tuple[str, str], str]:
    """Effects that the prior decides rather than the data, with that in words.

    Where prior and data merely pull in different directions the effect stays, and the fit's record
    says so.
    """
    return {
        (row["cause"], row["effect"]): text("brief.withheld.prior", language)
        for row in record["prior_sensitivity"]
        if row["flag"] == "prior_dominates"
    }


def _marked(claim: Claim, language: Language) -> Claim:
    """The claim of a made-up study says so in every copy of it, and first of all in its title."""
    licence = f"{text('brief.synthetic.licence', language)} {claim.licence}"
    title = text("brief.practice.title", language, title=claim.title)
    return replace(claim, title=title, licence=licence)


def standing_of(found: Identification | None) -> Standing:
    """Causal words are for effects that the graph identifies without further assumptions."""
    return Standing.CAUSAL if found is not None and found.identifiable else Standing.ASSOCIATION


def gate_names(checks: Sequence[str], language: Language) -> list[str]:
    """Checks of the gate in words."""
    return [text(f"brief.gate.{name}", language) for name in checks]


def text_of_gate(failures: Sequence[str], language: Language) -> str:
    """Why everything that rests on a fit is withheld."""
    return text("brief.withheld.gate", language, failures=", ".join(failures))


def _study_claim(
    row: Mapping[str, Any],
    spec: CausalSpec,
    standing: Standing,
    reason: str | None,
    other: Mapping[str, Any] | None,
    sides: tuple[Mapping[str, float], Mapping[str, float]] | None,
    *,
    horizon: str,
    pupils: bool,
    language: Language,
) -> Claim:
    """One headline; ``other`` is a second opinion that is apart from it."""
    name = joined_name(row["cause"], row["effect"])
    what = {
        "cause": spec.label(row["cause"], language),
        "outcome": effect_label(row, spec, language),
    }
    if reason is not None:
        return withheld_claim(name, what, reason, language)
    people = _people(row, spec, pupils=pupils, language=language)
    share = row["career"] or (row["natural"] if has_event(spec, row["effect"]) else None)
    effect = share or row["natural"]
    form = "people" if share else "mean"
    among = _among(row, spec, pupils=pupils, language=language)
    if other is not None:
        standing, key = Standing.DISPUTED, form
    else:
        key = f"{form}.{'clear' if is_clear(effect) else 'unclear'}"
    sentence = text(
        f"brief.study.{standing.value}.{key}",
        language,
        change=_change(row, spec, language),
        **what,
        **_sizes(effect, people, share is not None, language),
        among=among,
    )
    shown = sides if share else None
    words = declared_sides(spec, row["cause"], row["contrast"], language)
    followed = horizon if row["effect"] == _SOONER and row["career"] is not None else ""
    said = (
        sentence,
        _contradiction(row, other, people, share, language) if other else "",
        _compared(row, spec, language)
        if shown is None
        else _levels_in_words(shown, words, people, among, language),
        _differs(row, spec, language),
        followed,
    )
    return Claim(
        name,
        claim_title(standing.value, effect, what, language),
        tuple(filter(None, said)),
        text(f"brief.licence.{standing.value}", language),
        standing,
        "" if other else _certainty(effect, language),
        share,
        shown,
        _sides_drawn(row, words, spec, language),
        what["cause"],
        people,
    )


def _differs(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    """That the number is an average, where an arrow on the way varies or depends."""
    on_the_way = [
        (arrow, key, by)
        for arrow in arrows_on_paths(spec, row["cause"], row["effect"])
        for key, names in (("varies", arrow.varies), ("depends_on", arrow.depends_on))
        for by in names
    ]
    if not on_the_way:
        return ""
    if len(on_the_way) > _MOST_DIFFERING:
        groups = dict.fromkeys(group_label(spec, by, language) for _, _, by in on_the_way)
        found = len(dict.fromkeys(arrow.key for arrow, _, _ in on_the_way))
        what = text(
            "brief.study.average.several",
            language,
            number=number(found, language),
            by=", ".join(groups),
        )
    else:
        what = "; ".join(
            f"{written_arrow(arrow, spec, language)} "
            + text(f"effects.difference.{key}", language, by=group_label(spec, by, language))
            for arrow, key, by in on_the_way
        )
    return text("brief.study.average", language, what=what)


def _sides_drawn(
    row: Mapping[str, Any], words: Mapping[str, str], spec: CausalSpec, language: Language
) -> tuple[str, str]:
    """Beside bars: of a score the words alone, since the sentence says what they mean."""
    if spec.variables[row["cause"]].kind.measured:
        low, high = (text(f"figures.quartile.short.{side}", language) for side in ("low", "high"))
        return low, high
    return words["low"], words["high"]


def _certainty(effect: Mapping[str, float], language: Language) -> str:
    """The calibrated word for the direction, of the interval that stands beside it."""
    p = probability_of_side(effect)
    word = certainty_word(p, language)
    return text("brief.study.certainty", language, word=word, p=probability(p, language))


def _levels_in_words(
    sides: tuple[Mapping[str, float], Mapping[str, float]],
    words: Mapping[str, str],
    people: str,
    among: str,
    language: Language,
) -> str:
    low, high = (people_in(side["mean"], language) for side in sides)
    return text(
        "brief.study.levels",
        language,
        low=words["low"],
        high=words["high"],
        without=low,
        with_high=high,
        people=people,
        among=among,
        per=number(PER, language),
    )


def _contradiction(
    row: Mapping[str, Any],
    other: Mapping[str, Any],
    people: str,
    share: Mapping[str, float] | None,
    language: Language,
) -> str:
    """That a second opinion is apart, with its number where it is on the same scale."""
    second = other["second_career" if row["career"] else "second"]
    if second is None:
        return text("brief.second.beside", language)
    form = "people" if share else "mean"
    sizes = _sizes(second, people, share is not None, language)
    return text(f"brief.second.beside.{form}", language, **sizes)


def _sizes(
    effect: Mapping[str, float], people: str, share: bool, language: Language
) -> dict[str, str]:
    level = number(100 * effect["level"], language)
    if share:
        return {
            "people": people,
            "amount": amount(effect["mean"], language),
            "between": amounts_between(effect, language),
            "per": number(PER, language),
            "level": level,
        }
    shown = decimals_of(effect)
    parts = ("mean", "lower", "upper")
    return {"level": level} | {part: number(effect[part], language, shown) for part in parts}


def _people(row: Mapping[str, Any], spec: CausalSpec, *, pupils: bool, language: Language) -> str:
    if row["effect"] in _CAREERS and row["career"] is not None:
        return text(f"people.{row['effect']}", language)
    key = "brief.people.other" if pupils else "brief.people.cases"
    return text(key, language, outcome=effect_label(row, spec, language))


def _among(row: Mapping[str, Any], spec: CausalSpec, *, pupils: bool, language: Language) -> str:
    """Whom there are a thousand of; counts of pupils without a career are counts per year."""
    if not pupils:
        return text("brief.among.cases", language)
    yearly = row["career"] is None and spec.variables[row["effect"]].kind.counted
    return text(f"brief.among.{'yearly' if yearly else 'pupils'}", language)


def _change(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    """What differs between the two sides, as the subject of a sentence."""
    label = spec.label(row["cause"], language)
    kind = spec.variables[row["cause"]].kind
    if not kind.levelled:
        key = "higher" if kind.numeric else "more"
        return text(f"brief.change.{key}", language, cause=label)
    contrast = sides_in_words(spec, row["cause"], row["contrast"], language)
    return text("brief.change.levels", language, cause=capitalised(label), **contrast)


def _compared(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    contrast = declared_sides(spec, row["cause"], row["contrast"], language)
    kind = spec.variables[row["cause"]].kind
    quartiles = not kind.levelled and not kind.measured
    key = f"brief.compared.{'quartiles' if quartiles else 'levels'}"
    return text(key, language, **contrast)


def claim_title(
    standing: str, effect: Mapping[str, float], what: Mapping[str, str], language: Language
) -> str:
    """Title by standing, and by direction where that is clear."""
    if standing == Standing.DISPUTED.value:
        return text("brief.title.disputed", language, **what)
    direction = "more" if effect["mean"] > 0 else "less"
    key = direction if is_clear(effect) else "unclear"
    return capitalised(text(f"brief.title.{standing}.{key}", language, **what))


def withheld_claim(name: str, what: Mapping[str, str], reason: str, language: Language) -> Claim:
    """A claim whose reason for silence stands in its place."""
    return Claim(
        name,
        text("brief.title.withheld", language, **what),
        (reason,),
        text("brief.licence.withheld", language),
        Standing.WITHHELD,
    )
