"""Whether tests that begin with few draws come to the usual verdicts, and at what cost.

Run: uv run python benchmarks/first_look.py FIT
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from vm2causal.checks.falsify.absent_arrow import SETTINGS
from vm2causal.checks.falsify.falsification import (
    FIRST,
    Independences,
    independence_tasks,
    judge,
    unsettled,
)
from vm2causal.checks.falsify.independence_plan import plan_tests
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.refits import run_tasks
from vm2causal.workflow.effects import open_fit


def main(fit: Path) -> None:
    """Make every test with few draws and with the usual number."""
    opened = open_fit(fit)
    data, plan = opened.forward.data, plan_tests(opened.forward)

    def made(settings: SamplerSettings) -> Independences:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            tasks = independence_tasks(data, plan, folder=place, seed=1, settings=settings)
            return judge(plan, run_tasks(tasks, folder=place))

    few, usual = made(FIRST), made(SETTINGS)
    pairs = list(zip(few.table["cause"], few.table["effect"], strict=True))
    near = [pair in unsettled(few) for pair in pairs]
    tried = [test.untested is None for test in plan]
    again = sum(one and other for one, other in zip(near, tried, strict=True))
    differs = (few.table["verdict"] != usual.table["verdict"]).tolist()
    missed = sum(one and not other for one, other in zip(differs, near, strict=True))
    lengths = [one.draws + one.tune for one in (FIRST, SETTINGS)]
    cost = (sum(tried) * lengths[0] + again * lengths[1]) / (sum(tried) * lengths[1])
    print(f"tests {sum(tried)}, near a limit {again}, other verdict with few draws {sum(differs)}")
    print(f"of these not near a limit {missed}; iterations {cost:.2f} of the usual number")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
