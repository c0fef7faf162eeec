"""What attacks left standing, from the documents that the attacking commands print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from vm2causal.report.brief.content.blocks import (
    Block,
    BulletList,
    Paragraph,
    Picture,
    Section,
    Table,
)
from vm2causal.report.brief.content.sensitivity_blocks import sensitivity_blocks
from vm2causal.report.brief.content.table_cells import (
    Row,
    ends_in_words,
    estimate_text,
    numeral,
    table_of,
)
from vm2causal.report.documents.falsification import detectable_sentences
from vm2causal.report.words.effect_rows import interval_text
from vm2causal.report.words.gate import effects_named, withheld_reason
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, percentage, text

ATTACKS: Final = ("test", "refute", "sensitivity")
"""The attacking commands, whose documents a brief takes up."""

Documents = Mapping[str, Mapping[str, Any]]
"""What each command printed, by its name; those that were not run are not in it."""


def refuted_effects(
    refuted: Mapping[str, Any] | None, language: Language
) -> dict[tuple[str, str], str]:
    """Effects that an attack brought down, with the attack in words.

    Parameters
    ----------
    refuted
        What ``refute`` printed, whole or in part; None where it was not run.
    """
    found = {}
    for query in () if refuted is None else refuted["queries"]:
        fallen = next((item for item in query["attacks"] if item["passed"] is False), None)
        if fallen is not None:
            found[query["cause"], query["effect"]] = text(
                "brief.withheld.refuted",
                language,
                attack=text(f"attacks.name.{fallen['attack']}", language),
                sentence=fallen["sentence"],
            )
    return found


def attacks_not_made(documents: Documents) -> tuple[str, ...]:
    """Commands that were not run on this fit."""
    return tuple(name for name in ATTACKS if name not in documents)


def attacks_section(
    documents: Documents,
    *,
    left_out: Mapping[str, Any] | None,
    gates: Sequence[Mapping[str, Any]],
    spec: CausalSpec,
    fit: str,
    pictures: Sequence[Picture],
    language: Language,
) -> Section:
    """Every attack with what it found; of those not made, how to make them.

    Parameters
    ----------
    left_out
        What a run made of ``refute`` where that was not run whole.
    gates
        What the checks say of each effect: of those that get no number, attacks show what they
        computed with, and that is said.
    fit
        Path of the fit as its user knows it, for the commands.
    pictures
        Of the sensitivity to what was not observed.
    """
    blocks: list[Block] = [Paragraph(text("brief.attacks.lead", language))]
    missing = [
        text(
            "brief.attacks.not_done",
            language,
            name=text(f"brief.attacks.{name}", language),
            command=f"vm2causal {name} {fit}",
        )
        for name in attacks_not_made(documents)
    ]
    if missing:
        blocks.append(BulletList(tuple(missing)))
    names = effects_named(
        [row for row in gates if withheld_reason(row, spec, language)], spec, language
    )
    if names:
        blocks.append(Paragraph(text("brief.attacks.withheld", language, names=names)))
    parts = {
        "test": _tested,
        "refute": _refuted,
        "sensitivity": _varied,
    }
    for name, part in parts.items():
        if name in documents:
            inner = part(documents[name], spec, language)
            drawn = tuple(pictures) if name == "sensitivity" else ()
            title = text(f"brief.attacks.{name}", language)
            blocks.append(Section(f"attacks-{name}", title, (*inner, *drawn)))
        elif name == "refute" and left_out is not None:
            title = text("brief.attacks.left_out", language)
            blocks.append(Section("attacks-left-out", title, _refuted(left_out, spec, language)))
    return Section("attacks", text("brief.section.attacks", language), tuple(blocks))


def _tested(document: Mapping[str, Any], spec: CausalSpec, language: Language) -> tuple[Block, ...]:
    summary, permuted = document["summary"], document["permuted_graphs"]
    counts = {
        name: number(summary[name], language)
        for name in ("tested", "violated", "holds", "undecided")
    }
    blocks: list[Block] = [
        Paragraph(
            text(
                "falsification.summary",
                language,
                total=number(len(document["independences"]), language),
                below=number(summary["below_five_percent"], language),
                expected=number(summary["expected_by_chance"], language, 1),
                **counts,
            )
        ),
        Paragraph(
            text(
                "falsification.permuted",
                language,
                violations=number(permuted["violations"], language),
                tests=number(permuted["tests"], language),
                share=percentage(permuted["share"], language, 0),
                mean=percentage(permuted["mean_share"], language, 0),
                p=number(permuted["p_value"], language, 3),
            )
        ),
    ]
    if not permuted["informative"]:
        share = percentage(permuted["equivalent"], language, 0)
        blocks.append(Paragraph(text("falsification.uninformative", language, share=share)))
    blocks[1:1] = [
        Paragraph(sentence)
        for sentence in detectable_sentences(summary["undecided_detectable"], language)
    ]
    if document["failed_tests"]:
        failed = number(len(document["failed_tests"]), language)
        blocks.append(Paragraph(text("brief.attacks.failed", language, number=failed)))
    violated = [row for row in document["independences"] if row["verdict"] == "violated"]
    if violated:
        blocks.append(_violated(violated, spec, language))
    return tuple(blocks)


def _violated(found: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language) -> Table:
    columns = ("pair", "coefficient", "tail", "q")
    rows: list[Row] = [
        {
            "pair": f"{spec.label(row['cause'], language)} → {spec.label(row['effect'], language)}",
            "coefficient": "\n".join(interval_text(item, language) for item in row["coefficients"]),
            "tail": numeral(row["tail"], language, 3),
            "q": numeral(row["q"], language, 3),
        }
        for row in found
    ]
    titles = {name: text(f"falsification.column.{name}", language) for name in columns}
    caption = text("falsification.verdict.violated", language)
    return table_of("violated", caption, titles, rows, numeric=("tail", "q"))


def _refuted(
    document: Mapping[str, Any], spec: CausalSpec, language: Language
) -> tuple[Block, ...]:
    """One table for all effects, and beneath it once what holds for all of them."""
    queries = document["queries"]
    if not queries:
        return _skipped(document, spec, language)
    columns = ("effect", "structural", "attack", "found", "verdict")
    table = table_of(
        "refuted",
        text("brief.attacks.refuted", language),
        {name: text(f"attacks.column.{name}", language) for name in columns},
        [row for query in queries for row in _attacked(query, spec, language)],
        note=" ".join(_caveats(queries, spec, language)),
    )
    rules = {
        text(
            "brief.attacks.rule",
            language,
            attack=text(f"attacks.name.{item['attack']}", language),
            rule=item["rule"],
        ): None
        for query in queries
        for item in query["attacks"]
    }
    return (BulletList(tuple(rules)), table, *_skipped(document, spec, language))


def _attacked(query: Mapping[str, Any], spec: CausalSpec, language: Language) -> Iterator[Row]:
    verdicts = {True: "passed", False: "refuted", None: "unjudged"}
    effect = text(
        "brief.attacks.refute.caption",
        language,
        cause=spec.label(query["cause"], language),
        effect=spec.label(query["effect"], language),
        estimate=estimate_text(query["estimate"], query["effect"], spec, language),
    )
    for item in query["attacks"]:
        yield {
            "effect": effect,
            "structural": estimate_text(query["structural"], query["effect"], spec, language),
            "attack": text(f"attacks.name.{item['attack']}", language),
            "found": f"{item['sentence']} {item['could_find']}".rstrip(),
            "verdict": text(f"attacks.verdict.{verdicts[item['passed']]}", language),
        }


def _caveats(
    queries: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language
) -> Iterator[str]:
    """Which estimates were attacked, what they assume, and refits that failed or are rough."""
    for estimator in dict.fromkeys(query["estimator"] for query in queries):
        yield text(f"brief.attacks.estimator.{estimator}", language)
    assumed: dict[tuple[str, ...], list[str]] = {}
    for query in queries:
        if query["assumed"]:
            ends = ends_in_words(query, spec, language)
            said = f"{ends['cause']} → {ends['effect']}"
            assumed.setdefault(tuple(query["assumed"]), []).append(said)
    for names, effects in assumed.items():
        labels = ", ".join(spec.label(name, language) for name in names)
        effect = ", ".join(effects)
        yield text("brief.attacks.assumed", language, effects=effect, names=labels)
    attacks = [item for query in queries for item in query["attacks"]]
    refits = [row for item in attacks for row in item["refits"]]
    counts = {
        "refits": len(refits) + sum(len(item["failed"]) for item in attacks),
        "failed": sum(len(item["failed"]) for item in attacks),
        "rough": sum(not row["converged"] for row in refits),
    }
    if counts["failed"] or counts["rough"]:
        shown = {name: number(value, language) for name, value in counts.items()}
        yield text("brief.attacks.refits", language, **shown)


def _varied(document: Mapping[str, Any], spec: CausalSpec, language: Language) -> tuple[Block, ...]:
    return (
        *sensitivity_blocks(document, spec, language),
        *_skipped(document, spec, language),
    )


def _skipped(
    document: Mapping[str, Any], spec: CausalSpec, language: Language
) -> tuple[Block, ...]:
    """Effects that were not attacked, with the reason."""
    found = [
        text(
            "attacks.skipped",
            language,
            **ends_in_words(item, spec, language),
            reason=item["reason"],
        )
        for item in document["not_attacked"]
    ]
    return (BulletList(tuple(found)),) if found else ()
