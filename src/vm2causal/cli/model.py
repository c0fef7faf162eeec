"""``vm2causal model``: read, check, show, compare and exchange model files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vm2causal.cli.options import DEFAULT_LANGUAGE, Json, Lang
from vm2causal.cli.output import announce, print_exempt, print_table, say
from vm2causal.errors import ModelFileError, OptionError, OutputError
from vm2causal.folder_names import known_as
from vm2causal.texts import Language, text

if TYPE_CHECKING:
    from vm2causal.spec import Arrow, CausalSpec, ModelDiff
    from vm2causal.spec.objects import Part

model_app = typer.Typer(
    help="Model files: read, check, show, compare and exchange them.", no_args_is_help=True
)

Model = Annotated[
    str, typer.Argument(metavar="M", help="Name of a model that ships, or path of a model file.")
]


class Target(StrEnum):
    """What a model can be exported to."""

    DAGITTY = "dagitty"
    DOT = "dot"
    GRAPHML = "graphml"
    SVG = "svg"
    PNG = "png"


@model_app.command("list")
def list_command(*, lang: Lang = DEFAULT_LANGUAGE, as_json: Json = False) -> None:
    """List the models that ship."""
    from vm2causal.spec import list_models, read_model

    models = [read_model(name) for name in list_models()]
    if as_json:
        print_exempt(
            {"schema": "vm2causal/model-list/1", "models": [_counts(m) for m in models]},
            "model",
        )
        return
    rows = [(m.name, _title(m, lang), len(m.variables), len(m.arrows)) for m in models]
    columns = _columns(("name", "title", "variables", "arrows"), lang)
    print_table(text("model.list.title", lang), columns, rows)


@model_app.command("show")
def show_command(model: Model, *, lang: Lang = DEFAULT_LANGUAGE, as_json: Json = False) -> None:
    """Show the variables and arrows of a model, with the evidence of each arrow."""
    from vm2causal.spec import read_model
    from vm2causal.spec.objects import MODIFYING

    spec = read_model(model)
    if as_json:
        content = spec.model_dump(mode="json", by_alias=True) | {"format": spec.version}
        print_exempt(content | {"schema": "vm2causal/model-show/1"}, "model")
        return
    unobserved, selected = (text(f"model.show.{key}", lang) for key in ("unobserved", "selected"))
    print_table(
        _title(spec, lang),
        _columns(("variable", "label", "kind", "level", "observed"), lang),
        [
            (
                name,
                spec.label(name, lang),
                item.kind,
                item.level,
                selected if item.selected else "" if item.observed else unobserved,
            )
            for name, item in spec.variables.items()
        ],
    )
    print_table(
        text("model.show.arrows", lang),
        _columns(("from", "to", "evidence", "sign", "source"), lang),
        [_arrow_row(arrow, lang) for arrow in spec.arrows],
    )
    modified = [arrow for arrow in spec.arrows if arrow.modified]
    if modified:
        print_table(
            text("model.show.modified", lang),
            _columns(("from", "to", *MODIFYING), lang),
            [
                (
                    arrow.cause,
                    arrow.effect,
                    ", ".join(arrow.varies),
                    ", ".join(arrow.depends_on),
                    text(f"model.shape.{arrow.shape.value}", lang) if arrow.shape else "",
                    arrow.split or "",
                )
                for arrow in modified
            ],
        )
    for name, item in spec.selections.items():
        causes = ", ".join(item.causes)
        typer.echo(text("model.show.selections", lang, name=name, causes=causes, model=model))


@model_app.command("check")
def check_command(model: Model, *, lang: Lang = DEFAULT_LANGUAGE, as_json: Json = False) -> None:
    """Check a model file; exit status 2 when it is not a model."""
    from vm2causal.spec import read_model

    try:
        spec = read_model(model)
    except ModelFileError as error:
        if as_json:
            print_exempt(_report(valid=False) | {"problems": [_problem(error)]}, "model")
        raise
    notes = {language: _notes(spec, language) for language in Language}
    if as_json:
        in_both = [
            {"nl": dutch, "en": english}
            for dutch, english in zip(notes[Language.NL], notes[Language.EN], strict=True)
        ]
        print_exempt(
            _report(valid=True) | _counts(spec) | {"problems": [], "notes": in_both},
            "model",
        )
        return
    say(text("model.check.valid", lang, name=spec.name, **_sizes(spec, lang)))
    for note in notes[lang]:
        say(f"  {note}")


@model_app.command("export")
def export_command(
    model: Model,
    *,
    to: Annotated[Target, typer.Option("--to", help="What to write.")],
    out: Annotated[Path | None, typer.Option("--out", help="File to write to.")] = None,
    lang: Lang = DEFAULT_LANGUAGE,
) -> None:
    """Write a model for another tool, or as a picture; on standard output without --out."""
    from vm2causal.spec import read_model
    from vm2causal.storage import write_atomically

    _refuse_other_suffix(to, out)
    spec = read_model(model)
    if out is None:
        say(_exported(spec, to, lang))
        return
    if to is Target.PNG:
        _write_picture(spec, out, lang)
    else:
        write_atomically(out, _exported(spec, to, lang) + "\n")
    announce(text("model.wrote", lang, file=known_as(out)))


@model_app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A dagitty or DOT file.")],
    *,
    out: Annotated[Path, typer.Option("--out", help="Model file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    lang: Lang = DEFAULT_LANGUAGE,
) -> None:
    """Make a model file from a dagitty or DOT file."""
    from vm2causal.spec import import_model, model_to_yaml
    from vm2causal.storage import write_atomically

    imported = import_model(file)
    if out.exists() and not force:
        raise OutputError(
            "This file exists already.", value=str(out), fix="Add --force to overwrite it."
        )
    write_atomically(out, model_to_yaml(imported.spec))
    say(text("model.imported", lang, file=known_as(out), **_sizes(imported.spec, lang)))
    for note in imported.notes:
        announce(note.in_language(lang))


@model_app.command("diff")
def diff_command(
    before: Annotated[str, typer.Argument(metavar="A", help="The earlier model.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The later model.")],
    *,
    lang: Lang = DEFAULT_LANGUAGE,
    as_json: Json = False,
) -> None:
    """Say in sentences what changed from model A to model B, each with its source."""
    from vm2causal.spec import describe_diff, diff_models, read_model

    diff = diff_models(read_model(before), read_model(after))
    if not as_json:
        say(describe_diff(diff, lang))
        return
    print_exempt(_diff_document(diff), "model")


@model_app.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of model files, for editors."""
    from vm2causal.spec import model_json_schema

    print_exempt(model_json_schema(), "model")


def _title(spec: CausalSpec, language: Language) -> str:
    return spec.title.in_language(language) if spec.title else spec.name


def _counts(spec: CausalSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "title": spec.title.model_dump() if spec.title else None,
        "variables": len(spec.variables),
        "arrows": len(spec.arrows),
        "unobserved": sorted(spec.graph.unobserved - spec.graph.selected),
        "selected": sorted(spec.graph.selected),
        "queries": len(spec.queries),
    }


def _diff_document(diff: ModelDiff) -> dict[str, Any]:
    pairs = {
        name: [
            {"before": _content(change.before), "after": _content(change.after)}
            for change in changes
        ]
        for name, changes in (
            ("evidence_changed", diff.evidence_changed),
            ("sign_changed", diff.sign_changed),
            ("confirmed", diff.confirmed),
            ("cited", diff.cited),
            ("sources_lost", diff.sources_lost),
            ("note_changed", diff.note_changed),
            ("modifiers_changed", diff.modifiers_changed),
        )
    }
    return pairs | {
        "schema": "vm2causal/model-diff/1",
        "before": diff.before.name,
        "after": diff.after.name,
        "differ": not diff.is_empty,
        "variables_added": list(diff.variables_added),
        "variables_removed": list(diff.variables_removed),
        "variables_changed": [
            {
                "name": change.name,
                "fields": list(change.fields),
                "before": _content(change.before),
                "after": _content(change.after),
            }
            for change in diff.variables_changed
        ],
        "arrows_added": [_content(arrow) for arrow in diff.arrows_added],
        "arrows_removed": [_content(arrow) for arrow in diff.arrows_removed],
        "prior_changed": [
            {
                "from": change.after.cause,
                "to": change.after.effect,
                "before": _prior(diff.before, change.after),
                "after": _prior(diff.after, change.after),
            }
            for change in diff.prior_changed
        ],
        "queries_added": [_content(query) for query in diff.queries_added],
        "queries_removed": [_content(query) for query in diff.queries_removed],
        "blocks_changed": list(diff.blocks_changed),
    }


def _prior(spec: CausalSpec, arrow: Arrow) -> dict[str, float] | None:
    """Mean and standard deviation of the prior on an arrow, wherever it stands."""
    prior = spec.prior(*arrow.key)
    return {"mean": prior.mean, "sd": prior.sd} if prior else None


def _content(part: Part) -> dict[str, Any]:
    return part.model_dump(mode="json", by_alias=True)


def _columns(names: tuple[str, ...], language: Language) -> list[str]:
    return [text(f"model.column.{name}", language) for name in names]


def _counted(what: str, count: int, language: Language) -> str:
    form = "one" if count == 1 else "more"
    return text(f"model.count.{what}.{form}", language, count=count)


def _sizes(spec: CausalSpec, language: Language) -> dict[str, str]:
    return {
        "variables": _counted("variables", len(spec.variables), language),
        "arrows": _counted("arrows", len(spec.arrows), language),
    }


def _refuse_other_suffix(to: Target, out: Path | None) -> None:
    """A picture goes to a file that is named as such."""
    if to is Target.PNG and out is None:
        raise OptionError("A PNG needs a file to go to.", value="png", fix="Add --out FILE.png.")
    pictures = {Target.PNG: ".png", Target.SVG: ".svg"}
    if out is not None and to in pictures and out.suffix.lower() != pictures[to]:
        raise OptionError(
            f"The name of a {to.name} file ends in {pictures[to]}.",
            value=str(out),
            fix=f"Write --out {out.name}{pictures[to]}, or choose another --to.",
        )


def _arrow_row(arrow: Arrow, language: Language) -> tuple[object, ...]:
    from vm2causal.spec.diff_declarations import citation

    evidence = arrow.evidence.value if arrow.evidence else "aanname"
    named = text(f"model.evidence.{evidence}", language)
    return (arrow.cause, arrow.effect, named, arrow.sign, citation(arrow.source, language))


def _report(*, valid: bool) -> dict[str, Any]:
    return {"schema": "vm2causal/model-check/1", "valid": valid}


def _problem(error: ModelFileError) -> dict[str, Any]:
    return {
        "file": error.file,
        "line": error.line,
        "value": None if error.value is None else str(error.value),
        "rule": error.rule,
        "fix": error.fix,
    }


def _notes(spec: CausalSpec, language: Language) -> list[str]:
    """What is allowed but worth knowing."""
    joined = {end for arrow in spec.arrows for end in arrow.key}
    alone = [name for name in spec.variables if name not in joined]
    assumed = sum(arrow.evidence is None for arrow in spec.arrows)
    unsourced = sum(not arrow.source for arrow in spec.arrows if arrow.evidence)
    notes = [text("model.check.alone", language, names=", ".join(alone))] if alone else []
    for key, count in (("assumed", assumed), ("unsourced", unsourced)):
        if count:
            arrows = _counted("arrows", count, language)
            notes.append(text(f"model.check.{key}", language, arrows=arrows))
    return notes


def _exported(spec: CausalSpec, to: Target, language: Language) -> str:
    from vm2causal.spec import to_dagitty, to_dot, to_graphml

    if to is Target.DAGITTY:
        return to_dagitty(spec)
    if to is Target.DOT:
        return to_dot(spec, language)
    if to is Target.GRAPHML:
        return to_graphml(spec, language)
    from vm2causal.report.canvas.figure_files import svg_text
    from vm2causal.report.canvas.fonts import with_fonts
    from vm2causal.report.graph.picture import draw_model, picture_alt_text

    drawn = svg_text(
        draw_model(spec, language=language),
        title=text("model.picture.alt.title", language, name=_title(spec, language)),
        description=picture_alt_text(spec, language=language),
    )
    return with_fonts(drawn).rstrip("\n")


def _write_picture(spec: CausalSpec, path: Path, language: Language) -> None:
    from vm2causal.report.canvas.figure_files import write_figure
    from vm2causal.report.graph.picture import draw_model, picture_alt_text

    write_figure(
        draw_model(spec, language=language),
        path,
        title=text("model.picture.alt.title", language, name=_title(spec, language)),
        description=picture_alt_text(spec, language=language),
    )
