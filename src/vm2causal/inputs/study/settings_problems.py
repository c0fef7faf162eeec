"""Problems of ``study.yaml``, gathered while it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches

from vm2causal.inputs.study.problems import Problem, Severity
from vm2causal.spec.places import Places
from vm2causal.spec.yaml_tree import Tree


@dataclass
class SettingsFindings:
    """Problems of the file as they are found, each with its line."""

    places: Places
    problems: list[Problem] = field(default_factory=list)

    def add(
        self,
        path: tuple[str | int, ...],
        code: str,
        rule: str,
        fix: str,
        *,
        value: str | None = None,
        severity: Severity = "error",
    ) -> None:
        """Add a problem of the part of the file that ``path`` leads to."""
        self.problems.append(
            Problem(
                code=code,
                file=str(self.places.file),
                line=self.places.line(path),
                column=".".join(map(str, path)) or None,
                value=value,
                rule=rule,
                fix=fix,
                severity=severity,
            )
        )


def check_keys(
    tree: dict[str, Tree], path: tuple[str, ...], known: tuple[str, ...], found: SettingsFindings
) -> None:
    """Name every key of a part that is not known there."""
    for key in tree:
        if key not in known:
            close = get_close_matches(key, known, n=1)
            found.add(
                (*path, key),
                "unknown_key",
                "This key is not known here.",
                f"Did you mean '{close[0]}'?" if close else f"Known are {', '.join(known)}.",
                value=key,
            )
