"""An option for one value that is given two: refused by every command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from command_line import run
from vm2causal.cli import app
from vm2causal.errors import OptionError


def _commands(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, one in inner.items():
        yield from _commands(one, *path, name)


COMMANDS = dict(_commands(typer.main.get_command(app)))
SINGLE = [
    (path, option.opts[0], option.secondary_opts[0] if option.secondary_opts else None, option)
    for path, command in COMMANDS.items()
    for option in command.params
    if option.param_type_name == "option" and not option.multiple and option.name != "help"
    # a flag given twice says the same twice
    if not option.is_flag or option.secondary_opts
]


def test_every_command_is_looked_at() -> None:
    assert {path[0] for path in COMMANDS} >= {"identify", "effects", "what-if", "model", "study"}
    assert len(COMMANDS) > 20
    assert len(SINGLE) > 50


@pytest.mark.parametrize(
    ("path", "name", "denied", "option"), SINGLE, ids=lambda item: str(item)[:40]
)
def test_two_values_for_one_option_are_refused(
    path: tuple[str, ...], name: str, denied: str | None, option: Any
) -> None:
    twice = [name, denied] if option.is_flag else [name, "1", name, "2"]
    with pytest.raises(OptionError, match="takes one value, and is given 2"):
        COMMANDS[path].make_context("vm2causal", [word for word in twice if word])


def test_the_same_value_twice_is_one_value() -> None:
    done = run("model", "list", "--lang", "en", "--lang", "en", "--json", "--json")
    assert done.returncode == 0, done.stderr
    done = run("model", "list", "--lang", "en", "--lang=nl")
    assert done.returncode == 2
    assert done.stderr == (
        "Error: --lang takes one value, and is given 2. Got: 'en, nl'. Give it once.\n"
    )
