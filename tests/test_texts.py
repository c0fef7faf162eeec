import ast
import re
import string
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path

import pytest

from vm2causal.errors import OptionError
from vm2causal.texts import Language, catalogue, number, percentage, text


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_every_text_exists_in_both_languages_with_the_same_fields(key: str) -> None:
    entry = catalogue()[key]
    assert set(entry) == {"nl", "en"}
    assert fields(entry["nl"]) == fields(entry["en"])


def test_nothing_is_ever_proven() -> None:
    words = " ".join(item for entry in catalogue().values() for item in entry.values()).lower()
    assert "bewezen" not in words
    assert "proven" not in words


@cache
def asked_for() -> tuple[frozenset[str], re.Pattern[str]]:
    """Strings that the code holds, and what its composed strings can become."""
    package = Path(str(resources.files("vm2causal")))
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in package.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    whole = {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for path in package.rglob("*.j2"):
        whole |= set(re.findall(r'"([\w.]+)"', path.read_text(encoding="utf-8")))
    composed = "|".join(
        {_pattern(node) for node in nodes if isinstance(node, ast.JoinedStr)} - {""}
    )
    return frozenset(whole), re.compile(composed)


def _pattern(node: ast.JoinedStr) -> str:
    """What a composed text may become; nothing where it does not begin with words and a dot."""
    written = "".join(_pieces(node))
    return written if re.match(r"[a-z_]+\\\.", written) else ""


def _pieces(node: ast.JoinedStr) -> Iterator[str]:
    for part in node.values:
        yield re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[\w.]+"


def can_be_asked_for(key: str) -> bool:
    whole, composed = asked_for()
    return key in whole or composed.fullmatch(key) is not None


def test_every_text_can_be_asked_for() -> None:
    """What no string of the code can be is dead; a composed key may be so all the same."""
    assert [key for key in catalogue() if not can_be_asked_for(key)] == []
    assert not can_be_asked_for("disclosure.nobody_asks")
    assert can_be_asked_for("brief.gate.rhat_max")


def test_an_unknown_text_is_named() -> None:
    with pytest.raises(OptionError, match=r"'no\.such\.key'"):
        text("no.such.key", Language.NL)


@pytest.mark.parametrize(
    ("value", "decimals", "nl", "en"),
    [
        (1234567.891, 2, "1.234.567,89", "1,234,567.89"),
        (-0.5, 1, "−0,5", "−0.5"),
        (25453, 0, "25.453", "25,453"),
    ],
)
def test_numbers_follow_the_language(value: float, decimals: int, nl: str, en: str) -> None:
    assert number(value, Language.NL, decimals) == nl
    assert number(value, Language.EN, decimals) == en


def test_percentages_follow_the_language() -> None:
    assert percentage(0.1234, Language.EN, 2) == "12.34%"
