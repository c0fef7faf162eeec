"""From a delivery, as some office sends it, to a study folder: where other layouts plug in.

An adapter is an object with a name that says which files it needs and writes the files of a study.
To add one, write it in a module of its own and name it in ``ADAPTERS``; see ``docs/adapters.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from vm2causal.errors import OptionError, StudyError
from vm2causal.inputs.deliveries.duo import DuoDelivery
from vm2causal.storage import write_folder_atomically


class Adapter(Protocol):
    """How one kind of delivery becomes a study."""

    @property
    def name(self) -> str:
        """What it is called on the command line."""

    @property
    def needs(self) -> Sequence[str]:
        """Names of the files of a delivery."""

    def reads(self, source: Path) -> bool:
        """Whether this folder looks like such a delivery; opens no file."""

    def to_study(self, source: Path, folder: Path) -> tuple[Path, ...]:
        """Write the files of a study in an empty folder and return them.

        Raises ``StudyError`` with file, row, column, rule and mend; values of pupils are never
        shown, and neither pseudonyms nor birth dates are written.
        """


ADAPTERS: Final[Mapping[str, Adapter]] = {adapter.name: adapter for adapter in (DuoDelivery(),)}
"""Every adapter, by name."""


def adapt(source: Path, out: Path, *, adapter: str) -> Path:
    """Write a study folder from a delivery.

    Parameters
    ----------
    source
        Folder of the delivery.
    out
        Folder of the study; made whole or not at all. It may not hold anything yet.
    adapter
        Name of one of ``ADAPTERS``.

    Returns
    -------
    pathlib.Path
        The study folder.

    Raises
    ------
    OptionError
        When there is no such adapter, or the folder is not empty.
    StudyError
        When the delivery lacks a file or cannot be used as it stands.
    """
    chosen = ADAPTERS.get(adapter)
    if chosen is None:
        raise OptionError(
            "There is no such adapter.", value=adapter, fix=f"Known are {', '.join(ADAPTERS)}."
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OptionError(
            "A study is written to a new or empty folder.", value=out.name, fix="Name another."
        )
    if not chosen.reads(source):
        absent = [name for name in chosen.needs if not (source / name).is_file()]
        raise StudyError(
            f"This is no delivery as the adapter '{adapter}' reads it: "
            f"there is no {', no '.join(absent)}.",
            file=source.name,
            fix=f"Name the folder that holds {', '.join(chosen.needs)}.",
        )

    def write(folder: Path) -> None:
        folder.mkdir()
        chosen.to_study(source, folder)

    return write_folder_atomically(out, write)
