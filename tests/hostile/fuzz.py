"""Seeded inputs that a stranger may send, at every door: status 0 or 2, and never a traceback.

::

    PYTHONPATH=tests uv run python -m hostile.fuzz --inputs 1000 [--door duo] [--seed 1]
        [--seconds 60]

Whole files are changed in one to three places: letters are lost, doubled or replaced, a word or a
cell becomes one that has made readers stumble before, a value of JSON becomes of another type.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

from command_line import run

Arguments = tuple[object, ...]

AWKWARD = (
    "", " ", "0", "-1", "1", "1e308", "1e999", "-0", "nan", "NA", "inf", "null", "true", "~",
    "=1+1",
    "é", "\u202e", "\u0000", "\ud7ff", "'", '"', "#", "*", "&a", "!!x", "%", "{}", "[]", "a" * 300,
    "99999999999999999999", "0x10", "1_000", "1,5", "01-01-0001", "31-02-2009", "2009-13-01", "|",
    ";",
    "->", "<-", "<->", "experiment", "school", "vsv", "chain", "draw",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**70, 0.5, 1e308, "", "x", "1", [], {}, [None], {"a": 1}, [[]],
)  # fmt: skip

MODEL = """schema: vm2causal/model/1
name: example
variables:
  g: {kind: nominal, levels: [a, b], reference: a}
  c: {kind: count, trials: n}
  x: {label: {nl: x, en: x}}
  o: {kind: ordinal, levels: [low, mid, high]}
  u: {observed: false}
arrows:
  - {from: g, to: x, evidence: supported, sign: "+"}
  - {from: x, to: c}
  - {from: u, to: x}
  - {from: o, to: c}
rows: units
groups: [herd]
queries:
  - {cause: x, effect: c, kind: total}
"""
TABLE = "g,c,n,x,o,herd\n" + "".join(
    f"{'ab'[row % 2]},{row % 4},{4 + row % 3},{row / 3:.2f},"
    f"{('low', 'mid', 'high')[row % 3]},h{row % 5}\n"
    for row in range(30)
)
DUO = {
    "inschrijvingen.csv": "pseudoniem;brin;vestiging;teldatum;opleiding;geslacht;"
    "geboortedatum;lwoo\n"
    + "".join(
        f"{name};00AB;01;01-10-20{year:02d};VM2T;{sex};15-03-1994;N\n"
        for name, sex in (("a", "M"), ("b", "V"), ("c", "M"))
        for year in (8, 9, 10)
    ),
    "diplomas.csv": "pseudoniem;datum;niveau\na;15-06-2010;mbo-2\n",
    "experimenten.csv": (
        "experiment;brin;vestiging;opleiding;sector;tranche\nE;00AB;01;VM2T;techniek;T1\n"
    ),
}
EVENTS = "group,time,events,percent,trials,clusters,treated_from\n" + "".join(
    f"{group},{time},{events},{percent},{trials},{clusters},{since}\n"
    for group, since, clusters, rows in (
        ("A", 3, 30, (("300", "", "2000"), ("", "15.5", "1990-2010"), ("3-9", "", "400"))),
        ("B", "", "", (("400", "", "2000"), ("<5", "", "40"), ("404", "", "2000"))),
        ("C", "", "", (("380", "", "2000"), ("384", "", "2000"), ("", "19.5", "2000"))),
    )
    for time, (events, percent, trials) in enumerate(rows, start=1)
)
COUNTS = "group,time,events,trials\nA,1,300,2000\nA,2,200,2000\nB,1,400,2000\nB,2,404,2000\n"
GROUPS = "group,treated_from,clusters\nA,2,30\nB,,20\n"
PAIR = {"cause": "samenwerking", "effect": "vsv"}
PREDICTED = {"variable": "binding", "statistic": "mean", "observed": 0.1, "item": None} | {
    "level": None, "year": 2009, "sector": None
}  # fmt: skip
SAID: dict[str, Any] = {
    "missing": ["binding"],
    "left_out": ["binding"],
    "items_left_out": ["binding_1"],
    "not_fitted": [PAIR | {"evidence": "supported", "sign": "+", "hardly_varies": True}],
    "through": [PAIR | {"variables": ["binding"]}],
    "back_in_time": [PAIR],
    "idle": [PAIR | {"by": "binding", "reason": "one_level"}],
    "unanswerable": [PAIR | {"kind": "direct", "reason": {"nl": "Niet.", "en": "Not."}}],
    "prior_predictive": [PREDICTED | {"lower": 0.0, "upper": 1.0, "outside": False}],
    "prior_sensitivity": [
        PAIR | {"contrast": "1 vs 0", "prior": 0.1, "likelihood": 0.3, "flag": "none"}
    ],
    "loo_pit": [{"variable": "binding", "points": 9, "unreliable": 0.0, "p": 0.5, "verdict": "ok"}],
}
"""Rows of every kind, so that their words and names are changed too."""
DOT = 'digraph g { a -> b; b -> c; a [label="x y"]; u [latent=true]; u -> a; u -> c; }\n'
DAGITTY = "dag { a [exposure] c [outcome] u [latent] a -> b -> c ; u -> a ; u -> c ; a <-> c }\n"


@dataclass
class Found:
    """What came of the inputs of one door."""

    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    faults: list[str] = field(default_factory=list)


def changed(text: str, rng: random.Random) -> str:
    """A text with something else in one place."""
    if not text:
        return rng.choice(AWKWARD)
    start = rng.randrange(len(text))
    end = min(len(text), start + rng.choice((0, 1, 1, 2, 5, 20)))
    what = rng.randrange(5)
    if what == 0:
        return text[:start] + text[end:]
    if what == 1:
        return text[:end] + text[start:]
    if what == 2:
        return text[:start] + rng.choice(AWKWARD) + text[end:]
    if what == 3:
        lines = text.splitlines(keepends=True)
        one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
        return "".join(lines[: rng.choice((len(lines), one + 1))])
    marks = [place for place, letter in enumerate(text) if letter in ";,: {}[]\n->"]
    if len(marks) < 2:
        return text + rng.choice(AWKWARD)
    place = rng.randrange(len(marks) - 1)
    return text[: marks[place] + 1] + rng.choice(AWKWARD) + text[marks[place + 1] :]


def changed_value(value: Any, rng: random.Random) -> Any:
    """A value of JSON with another one in one place of it."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(sorted(value))
        if rng.random() < 0.1:
            return {name: item for name, item in value.items() if name != key}
        return value | {key: changed_value(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.8:
        place = rng.randrange(len(value))
        return [*value[:place], changed_value(value[place], rng), *value[place + 1 :]]
    return rng.choice(VALUES)


def several(text: str, rng: random.Random) -> str:
    for _ in range(rng.choice((1, 1, 2, 3))):
        text = changed(text, rng)
    return text


def written(path: Path, text: str) -> Path:
    path.write_bytes(text.encode("utf-8", errors="surrogatepass"))
    return path


def graph_door(folder: Path, rng: random.Random) -> Arguments:
    name, text = rng.choice((("g.dot", DOT), ("g.txt", DAGITTY)))
    path = written(folder / name, several(text, rng))
    return ("model", "import", path, "--out", folder / "imported.yaml")


def model_door(folder: Path, rng: random.Random) -> Arguments:
    return ("model", "check", written(folder / "m.yaml", several(MODEL, rng)))


def table_door(folder: Path, rng: random.Random) -> Arguments:
    model = written(folder / "m.yaml", MODEL)
    table = written(folder / "t.csv", several(TABLE, rng))
    return ("study", "check", table, "--model", model)


def study_door(folder: Path, rng: random.Random) -> Arguments:
    from study_examples import write_files

    study = write_files(folder / "study")
    path = rng.choice(sorted(item for item in study.iterdir() if item.is_file()))
    written(path, several(path.read_text(encoding="utf-8"), rng))
    return ("study", "check", study)


def duo_door(folder: Path, rng: random.Random) -> Arguments:
    source = folder / "levering"
    source.mkdir()
    for name, text in DUO.items():
        written(source / name, text)
    name = rng.choice(sorted(DUO))
    written(source / name, several(DUO[name], rng))
    return ("study", "adapt", source, folder / "studie", "--adapter", "duo")


def record_door(folder: Path, rng: random.Random) -> Arguments:
    fit = Path(shutil.copytree(_whole_fit(), folder / "fit"))
    record = json.loads((fit / "run.json").read_text(encoding="utf-8")) | SAID
    (fit / "run.json").write_text(json.dumps(changed_value(record, rng)), encoding="utf-8")
    return (rng.choice(("effects", "verify")), fit)


def run_door(folder: Path, rng: random.Random) -> Arguments:
    """A run as ``run`` leaves it without the monitor, and something else in one of its records."""
    out = folder / "run"
    fit = Path(shutil.copytree(_whole_fit(), out / "study-fit"))
    made = json.loads((fit / "run.json").read_text(encoding="utf-8"))
    same = ("python", "versions", "machine", "seed", "data_sha256", "origin")
    told = ("origin", "model_sha256", "source_sha256", "draws_sha256", "diagnostics", "gate")
    record = {"schema": "vm2causal/run/2"} | {name: made[name] for name in same} | {
        "language": "nl", "files": ["study.html"], "command": "vm2causal run --seed 1",
        "study": {name: made[name] for name in told},
    }  # fmt: skip
    written(out / "study.html", "<p>")
    told_of = rng.random() < 0.7
    text = json.dumps(changed_value(record, rng) if told_of else record)
    if rng.random() < 0.2:
        text = several(text, rng)
    # who changes a record changes its digest too, which tells damage alone
    at = sha256(written(out / "run.json", text).read_bytes()).hexdigest()
    files = {"study.html": [sha256(b"<p>").hexdigest()], "run.json": [at]}
    listing = {"schema": "vm2causal/files/1", "files": files}
    written(out / "files.json", json.dumps(listing if told_of else changed_value(listing, rng)))
    return ("verify", out, *rng.choice(((), ("--json",))))


def did_door(folder: Path, rng: random.Random) -> Arguments:
    if rng.random() < 0.5:
        return ("did", "check", written(folder / "t.csv", several(EVENTS, rng)))
    source = folder / "tables"
    source.mkdir()
    tables = {"counts.csv": COUNTS, "groups.csv": GROUPS}
    changing = rng.choice(sorted(tables))
    for name, text in tables.items():
        written(source / name, several(text, rng) if name == changing else text)
    return ("did", "check", source, *rng.choice(((), ("--json",))))


@cache
def _whole_fit() -> Path:
    """A fit that is made once; it goes with the system's temporary files."""
    from figure_cases import study_fit, written_fit

    return written_fit(study_fit(), Path(mkdtemp(prefix="vm2causal-fuzz-fit-")) / "fit")


def options_door(folder: Path, rng: random.Random) -> Arguments:
    model = written(folder / "m.yaml", MODEL)
    words = (*AWKWARD[:-6], "x", "c", "g", "o", "u", "total", "direct", "mediated", "nl", "en")
    named = rng.sample(("--cause", "--effect", "--kind", "--lang", "--max-sets", "--seconds"), k=2)
    pairs = [part for name in named for part in (name, rng.choice(words))]
    return ("identify", model, *pairs, *rng.choice(((), ("--json",))))


DOORS: Mapping[str, Callable[[Path, random.Random], Arguments]] = {
    "graph": graph_door,
    "model": model_door,
    "table": table_door,
    "study": study_door,
    "duo": duo_door,
    "record": record_door,
    "run": run_door,
    "did": did_door,
    "options": options_door,
}


def tried(
    door: str, *, inputs: int, seed: int, keep: Path | None = None, seconds: float | None = None
) -> Found:
    """Send inputs through a door, no more than go in the time; faults are kept where asked."""
    found = Found()
    began = time.monotonic()
    for number in range(inputs):
        if seconds is not None and time.monotonic() - began > seconds:
            break
        rng = random.Random(f"{door}-{seed}-{number}")
        with TemporaryDirectory(prefix="vm2causal-fuzz-") as made:
            folder = Path(made)
            arguments = DOORS[door](folder, rng)
            found.inputs += 1
            fault = _fault(arguments, found)
            if fault is not None:
                found.faults.append(f"{door}-{seed}-{number}: {fault}")
                if keep is not None:
                    shutil.copytree(folder, keep / f"{door}-{seed}-{number}", dirs_exist_ok=True)
    return found


def _fault(arguments: Arguments, found: Found) -> str | None:
    try:
        done = run(*arguments)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        return f"{type(error).__name__} at {where}: {str(error)[:100]!r}"
    said = done.stdout + done.stderr
    if done.returncode not in (0, 1, 2) or "Traceback" in said:
        return f"status {done.returncode}: {said[-200:]!r}"
    if done.returncode != 0 and not said.strip():
        return f"status {done.returncode} and no word"
    if done.returncode == 0:
        found.accepted += 1
    else:
        found.refused += 1
    return None


def main() -> None:
    """Try doors and print what came of it."""
    parser = argparse.ArgumentParser(description="Inputs of a stranger, at every door.")
    parser.add_argument("--inputs", type=int, default=1_000)
    parser.add_argument("--door", choices=sorted(DOORS), action="append")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--seconds", type=float, help="For each door, at most.")
    given = parser.parse_args()
    for door in given.door or DOORS:
        found = tried(
            door, inputs=given.inputs, seed=given.seed, keep=given.keep, seconds=given.seconds
        )
        print(
            f"{door}: {found.inputs} inputs, {found.accepted} accepted, {found.refused} refused, "
            f"{len(found.faults)} faults",
            flush=True,
        )
        for fault in found.faults:
            print(f"  {fault}")


if __name__ == "__main__":
    main()
