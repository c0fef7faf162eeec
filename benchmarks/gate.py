"""Does the gate let pass what is right, and nothing else? Public sets and simulated designs.

    uv run --group bench python benchmarks/gate.py [--seeds 3] [--only NAME] [--no-public]

Prints two tables in Markdown. Per case: what is known, the reference (published model of lme4 or
nlme, fitted by statsmodels; or the truth), the number that a brief would give, and what the gate
says of it now and what a gate on LOO-PIT and PPC would have said.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

from gate_cases import NOT_ONE, NUMBER, Case, designs, public_sets

from vm2causal.checks.gate.gate import EffectGate, Licence
from vm2causal.effects.averages import averaged_effect
from vm2causal.effects.forward import Forward
from vm2causal.effects.totals import expected_totals
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import fit_structural
from vm2causal.spec import Arrow, CausalSpec, Query, Variable
from vm2causal.workflow.fit_checks import check_fit, declared_totals

SETTINGS = SamplerSettings(draws=1_000, tune=150, chains=4)
WIDTHS = (0.67, 1.5)
"""Shown interval over that of the reference, between which both say the same."""


@dataclass(frozen=True)
class Outcome:
    """What became of one case.

    Parameters
    ----------
    right
        Whether the number that is shown lies where it should, with a width that is right; None
        where no number is shown.
    earlier
        Whether a gate on LOO-PIT and PPC of the effect would have withheld it.
    """

    case: Case
    gate: EffectGate
    reference: tuple[float, float]
    mean: float
    half: float
    right: bool | None
    earlier: bool
    computed: bool

    @property
    def verdict(self) -> str:
        """``right``, ``false alarm``, ``caught``, ``missed`` or ``wrong number``."""
        named = bool(self.gate.failed)
        if self.case.known == NOT_ONE:
            return "caught" if named else "missed"
        if self.gate.licence is Licence.WITHHELD:
            return "false alarm"
        return "right" if self.right else "wrong number"


def judged(case: Case) -> Outcome:
    """Fit and check one case."""
    spec = CausalSpec(
        name="gate",
        variables={
            name: Variable.model_validate({"kind": case.kinds.get(name, "continuous")})
            for name in case.table.columns
            if name not in case.groups
        },
        arrows=[
            Arrow.model_validate(dict(zip(("from", "to"), pair.split(">"), strict=True)))
            for pair in case.arrows.split()
        ],
        groups=case.groups,
        queries=[Query(cause=case.cause, effect=case.effect)],
    )
    fit = fit_structural(table_data(spec, case.table.astype(str)), seed=1, settings=SETTINGS)
    checks = check_fit(fit, unanswerable=[])
    (contrast,) = declared_totals(fit, [])
    forward = Forward(fit.layout, fit.posterior, seed=fit.seed)
    draws = averaged_effect(
        forward,
        expected_totals(forward, contrast, [case.effect])[case.effect],
        weights=forward.data.weights_for(case.effect),
    )
    mean, sd = float(draws["natural"].mean()), float(draws["natural"].std())
    (gate,) = checks.effects
    half = 1.96 * sd * (gate.factor if gate.licence is Licence.WIDER else 1.0)
    reference = case.reference(contrast.high, contrast.low)
    row = next(row for row in checks.predicted if row["variable"] == case.effect)
    return Outcome(
        case,
        gate,
        reference,
        mean,
        half,
        _right(mean, half, reference),
        row["state"] == "failed",
        checks.diagnostics.passed,
    )


def _right(mean: float, half: float, reference: tuple[float, float]) -> bool:
    """Within one standard error of another package, as wide; or within three of the truth."""
    value, error = reference
    if error == 0:
        return abs(mean - value) <= 1.5 * half
    return (
        abs(mean - value) <= max(error, half / 2)
        and WIDTHS[0] <= half / (1.96 * error) <= WIDTHS[1]
    )


def public_row(one: Outcome) -> str:
    case, (value, error) = one.case, one.reference
    return (
        f"| {case.name}: {case.cause} → {case.effect}, n = {len(case.table):,} | {case.why} "
        f"| {value:.3g} ± {1.96 * error:.2g} | {one.mean:.3g} ± {one.half:.2g} "
        f"| {said(one)} | {one.verdict} | {'withhold' if one.earlier else 'pass'} |"
    )


def said(one: Outcome) -> str:
    parts = [one.gate.licence.value.replace("_", " ")]
    parts += sorted(
        {f"{row['shape']}{f' by {row["by"]}' if row['by'] else ''}" for row in one.gate.failed}
    )
    if one.gate.distribution.value != "fits":
        parts.append(f"distribution {one.gate.distribution.value}")
    if not one.computed:
        parts.append("computation failed")
    return ", ".join(parts)


def design_table(found: Iterable[Outcome]) -> None:
    print("| design | known | caught or right | what the gate said | LOO-PIT and PPC withhold |")
    print("|---|---|---|---|---|")
    grouped: dict[str, list[Outcome]] = {}
    for one in found:
        grouped.setdefault(one.case.name, []).append(one)
    for name, runs in grouped.items():
        good = sum(one.verdict in ("caught", "right") for one in runs)
        earlier = sum(one.earlier for one in runs)
        texts = "; ".join(dict.fromkeys(said(one) for one in runs))
        print(
            f"| {name} | {runs[0].case.known} ({runs[0].case.why}) | {good} of {len(runs)} "
            f"| {texts} | {earlier} of {len(runs)} |"
        )


def count(title: str, found: list[Outcome]) -> None:
    numbers = [one for one in found if one.case.known == NUMBER]
    others = [one for one in found if one.case.known == NOT_ONE]
    print(
        f"\n{title}: of {len(numbers)} that are one number "
        f"{sum(one.verdict == 'right' for one in numbers)} pass and are right, "
        f"{sum(one.verdict == 'false alarm' for one in numbers)} are withheld (false alarms), "
        f"{sum(one.verdict == 'wrong number' for one in numbers)} pass with a wrong number; "
        f"of {len(others)} that are not {sum(one.verdict == 'caught' for one in others)} are "
        f"caught. A gate on LOO-PIT and PPC withheld {sum(one.earlier for one in numbers)} of the "
        f"former and {sum(one.earlier for one in others)} of the latter.\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="of the designs; 0 leaves them out")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--no-public", action="store_true", help="leave out the public sets")
    options = parser.parse_args()
    began = time.perf_counter()
    if not options.no_public:
        _public(options.only)
    if options.seeds:
        _designs(options.only, options.seeds)
    print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr)


def _public(only: str) -> None:
    with warnings.catch_warnings():
        # statsmodels warns of variances near zero, which is no matter for a reference
        warnings.simplefilter("ignore")
        cases = [case for case in public_sets() if only in case.name]
    print("| set | known | other package | here | the gate | verdict | LOO-PIT and PPC |")
    print("|---|---|---|---|---|---|---|")
    found = []
    for case in cases:
        found.append(judged(case))
        print(public_row(found[-1]), flush=True)
    count("Public sets", found)


def _designs(only: str, seeds: int) -> None:
    runs = []
    for seed in range(1, seeds + 1):
        for case in designs(seed):
            if only in case.name:
                runs.append(judged(case))
                print(seed, case.name, runs[-1].verdict, file=sys.stderr, flush=True)
    design_table(runs)
    count("Simulated designs", runs)


if __name__ == "__main__":
    main()
