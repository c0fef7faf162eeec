"""``study.yaml``: what a study is called, whether its pupils exist, and when they were counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vm2causal.errors import ModelFileError
from vm2causal.inputs.study.calendar import read_tranches
from vm2causal.inputs.study.frame import Origin
from vm2causal.inputs.study.problems import Problem, problem_of
from vm2causal.inputs.study.schema import CODEBOOK_VERSION
from vm2causal.inputs.study.settings_problems import SettingsFindings, check_keys
from vm2causal.plain_files import require_within
from vm2causal.spec.files import Wanted, read_text
from vm2causal.spec.yaml_tree import Tree, parse_yaml
from vm2causal.unseen import first_unseen

SCHEMA: Final = "vm2causal/study/1"
"""Version of the study format, the first line of ``study.yaml``."""

SETTINGS_FILE: Final = "study.yaml"
"""Name of the file."""

MASKS: Final = range(1, 5)
"""What a mask ``<5`` may count as."""

_KEYS: Final = ("schema", "title", "origin", "codebook_version", "tranches", "masked_value")
_WANTED: Final = Wanted(
    "study.yaml",
    "A study folder holds study.yaml; `vm2causal study template DIR` makes one.",
    "`vm2causal study template DIR` makes one to fill in.",
)


@dataclass(frozen=True)
class StudySettings:
    """Contents of ``study.yaml``.

    ``teldata`` holds the number of yearly count dates by tranche; ``masked_value`` what ``<5``
    counts as, None where masks are not allowed.
    """

    title: str
    origin: Origin
    teldata: Mapping[str, int]
    masked_value: int | None = None
    codebook_version: str = CODEBOOK_VERSION


def read_settings(folder: Path) -> tuple[StudySettings | None, list[Problem]]:
    """Read ``study.yaml``.

    Returns
    -------
    tuple
        The settings, None when they cannot be used, and every problem found.
    """
    path = folder / SETTINGS_FILE
    try:
        require_within(path, folder)
        return parse_settings(read_text(path, SETTINGS_FILE, _WANTED))
    except OSError as error:
        rule = f"This file is not read: {error.strerror}."
        fix = "Put the file itself in the folder of the study."
        return None, [Problem(code="link", file=SETTINGS_FILE, rule=rule, fix=fix)]
    except ModelFileError as error:
        return None, [problem_of(error, code="unreadable", file=SETTINGS_FILE)]


def parse_settings(content: str) -> tuple[StudySettings | None, list[Problem]]:
    """Read the text of a ``study.yaml``; see ``read_settings``.

    Raises
    ------
    ModelFileError
        When it is not YAML.
    """
    tree, places = parse_yaml(content, SETTINGS_FILE)
    found = SettingsFindings(places)
    if not isinstance(tree, dict):
        found.add((), "unreadable", "This file holds no settings.", _WANTED.when_empty)
        return None, found.problems
    settings = _settings(tree, found)
    return settings, found.problems


def settings_text(settings: StudySettings) -> str:
    """Text of a ``study.yaml`` that reads back as these settings."""
    import yaml

    content: dict[str, object] = {
        "schema": SCHEMA,
        "title": settings.title,
        "origin": settings.origin.value,
        "codebook_version": settings.codebook_version,
        "tranches": {name: {"teldata": count} for name, count in settings.teldata.items()},
    }
    if settings.masked_value is not None:
        content["masked_value"] = settings.masked_value
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)


def _settings(tree: dict[str, Tree], found: SettingsFindings) -> StudySettings | None:
    check_keys(tree, (), _KEYS, found)
    _expect(tree, "schema", SCHEMA, found)
    _expect(tree, "codebook_version", CODEBOOK_VERSION, found)
    title = _required_text(tree, "title", found)
    origin = _origin(tree, found)
    teldata = read_tranches(tree, found)
    masked = _masked_value(tree, found)
    if any(problem.severity == "error" for problem in found.problems):
        return None
    return StudySettings(title, Origin(origin), teldata, masked)


def _expect(tree: dict[str, Tree], key: str, wanted: str, found: SettingsFindings) -> None:
    value = _required_text(tree, key, found)
    if value and value != wanted:
        found.add(
            (key,),
            "wrong_version",
            "This version of vm2causal reads another version of the format.",
            f"Write '{key}: \"{wanted}\"'.",
            value=value,
        )


def _required_text(tree: dict[str, Tree], key: str, found: SettingsFindings) -> str:
    value = tree.get(key)
    if isinstance(value, str) and value.strip():
        sign = first_unseen(value, allowed="\n")
        if sign:
            rule = f"A text holds no controls and no marks of direction: here {sign}."
            found.add((key,), "unseen_character", rule, "Type it again without.", value=value)
        return value
    place = (key,) if key in tree else ()
    found.add(place, "missing_key", f"The key '{key}' with a text is missing.", f"Add '{key}: …'.")
    return ""


def _origin(tree: dict[str, Tree], found: SettingsFindings) -> str:
    value = _required_text(tree, "origin", found)
    known = [origin.value for origin in Origin]
    if value and value not in known:
        found.add(
            ("origin",),
            "unknown_origin",
            "The origin of a study is 'real' or 'synthetic'.",
            "Write 'real' when its pupils exist, else 'synthetic'.",
            value=value,
        )
    return value


def _masked_value(tree: dict[str, Tree], found: SettingsFindings) -> int | None:
    value = tree.get("masked_value")
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and int(value) in MASKS:
        return int(value)
    found.add(
        ("masked_value",),
        "masked_value",
        "A masked count '<5' stands for 1, 2, 3 or 4 pupils.",
        "Write 'masked_value: 2', for instance.",
        value=str(value),
    )
    return None
