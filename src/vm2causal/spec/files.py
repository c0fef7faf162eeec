"""Reading model files: by the name of one that ships, or by path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vm2causal.errors import ModelFileError
from vm2causal.plain_files import read_plain, refused, require_possible
from vm2causal.spec.causal_spec import SCHEMA, SCHEMAS, VARYING_SCHEMA, CausalSpec
from vm2causal.spec.objects import MODIFYING
from vm2causal.spec.places import Places
from vm2causal.spec.problems import build_model
from vm2causal.spec.rules import suggestion
from vm2causal.spec.selections import SWITCH, with_selections
from vm2causal.spec.yaml_tree import Tree, parse_yaml
from vm2causal.storage import shipped_path

LARGEST: Final = 20_000_000
"""Most bytes in a model file."""


@dataclass(frozen=True)
class Wanted:
    """What a file is expected to be, and what to advise where it is absent or empty."""

    name: str
    when_absent: str
    when_empty: str


def list_models() -> tuple[str, ...]:
    """Names of the models that ship, sorted.

    Examples
    --------
    >>> "onderzoeksmodel-2012" in list_models()
    True
    """
    return tuple(sorted(path.stem for path in shipped_path("models").glob("*.yaml")))


def read_model(name_or_path: str | Path) -> CausalSpec:
    """Read a model file.

    Parameters
    ----------
    name_or_path
        Name of a model that ships (see ``list_models``), or path of a model file; ``+name`` after
        it switches on a selection that the model names.

    Returns
    -------
    CausalSpec
        The model, checked.

    Raises
    ------
    ModelFileError
        When there is no such file, it cannot be read, or it is not a model; the message names the
        file, the line, the value received, the rule and the mend.

    Examples
    --------
    >>> model = read_model("onderzoeksmodel-2012")
    >>> model.graph.unobserved
    frozenset({'schoolkwaliteit'})
    """
    given, *switched = _parts(name_or_path)
    if switched:
        spec = read_model(given)
        return with_selections(spec, switched, file=str(given))
    path = _resolved(name_or_path)
    file = str(path) if path == Path(name_or_path) else f"models/{path.name}"
    wanted = Wanted(
        "model file", _shipped_advice(file), "See docs/model-files.md for the smallest form."
    )
    return _model(_bytes_of(path, file, wanted), file, wanted)


def model_of(data: bytes, file: str) -> CausalSpec:
    """The model that a file holds whose content was read already.

    Parameters
    ----------
    data
        Its content.
    file
        Its name as the user knows it, for messages.

    Raises
    ------
    ModelFileError
        When it is not a model.
    """
    return _model(data, file, Wanted("model file", "", "See docs/model-files.md."))


def _model(data: bytes, file: str, wanted: Wanted) -> CausalSpec:
    tree, places = parse_yaml(_text_of(data, file, wanted), file)
    return build_model(_with_schema(tree, places, stem=Path(file).stem), places)


def read_text(path: Path, file: str, wanted: Wanted) -> str:
    """Text of a file in UTF-8.

    Parameters
    ----------
    path
        Where it stands.
    file
        Its name as the user knows it, for messages.
    wanted
        What it is expected to be.

    Raises
    ------
    ModelFileError
        When it is missing, a folder, unreadable, too large, empty or not in UTF-8.
    """
    return _text_of(_bytes_of(path, file, wanted), file, wanted)


def _text_of(data: bytes, file: str, wanted: Wanted) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelFileError(
            f"This file is not in UTF-8: the byte at offset {error.start} does not belong.",
            file=file,
            line=data.count(b"\n", 0, error.start) + 1,
            value=f"0x{data[error.start]:02x}",
            fix="Save it as UTF-8.",
        ) from error
    if not text.strip():
        raise ModelFileError("This file is empty.", file=file, fix=wanted.when_empty)
    return text


def _bytes_of(path: Path, file: str, wanted: Wanted) -> bytes:
    with refused(ModelFileError, file=file, fix="Check its name and permissions."):
        require_possible(path)
        try:
            size = path.stat().st_size
        except FileNotFoundError as error:
            raise ModelFileError(
                f"There is no such {wanted.name}.", file=file, fix=wanted.when_absent
            ) from error
        if path.is_dir():
            raise ModelFileError("This is a folder.", file=file, fix="Name a file in it.")
        if size > LARGEST:
            raise ModelFileError(
                f"A {wanted.name} has at most {LARGEST:,} bytes.",
                file=file,
                value=size,
                fix=f"Is this a data file? Name the {wanted.name}.",
            )
        return read_plain(path, largest=LARGEST)


def _shipped_advice(file: str) -> str:
    names = list_models()
    near = suggestion(file, names, otherwise="")
    return f"{near} Models that ship: {', '.join(names)}.".strip()


def _resolved(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if isinstance(name_or_path, str) and name_or_path in list_models():
        return shipped_path("models") / f"{name_or_path}.yaml"
    return path


def _parts(name_or_path: str | Path) -> list[str]:
    """The model, and the selections to switch on; a file that has such a name is that file."""
    written = str(name_or_path)
    if SWITCH not in written or Path(name_or_path).exists():
        return [written]
    before, _, last = written.rpartition(SWITCH)
    if not before or "/" in last or "\\" in last:
        return [written]
    return [*_parts(before), last]


def _with_schema(tree: Tree, places: Places, *, stem: str) -> dict[str, Tree]:
    """The document, once it is known to be a model file of this version."""
    advice = f"Begin the file with 'schema: {SCHEMA}'."
    if not isinstance(tree, dict):
        raise ModelFileError("A model file is a mapping.", file=places.file, line=1, fix=advice)
    if "schema" not in tree:
        raise ModelFileError(
            "This file does not say what it is: 'schema' is missing.",
            file=places.file,
            line=1,
            fix=advice,
        )
    if tree["schema"] not in SCHEMAS:
        raise ModelFileError(
            "This version of vm2causal does not read that schema.",
            file=places.file,
            line=places.line(("schema",)),
            value=tree["schema"],
            fix=f"Write 'schema: {SCHEMA}'.",
        )
    if tree["schema"] == SCHEMA:
        _require_known_keys(tree.get("arrows"), places)
    return {"name": stem} | tree


def _require_known_keys(arrows: Tree, places: Places) -> None:
    """Arrows of a file of the first schema say nothing that only the second knows."""
    for position, arrow in enumerate(arrows if isinstance(arrows, list) else []):
        for key in MODIFYING:
            if isinstance(arrow, dict) and key in arrow:
                raise ModelFileError(
                    f"The key '{key}' belongs to the schema {VARYING_SCHEMA}.",
                    file=places.file,
                    line=places.line(("arrows", position, key)),
                    value=key,
                    fix=f"Begin the file with 'schema: {VARYING_SCHEMA}'.",
                )
