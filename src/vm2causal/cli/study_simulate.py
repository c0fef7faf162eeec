"""``vm2causal study simulate`` and ``study cases``: synthetic studies, and twelve cases of one."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vm2causal.cli.options import DEFAULT_LANGUAGE, DEFAULT_SEED, Json, Lang, Seed
from vm2causal.cli.output import announce, print_exempt, print_table, say
from vm2causal.cli.study import study_app
from vm2causal.folder_names import known_as
from vm2causal.texts import Language, number, text

if TYPE_CHECKING:
    import pandas as pd

    from vm2causal.inputs.study.frame import StudyFrame


_SHOWN = (
    "samenwerking",
    "realisatie",
    "experiment",
    "sector",
    "vmbo_examen",
    "status",
    "versnelling",
)
"""Columns of the table for people."""


class Pupils(StrEnum):
    """How pupils are written."""

    COUNTS = "counts"
    ROWS = "rows"


@study_app.command("simulate")
def simulate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; absent or empty.")],
    *,
    model: Annotated[
        str, typer.Option(metavar="M", help="Model that is true: a name that ships, or a file.")
    ] = "onderzoeksmodel-2012",
    experiments: Annotated[
        int | None, typer.Option(min=1, help="Number of experiments; 157 by default.")
    ] = None,
    effect: Annotated[
        list[str] | None,
        typer.Option(
            metavar="A->B=X",
            help="Size of an arrow, e.g. 'samenwerking->versnelling=0.4' or "
            "'financiele_afspraken[ja]->status=0'; may be given more than once.",
        ),
    ] = None,
    nonresponse: Annotated[
        float | None,
        typer.Option(min=0, max=0.95, help="Share of the questionnaires that did not come back."),
    ] = None,
    item_nonresponse: Annotated[
        float | None, typer.Option(min=0, max=0.95, help="Share of single answers missing.")
    ] = None,
    pupils: Annotated[
        Pupils, typer.Option(help="Pupils as counts of equal careers, or a row each.")
    ] = Pupils.COUNTS,
    seed: Seed = DEFAULT_SEED,
    lang: Lang = DEFAULT_LANGUAGE,
) -> None:
    """Draw a synthetic study whose truth is known; it stands beside DIR, in DIR-truth.yaml."""
    from vm2causal.inputs.published.reading import read_published
    from vm2causal.simulate import (
        default_truth,
        parse_effect,
        simulate_study,
        with_missing_share,
        write_simulated,
    )
    from vm2causal.spec import read_model

    spec = read_model(model)
    effects = dict(parse_effect(written, spec) for written in effect or [])
    truth = default_truth(spec, tables=read_published())
    truth = truth.with_effects({str(term): size for term, size in effects.items()})
    truth = with_missing_share(truth, questionnaire=nonresponse, item=item_nonresponse)
    study = simulate_study(spec, truth, experiments=experiments, seed=seed)
    apart = write_simulated(study, truth, folder, pupil_rows=pupils is Pupils.ROWS, seed=seed)
    _say_written(study, apart, lang)


@study_app.command("cases")
def cases(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a study.")],
    *,
    seed: Seed = DEFAULT_SEED,
    out: Annotated[Path | None, typer.Option(help="CSV file to write the cases to.")] = None,
    lang: Lang = DEFAULT_LANGUAGE,
    as_json: Json = False,
) -> None:
    """Draw twelve cases of a study, by the design of the case studies of 2012."""
    from vm2causal.inputs.study.files import read_study
    from vm2causal.simulate import draw_cases
    from vm2causal.storage import write_atomically

    study = read_study(folder)
    chosen = draw_cases(study, seed=seed)
    if out is not None:
        write_atomically(out, chosen.to_csv(index=False, lineterminator="\n"))
        announce(known_as(out))
    if as_json:
        print_exempt(_document(study, chosen, seed), "simulated")
    elif out is None:
        columns = [text(f"cases.{name}", lang) for name in _SHOWN]
        title = "cases.title.synthetic" if study.synthetic else "cases.title"
        print_table(text(title, lang), columns, _rows(chosen, lang))


def _say_written(study: StudyFrame, apart: Path, lang: Language) -> None:
    counted = {
        "experiments": len(study.experiments),
        "schools": study.experiments["school"].nunique(),
        "pupils": int(study.careers["leerlingen"].sum()),
    }
    numbers = {name: number(count, lang) for name, count in counted.items()}
    say(text("simulate.written", lang, **numbers))
    say(text("simulate.truth", lang, file=apart.name))


def _document(study: StudyFrame, chosen: pd.DataFrame, seed: int) -> dict[str, Any]:
    return {
        "schema": "vm2causal/study-cases/1",
        "origin": study.origin.value,
        "seed": seed,
        "cases": chosen.to_dict("records"),
    }


def _rows(chosen: pd.DataFrame, lang: Language) -> list[list[str]]:
    return [
        [
            text(f"cases.word.{case['samenwerking']}", lang),
            text(f"cases.word.{case['realisatie']}", lang),
            case["experiment"],
            text(f"sector.{case['sector']}", lang),
            text("word.yes" if case["vmbo_examen"] == "ja" else "word.no", lang),
            text(f"cases.word.{case['status']}", lang),
            number(float(case["versnelling"]), lang, 1),
        ]
        for case in chosen.to_dict("records")
    ]
