"""The whole brief: two pages for the reader in a hurry, then everything for the one who checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vm2causal.checks.gate import diagnostics as gate
from vm2causal.checks.gate.licences import withheld_effects
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
    Code,
    Definitions,
    Paragraph,
    Picture,
    Section,
    Table,
    Tone,
)
from vm2causal.report.brief.content.claims import (
    Claim,
    gate_names,
    prior_decided,
    study_claims,
    text_of_gate,
)
from vm2causal.report.brief.content.gate_section import gate_tables
from vm2causal.report.brief.content.monitor_claims import monitor_claims, sector_claim
from vm2causal.report.brief.content.monitor_sections import (
    MonitorEvidence,
    methods_section,
    quality_table,
    replication_section,
    sources_table,
)
from vm2causal.report.brief.content.opinion_section import disagreements, opinions_section
from vm2causal.report.brief.content.study_sections import (
    StudyEvidence,
    arrows_section,
    data_definitions,
    effects_section,
    groups_section,
    identification_section,
    model_reading,
    untestable_arrows,
)
from vm2causal.report.brief.content.table_cells import Row, numeral, table_of
from vm2causal.report.documents.records import records
from vm2causal.texts import Language, capitalised, number, text

MOST_CLAIMS: Final = 5
"""Headlines of a brief: what a reader in a hurry can take in."""


def headline_claims(
    monitor: MonitorEvidence | None, study: StudyEvidence | None, language: Language
) -> tuple[Claim, ...]:
    """Three to five claims, those on the published tables first."""
    claims: tuple[Claim, ...] = ()
    if monitor is not None:
        claims = (
            *monitor_claims(monitor.document, language),
            sector_claim(monitor.sectors, language),
        )
    if study is not None:
        claims += study_claims(
            records(study.totals),
            spec=study.spec,
            identified={
                (item.cause, item.effect): item
                for item in study.identified
                if item.kind.value == "total"
            },
            failures=gate_names(study.failures, language),
            gates=study.effect_gates,
            refuted=prior_decided(study.record, language)
            | refuted_effects(study.left_out, language),
            contradicted=disagreements(study.second),
            synthetic=study.synthetic,
            pupils="pupils" in study.size,
            most=MOST_CLAIMS - len(claims),
            language=language,
        )
    return claims


def compose_brief(
    monitor: MonitorEvidence | None,
    study: StudyEvidence | None,
    claims: Sequence[Claim],
    *,
    pictures: Mapping[str, Picture],
    made: str,
    language: Language,
) -> Brief:
    """Put everything in its place.

    Parameters
    ----------
    claims
        Of :func:`headline_claims`.
    pictures
        Of the claims, by :attr:`~vm2causal.report.brief.content.claims.Claim.picture_name`.
    made
        When and with what, for the foot of every page.
    """
    return Brief(
        language,
        *_titles(monitor, study, language),
        _synthetic_mark(monitor, study, language),
        _hurried(monitor, study, claims, pictures, language),
        _checker(monitor, study, language),
        made,
    )


def _titles(
    monitor: MonitorEvidence | None, study: StudyEvidence | None, language: Language
) -> tuple[str, str]:
    if monitor is not None:
        kind = "both" if study is not None else "monitor"
        return text("brief.title", language), text(f"brief.subtitle.{kind}", language)
    assert study is not None, "a brief is about something"
    model = _model_name(study, language)
    return text("brief.title.study", language, model=model), text("brief.subtitle.study", language)


def _model_name(study: StudyEvidence, language: Language) -> str:
    return study.spec.title.in_language(language) if study.spec.title else study.spec.name


def _synthetic_mark(
    monitor: MonitorEvidence | None, study: StudyEvidence | None, language: Language
) -> str:
    if study is None or not study.synthetic:
        return ""
    return text(f"brief.synthetic.{'study' if monitor is None else 'partly'}", language)


def _hurried(
    monitor: MonitorEvidence | None,
    study: StudyEvidence | None,
    claims: Sequence[Claim],
    pictures: Mapping[str, Picture],
    language: Language,
) -> tuple[Section, ...]:
    question: list[Block] = []
    if monitor is not None:
        question.append(Paragraph(text("brief.question.monitor", language), Tone.LEAD))
    if study is not None:
        question.append(Paragraph(_study_question(study, language), Tone.LEAD))
        if study.synthetic:
            title = text("brief.synthetic.title", language)
            question.append(Box(Alert.SYNTHETIC, title, text("brief.synthetic.text", language)))
    sections = [_section("question", question, language)]
    if study is not None and not study.failures:
        reading = Paragraph(model_reading(study, language))
        sections.append(_section("model", [*study.drawn("model"), reading], language))
    findings = [claim.finding(pictures) for claim in claims]
    sections.append(_section("findings", findings, language))
    limits = BulletList(tuple(_limits(monitor, study, language)))
    sections.append(_section("cannot", [limits], language))
    return tuple(sections)


def _section(name: str, blocks: Sequence[Block], language: Language) -> Section:
    return Section(name, text(f"brief.section.{name}", language), tuple(blocks))


def _study_question(study: StudyEvidence, language: Language) -> str:
    sizes = {name: number(value, language) for name, value in study.size.items()}
    kind = "study" if "pupils" in sizes else "table"
    return text(f"brief.question.{kind}", language, model=_model_name(study, language), **sizes)


def _limits(
    monitor: MonitorEvidence | None, study: StudyEvidence | None, language: Language
) -> list[str]:
    """What the reader may not take from the brief."""
    found = []
    if monitor is not None:
        found += [text(f"brief.cannot.{name}", language) for name in ("parallel", "intake")]
    if study is not None:
        spec = study.spec
        named = {
            "hidden": ", ".join(spec.label(name, language) for name in spec.hidden),
            "untestable": "; ".join(untestable_arrows(study, language)),
            "left_out": ", ".join(spec.label(name, language) for name in study.record["left_out"]),
            "back_in_time": ", ".join(
                f"{spec.label(item['cause'], language)} → {spec.label(item['effect'], language)}"
                for item in study.record.get("back_in_time", ())
            ),
            "missing": ", ".join(spec.label(name, language) for name in study.record["missing"]),
            "attacks": ", ".join(
                text(f"brief.attacks.{name}", language) for name in attacks_not_made(study.attacks)
            ),
        }
        found += [
            text(f"brief.cannot.{key}", language, names=names, arrows=names)
            for key, names in named.items()
            if names
        ]
    return [*found, text("brief.cannot.place", language)]


def _checker(
    monitor: MonitorEvidence | None, study: StudyEvidence | None, language: Language
) -> tuple[Section, ...]:
    sections: list[Section | None] = []
    if study is not None and study.failures:
        sections.append(_section("effects", [_withheld(study.failures, language)], language))
    elif study is not None:
        panel = None if study.panel is None else _section("what_if", [study.panel], language)
        sections += [
            panel,
            arrows_section(study, language),
            effects_section(study, language),
            _second_opinions(study, language),
            groups_section(study, language),
        ]
    if monitor is not None and monitor.diagnostics.failures:
        box = _withheld(monitor.diagnostics.failures, language)
        sections.append(_section("monitor", [box], language))
    elif monitor is not None:
        sections.append(methods_section(monitor, language))
    if monitor is not None:
        sections.append(replication_section(monitor, language))
    if study is not None:
        sections += [
            identification_section(study, language),
            attacks_section(
                study.attacks,
                left_out=study.left_out,
                gates=study.record["gate"]["effects"],
                spec=study.spec,
                fit=study.fit,
                pictures=study.drawn("sensitivity"),
                language=language,
            ),
        ]
    sections += [
        _diagnostics(monitor, study, language),
        _data(monitor, study, language),
        _reproduce(monitor, study, language),
    ]
    return tuple(section for section in sections if section is not None)


def _second_opinions(study: StudyEvidence, language: Language) -> Section | None:
    """None where the model declares no effect that could have one."""
    if study.totals.empty:
        return None
    return opinions_section(
        study.second,
        spec=study.spec,
        fit=study.fit,
        withheld=withheld_effects(study.record["gate"]["effects"]),
        language=language,
    )


def _withheld(failures: Sequence[str], language: Language) -> Box:
    """In the place of everything that rests on a fit that failed its gate."""
    reason = text_of_gate(gate_names(failures, language), language)
    said = f"{reason} {text('brief.licence.withheld', language)}"
    return Box(Alert.WITHHELD, text("brief.withheld.section", language), said)


def _diagnostics(
    monitor: MonitorEvidence | None, study: StudyEvidence | None, language: Language
) -> Section:
    blocks: list[Block] = []
    if study is not None:
        blocks += _gate("study", study.record["diagnostics"], language)
        if not study.failures:
            blocks += gate_tables(study.record["gate"], study.spec, language)
        blocks += study.drawn("diagnostics")
    if monitor is not None:
        blocks += _gate("monitor", monitor.diagnostics.to_dict(), language)
    return _section("diagnostics", blocks, language)


_LIMITS: Final = {
    "rhat_max": (4, "≤", gate.RHAT_LIMIT, 2),
    "ess_bulk_min": (0, "≥", gate.ESS_LIMIT, 0),
    "ess_tail_min": (0, "≥", gate.ESS_LIMIT, 0),
    "divergences": (0, "=", 0, 0),
    "ebfmi_min": (2, "≥", gate.EBFMI_LIMIT, 1),
}


def _gate(whose: str, values: Mapping[str, Any], language: Language) -> list[Block]:
    failures = ", ".join(gate_names(values["failures"], language))
    said: Block = (
        Box(
            Alert.WITHHELD,
            text(f"brief.diagnostics.{whose}", language),
            text("brief.diagnostics.failed", language, failures=failures),
        )
        if failures
        else Paragraph(text("brief.diagnostics.passed", language))
    )
    return [_gate_table(whose, values, language), said]


def _gate_table(whose: str, values: Mapping[str, Any], language: Language) -> Table:
    rows: list[Row] = [
        {
            "check": capitalised(text(f"brief.gate.{key}", language)),
            "value": numeral(values[key], language, shown),
            "limit": f"{sign} {number(limit, language, digits)}",
        }
        for key, (shown, sign, limit, digits) in _LIMITS.items()
    ]
    titles = {name: text(f"column.{name}", language) for name in ("check", "value", "limit")}
    caption = text(f"brief.diagnostics.{whose}", language)
    return table_of(f"gate-{whose}", caption, titles, rows, numeric=("value", "limit"))


def _data(
    monitor: MonitorEvidence | None, study: StudyEvidence | None, language: Language
) -> Section:
    blocks: list[Block] = []
    if study is not None:
        title = text("brief.quality.study", language)
        blocks.append(Section("data-study", title, (data_definitions(study, language),)))
    if monitor is not None:
        blocks += [
            Section(
                "provenance",
                text("brief.section.provenance", language),
                (
                    Paragraph(text("brief.provenance.lead", language)),
                    sources_table(monitor, language),
                    Paragraph(text("page.source.text", language), Tone.ASIDE),
                ),
            ),
            Section(
                "data-monitor",
                text("brief.quality.monitor", language),
                (quality_table(monitor, language),),
            ),
        ]
    return _section("quality", blocks, language)


def _reproduce(
    monitor: MonitorEvidence | None, study: StudyEvidence | None, language: Language
) -> Section:
    facts: dict[str, str] = {}
    commands = []
    versions: Mapping[str, str] = {}
    if monitor is not None:
        commands.append(str(monitor.provenance["command"]))
        versions = monitor.provenance["versions"]
        facts["seed"] = str(monitor.provenance["seed"])
        facts["published_hash"] = monitor.provenance["data_sha256"]
    if study is not None:
        commands.append(study.command)
        versions = versions | study.record["versions"]
        facts["seed"] = str(study.record["seed"])
        facts["model_hash"] = study.record["model_sha256"]
        facts["data_hash"] = study.record["source_sha256"]
    facts["versions"] = ", ".join(f"{name} {version}" for name, version in versions.items())
    pairs = tuple((text(f"brief.reproduce.{key}", language), item) for key, item in facts.items())
    blocks: list[Block] = [Code(command) for command in dict.fromkeys(commands)]
    return _section("reproduce", [*blocks, Definitions(pairs)], language)
