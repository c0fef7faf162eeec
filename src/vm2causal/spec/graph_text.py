"""A dagitty or DOT text → nodes and edges with their attributes.

Both languages are the same small grammar: a header, then statements of nodes and chains of edges,
each with attributes in square brackets, and groups in braces. What changes the meaning of a graph
and is not supported is refused; what only concerns its drawing is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Final, NoReturn

from vm2causal.errors import ModelFileError
from vm2causal.spec.graph_tokens import Token, TokenKind, tokens_of
from vm2causal.spec.node_roles import ROLE_WORDS

DEEPEST: Final = 32
"""Most groups within groups."""


@dataclass(frozen=True)
class Edge:
    """An edge; ``both_ways`` stands for an unobserved common cause of its ends."""

    cause: str
    effect: str
    line: int
    both_ways: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass
class ParsedGraph:
    """What a text says: nodes in order of appearance, with the line where each first stood."""

    name: str = ""
    strict: bool = False
    nodes: dict[str, dict[str, str]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)


def parse_graph_text(text: str, file: str) -> ParsedGraph:
    """Parse a dagitty or DOT text.

    Parameters
    ----------
    text
        Begins with ``dag`` or ``digraph``.
    file
        Name of the file, for messages.

    Raises
    ------
    ModelFileError
        With the line of what is not understood.

    Examples
    --------
    >>> graph = parse_graph_text("dag { x -> {y z}  u [latent]  x <-> z }", "example")
    >>> [(edge.cause, edge.effect, edge.both_ways) for edge in graph.edges]
    [('x', 'y', False), ('x', 'z', False), ('x', 'z', True)]
    >>> graph.nodes["u"]
    {'latent': ''}
    """
    return _Parser(list(tokens_of(text, file)), file).document()


class _Parser:
    def __init__(self, tokens: Sequence[Token], file: str) -> None:
        self.tokens = tokens
        self.file = file
        self.position = 0
        self.depth = 0
        self.graph = ParsedGraph()

    def document(self) -> ParsedGraph:
        self.graph.strict = self._take_word("strict")
        self._header()
        if not self._at_mark("{"):
            self.graph.name = self._name("a name or '{'").value
        self._expect("{")
        self._statements()
        if self.position < len(self.tokens):
            self._refuse("Something follows the end of the graph.", "Remove it.")
        return self.graph

    def _header(self) -> None:
        advice = "Begin with 'dag {' (dagitty) or 'digraph {' (DOT)."
        header = self._peek()
        if header is None or header.kind is not TokenKind.WORD:
            self._refuse("This is neither a dagitty nor a DOT text.", advice)
        if header.value.lower() not in ("dag", "digraph"):
            self._refuse("Only directed acyclic graphs can be read.", advice)
        self.position += 1

    def _statements(self) -> list[str]:
        """Statements up to the closing brace; returns the nodes they name."""
        self.depth += 1
        if self.depth > DEEPEST:
            self._refuse(f"Groups are nested deeper than {DEEPEST}.", "Flatten them.")
        named: list[str] = []
        while not self._at_mark("}"):
            if self._peek() is None:
                self._refuse("The graph is never closed.", "Add '}' at the end.")
            if not self._take_mark(";") and not self._take_mark(","):
                named += self._statement()
        self._expect("}")
        self.depth -= 1
        return named

    def _statement(self) -> list[str]:
        if self._defaults():
            return []
        if self._is_setting():
            self.position += 2
            self._value()
            return []
        group = self._at_mark("{") or self._at_word("subgraph")
        operands, arrows = [self._operand()], list[Token]()
        while (token := self._peek()) is not None and token.kind is TokenKind.ARROW:
            self.position += 1
            arrows.append(token)
            operands.append(self._operand())
        opening = self._peek()
        attributes = self._attributes()
        if arrows:
            self._add_edges(operands, arrows, attributes)
        elif attributes:
            self._hold_no_group(group, opening)
            self.graph.nodes[operands[0][0]].update(attributes)
        return [name for operand in operands for name in operand]

    def _hold_no_group(self, group: bool, opening: Token | None) -> None:
        """Neither language has attributes of a whole group."""
        if group:
            fix = "Give them to each node inside the group."
            self._refuse("Attributes after a group are not read.", fix, opening)

    def _defaults(self) -> bool:
        """``graph [..]``, ``node [..]``, ``edge [..]``: drawing, unless arrows or nodes change."""
        token, following = self._peek(), self._peek(1)
        opens = following is not None and following.value == "["
        if token is None or token.value.lower() not in ("graph", "node", "edge") or not opens:
            return False
        self.position += 1
        attributes = self._attributes()
        if attributes.get("dir", "forward") != "forward":
            self._refuse("A default direction of edges is not read.", "Give it per edge.", token)
        if attributes.keys() & {*ROLE_WORDS, "observed"} and token.value.lower() == "node":
            self._refuse("A default role of nodes is not read.", "Give it per node.", token)
        return True

    def _is_setting(self) -> bool:
        token, following = self._peek(), self._peek(1)
        return bool(
            token
            and token.is_name
            and following
            and following.kind is TokenKind.MARK
            and following.value == "="
        )

    def _operand(self) -> list[str]:
        if self._take_word("subgraph") and not self._at_mark("{"):
            self._name("a name or '{'")
        if self._take_mark("{"):
            return list(dict.fromkeys(self._statements()))
        token = self._name("the name of a node")
        while self._take_mark(":"):
            self._name("a port")
        if token.value not in self.graph.nodes:
            self.graph.nodes[token.value] = {}
            self.graph.lines[token.value] = token.line
        return [token.value]

    def _attributes(self) -> dict[str, str]:
        attributes: dict[str, str] = {}
        while self._take_mark("["):
            while not self._take_mark("]"):
                if self._take_mark(",") or self._take_mark(";"):
                    continue
                key = self._name("an attribute or ']'").value.lower()
                attributes[key] = self._value() if self._take_mark("=") else ""
        return attributes

    def _value(self) -> str:
        value = self._name("a value").value
        while self._take_mark("+"):
            value += self._name("a text").value
        return value

    def _add_edges(
        self, operands: list[list[str]], arrows: list[Token], attributes: dict[str, str]
    ) -> None:
        for (left, right), arrow in zip(pairwise(operands), arrows, strict=True):
            direction = self._direction(arrow, attributes)
            for first, second in product(left, right):
                cause, effect = (second, first) if direction == "<-" else (first, second)
                both_ways = direction == "<->"
                self.graph.edges.append(Edge(cause, effect, arrow.line, both_ways, attributes))

    def _direction(self, arrow: Token, attributes: Mapping[str, str]) -> str:
        if arrow.value not in ("->", "<-", "<->"):
            fix = "Use '->', '<-' or '<->'."
            if "o" in arrow.value:
                fix += " If o is a node, put it in double quotes."
            self._refuse("This kind of edge is not read.", fix, arrow)
        turned = {"forward": arrow.value, "back": "<-", "both": "<->"}
        drawn = attributes.get("dir", "forward")
        if drawn not in turned or (drawn == "back" and arrow.value != "->"):
            self._refuse(f"An edge with dir={drawn} is not read.", "Write the arrow out.", arrow)
        return turned[drawn]

    def _peek(self, ahead: int = 0) -> Token | None:
        index = self.position + ahead
        return self.tokens[index] if index < len(self.tokens) else None

    def _at_mark(self, mark: str) -> bool:
        token = self._peek()
        return token is not None and token.kind is TokenKind.MARK and token.value == mark

    def _take_mark(self, mark: str) -> bool:
        found = self._at_mark(mark)
        self.position += found
        return found

    def _at_word(self, word: str) -> bool:
        token = self._peek()
        return token is not None and token.kind is TokenKind.WORD and token.value.lower() == word

    def _take_word(self, word: str) -> bool:
        found = self._at_word(word)
        self.position += found
        return found

    def _expect(self, mark: str) -> None:
        if not self._take_mark(mark):
            self._refuse(f"Expected '{mark}' here.", f"Add '{mark}'.")

    def _name(self, wanted: str) -> Token:
        token = self._peek()
        if token is None or not token.is_name:
            self._refuse(f"Expected {wanted} here.", "Check brackets and quotes before it.")
        self.position += 1
        return token

    def _refuse(self, rule: str, fix: str, token: Token | None = None) -> NoReturn:
        token = token or self._peek()
        if token is None:
            last = self.tokens[-1].line if self.tokens else 1
            raise ModelFileError(rule, file=self.file, line=last, value="end of file", fix=fix)
        raise ModelFileError(rule, file=self.file, line=token.line, value=token.value, fix=fix)
