"""Attacks on a folder of outputs: what it names of one to nine persons, in any way known.

The attacker has the outputs, the names of levels and the rules of docs/privacy.md; what is few in
truth is used only to find numbers that stand beside a few by name.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pypdf

from attack import attacker
from attack.programs import Program
from vm2causal.disclosure.digits import share_step

type Row = Mapping[str, Any]

_PERSONS = (
    r"(?:pupils?|persons?|starters?|leavers?|girls?|boys?|leerling\w*|personen|rows?(?! that name))"
)
_SAID = re.compile(rf"(?<![\w.,–−-])([1-9])\s+{_PERSONS}\b", re.I)
_PARTS = ("cause", "effect", "group", "by", "sector", "variable", "label", "name", "level")
_NOT_OF_DATA = frozenset({"level", "alpha", "year", "per", "people", "ess_bulk", "rhat"})


def won(folder: Path, few: frozenset[tuple[str, str]]) -> list[str]:
    """Everything that is named of one to nine persons.

    Parameters
    ----------
    few
        Variables and levels that one to nine persons have, in truth.
    """
    documents = {path.name: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    tables = {path.name: _rows(path) for path in sorted(folder.rglob("*.csv"))}
    found = [f"said: {said}" for said in _said(folder)]
    for name, document in [*documents.items(), *tables.items()]:
        found += [f"{name}: {what}" for what in _beside_few(document, few)]
    found += _differences(documents)
    found += _shares(documents)
    found += _spreads(documents)
    found += _careers(tables.get("trajectories.csv", []), documents)
    found += _mixtures(documents)
    return found


def _rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            {name: _plain(cell) for name, cell in row.items()} for row in csv.DictReader(stream)
        ]


def _plain(cell: str) -> Any:
    try:
        return float(cell) if cell != "" else None
    except ValueError:
        return cell


def _said(folder: Path) -> Iterator[str]:
    """Numbers of persons in words: on the console, in the page, its scripts and the PDF."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.txt")}
    for path in folder.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        texts[path.name] = re.sub(r"<style.*?</style>|<[^>]*>", " ", page, flags=re.S)
        texts[f"{path.name} (in marks)"] = " ".join(re.findall(r'="([^"]*)"', page))
    for path in folder.rglob("*.pdf"):
        texts[path.name] = " ".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    for path in folder.rglob("*.svg"):
        texts[path.name] = re.sub(r"<[^>]*>", " ", path.read_text(encoding="utf-8"))
    for name, text in texts.items():
        for match in _SAID.finditer(text):
            yield f"{name}: …{text[max(match.start() - 40, 0) : match.end() + 20]!r}"


def _mappings(document: Any) -> Iterator[Row]:
    if isinstance(document, Mapping):
        yield document
        for value in document.values():
            yield from _mappings(value)
    elif isinstance(document, Sequence) and not isinstance(document, str):
        for value in document:
            yield from _mappings(value)


def _has_number(row: Row) -> bool:
    """Whether a number of the data stands in a row, or in a summary within it."""
    for name, value in row.items():
        if isinstance(value, Mapping) and _has_number(value):
            return True
        if isinstance(value, list) and any(
            isinstance(v, Mapping) and _has_number(v) for v in value
        ):
            return True
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and name not in _NOT_OF_DATA and not str(name).endswith("_level"):
            return True
    return False


def _beside_few(document: Any, few: frozenset[tuple[str, str]]) -> Iterator[str]:
    """Rows with numbers that name a level which few have, or a variable of two of that kind."""
    for row in _mappings(document):
        named = {str(row[part]) for part in _PARTS if row.get(part) is not None}
        named |= {f"{row.get('variable')}[{row.get('level')}]"}
        named |= {f"{row.get('cause')}[{row.get('cause_level')}]"}
        named |= {f"{row.get('effect')}[{row.get('effect_level')}]"}
        for side in re.split(r" vs ", str(row.get("contrast") or "")):
            named |= {f"{row.get('cause')}[{side}]"}
        text = " ".join(named)
        for variable, level in few:
            whole = level == "" and re.search(rf"(?<!\w){re.escape(variable)}(?!\w)", text)
            by_level = level and f"{variable}[{level}]" in text
            as_group = level and row.get("by") == variable and row.get("group") == level
            as_sector = level and variable == "sector" and row.get("sector") == level
            counted = {"rows", "used", "missing", "imputed"} <= set(row) or "points" in row
            if (whole or by_level or as_group or as_sector) and not counted and _has_number(row):
                yield f"{variable}={level}: {json.dumps(row)[:160]}"


def _differences(documents: Mapping[str, Any]) -> Iterator[str]:
    """Numbers of the same persons that differ by few."""
    fit = documents.get("fit.json", {})
    if fit.get("unit") == "row":
        numbers = {
            row[name]
            for row in _mappings(fit)
            for name in ("rows", "used", "missing", "imputed", "points")
            if isinstance(row.get(name), int)
        }
        numbers |= {
            sum(row.values())
            for row in _mappings({name: of for name, of in fit.items() if name != "settings"})
            if row and set(map(type, row.values())) == {int}
        }
        whole = max(numbers, default=0)
        for number in sorted(numbers):
            for few in (number, whole - number):
                if few in attacker.FEW:
                    yield f"rows: {whole} and {number} differ by {few}"
    left_out = fit.get("pupils_left_out")
    if left_out in attacker.FEW:
        yield f"left out: {left_out}"


def _persons(documents: Mapping[str, Any]) -> int:
    fit = documents["fit.json"]
    return max((row["rows"] for row in fit["variables"]), default=0) if fit["unit"] == "row" else 0


def _shares(documents: Mapping[str, Any]) -> Iterator[str]:
    """Shares of a known number of persons, in full or through a distance from what is expected."""
    fit = documents.get("fit.json")
    if not fit or not (persons := _persons(documents)):
        return
    step = share_step(persons)
    for row in fit["posterior_predictive"]:
        if row["statistic"] != "share":
            continue
        # what is no multiple of a step was not rounded to one
        middle = row["mean"] + row["distance"] * row["sd"]
        in_steps = abs(middle / step - round(middle / step)) * step < 0.1 / persons
        told = attacker.had_event(row, persons, step if in_steps else 0.0)
        for left in (told, {persons - k for k in told}):
            if attacker.won(left):
                yield f"share: {row['variable']} {row['level']}: {left}"
    for name, document in documents.items():
        for row in _mappings(document):
            kept = row.get("kept")
            if isinstance(kept, float) and attacker.won(attacker.left_out_by(kept, persons, step)):
                yield f"{name}: kept {kept} of {persons}"


def _spreads(documents: Mapping[str, Any]) -> Iterator[str]:
    """The same coefficient in two units."""
    persons = _persons(documents) if documents.get("fit.json") else 0
    for row in documents.get("effects.json", {}).get("arrows", []):
        if persons and row.get("standardised") and row.get("link") and row["contrast"]:
            found = attacker.had_by_spread(row, persons)
            if found and max(min(k, persons - k) for k in found) < 10:
                yield f"spread of {row['cause']}: {sorted(found)}"


def _careers(rows: Sequence[Row], documents: Mapping[str, Any]) -> Iterator[str]:
    """Positions of each cohort's starters by year, with shares of all of them from the checks."""
    program, targets = Program(), {}
    starters: dict[tuple[str, int], float] = {}
    for row in rows:
        group, year, number = str(row["group"]), int(row["year"]), row["starters"]
        name = program.unknown(f"{group} {row['position']} {year}", number)
        starters[group, year] = number
        targets[name] = {name: 1.0}
        if row["observed"] is not None:
            # followed through, a share need not be of whole pupils
            _within(program, {name: 1.0}, number, row["observed"])
    for (group, year), number in starters.items():
        parts = [
            name for name in targets if name.startswith(f"{group} ") and name.endswith(f" {year}")
        ]
        rest = program.unknown(f"{group} elsewhere {year}", number)
        program.learn(dict.fromkeys([*parts, rest], 1.0), number, number)
    for one, two in combinations(list(targets), 2):
        (group, position, year), (other, same, later) = one.split(), two.split()
        if (group, position) == (other, same):
            targets[f"{one} to {later}"] = {two: 1.0, one: -1.0}
            if position == "sk":
                program.learn({two: 1.0, one: -1.0}, 0, float("inf"))
    _learn_from_checks(program, starters, documents)
    for name, target in targets.items():
        if program.names(target) or program.names({u: -of for u, of in target.items()}):
            yield f"careers: {name}"


def _learn_from_checks(
    program: Program, starters: Mapping[tuple[str, int], float], documents: Mapping[str, Any]
) -> None:
    """What shares of everybody's first year say of the cohorts together."""
    first = {group: number for (group, year), number in starters.items() if year == 1}
    for row in documents.get("fit.json", {}).get("posterior_predictive", []):
        if row["variable"] in ("vsv", "sk") and row["year"] == 1 and row["sector"] is None:
            sums = {f"{group} {row['variable']} 1": 1.0 for group in first}
            if len(first) > 1 and set(sums) <= set(program.highest):
                _within(program, sums, sum(first.values()), row["observed"])


def _within(program: Program, sums: Mapping[str, float], persons: float, told: float) -> None:
    """What a share in steps says of a number of persons."""
    reach = persons * share_step(persons) / 2 + 1
    program.learn(sums, persons * told - reach, persons * told + reach)


def _mixtures(documents: Mapping[str, Any]) -> Iterator[str]:
    """Answers for everybody as weighted sums of those for places, of which one is not answered."""
    answers: dict[tuple[str, str, str], dict[str | None, float]] = {}
    for name, document in documents.items():
        if name.startswith("what-if"):
            for row in document["outcomes"]:
                for part in ("now", "then"):
                    key = (str(document["do"]), row["outcome"], part)
                    answers.setdefault(key, {})[document["place"]] = row[part]["mean"]
    places = sorted({p for found in answers.values() for p in found if p not in (None, "T1", "T2")})
    whole = {key: found for key, found in answers.items() if {None, *places} <= set(found)}
    if len(places) < 2 or not whole:
        return
    for persons in (60, 120, 240, 400):
        program = Program()
        sizes = {place: program.unknown(f"in {place}", persons) for place in places}
        rest = program.unknown("in the rest", 9)
        program.learn(dict.fromkeys([*sizes.values(), rest], 1.0), persons, persons)
        for number, found in enumerate(whole.values()):
            shown = [found[place] for place in places]
            low, high = min(shown), max(shown)
            mean = program.unknown(f"answer {number}", 9 * max(abs(low), abs(high)), whole=False)
            program.learn({mean: 1.0, rest: -high}, float("-inf"), 0)
            program.learn({mean: 1.0, rest: -low}, 0, float("inf"))
            allowed = persons * 2 * max(map(attacker.slack, found.values()))
            middle = persons * found[None]
            sums = {sizes[place]: found[place] for place in places} | {mean: 1.0}
            program.learn(sums, middle - allowed, middle + allowed)
        if program.names({rest: 1.0}):
            yield f"mixture: the rest of {persons}"
