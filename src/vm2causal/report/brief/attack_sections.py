"""What attacks left standing, from the documents that the attacking commands print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vm2causal.report.brief.blocks import (
    Block,
    BulletList,
    Cell,
    Paragraph,
    Picture,
    Section,
    Table,
)
from vm2causal.report.brief.table_cells import Row, numeral, sorted_by, table_of
from vm2causal.report.effect_rows import interval_text, is_share
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, percentage, text

ATTACKS: Final = ("test", "refute", "sensitivity")
"""The attacking commands, whose documents a brief takes up."""

Documents = Mapping[str, Mapping[str, Any]]
"""What each command printed, by its name; those that were not run are not in it."""


def refuted_effects(documents: Documents, language: Language) -> dict[tuple[str, str], str]:
    """Effects that an attack brought down, with the attack in words."""
    found = {}
    for query in documents.get("refute", {}).get("queries", ()):
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
    spec: CausalSpec,
    fit: str,
    pictures: Sequence[Picture],
    language: Language,
) -> Section:
    """Every attack with what it found; of those not made, how to make them.

    Parameters
    ----------
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
    tables = [_attacked(query, spec, language) for query in document["queries"]]
    return (*tables, *_skipped(document, spec, language))


def _skipped(
    document: Mapping[str, Any], spec: CausalSpec, language: Language
) -> tuple[Block, ...]:
    """Effects that were not attacked, with the reason."""
    found = [
        text("attacks.skipped", language, **_ends(item, spec, language), reason=item["reason"])
        for item in document["not_attacked"]
    ]
    return (BulletList(tuple(found)),) if found else ()


def _attacked(query: Mapping[str, Any], spec: CausalSpec, language: Language) -> Table:
    columns = ("attack", "rule", "found", "verdict")
    caption = text(
        "brief.attacks.refute.caption",
        language,
        cause=spec.label(query["cause"], language),
        effect=spec.label(query["effect"], language),
        estimate=_estimate(query["estimate"], query["effect"], spec, language),
    )
    verdicts = {True: "passed", False: "refuted", None: "unjudged"}
    rows: list[Row] = [
        {
            "attack": text(f"attacks.name.{item['attack']}", language),
            "rule": item["rule"],
            "found": item["sentence"],
            "verdict": text(f"attacks.verdict.{verdicts[item['passed']]}", language),
        }
        for item in query["attacks"]
    ]
    return table_of(
        f"refute-{query['cause']}-{query['effect']}",
        caption,
        {name: text(f"attacks.column.{name}", language) for name in columns},
        rows,
        note=_caveats(query, spec, language),
    )


def _caveats(query: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    """What the attacked estimate assumes, and refits that failed or did not converge."""
    said = []
    if query["assumed"]:
        names = ", ".join(spec.label(name, language) for name in query["assumed"])
        said.append(text("attacks.assumed", language, **_ends(query, spec, language), names=names))
    refits = [row for item in query["attacks"] for row in item["refits"]]
    failed = sum(len(item["failed"]) for item in query["attacks"])
    failed += sum(not row["converged"] for row in refits)
    if failed:
        said.append(
            text(
                "brief.attacks.refits",
                language,
                failed=number(failed, language),
                refits=number(len(refits), language),
            )
        )
    return " ".join(said)


def _varied(document: Mapping[str, Any], spec: CausalSpec, language: Language) -> tuple[Block, ...]:
    blocks: list[Block] = []
    if document["confounding"]:
        blocks.append(_tipping(document["confounding"], spec, language))
    benchmarks = [(item, row) for item in document["confounding"] for row in item["benchmarks"]]
    if benchmarks:
        blocks.append(_benchmarks(benchmarks, spec, language))
    if document["front_door"]:
        blocks.append(_front_door(document["front_door"], spec, language))
    if document["missing"]:
        blocks.append(_missing(document["missing"], spec, language))
    blocks.append(_priors(document["priors"], language))
    return (*blocks, *_skipped(document, spec, language))


def _front_door(found: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language) -> Table:
    columns = ("cause", "effect", "mediators", "violation", "then")
    hidden = ", ".join(
        spec.label(name, language) for name, item in spec.variables.items() if not item.observed
    )
    rows: list[Row] = [
        {
            **_ends(row, spec, language),
            "mediators": ", ".join(spec.label(name, language) for name in row["mediators"]),
            "violation": text(
                f"sensitivity.violation.{row['violation']}",
                language,
                size=number(row["size"], language, 1),
                hidden=hidden,
            ),
            "then": sorted_by(_estimate(row["total"], row["effect"], spec, language), row["total"]),
        }
        for row in found
    ]
    return table_of(
        "front-door",
        text("sensitivity.front_door.title", language),
        {name: text(f"sensitivity.column.{name}", language) for name in columns},
        rows,
        numeric=("then",),
    )


def _missing(found: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language) -> Table:
    columns = ("cause", "effect", "shift", "then")
    rows: list[Row] = [
        {
            **_ends(row, spec, language),
            "shift": numeral(row["shift"], language, 1),
            "then": sorted_by(
                _estimate(row["shifted"], row["effect"], spec, language), row["shifted"]
            ),
        }
        for row in found
    ]
    return table_of(
        "missing",
        text("sensitivity.missing.title", language),
        {name: text(f"sensitivity.column.{name}", language) for name in columns},
        rows,
        numeric=("shift", "then"),
    )


def _tipping(found: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language) -> Table:
    columns = ("cause", "effect", "estimate", "tipping_interval", "tipping_mean", "e_value")
    rows: list[Row] = [
        {
            **_ends(item, spec, language),
            "estimate": sorted_by(
                _estimate(item["estimate"], item["effect"], spec, language), item["estimate"]
            ),
            "tipping_interval": _product(item, "tipping_interval", language),
            "tipping_mean": _product(item, "tipping_mean", language),
            "e_value": _e_value(item["e_value"], language),
        }
        for item in found
    ]
    return table_of(
        "tipping",
        text("sensitivity.confounding.title", language),
        {name: text(f"sensitivity.column.{name}", language) for name in columns},
        rows,
        numeric=columns[2:],
    )


def _estimate(value: Mapping[str, float], effect: str, spec: CausalSpec, language: Language) -> str:
    return interval_text(value, language, share=is_share(spec, effect), signed=True)


def _e_value(found: Mapping[str, float | None], language: Language) -> str:
    """Of the estimate, and of the end of its interval; infinite ones are no JSON numbers."""
    shown = [
        "∞" if found[name] is None else number(found[name] or 0.0, language, 2)
        for name in ("estimate", "limit")
    ]
    return f"{shown[0]} ({shown[1]})"


def _product(item: Mapping[str, Any], name: str, language: Language) -> Cell:
    """Where the effect tips; beyond the curve where it does not on it."""
    if item[name] is not None:
        return numeral(item[name], language, 2)
    last = max(abs(row["product"]) for row in item["curve"])
    return Cell(text("sensitivity.beyond", language, number=number(last, language, 2)), last)


def _benchmarks(
    found: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]],
    spec: CausalSpec,
    language: Language,
) -> Table:
    columns = ("cause", "effect", "variable", "a", "b", "then")
    rows: list[Row] = [
        {
            **_ends(item, spec, language),
            "variable": spec.label(row["variable"], language),
            "a": numeral(row["a"], language, 2),
            "b": numeral(row["b"], language, 2),
            "then": sorted_by(
                _estimate(row["effect"], item["effect"], spec, language), row["effect"]
            ),
        }
        for item, row in found
    ]
    return table_of(
        "benchmarks",
        text("sensitivity.benchmarks.title", language),
        {name: text(f"sensitivity.column.{name}", language) for name in columns},
        rows,
        numeric=columns[3:],
    )


def _ends(item: Mapping[str, Any], spec: CausalSpec, language: Language) -> dict[str, str]:
    return {name: spec.label(item[name], language) for name in ("cause", "effect")}


def _priors(found: Sequence[Mapping[str, Any]], language: Language) -> Block:
    flagged = [row for row in found if row["flag"] != "none"]
    if not flagged:
        return Paragraph(text("sensitivity.priors.none", language))
    columns = ("quantity", "prior", "likelihood", "flag")
    rows: list[Row] = [
        {
            "quantity": row["quantity"],
            "prior": numeral(row["prior"], language, 2),
            "likelihood": numeral(row["likelihood"], language, 2),
            "flag": text(f"sensitivity.flag.{row['flag']}", language),
        }
        for row in flagged
    ]
    return table_of(
        "priors",
        text("sensitivity.priors.title", language),
        {name: text(f"sensitivity.column.{name}", language) for name in columns},
        rows,
        numeric=("prior", "likelihood"),
    )
