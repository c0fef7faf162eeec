"""What ``calibrate`` and ``design`` print as JSON, and the table of a calibration."""

from __future__ import annotations

from typing import Any

from vm2causal.checks.calibrate.calibration import SHORTFALLS, Calibration
from vm2causal.checks.calibrate.design_analysis import ASSURED, DesignAnalysis
from vm2causal.inputs.rows import row_dicts
from vm2causal.refits import Results
from vm2causal.report.documents.records import records


def calibration_document(
    found: Calibration,
    results: Results,
    *,
    model: str,
    size: int | None,
    digits: int | None,
    seed: int,
) -> dict[str, Any]:
    """A calibration (``vm2causal calibrate``).

    Parameters
    ----------
    found
        Of :func:`~vm2causal.checks.calibrate.calibration.judge`.
    results
        Finished tasks of a batch of refits.
    model
        Name of the model.
    size
        Of the template; None for the cohort model.
    digits
        Decimals of simulated percentages; None for other models.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    return {
        "schema": "vm2causal/calibrate/1",
        "model": model,
        "size": size,
        "digits": digits,
        "seed": seed,
        "simulations": len(found.ranks),
        "redrawn": found.redrawn,
        "passed": found.passed,
        "divergences": found.divergences,
        "power": [
            {"coverage": coverage, "probability": found.power(coverage)} for coverage in SHORTFALLS
        ],
        "quantities": records(found.table),
        "verdicts": records(found.verdicts),
        **_batch(results),
    }


def design_document(
    found: DesignAnalysis, results: Results, *, model: str, level: float, seed: int
) -> dict[str, Any]:
    """A design analysis (``vm2causal design``).

    Parameters
    ----------
    found
        Of :func:`~vm2causal.checks.calibrate.design_analysis.sum_up`.
    results
        Finished tasks of a batch of refits.
    model
        Name of the model.
    level
        Probability that each interval holds, between 0 and 1.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    return {
        "schema": "vm2causal/design/1",
        "model": model,
        "level": level,
        "seed": seed,
        "assured": ASSURED,
        "studies": [
            {
                "experiments": size,
                "simulations": number,
                "real": len(found.real(size)),
                "weighable": [
                    {"cause": row["cause"], "effect": row["effect"], "contrast": row["contrast"]}
                    for row in row_dicts(found.weighable(size))
                ],
            }
            for size, number in found.simulations.items()
        ],
        "arrows": records(found.table),
        **_batch(results),
    }


def _batch(results: Results) -> dict[str, Any]:
    return {
        "resumed": len(results.resumed),
        "damaged": list(results.damaged),
        "failures": dict(results.failures),
    }
