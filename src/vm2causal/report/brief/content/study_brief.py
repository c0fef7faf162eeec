"""The brief on a study: a page of findings, a page of limits, and an annex."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from vm2causal.checks.gate.licences import withheld_effects
from vm2causal.effects.judgement import arrow_verdicts
from vm2causal.effects.verdict import Verdict
from vm2causal.report.brief.content.attack_sections import (
    attacks_not_made,
    attacks_section,
    refuted_effects,
)
from vm2causal.report.brief.content.blocks import (
    Alert,
    Block,
    Box,
    Brief,
    BulletList,
    Paragraph,
    Picture,
    Pictures,
    Section,
    Tone,
)
from vm2causal.report.brief.content.checklist import study_checklist
from vm2causal.report.brief.content.claims import Claim, gate_names, prior_decided, study_claims
from vm2causal.report.brief.content.differences_section import differences_section
from vm2causal.report.brief.content.gate_section import gate_tables
from vm2causal.report.brief.content.opinion_section import disagreements, opinions_section
from vm2causal.report.brief.content.shared_sections import (
    MOST_CLAIMS,
    gate_blocks,
    reproduce_section,
    section,
    versions_in_words,
    withheld_box,
)
from vm2causal.report.brief.content.study_sections import (
    StudyEvidence,
    arrows_section,
    data_definitions,
    effects_section,
    files_section,
    groups_section,
    identification_section,
    model_reading,
    sources_in_words,
    untestable_arrows,
)
from vm2causal.report.documents.records import records
from vm2causal.report.words import effect_rows
from vm2causal.texts import Language, capitalised, number, text

NAME: Final = "study"
"""Of the files of this brief."""

_WEAKER: Final = (Verdict.TEGENGESPROKEN, Verdict.GEEN_AANWIJZING)
_MOST_NAMED: Final = 6


def claims_of(found: StudyEvidence, language: Language) -> tuple[Claim, ...]:
    """The headlines of a study, those on careers first."""
    return study_claims(
        records(found.totals),
        spec=found.spec,
        identified={
            (item.cause, item.effect): item
            for item in found.identified
            if item.kind.value == "total"
        },
        failures=gate_names(found.failures, language),
        gates=found.effect_gates,
        refuted=prior_decided(found.record, language) | refuted_effects(found.left_out, language),
        contradicted=disagreements(found.second),
        levels=found.levels,
        horizon=found.horizon,
        synthetic=found.synthetic,
        pupils="pupils" in found.size,
        most=MOST_CLAIMS,
        language=language,
    )


def compose_study_brief(
    found: StudyEvidence, *, drawn: Sequence[Picture], made: str, language: Language
) -> Brief:
    """Put everything on a study in its place.

    Parameters
    ----------
    drawn
        The headlines on people, with and without.
    made
        When and with what, for the foot of every page.
    """
    title = text("brief.title.study", language, model=_model_name(found, language))
    if found.synthetic:
        title = text("brief.practice.title", language, title=title)
    brief = Brief(
        language,
        NAME,
        title,
        text("brief.subtitle.study", language),
        text("brief.synthetic.study", language) if found.synthetic else "",
        _first(found, drawn, language),
        _second(found, language),
        _annex(found, language),
        made,
    )
    checklist = study_checklist(brief.sections, language)
    return replace(brief, annex=(*brief.annex[:-1], checklist, brief.annex[-1]))


def _model_name(found: StudyEvidence, language: Language) -> str:
    return found.spec.title.in_language(language) if found.spec.title else found.spec.name


def _first(
    found: StudyEvidence, drawn: Sequence[Picture], language: Language
) -> tuple[Section, ...]:
    question: list[Block] = [Paragraph(_question(found, language), Tone.LEAD)]
    if found.synthetic:
        title = text("brief.synthetic.title", language)
        question.append(Box(Alert.SYNTHETIC, title, text("brief.synthetic.text", language)))
    claims = claims_of(found, language)
    sections = [
        section("question", question, language),
        section("findings", [claim.finding for claim in claims], language),
    ]
    if claims and not found.failures:
        rests_on = Box(Alert.NOTE, "", text("brief.rests_on.study", language))
        sections.append(section("rests_on", [rests_on], language))
    if drawn:
        title = text("brief.section.picture", language)
        sections.append(Section("pictures", title, (Pictures(tuple(drawn)),)))
    return tuple(sections)


def _question(found: StudyEvidence, language: Language) -> str:
    sizes = {name: number(value, language) for name, value in found.size.items()}
    kind = "study" if "pupils" in sizes else "table"
    return text(f"brief.question.{kind}", language, model=_model_name(found, language), **sizes)


def _second(found: StudyEvidence, language: Language) -> tuple[Section, ...]:
    sections = []
    if not found.failures:
        sections.append(section("weaker", _weaker(found, language), language))
    limits = BulletList(tuple(_limits(found, language)))
    names = ("practice",) if found.synthetic else ("study", "place")
    follows = BulletList(tuple(text(f"brief.follows.{name}", language) for name in names))
    sources = Paragraph(sources_in_words(found.spec, language))
    return (
        *sections,
        section("cannot", [limits], language),
        section("follows", [follows], language),
        section("sources", [sources], language),
    )


def _weaker(found: StudyEvidence, language: Language) -> list[Block]:
    """Links that are contradicted or show nothing, and how many named signs may be wrong."""
    shown = found.arrows[~found.arrows["cause"].isin(found.spec.groups)]
    verdicts = arrow_verdicts(shown)
    lines = [
        text(
            "brief.weaker.list",
            language,
            verdict=capitalised(text(f"effects.verdict.{verdict.value}", language)),
            arrows=_named(verdicts[verdicts["verdict"] == verdict.value], found, language),
        )
        for verdict in _WEAKER
        if (verdicts["verdict"] == verdict.value).any()
    ]
    counted = effect_rows.wrong_signs_fields(found.arrows, language)
    signs = Paragraph(text("brief.weaker.signs", language, **counted))
    if not lines:
        return [Paragraph(text("brief.weaker.none", language)), signs]
    return [BulletList(tuple(lines)), signs]


def _named(chosen: pd.DataFrame, found: StudyEvidence, language: Language) -> str:
    spec = found.spec
    pairs = list(dict.fromkeys(zip(chosen["cause"], chosen["effect"], strict=True)))
    names = [
        f"{spec.label(cause, language)} → {spec.label(effect, language)}"
        for cause, effect in pairs[:_MOST_NAMED]
    ]
    if len(pairs) > _MOST_NAMED:
        left = number(len(pairs) - _MOST_NAMED, language)
        names.append(text("brief.weaker.more", language, number=left))
    return "; ".join(names)


def _limits(found: StudyEvidence, language: Language) -> list[str]:
    """What the reader may not take from the brief."""
    spec, record = found.spec, found.record
    named = {
        "hidden": ", ".join(spec.label(name, language) for name in spec.hidden),
        "untestable": "; ".join(untestable_arrows(found, language)),
        "left_out": ", ".join(spec.label(name, language) for name in record["left_out"]),
        "back_in_time": ", ".join(
            f"{spec.label(item['cause'], language)} → {spec.label(item['effect'], language)}"
            for item in record.get("back_in_time", ())
        ),
        "missing": ", ".join(spec.label(name, language) for name in record["missing"]),
        "attacks": ", ".join(
            text(f"brief.attacks.{name}", language) for name in attacks_not_made(found.attacks)
        ),
    }
    said = [
        text(f"brief.cannot.{key}", language, names=names, arrows=names)
        for key, names in named.items()
        if names
    ]
    return [*said, text("brief.cannot.place", language)]


def _annex(found: StudyEvidence, language: Language) -> tuple[Section, ...]:
    sections: list[Section | None] = []
    if found.failures:
        box = withheld_box(found.failures, language)
        sections.append(section("effects", [box], language))
    else:
        reading = Paragraph(model_reading(found, language))
        panel = None if found.panel is None else section("what_if", [found.panel], language)
        sections += [
            section("model", [reading, *found.drawn("model")], language),
            panel,
            arrows_section(found, language),
            effects_section(found, language),
            _second_opinions(found, language),
            groups_section(found, language),
            differences_section(
                found.differences,
                found.slopes,
                spec=found.spec,
                pictures=found.drawn("differences"),
                language=language,
            ),
        ]
    sections += [
        identification_section(found, language),
        attacks_section(
            found.attacks,
            left_out=found.left_out,
            gates=found.record["gate"]["effects"],
            spec=found.spec,
            fit=found.fit,
            pictures=found.drawn("sensitivity"),
            language=language,
        ),
        _diagnostics(found, language),
        _data(found, language),
        _reproduce(found, language),
    ]
    return tuple(item for item in sections if item is not None)


def _second_opinions(found: StudyEvidence, language: Language) -> Section | None:
    """None where the model declares no effect that could have one."""
    if found.totals.empty:
        return None
    return opinions_section(
        found.second,
        spec=found.spec,
        fit=found.fit,
        withheld=withheld_effects(found.record["gate"]["effects"]),
        language=language,
    )


def _diagnostics(found: StudyEvidence, language: Language) -> Section:
    blocks = gate_blocks("study", found.record["diagnostics"], language)
    if not found.failures:
        blocks += gate_tables(found.record["gate"], found.spec, language)
    return section("diagnostics", [*blocks, *found.drawn("diagnostics")], language)


def _data(found: StudyEvidence, language: Language) -> Section:
    blocks: list[Block] = [data_definitions(found, language)]
    if not found.failures:
        blocks.append(files_section(found, language))
    return section("quality", blocks, language)


def _reproduce(found: StudyEvidence, language: Language) -> Section:
    versions: Mapping[str, str] = found.record["versions"]
    facts = {
        "seed": str(found.record["seed"]),
        "model_hash": found.record["model_sha256"],
        "data_hash": found.record["source_sha256"],
        "versions": versions_in_words(versions),
    }
    return reproduce_section([found.command], facts, language)
