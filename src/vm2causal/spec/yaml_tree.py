"""YAML text → plain mappings, lists and texts, with the line of every part.

PyYAML's own constructors are not used: they turn ``no`` into False and ``3`` into a number, forget
where a value stood, overwrite a key that stands twice, and follow nesting and aliases without
limit. Here every scalar stays the text that was written, and the fields that need a number or a
truth value convert it themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import yaml

from vm2causal.errors import ModelFileError
from vm2causal.spec.places import Path, Places

Tree = dict[str, "Tree"] | list["Tree"] | str | None

DEEPEST: Final = 32
"""Most levels of nesting in a model file."""

MOST_REPEATED: Final = 100_000
"""Most parts that aliases may add to a file when written out."""

_EMPTY_VALUES: Final = frozenset({"", "~", "null", "Null", "NULL"})
_NOT_TEXT: Final = yaml.reader.Reader.NON_PRINTABLE
_TEXT_TAG: Final = "tag:yaml.org,2002:str"
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PARSER_TOO_DEEP: Final = "exceeded maximum nesting depth"
"""What newer parsers say of a depth that is their own limit, far beyond ours."""


@dataclass
class _Node:
    """A part of the document; its size and depth are those once aliases are followed."""

    line: int
    content: Any
    keys: list[tuple[str, int]] = field(default_factory=list)
    size: int = 1
    depth: int = 0
    complete: bool = False
    awaiting_value: bool = False


def parse_yaml(text: str, file: str) -> tuple[Tree, Places]:
    r"""Parse one YAML document.

    Parameters
    ----------
    text
        The document.
    file
        Name of the file, for messages.

    Returns
    -------
    tuple
        The document as mappings, lists, texts and None, and the line of each path in it; the
        place of a mapping's value is that of its key.

    Raises
    ------
    ModelFileError
        When it is not YAML, holds a key twice, more than one document or a tag, is nested deeper
        than 32 levels, or repeats itself beyond measure through aliases.

    Examples
    --------
    >>> tree, places = parse_yaml("name: example\nlevels: [no, 3]", "example.yaml")
    >>> tree
    {'name': 'example', 'levels': ['no', '3']}
    >>> places.line(("levels", 1))
    2
    """
    root = _Composer(file).compose(_events(text, file))
    lines: dict[Path, int] = {}
    tree = _unfold(root, (), lines) if root else None
    return tree, Places(file, lines)


def _events(text: str, file: str) -> Iterator[Any]:
    _refuse_control_characters(text, file)
    try:
        yield from yaml.parse(text, Loader=_PARSER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if error.problem == _PARSER_TOO_DEEP:
            raise _too_deep(DEEPEST, file, mark.line + 1 if mark else 1) from error
        raise ModelFileError(
            f"This is not YAML: {error.problem or error.context}.",
            file=file,
            line=mark.line + 1 if mark else None,
            value=_line_of(text, mark.line if mark else 0),
            fix='Mind indentation, colons and quotes; a lone minus is written "-".',
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ModelFileError(
            f"This is not YAML text: {reason}.", file=file, fix="Save it as plain text."
        ) from error


def _too_deep(depth: int, file: str, line: int) -> ModelFileError:
    return ModelFileError(
        f"This is nested deeper than {DEEPEST} levels.",
        file=file,
        line=line,
        value=f"level {depth + 1}",
        fix="A model file needs five.",
    )


def _refuse_control_characters(text: str, file: str) -> None:
    found = _NOT_TEXT.search(text)
    if found:
        raise ModelFileError(
            "A model file holds no control characters.",
            file=file,
            line=text.count("\n", 0, found.start()) + 1,
            value=found.group(),
            fix="Save it as plain text without them.",
        )


def _line_of(text: str, number: int) -> str:
    """The line that the parser stopped at, counted from 0; past the last one the file has ended."""
    lines = text.split("\n")
    return lines[number].strip() if number < len(lines) else "end of file"


class _Composer:
    """Builds the tree from events, without recursion."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.open: list[_Node] = []
        self.anchors: dict[str, _Node] = {}
        self.root: _Node | None = None
        self.written = 0

    def compose(self, events: Iterator[Any]) -> _Node | None:
        for event in events:
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
                self._refuse(
                    "A model file holds one document.", line, "---", "Remove what follows '---'."
                )
            elif isinstance(event, yaml.ScalarEvent):
                self._scalar(event, line)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._start(event, line)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._end()
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event.anchor, line)
        return self.root

    def _scalar(self, event: Any, line: int) -> None:
        self._refuse_tag(event, line)
        plain = not event.style
        if self._takes_key():
            self._key(event.value, line)
            return
        content = None if plain and event.value in _EMPTY_VALUES else event.value
        node = _Node(line, content, complete=True)
        self._name(event.anchor, node)
        self._attach(node)

    def _start(self, event: Any, line: int) -> None:
        self._refuse_tag(event, line)
        if self._takes_key():
            given = "a mapping" if isinstance(event, yaml.MappingStartEvent) else "a list"
            self._refuse("A key must be a single word.", line, given, "Write 'name: …' instead.")
        self._refuse_depth(len(self.open), line)
        content: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        node = _Node(line, content)
        self._name(event.anchor, node)
        self.open.append(node)

    def _end(self) -> None:
        node = self.open.pop()
        node.complete = True
        self._attach(node)

    def _alias(self, anchor: str | None, line: int) -> None:
        if self._takes_key():
            self._refuse("An alias cannot be a key.", line, f"*{anchor}", "Write the key out.")
        node = self.anchors.get(anchor or "")
        if node is None or not node.complete:
            self._refuse(
                "This alias names nothing that was finished before it.",
                line,
                f"*{anchor}",
                "Write the value out.",
            )
        self._attach(node, line, f"*{anchor}")

    def _attach(self, node: _Node, line: int | None = None, alias: str = "") -> None:
        repeated = line is not None
        self.written += 1
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        parent.size += node.size
        parent.depth = max(parent.depth, node.depth + 1)
        self._refuse_depth(len(self.open) + node.depth - 1, line or node.line)
        if parent.size > self.written + MOST_REPEATED:
            self._refuse(
                f"Aliases make this more than {MOST_REPEATED:,} parts longer than it is written.",
                line or node.line,
                alias or "a part that holds aliases",
                "Write the values out instead of repeating them through aliases.",
            )
        if isinstance(parent.content, list):
            parent.content.append((line if repeated else node.line, node))
        else:
            parent.content[parent.keys[-1][0]] = node
            parent.awaiting_value = False

    def _takes_key(self) -> bool:
        return bool(
            self.open
            and isinstance(self.open[-1].content, dict)
            and not self.open[-1].awaiting_value
        )

    def _key(self, key: str, line: int) -> None:
        parent = self.open[-1]
        if key == "<<":
            self._refuse("Merge keys are not read.", line, key, "Write the fields out.")
        if key in parent.content:
            first = next(number for name, number in parent.keys if name == key)
            raise ModelFileError(
                f"This key stands twice; first on line {first}.",
                file=self.file,
                line=line,
                value=key,
                fix="Keep one of the two, or rename one.",
            )
        parent.keys.append((key, line))
        parent.content[key] = None
        parent.awaiting_value = True

    def _name(self, anchor: str | None, node: _Node) -> None:
        if anchor is not None:
            self.anchors[anchor] = node

    def _refuse_tag(self, event: Any, line: int) -> None:
        if event.tag not in (None, "!", _TEXT_TAG):
            self._refuse("Tags are not read.", line, event.tag, "Remove the tag.")

    def _refuse_depth(self, depth: int, line: int) -> None:
        if depth >= DEEPEST:
            raise _too_deep(depth, self.file, line)

    def _refuse(self, rule: str, line: int, value: str, fix: str) -> NoReturn:
        raise ModelFileError(rule, file=self.file, line=line, value=value, fix=fix)


def _unfold(node: _Node, path: Path, lines: dict[Path, int]) -> Tree:
    lines.setdefault(path, node.line)
    if isinstance(node.content, dict):
        for key, line in node.keys:
            lines[(*path, key)] = line
        return {key: _unfold(value, (*path, key), lines) for key, value in node.content.items()}
    if isinstance(node.content, list):
        for position, (line, _) in enumerate(node.content):
            lines[(*path, position)] = line
        return [
            _unfold(item, (*path, position), lines)
            for position, (_, item) in enumerate(node.content)
        ]
    text: str | None = node.content
    return text
