"""Names that stay inside: of schools, and of the folders of whoever runs an analysis."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final

import pandas as pd

from vm2causal.errors import OptionError


@dataclass(frozen=True)
class Pseudonyms:
    """What schools are called in everything that leaves a run.

    The numbers are dealt at random, so neither the order of the file nor the alphabet tells which
    school is which; who has one run cannot tell schools apart in another. The key exists in
    memory only.
    """

    _shown: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(
        cls,
        schools: Iterable[str],
        *,
        label: str = "school",
        names_shown: bool = False,
        seed: int | None = None,
    ) -> Pseudonyms:
        """Deal pseudonyms to schools.

        Parameters
        ----------
        schools
            All schools of the run; doubles and missing names are passed over.
        label
            Word before the number, in the reader's language.
        names_shown
            Keep the names themselves (``--name-schools``).
        seed
            For tests only: who knows the seed and the schools knows the key. Without it the
            system's random source is used.

        Examples
        --------
        >>> dealt = Pseudonyms.of(["Regio College", "Wellant"], seed=1)
        >>> sorted(dealt[name] for name in ("Wellant", "Regio College"))
        ['school 01', 'school 02']
        """
        names = sorted({str(name) for name in schools if not pd.isna(name)})
        if names_shown:
            return cls({name: name for name in names})
        numbers = list(range(1, len(names) + 1))
        source = random.SystemRandom() if seed is None else random.Random(seed)
        source.shuffle(numbers)
        width = max(2, len(str(len(names))))
        dealt = zip(names, numbers, strict=True)
        return cls({name: f"{label} {number:0{width}d}" for name, number in dealt})

    def __getitem__(self, school: str) -> str:
        """Give the name to show for one school."""
        if school not in self._shown:
            raise OptionError("This school had no part in dealing the pseudonyms.")
        return self._shown[school]

    def applied(self, schools: pd.Series[str]) -> pd.Series[str]:
        """Give the names to show for a column of schools; missing stays missing."""
        return schools.map(lambda school: self[str(school)], na_action="ignore")


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
_HOMES: Final = frozenset({"home", "users"})


def without_paths(text: str) -> str:
    """Cut every absolute path in a text down to its last name.

    For messages, logs and briefs: folders say who runs an analysis and where. Web addresses and
    relative paths stay. An unquoted path with spaces is recognised under the user's own home
    folder and with Windows separators only.

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


def _last(path: str) -> str:
    """Last name of a path; a home folder has the name of its owner, so it is ``~``."""
    bare = path.removeprefix("file://")
    pure = PurePosixPath(bare) if bare[0] in "/~" else PureWindowsPath(bare)
    owned = pure.parent.name.lower() in _HOMES and len(pure.parts) == 3
    return "~" if owned or not pure.name or pure.name.startswith("~") else pure.name
