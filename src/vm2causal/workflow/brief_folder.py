"""The folder of a brief: what is written takes the place of what an earlier one wrote there.

``files.json`` lists every file of a brief with the digest of its content. The next brief replaces
those, and takes away what it does not write itself. What is someone else's, or was changed since,
it leaves; where such a file stands under a name that it writes, it refuses before anything moves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, Final

from vm2causal.disclosure.exemption import Exempt, exempt
from vm2causal.errors import OutputError
from vm2causal.plain_files import read_json
from vm2causal.report.documents.json_text import to_json
from vm2causal.storage import write_atomically
from vm2causal.unfinished import unfinished_folder

LISTING: Final = "files.json"
RUN_RECORD: Final = "run.json"
_SCHEMA: Final = "vm2causal/files/1"
RUN_SCHEMA: Final = "vm2causal/run/2"
RUN_SCHEMAS: Final = frozenset({"vm2causal/run/1", RUN_SCHEMA})
_SHA256: Final = re.compile("[0-9a-f]{64}")
_NAMED: Final = 5
"""How many files in the way an error names."""

Digests = Mapping[str, frozenset[str]]
"""By name of a file, what its content may be; two things while it is being replaced."""

_NOTHING: Final[frozenset[str]] = frozenset()


def listed_files(out: Path) -> Digests:
    """What an earlier brief wrote to a folder; nothing where there was none.

    Of a run by a version that kept no list: the files that its ``run.json`` names, as they are.

    Raises
    ------
    OutputError
        When the list is damaged.
    """
    path = out / LISTING
    if not path.exists():
        return _of_older_run(out)
    try:
        listing = read_json(path)
        if listing["schema"] != _SCHEMA:
            raise ValueError(listing["schema"])
        return {_own(name): _digests(found) for name, found in listing["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise OutputError(
            "This is not the list of what an earlier brief wrote here.",
            file=LISTING,
            value=str(out),
            fix="Name another folder with --out; or delete it, and what the earlier brief wrote.",
        ) from error


def require_replaceable(out: Path, names: Iterable[str]) -> None:
    """Find out before any long work whether files of a brief can be put in a folder.

    Parameters
    ----------
    names
        Of files that will be written, as far as they are known.

    Raises
    ------
    OutputError
        When something that no brief wrote stands in the way, or the list is damaged.
    """
    _require_replaceable(out, listed_files(out), dict.fromkeys(names, _NOTHING))


def adopt_older_run(out: Path) -> None:
    """List what the ``run.json`` of an older version names, before that record goes."""
    found = {} if (out / LISTING).exists() else listed_files(out)
    if found:
        _write_listing(out, found)


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
        When the list of the earlier brief is damaged, something that no brief wrote stands in the
        way, or a file cannot be put in its place.
    """
    listed_files(out)
    with unfinished_folder(out) as stage:
        names = [path.relative_to(stage).as_posix() for path in write(stage)]
        fresh = {name: frozenset({_staged_digest(stage, name, out)}) for name in names}
        # what was written took long: another brief may have come in between
        earlier = listed_files(out)
        _require_replaceable(out, earlier, fresh)
        _replace(out, stage, earlier, fresh)
    return [out / name for name in fresh]


def _replace(out: Path, stage: Path, earlier: Digests, fresh: Digests) -> None:
    """Move everything in, and only then take away what is left of the earlier brief."""
    both = {
        name: earlier.get(name, _NOTHING) | fresh.get(name, _NOTHING)
        for name in {**earlier, **fresh}
    }
    _write_listing(out, both)
    for name in fresh:
        try:
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (stage / name).replace(out / name)
        except OSError as error:
            if not (stage / name).exists():
                raise _taken_away(name, out) from error
            raise _half_done("This cannot be put in its place", name, out, error) from error
    for name, found in earlier.items():
        if name not in fresh:
            try:
                _remove(out, name, found)
            except OSError as error:
                said = "This file of an earlier brief cannot be taken away"
                raise _half_done(said, name, out, error) from error
    _write_listing(out, fresh)


def _require_replaceable(out: Path, earlier: Digests, fresh: Digests) -> None:
    folders = {parent for name in fresh for parent in PurePosixPath(name).parents}
    for folder in sorted(folders - {PurePosixPath(".")}):
        path = out / folder
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise OutputError(
                "A brief writes a folder of this name, and this is a link or a file.",
                file=str(folder),
                value=str(out),
                fix="Move it, or name another folder with --out.",
            )
    others = [
        name
        for name, content in fresh.items()
        if _stands_in_the_way(out / name, earlier.get(name, _NOTHING) | content)
    ]
    if others:
        more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        made = "" if (out / LISTING).exists() else ", delete what an earlier version made"
        raise OutputError(
            "A brief writes files of these names, and those that stand here are not as an earlier "
            f"brief wrote them: {', '.join(others[:_NAMED])}{more}.",
            value=str(out),
            fix=f"Move them{made}, or name another folder with --out.",
        )


def _stands_in_the_way(path: Path, own: frozenset[str]) -> bool:
    """Whether something stands there that is not, byte for byte, what a brief wrote."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return True
    try:
        return path.exists() and _digest(path) not in own
    except PermissionError:  # what cannot be read is not known to be a brief's
        return True


def _of_older_run(out: Path) -> Digests:
    """Files that ``run.json`` names; it told no digests, so they count as they are."""
    path = out / RUN_RECORD
    try:
        record: Any = read_json(path)
        if record["schema"] not in RUN_SCHEMAS:
            return {}
        names = [_own(name) for name in (*record["files"], RUN_RECORD)]
        found = [name for name in names if _stands_within(out, name)]
        return {name: frozenset({_digest(out / name)}) for name in found}
    except (ValueError, KeyError, TypeError, AttributeError, OSError):  # not the record of a run
        return {}


def _own(name: str) -> str:
    """A name of a file below the folder; a list that names others is not ours."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        raise ValueError(name)
    return name


def file_digest(out: Path, name: str) -> str | None:
    """SHA-256 of a file of a folder; None where there is none, or only behind a link out of it.

    Parameters
    ----------
    out
        The folder.
    name
        Of the file, below it.
    """
    return _digest(out / name) if _stands_within(out, name) else None


def _stands_within(out: Path, name: str) -> bool:
    """Whether it is a file, and no link on the way to it leads out of the folder."""
    path = out / name
    within = path.parent.resolve().is_relative_to(out.resolve())
    return within and path.is_file() and not path.is_symlink()


def _digests(found: object) -> frozenset[str]:
    """What a list says of one file."""
    if not isinstance(found, list):
        raise TypeError(found)
    for digest in found:
        if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            raise ValueError(digest)
    return frozenset(found)


def _write_listing(out: Path, files: Digests) -> None:
    listing = {
        "schema": _SCHEMA,
        "files": {name: sorted(found) for name, found in sorted(files.items())},
    }
    write_atomically(out / LISTING, to_json(exempt(listing, Exempt.MODEL)) + "\n")


def _remove(out: Path, name: str, found: frozenset[str]) -> None:
    """Take a file away that is still as it was written, and its folder if that leaves it empty."""
    path = out / name
    if not _stands_within(out, name) or _digest(path) not in found:
        return
    path.unlink()
    folder = path.parent
    if folder != out and not folder.is_symlink() and not any(folder.iterdir()):
        folder.rmdir()


def _staged_digest(stage: Path, name: str, out: Path) -> str:
    try:
        return _digest(stage / name)
    except FileNotFoundError as error:
        raise _taken_away(name, out) from error


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _taken_away(name: str, out: Path) -> OutputError:
    """Somebody, or a program that cleans or synchronises the folder."""
    return OutputError(
        "This unfinished file was taken away while it was written.",
        file=name,
        value=str(out),
        fix="Let nothing else change the folder meanwhile, and do this again.",
    )


def _half_done(said: str, name: str, out: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{said}: {error.strerror or error}. Files of two briefs now stand beside each other, each "
        "of them whole.",
        file=name,
        value=str(out),
        fix="Make the folder writable and do this again, or name another with --out.",
    )
