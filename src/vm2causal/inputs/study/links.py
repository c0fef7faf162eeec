"""Rules between the rows and files of a study: what one says must not contradict another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from vm2causal.inputs.study.frame import PUPILS, teldatum_columns
from vm2causal.inputs.study.problems import Problem

FIXED: Final = ("sector", "tranche")
"""What is the same for all pupils of an experiment."""

SCHOOL_LEVEL: Final = ("zelfde_bestuur", "krimp")
"""What is the same for all experiments of a school."""


def tranche_of(experiments: pd.DataFrame) -> dict[str, str]:
    """Tranche by experiment, as far as both are known."""
    known = experiments[["experiment", "tranche"]].dropna()
    return dict(zip(known["experiment"], known["tranche"], strict=True))


def experiment_problems(
    experiments: pd.DataFrame, *, file: str, teldata: Mapping[str, int] | None
) -> list[Problem]:
    """Find rows of the experiments that contradict each other or ``study.yaml``.

    Parameters
    ----------
    experiments
        The table, indexed by data row; columns may lack.
    file
        Base name of the file.
    teldata
        Number of count dates by tranche; None when ``study.yaml`` cannot be read.
    """
    problems = [] if teldata is None else _unknown_tranches(experiments, file, teldata)
    problems += _contradicting_rows(experiments, file)
    if "school" in experiments:
        for name in SCHOOL_LEVEL:
            if name in experiments:
                problems += _differs_within_school(experiments, name, file)
    return problems


def _unknown_tranches(
    experiments: pd.DataFrame, file: str, teldata: Mapping[str, int]
) -> list[Problem]:
    if "tranche" not in experiments:
        return []
    tranches = experiments["tranche"].dropna()
    return [
        Problem(
            code="unknown_tranche",
            file=file,
            row=int(str(row)),
            column="tranche",
            value=str(value),
            rule="This tranche does not stand in study.yaml.",
            fix=f"Write one of {', '.join(teldata)}, or add it to study.yaml with its teldata.",
        )
        for row, value in tranches[~tranches.isin(list(teldata))].items()
    ]


def _contradicting_rows(experiments: pd.DataFrame, file: str) -> list[Problem]:
    """Rows about one experiment that differ on what is fixed for it."""
    problems = []
    for name in FIXED:
        if not {"experiment", name} <= set(experiments):
            continue
        first = experiments.groupby("experiment")[name].transform("first")
        differs = first.notna() & experiments[name].notna() & (experiments[name] != first)
        problems += [
            Problem(
                code=f"{name}_not_constant",
                file=file,
                row=int(str(row)),
                column=name,
                value=str(experiments.at[row, name]),
                rule=f"An experiment has one {name}, and an earlier row gives it another.",
                fix="Make it two experiments, or correct one of the rows.",
            )
            for row in experiments.index[differs]
        ]
    return problems


def _differs_within_school(experiments: pd.DataFrame, name: str, file: str) -> list[Problem]:
    first = experiments.groupby("school")[name].transform("first")
    differs = first.notna() & experiments[name].notna() & (experiments[name] != first)
    return [
        Problem(
            code="differs_within_school",
            file=file,
            row=int(str(row)),
            column=name,
            value=str(experiments.at[row, name]),
            rule=f"{name} describes a school, and an earlier row of the same school has another.",
            fix="Check both rows.",
            severity="warning",
        )
        for row in experiments.index[differs]
    ]


def contradictions(texts: pd.DataFrame, experiments: pd.DataFrame, *, file: str) -> list[Problem]:
    """Find cells of a counts file that give an experiment another sector or tranche.

    ``texts`` is the file as texts: these columns are not part of its format, and only compared.
    """
    problems: list[Problem] = []
    for name in FIXED:
        if not {"experiment", name} <= set(texts) or name not in experiments:
            continue
        known = experiments.drop_duplicates("experiment").set_index("experiment")[name]
        expected = texts["experiment"].map(known)
        differs = expected.notna() & texts[name].notna() & (texts[name] != expected)
        problems += [
            Problem(
                code=f"{name}_not_constant",
                file=file,
                row=int(str(row)),
                column=name,
                value=str(texts.at[row, name]),
                rule=f"The table of experiments gives this experiment the {name} "
                f"'{expected[row]}'.",
                fix=f"Correct one of the two, or remove the column: {name} follows from the "
                "experiment.",
            )
            for row in texts.index[differs]
        ]
    return problems


def pupil_links(
    experiments: pd.DataFrame, careers: pd.DataFrame, *, file: str, teldata: Mapping[str, int]
) -> list[Problem]:
    """Warn of experiments without pupils, and of stopped ones that still had pupils."""
    pupils = careers[careers[PUPILS] > 0]
    without = ~experiments["experiment"].isin(pupils["experiment"])
    problems = [
        Problem(
            code="no_pupils",
            file=file,
            row=int(str(row)),
            column="experiment",
            value=str(name),
            rule="No pupils are known of this experiment.",
            fix="Check the name in the table of pupils.",
            severity="warning",
        )
        for row, name in experiments["experiment"][without].items()
    ]
    if "status" in experiments:
        problems += _stopped_with_pupils(experiments, pupils, file, teldata)
    return problems


def _stopped_with_pupils(
    experiments: pd.DataFrame, pupils: pd.DataFrame, file: str, teldata: Mapping[str, int]
) -> list[Problem]:
    last = pupils["experiment"].map(tranche_of(experiments)).map(teldata)
    staying: set[str] = set()
    for year, column in enumerate(teldatum_columns(pupils), start=1):
        staying |= set(pupils["experiment"][(last == year) & (pupils[column] == "vm2")])
    stopped = (experiments["status"] == "gestopt") & experiments["experiment"].isin(list(staying))
    return [
        Problem(
            code="stopped_with_pupils",
            file=file,
            row=int(str(row)),
            column="status",
            value="gestopt",
            rule="This experiment stopped, and pupils are in it at the last teldatum.",
            fix="Check the status: it may have been asked before the last teldatum.",
            severity="warning",
        )
        for row in experiments.index[stopped]
    ]
