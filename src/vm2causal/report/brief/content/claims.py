"""Headline claims: what may be said of an effect, in words that go no further than the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from vm2causal.identify.result import Identification
from vm2causal.inputs.published.schema import OUTCOMES
from vm2causal.report.brief.content.blocks import Finding, Picture, Standing
from vm2causal.report.brief.content.opinion_section import Comparison, comparison
from vm2causal.report.words.effect_rows import has_event
from vm2causal.report.words.frequencies import (
    PER,
    amount,
    amounts_between,
    decimals_of,
    is_clear,
)
from vm2causal.report.words.gate import (
    EffectRow,
    effect_sentences,
    widened,
    withheld_reason,
)
from vm2causal.report.words.level_labels import effect_label, sides_in_words
from vm2causal.report.words.names import joined_name
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, capitalised, number, text

_CAREERS: Final = frozenset(OUTCOMES)


@dataclass(frozen=True)
class Claim:
    """A headline before its picture is drawn.

    Parameters
    ----------
    name
        Unique in the brief; its picture is ``frequency-<name>``.
    share
        Difference in the share of people, with ``mean``, ``lower``, ``upper``; None where the
        effect is not one on people, or is withheld.
    outcome
        People the share counts, in words.
    among
        Whom the share is out of, in words.
    published
        Whether it rests on the published tables, rather than on a study.
    """

    name: str
    title: str
    sentences: tuple[str, ...]
    licence: str
    standing: Standing
    share: Mapping[str, float] | None = field(default=None, repr=False)
    outcome: str = ""
    among: str = ""
    published: bool = False

    @property
    def picture_name(self) -> str:
        """Name of the picture of its natural frequency."""
        return f"frequency-{self.name}"

    def finding(self, pictures: Mapping[str, Picture]) -> Finding:
        """The claim with its picture, where there is one."""
        return Finding(
            self.title,
            self.sentences,
            self.licence,
            self.standing,
            pictures.get(self.picture_name),
        )


def study_claims(
    totals: Sequence[Mapping[str, Any]],
    *,
    spec: CausalSpec,
    identified: Mapping[tuple[str, str], Identification],
    failures: Sequence[str],
    gates: Mapping[tuple[str, str, str], EffectRow],
    refuted: Mapping[tuple[str, str], str],
    contradicted: Mapping[Comparison, Mapping[str, Any]],
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
    synthetic
        Whether the data were made up.
    pupils
        Whether they are counts of pupils, rather than rows of a table.
    most
        How many claims; effects on careers come first, in the order of the model.
    """
    chosen = [row for row in totals if row["kind"] == "total"]
    careers = [row for row in chosen if row["career"] is not None]
    # of a cause with several contrasts the first one speaks
    first: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in careers or chosen:
        first.setdefault((row["cause"], row["effect"]), row)
    claims = []
    for row in list(first.values())[:most]:
        pair = (row["cause"], row["effect"])
        gate = gates.get((*pair, row["contrast"]))
        reason = text_of_gate(failures, language) if failures else refuted.get(pair)
        if reason is None and gate is not None:
            reason = withheld_reason(gate, spec, language)
        standing = standing_of(identified.get(pair))
        claim = _study_claim(
            row if gate is None else widened(row, gate),
            spec,
            standing,
            reason,
            contradicted.get(comparison(row)),
            pupils=pupils,
            language=language,
        )
        if reason is None:
            claim = _checked(claim, gate, spec, language)
        claims.append(_marked(claim, language) if synthetic else claim)
    return tuple(claims)


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
    """The claim of a made-up study says so in every copy of it."""
    licence = f"{text('brief.synthetic.licence', language)} {claim.licence}"
    return replace(claim, licence=licence)


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
    *,
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
        among=_among(row, spec, pupils=pupils, language=language),
    )
    return Claim(
        name,
        claim_title(standing.value, effect, what, language),
        (
            sentence,
            *([_contradiction(row, other, people, share, language)] if other else []),
            _compared(row, spec, language),
        ),
        text(f"brief.licence.{standing.value}", language),
        standing,
        share,
        people,
        _among(row, spec, pupils=pupils, language=language),
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
    contrast = sides_in_words(spec, row["cause"], row["contrast"], language)
    quartiles = not spec.variables[row["cause"]].kind.levelled
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
