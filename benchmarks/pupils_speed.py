"""What counting ten million pupil records costs, both sides in one run.

``collapse_pupils`` against the bare ``SELECT … GROUP BY`` of DuckDB on the same file, each in a
process of its own; time of the call without imports, and peak memory of the whole process.

Run with ``uv run python benchmarks/pupils_speed.py [ROWS]``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

KEYS = (
    "experiment",
    "geslacht",
    "leeftijd",
    "lwoo",
    "teldatum_1",
    "teldatum_2",
    "teldatum_3",
    "teldatum_4",
)

MAKE = """
    SELECT
        i AS leerling,
        'E' || lpad((i * 7919 % 157)::VARCHAR, 3, '0') AS experiment,
        ['meisje', 'jongen'][1 + (hash(i, 1) % 2)::INT] AS geslacht,
        ['jonger', 'gemiddeld', 'ouder'][1 + (hash(i, 2) % 3)::INT] AS leeftijd,
        ['nee', 'ja'][1 + (hash(i, 3) % 2)::INT] AS lwoo,
        p[1 + (hash(i, 4) % 3)::INT] AS teldatum_1,
        p[1 + (hash(i, 5) % 3)::INT] AS teldatum_2,
        p[1 + (hash(i, 6) % 4)::INT] AS teldatum_3,
        p[1 + (hash(i, 7) % 4)::INT] AS teldatum_4
    FROM (SELECT i, ['vm2', 'ander_onderwijs', 'vsv', 'sk'] AS p FROM range({rows}) t(i))
"""

OURS = """
import resource, sys, time
from pathlib import Path
import pandas
from vm2causal.inputs.study.pupil_counts import collapse_pupils
began = time.perf_counter()
counts = collapse_pupils(Path(sys.argv[1]), keys=sys.argv[2].split(","))
seconds = time.perf_counter() - began
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, counts["leerlingen"].sum())
"""

BARE = """
import resource, sys, time
import pandas
import duckdb
duckdb.sql("SET enable_progress_bar = false")
began = time.perf_counter()
query = f"SELECT {sys.argv[2]}, count(*) AS leerlingen FROM '{sys.argv[1]}' GROUP BY ALL"
counts = duckdb.sql(query).df()
seconds = time.perf_counter() - began
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, counts["leerlingen"].sum())
"""

MIB_PER_UNIT = 1 / 2**20 if sys.platform == "darwin" else 1 / 2**10
"""``ru_maxrss`` counts bytes on macOS and KiB elsewhere."""


def make_files(folder: Path, rows: int) -> list[Path]:
    """Write the same synthetic pupils as Parquet and as CSV."""
    import duckdb

    paths = [folder / "pupils.parquet", folder / "pupils.csv"]
    for path in paths:
        duckdb.sql(f"COPY ({MAKE.format(rows=rows)}) TO '{path}'")
    return paths


def measured(code: str, path: Path) -> tuple[float, float, int]:
    """Seconds, MiB and pupils of one process."""
    command = [sys.executable, "-c", code, str(path), ",".join(KEYS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, peak, pupils = done.stdout.split()
    return float(seconds), float(peak) * MIB_PER_UNIT, int(pupils)


def main() -> None:
    """Print a row per format."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    print(f"{'format':<10}{'pupils':>12}{'ours / bare':>14}{'MiB ours':>12}{'MiB bare':>12}")
    with tempfile.TemporaryDirectory() as folder:
        for path in make_files(Path(folder), rows):
            bare, bare_peak, expected = measured(BARE, path)
            ours, peak, counted = measured(OURS, path)
            if not counted == expected == rows:
                raise SystemExit(f"{path.name}: {counted} pupils counted of {rows}")
            name = path.suffix.removeprefix(".")
            print(f"{name:<10}{counted:>12}{ours / bare:>14.2f}{peak:>12.0f}{bare_peak:>12.0f}")


if __name__ == "__main__":
    main()
