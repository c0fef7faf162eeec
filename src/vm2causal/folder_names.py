"""Names that stay inside: of the folders of whoever runs an analysis."""

from __future__ import annotations

import re
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Final

_QUOTED: Final = re.compile(
    r"""(?P<quote>['"])(?P<path>(?:(?:file://)?/|~[\w.-]*/|[A-Za-z]:[\\/]|\\\\)[^'"\r\n]*)(?P=quote)"""
)
_POSIX: Final = re.compile(
    r"""(?<![\w/.~<])(?P<path>(?:file://)?/[^\s/'"<>:|]+/[^\s'"<>:|]*|~[\w.-]*/[^\s'"<>:|]*)"""
)
_WINDOWS: Final = re.compile(
    r"""(?<![\w])(?P<path>"""
    r"""(?:[A-Za-z]:|(?<!\\)\\)\\(?:[^\\/:*?"'<>|\r\n]+\\+)*[^\s\\/:*?"'<>|]*"""
    r"""|[A-Za-z]:/(?:[^\s\\/:*?"'<>|]+/)*[^\s\\/:*?"'<>|]*)"""
)
_WITH_FOLDER: Final = 2
"""Parts of an absolute path that names no folder: the root, and what stands in it."""

_HOMES: Final = frozenset({"home", "users"})


def without_paths(text: str) -> str:
    """Cut every absolute path in a text down to its last name.

    For messages, logs and briefs: folders say who runs an analysis and where. Web addresses and
    relative paths stay. An unquoted path with spaces is recognised under the user's own home
    folder and with Windows separators only.

    Parameters
    ----------
    text
        Any text.

    Examples
    --------
    >>> without_paths("Cannot read '/home/jan de vries/studie/pupils.csv': see https://a.nl/b/c.")
    "Cannot read 'pupils.csv': see https://a.nl/b/c."
    """
    home = str(Path.home())
    if len(home) > 1:
        text = re.sub(rf"{re.escape(home)}(?![\w.-])", "~", text)
    text = _QUOTED.sub(lambda found: found["quote"] + _last(found["path"]) + found["quote"], text)
    for pattern in (_WINDOWS, _POSIX):
        text = pattern.sub(lambda found: _last(found["path"]), text)
    return text


def known_as(path: str | PurePath) -> str:
    """A file or folder as messages name it: as it was given, an absolute path by its last name.

    Parameters
    ----------
    path
        As it was given.

    Examples
    --------
    >>> known_as("models/mine.yaml"), known_as("/home/jan de vries/mine.yaml")
    ('models/mine.yaml', 'mine.yaml')
    """
    text = str(path)
    posix = PurePosixPath(text)
    below_root = posix.is_absolute() and len(posix.parts) > _WITH_FOLDER
    at_home = text.startswith("~") and len(posix.parts) > 1
    return _last(text) if below_root or at_home or PureWindowsPath(text).is_absolute() else text


def _last(path: str) -> str:
    """Last name of a path; a home folder has the name of its owner, so it is ``~``."""
    bare = path.removeprefix("file://")
    pure = PurePosixPath(bare) if bare[0] in "/~" else PureWindowsPath(bare)
    owned = pure.parent.name.lower() in _HOMES and len(pure.parts) == 3
    return "~" if owned or not pure.name or pure.name.startswith("~") else pure.name
