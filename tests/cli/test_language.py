"""Which language a command speaks, and which version it is."""

import os
import subprocess
import sys

import pytest

import vm2causal
from command_line import run
from vm2causal.texts import Language, locale_language

SPOKEN = "from vm2causal.cli.options import DEFAULT_LANGUAGE as spoken; print(spoken.value)"


@pytest.mark.parametrize(
    ("named", "spoken"),
    [
        ({"LANG": "nl_NL.UTF-8"}, Language.NL),
        ({"LANG": "nl_BE"}, Language.NL),
        ({"LANG": "en_GB.UTF-8"}, Language.EN),
        ({"LANG": "de_DE.UTF-8"}, Language.EN),
        ({"LANG": "nl_NL.UTF-8", "LC_ALL": "en_US.UTF-8"}, Language.EN),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "nl_NL.UTF-8"}, Language.NL),
        ({"LANG": "C.UTF-8"}, None),
        ({"LANG": "POSIX"}, None),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, None),
    ],
)
def test_a_locale_names_a_language_or_none(
    named: dict[str, str], spoken: Language | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    assert locale_language() is spoken


@pytest.mark.parametrize(
    ("named", "spoken"), [("en_US.UTF-8", "en"), ("nl_NL.UTF-8", "nl"), ("C.UTF-8", "nl")]
)
def test_commands_speak_the_language_of_the_locale(named: str, spoken: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SPOKEN],
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": named},
    )
    assert done.stdout.strip() == spoken, done.stderr


def test_the_version_is_printed_and_nothing_else() -> None:
    done = run("--version")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == vm2causal.__version__
