"""Words, quoted texts, arrows and punctuation of dagitty and DOT texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from vm2causal.errors import ModelFileError


class TokenKind(Enum):
    """What a token is."""

    WORD = auto()
    TEXT = auto()
    ARROW = auto()
    MARK = auto()


@dataclass(frozen=True)
class Token:
    """One token; ``value`` of a quoted text is without its quotes."""

    kind: TokenKind
    value: str
    line: int

    @property
    def is_name(self) -> bool:
        """Whether it can name a node or hold a value."""
        return self.kind in (TokenKind.WORD, TokenKind.TEXT)


_TOKENS: Final = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/|\#[^\n]*)
  | (?P<text>"(?:[^"\\]|\\.)*")
  | (?P<arrow>
        <--?>
      | <--?(?:@|o(?=[ \t]+["\w]))
      | <--?
      | --?>
      | @--?(?:[>@]|o(?!\w))?
      | --?(?:@|o(?!\w))
      | --
    )
  | (?P<word>-?[\w.]+)
  | (?P<mark>[\[\]{}();,=:+])
    """,
    re.VERBOSE | re.DOTALL,
)
_CIRCLED: Final = re.compile(r"(?P<arrow>o(?:--?[>@]|--?o(?!\w)|--))")
"""An edge that begins with a circle; after anything but a name, ``o`` is itself a name."""

_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)

OWN_NAME: Final = "\0"
"""What Graphviz's ``\\N`` in a label becomes: the name of the node goes there."""


def tokens_of(text: str, file: str) -> Iterator[Token]:
    """Tokens of a dagitty or DOT text; comments are passed over.

    The circle of a partially directed edge (``a o-> b``) is told from a node named ``o``
    (``a; o->b``) by what stands before it on its line, and ``b <-o a`` by what stands after it.

    Raises
    ------
    ModelFileError
        At the first character that begins no token, or a quote or comment left open.
    """
    position, line, after_equals, after_name = 0, 1, False, False
    while position < len(text):
        if after_equals and text[position] == "<":
            position, skipped = _past_markup(text, position, line, file)
            yield Token(TokenKind.TEXT, "", line)
            line, after_equals = line + skipped, False
            continue
        circled = _CIRCLED.match(text, position) if after_name else None
        match = circled or _TOKENS.match(text, position)
        if match is None:
            raise _unknown(text, position, line, file)
        if match.lastgroup != "space":
            token = _token(match, line)
            after_equals = token.kind is TokenKind.MARK and token.value == "="
            after_name = token.is_name or token.value == "}"
            yield token
        elif "\n" in match.group():
            after_name = False
        line += match.group().count("\n")
        position = match.end()


def _token(match: re.Match[str], line: int) -> Token:
    kind, value = TokenKind[(match.lastgroup or "").upper()], match.group()
    if kind is TokenKind.TEXT:
        value = _ESCAPED.sub(
            lambda found: {"n": "\n", "N": OWN_NAME}.get(found[1], found[1]), value[1:-1]
        )
    return Token(kind, value, line)


def _past_markup(text: str, start: int, line: int, file: str) -> tuple[int, int]:
    """Position after DOT's ``<…>`` markup, and how many lines it took."""
    depth = 0
    for position in range(start, len(text)):
        depth += {"<": 1, ">": -1}.get(text[position], 0)
        if depth == 0:
            return position + 1, text.count("\n", start, position)
    raise ModelFileError(
        "The markup that begins here is never closed.", file=file, line=line, fix="Add '>'."
    )


def _unknown(text: str, position: int, line: int, file: str) -> ModelFileError:
    if text[position] == '"':
        return ModelFileError(
            "The quote that begins here is never closed.", file=file, line=line, fix="Add a quote."
        )
    return ModelFileError(
        "This is not understood.",
        file=file,
        line=line,
        value=text[position : position + 20].split("\n")[0],
        fix="Put names with special characters in double quotes.",
    )
