import string

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
