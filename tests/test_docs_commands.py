"""Commands written in the README and the docs exist, with the options they are given."""

import re
import shlex
from collections.abc import Callable, Iterator
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.exceptions import TyperException

from vm2causal.cli import app

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_TICKS = re.compile(r"`([^`]+)`")
_COMMAND = re.compile(r"^(?:uv run )?vm2causal((?: .*)?)$", re.DOTALL)


def fenced(text: str) -> Iterator[str]:
    """Commands in code blocks: as they would be typed."""
    for language, block in _FENCE.findall(text):
        if language in ("", "bash", "sh", "console"):
            for line in block.replace("\\\n", " ").splitlines():
                if found := _COMMAND.match(line):
                    yield found[1].strip()


def quoted(text: str) -> Iterator[str]:
    """Commands in running text and tables: also patterns, with ``[…]`` and ``a|b``."""
    for written in _TICKS.findall(_FENCE.sub("", text)):
        if found := _COMMAND.match(" ".join(written.replace("\\|", "|").split())):
            yield found[1].strip()


def cases(find: Callable[[str], Iterator[str]]) -> list[Any]:
    return [
        pytest.param(command, id=f"{page.name}: {command}")
        for page in PAGES
        for command in dict.fromkeys(find(page.read_text(encoding="utf-8")))
        if command
    ]


def described(words: list[str]) -> Iterator[tuple[Any, list[str]]]:
    """Every command that a line or pattern names, and the words after the name."""
    group: Any = typer.main.get_command(app)
    rest = words
    while hasattr(group, "commands") and rest:
        names, rest = rest[0].split("|"), rest[1:]
        for name in names:
            assert name in group.commands, f"no command {name!r}"
        if len(names) > 1:
            yield from ((group.commands[name], []) for name in names)
            return
        group = group.commands[names[0]]
    yield group, rest


def unknown_parts(command: Any, words: list[str]) -> list[str]:
    """Options that a command has not, and choices that its options do not offer."""
    options = {name: item for item in command.params for name in (*item.opts, *item.secondary_opts)}
    known = {"--help", *options}
    unknown = [word for word in words if word.startswith("--") and word not in known]
    for option, value in pairwise(words):
        offered = type(getattr(options.get(option), "default", None))
        if issubclass(offered, Enum):
            unknown += [part for part in value.split("|") if part not in list(offered)]
    return unknown


@pytest.mark.parametrize("command", cases(fenced))
def test_a_command_in_a_code_block_can_be_typed(command: str) -> None:
    for found, rest in described(shlex.split(command, comments=True)):
        context = found.make_context(found.name, rest)  # parses, and runs nothing
        assert context.args == []


@pytest.mark.parametrize("command", cases(quoted))
def test_a_command_in_running_text_exists_with_its_options(command: str) -> None:
    for found, rest in described(command.replace("[", " ").replace("]", " ").split()):
        assert unknown_parts(found, rest) == []


def test_commands_that_have_gone_are_found() -> None:
    page = (
        "Use `vm2causal monitor fit [--outcome vsv\\|wrong] [--gone]` or\n`vm2causal study\ncheck`."
        "\n```\nuv run vm2causal fit my-study --modle M  # remark\n```\n"
    )
    assert list(fenced(page)) == ["fit my-study --modle M  # remark"]
    pattern, wrapped = quoted(page)
    assert wrapped == "study check"
    ((fit, words),) = described(pattern.replace("[", " ").replace("]", " ").split())
    assert unknown_parts(fit, words) == ["--gone", "wrong"]
    with pytest.raises(AssertionError, match="no command 'chekc'"):
        list(described(["study", "chekc"]))
    ((fit, words),) = described(shlex.split(next(fenced(page)), comments=True))
    with pytest.raises(TyperException, match="No such option"):
        fit.make_context("fit", words)
