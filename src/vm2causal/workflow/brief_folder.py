"""The folder of a brief: what is written takes the place of what an earlier one wrote there.

``files.json`` lists every file of a brief with the digest of its content. The next brief takes away
what it does not write itself; what is someone else's, or was changed since, it leaves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from vm2causal.errors import OutputError
from vm2causal.report.json_text import to_json
from vm2causal.storage import PARTIAL, write_atomically

LISTING: Final = "files.json"
_SCHEMA: Final = "vm2causal/files/1"

Digests = Mapping[str, frozenset[str]]
"""By name of a file, what its content may be; two things while it is being replaced."""


def listed_files(out: Path) -> Digests:
    """What an earlier brief wrote to a folder; nothing where there was none.

    Raises
    ------
    OutputError
        When the list is damaged.
    """
    path = out / LISTING
    if not path.exists():
        return {}
    try:
        listing = json.loads(path.read_text(encoding="utf-8"))
        if listing["schema"] != _SCHEMA:
            raise ValueError(listing["schema"])
        return {_own(name): frozenset(found) for name, found in listing["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise OutputError(
            "This is not the list of what an earlier brief wrote here.",
            file=LISTING,
            value=str(out),
            fix="Delete it, and what the earlier brief wrote; or name another folder with --out.",
        ) from error


def replace_files(out: Path, write: Callable[[Path], Iterable[Path]]) -> list[Path]:
    """Let ``write`` fill an empty folder, then put that in the place of an earlier brief.

    Until all of it is there the earlier brief stays as it is. An interruption while files change
    places leaves whole files, each of them listed, so that the next brief puts them right.

    Parameters
    ----------
    write
        Gets the empty folder; gives what it wrote there, in the order in which it is to appear.

    Returns
    -------
    list of Path
        What was written, in its place.

    Raises
    ------
    OutputError
        When the list of the earlier brief is damaged, or something cannot be put in its place.
    """
    earlier = listed_files(out)
    with TemporaryDirectory(dir=out, prefix=PARTIAL) as made:
        stage = Path(made)
        names = [path.relative_to(stage).as_posix() for path in write(stage)]
        fresh = {name: frozenset({_digest(stage / name)}) for name in names}
        try:
            _replace(out, stage, earlier, fresh)
        except OSError as error:
            raise OutputError(
                f"This cannot be written: {error.strerror or error}.",
                value=str(error.filename2 or error.filename or out),
                fix="Name a folder you may write in, with --out.",
            ) from error
    return [out / name for name in fresh]


def _replace(out: Path, stage: Path, earlier: Digests, fresh: Digests) -> None:
    nothing: frozenset[str] = frozenset()
    both = {
        name: earlier.get(name, nothing) | fresh.get(name, nothing) for name in {**earlier, **fresh}
    }
    _write_listing(out, both)
    _remove(out, {name: found for name, found in earlier.items() if name not in fresh})
    for name in fresh:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (stage / name).replace(out / name)
    _write_listing(out, fresh)


def _own(name: str) -> str:
    """A name of a file below the folder; a list that names others is not ours."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        raise ValueError(name)
    return name


def _write_listing(out: Path, files: Digests) -> None:
    listing = {
        "schema": _SCHEMA,
        "files": {name: sorted(found) for name, found in sorted(files.items())},
    }
    write_atomically(out / LISTING, to_json(listing) + "\n")


def _remove(out: Path, files: Digests) -> None:
    """Take away what is still as it was written, and folders that are left empty by that."""
    for name, found in files.items():
        path = out / name
        if path.is_file() and _digest(path) in found:
            path.unlink()
            if path.parent != out and not any(path.parent.iterdir()):
                path.parent.rmdir()


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
