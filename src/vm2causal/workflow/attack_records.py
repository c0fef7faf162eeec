"""What attacks on a fit and second opinions found, kept so that a brief can take it up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vm2causal.disclosure import Released
from vm2causal.disclosure.exemption import Exempt, exempt
from vm2causal.errors import FitError
from vm2causal.plain_files import read_json
from vm2causal.report.brief.content.blocks import Picture
from vm2causal.report.documents.attacks import refutation_document
from vm2causal.report.documents.falsification import falsification_document
from vm2causal.report.documents.json_text import to_json
from vm2causal.report.documents.sensitivity import sensitivity_document
from vm2causal.storage import require_writable_folder, write_atomically
from vm2causal.texts import Language
from vm2causal.workflow.attacks import RefutedFit, Targets, batch_folder, tipping_figures
from vm2causal.workflow.effects import FitOnDisk
from vm2causal.workflow.reproduction import code_of_jobs
from vm2causal.workflow.second_opinions import JudgedOpinion, second_opinions_document

if TYPE_CHECKING:
    from vm2causal.checks.falsify.result import Falsification
    from vm2causal.checks.sensitivity.sensitivity import Sensitivity

SECOND: Final = "second-opinion"
LEFT_OUT: Final = "left-out"
"""What ``run`` finds by leaving out the levels of one group in turn: a part of ``refute``."""
_COMMANDS: Final = {SECOND: "effects --second-opinion", LEFT_OUT: "run"}
"""What finds it, where that is not the command of the same name."""
_SCHEMA: Final = "vm2causal/attack-record/3"


@dataclass(frozen=True)
class KeptAttack:
    """What an attack printed and drew, in one language.

    Parameters
    ----------
    document
        What the command printed as JSON.
    pictures
        What it drew; empty where it draws nothing.
    """

    document: Released = field(repr=False)
    pictures: tuple[Picture, ...] = field(repr=False)


def keep_attack(
    fit: Path,
    name: str,
    record: Mapping[str, Any],
    document: Callable[[Language], Released],
    *,
    pictures: Callable[[Language], Sequence[Picture]] = lambda language: (),
) -> Path:
    """Keep what an attack on the declared effects of a fit printed, in every language.

    Parameters
    ----------
    fit
        Folder of the fit.
    name
        Of the command, or :data:`SECOND`.
    record
        ``run.json`` of the fit: what is kept counts for these draws and this model only.
    document
        What the command prints in a language.
    pictures
        What it draws in a language.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    kept = {
        "schema": _SCHEMA,
        **_made_on(record),
        "code": code_of_jobs(),
        "documents": {language.value: document(language) for language in Language},
        "pictures": {
            language.value: [asdict(item) for item in pictures(language)] for language in Language
        },
    }
    return write_atomically(_path(fit, name), to_json(exempt(kept, Exempt.CONFIDENTIAL)) + "\n")


def require_room_beside(fit: Path) -> None:
    """Make the folder beside a fit in which findings are kept, before any long work.

    Parameters
    ----------
    fit
        Folder of the fit.

    Raises
    ------
    OutputError
        When nothing can be written there.
    """
    require_writable_folder(_path(fit, SECOND).parent, below=False)


def keep_falsification(fit: Path, opened: FitOnDisk, found: Falsification) -> Path:
    """Keep what ``test`` found.

    Parameters
    ----------
    fit
        Folder of the fit.
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    found
        Of :func:`~vm2causal.workflow.falsification.falsify_fit`.
    """
    document = falsification_document(found, record=opened.record, behind=opened.behind)
    return keep_attack(fit, "test", opened.record, lambda language: document)


def keep_refutation(
    fit: Path, opened: FitOnDisk, found: RefutedFit, *, name: str = "refute"
) -> Path:
    """Keep what ``refute`` found on the declared effects; as :data:`LEFT_OUT` a part of it.

    Parameters
    ----------
    fit
        Folder of the fit.
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    found
        Of :func:`~vm2causal.workflow.attacks.refute_fit`.
    name
        Of the command whose findings are kept: ``test``, ``refute``, ``sensitivity``,
        :data:`SECOND` or :data:`LEFT_OUT`.
    """

    def document(language: Language) -> Released:
        return refutation_document(
            found.refutations,
            found.not_attacked,
            spec=opened.forward.data.spec,
            record=opened.record,
            language=language,
            behind=opened.behind,
        )

    return keep_attack(fit, name, opened.record, document)


def keep_sensitivity(fit: Path, opened: FitOnDisk, found: Sensitivity, chosen: Targets) -> Path:
    """Keep what ``sensitivity`` found on the declared effects.

    Parameters
    ----------
    fit
        Folder of the fit.
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    found
        Of :func:`~vm2causal.workflow.attacks.sensitivity_of`.
    chosen
        Effects that were attacked, and those that could not be.
    """

    def document(language: Language) -> Released:
        return sensitivity_document(
            found,
            chosen.not_attacked,
            record=opened.record,
            language=language,
            behind=opened.behind,
        )

    def pictures(language: Language) -> Sequence[Picture]:
        from vm2causal.report.figures.named_figure import picture_of

        return [picture_of(item) for item in tipping_figures(opened, found, language)]

    return keep_attack(fit, "sensitivity", opened.record, document, pictures=pictures)


def keep_second_opinions(fit: Path, opened: FitOnDisk, found: Sequence[JudgedOpinion]) -> Path:
    """Keep what ``effects --second-opinion`` found.

    Parameters
    ----------
    fit
        Folder of the fit.
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    found
        Of :func:`~vm2causal.workflow.second_opinions.second_opinions`.
    """

    def document(language: Language) -> Released:
        return second_opinions_document(opened, found, language)

    return keep_attack(fit, SECOND, opened.record, document)


def holds_second_opinions(fit: Path, record: Mapping[str, Any]) -> bool:
    """Whether what is kept is, whole, what this code would find on these draws and this model.

    Parameters
    ----------
    fit
        Folder of the fit.
    record
        ``run.json`` of the fit.
    """
    try:
        return kept_attack(fit, SECOND, record, Language.NL) is not None
    except FitError:  # damaged, or of another version
        return False


def kept_attack(
    fit: Path, name: str, record: Mapping[str, Any], language: Language
) -> KeptAttack | None:
    """What an attack on this very fit found; None where it was not made on it.

    A fit whose draws are the same may have another model: one that asks other questions. Second
    opinions count for the code that found them too, as they are quickly asked for again.

    Parameters
    ----------
    fit
        Folder of the fit.
    name
        Of the command whose findings are kept: ``test``, ``refute``, ``sensitivity``,
        :data:`SECOND` or :data:`LEFT_OUT`.
    record
        ``run.json`` of the fit.
    language
        Of the texts: Dutch or English.

    Raises
    ------
    FitError
        When the file is damaged, or of another version.
    """
    path = _path(fit, name)
    if not path.exists():
        return None
    # an earlier version noted less: what it found is not known to be on this model
    wanted = _made_on(record) | ({"code": code_of_jobs()} if name == SECOND else {})
    what = "second opinions" if name == SECOND else "an attack"
    again = f"Delete the file, or run 'vm2causal {_COMMANDS.get(name, name)}' again."
    try:
        kept = read_json(path)
        schema = kept["schema"]
        if schema != _SCHEMA:
            raise FitError(
                f"This holds something else than what {what} of this version found.",
                file=path.name,
                value=schema,
                fix=again,
            )
        found = KeptAttack(
            exempt(kept["documents"][language.value], Exempt.KEPT),
            tuple(Picture(**item) for item in kept["pictures"][language.value]),
        )
        made_on = {key: kept.get(key) for key in wanted}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FitError(f"What {what} found cannot be read.", file=path.name, fix=again) from error
    return found if made_on == wanted else None


def left_out_levels(opened: FitOnDisk, language: Language) -> Released | None:
    """What ``refute`` found when levels of groups were left out; else what ``run`` found.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    language
        Of the texts: Dutch or English.

    Raises
    ------
    FitError
        As :func:`kept_attack`.
    """
    if opened.folder is None:
        return None
    for name in ("refute", LEFT_OUT):
        found = kept_attack(opened.folder, name, opened.record, language)
        if found is not None:
            return found.document
    return None


def _made_on(record: Mapping[str, Any]) -> dict[str, Any]:
    """The fit that something was found on; its model holds the questions."""
    return {name: record[name] for name in ("draws_sha256", "model_sha256")}


def _path(fit: Path, name: str) -> Path:
    return batch_folder(fit) / "found" / f"{name}.json"
