"""What must be known of a fit's data and checks before any number of it, one sentence a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vm2causal.disclosure import MINIMUM, Released, small_count
from vm2causal.model.data.own_level import crossed_groups
from vm2causal.report.words.gate import gate_lines
from vm2causal.report.words.reading import outlier_lines
from vm2causal.report.words.selection import selection_lines
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, text
from vm2causal.workflow.answer_lines import standing_lines, unanswered_lines
from vm2causal.workflow.structural import PreparedFit


def preparation_lines(prepared: PreparedFit, language: Language) -> Iterator[str]:
    """What its user must know of the data before they are fitted."""
    adapted, data = prepared.adapted, prepared.data
    if data.origin.value == "synthetic":
        yield text("fit.synthetic", language)
    for remark in prepared.remarks:
        yield remark.in_language(language)
    through, back = (
        [f"{cause} → {effect}" for cause, effect in pairs]
        for pairs in (adapted.unfitted.through, adapted.back_in_time)
    )
    found = {
        "missing": adapted.missing,
        "items_left_out": adapted.items_left_out,
        "left_out": adapted.left_out,
        "through": through,
        "back_in_time": back,
    }
    yield from _named(found, language)
    for item in prepared.varied:
        arrows = ", ".join(f"{cause} → {effect}" for cause, effect in item.arrows)
        yield text("fit.varied", language, by=item.by, arrows=arrows)
    for idle in prepared.idle:
        named = {"cause": idle.cause, "effect": idle.effect, "by": idle.by}
        yield text(f"fit.idle.{idle.reason.value}", language, **named)
    for inner, outer in crossed_groups(data):
        yield text("fit.crossed", language, inner=inner, outer=outer)
    unanswerable = [item.to_dict() for item in prepared.unanswerable]
    yield from unanswered_lines(unanswerable, adapted.spec, language)
    yield from selection_lines(prepared.populations.to_dict(), adapted.spec, language)
    if data.dropped:
        few = small_count(data.dropped)
        said = (
            text("disclosure.few", language, minimum=MINIMUM)
            if few
            else number(data.dropped, language)
        )
        yield text("fit.pupils_left_out", language, number=said)
    if data.rows is not None:
        yield _rows_read(prepared, language)
    if data.unit == "row":
        yield text("fit.rows_kept", language)


def fit_lines(record: Released, spec: CausalSpec, language: Language) -> Iterator[str]:
    """What the record of a fit says: how it was computed, what it licenses, what it lacks."""
    found = record["diagnostics"]
    yield text(
        f"fit.diagnostics.{'passed' if found['passed'] else 'failed'}",
        language,
        failures=", ".join(found["failures"]),
        rhat=number(found["rhat_max"], language, 3),
        ess=number(found["ess_bulk_min"], language),
        divergences=number(found["divergences"], language),
    )
    if found["passed"] and "gate" in record:
        yield from gate_lines(record["gate"], spec, language)
    yield from standing_lines(record, language)
    missing = {name: record.get(name, ()) for name in ("missing", "items_left_out", "left_out")}
    yield from _named(missing, language)
    yield from unanswered_lines(record["unanswerable"], spec, language)
    yield from selection_lines(record.get("selection"), spec, language)
    yield from outlier_lines(record, spec, language)


def _named(found: Mapping[str, Sequence[str]], language: Language) -> Iterator[str]:
    for key, names in found.items():
        if names:
            yield text(f"fit.{key}", language, names=", ".join(names))


def _rows_read(prepared: PreparedFit, language: Language) -> str:
    data = prepared.data
    if data.rows is not None and data.rows.value == "persons":
        return text("fit.rows.persons", language, number=number(len(data.units), language))
    declared = prepared.adapted.spec.rows is not None
    return text("fit.rows.units" if declared else "fit.rows.either", language)
