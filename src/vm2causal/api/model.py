"""``vm.Model``: a causal model that is typed, drawn, asked and fitted."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from vm2causal.api.answers import Answer, Picture, html_list
from vm2causal.api.languages import language_of
from vm2causal.errors import OptionError
from vm2causal.spec import CausalGraph, CausalSpec, model_to_yaml, read_model, to_dagitty
from vm2causal.spec.model_text import declared, model_of_text, spec_of_graph
from vm2causal.spec.words import Kind, QueryKind
from vm2causal.storage import write_atomically
from vm2causal.texts import Language, text

if TYPE_CHECKING:
    import networkx as nx

    from vm2causal.api.fit import Fit
    from vm2causal.identify import Identification
    from vm2causal.inputs.tables.choices import Choices
    from vm2causal.inputs.tables.frames import Frame

SEED: Final = 2013
"""Seed where none is given, as of the command line."""


class Model:
    """A causal model.

    Parameters
    ----------
    source
        Arrows (``"x -> y; z? -> x"``, with ``?`` after what nobody observed), a dagitty or DOT
        text, equations as lavaan and brms write them (``"y ~ x + (1 | class)"``, ``"x ~~ z"``,
        ``"skill =~ item1 + item2"``), a graph of networkx, a :class:`CausalGraph` or a
        :class:`CausalSpec`.
    binary
        Variables of two values.
    ordinal
        Variables with levels in an order: these levels, from low to high.
    nominal
        Variables with levels without order: these levels, the first the one that others are
        compared with.
    counts
        Variables that count events: the column that holds out of how many.
    unobserved
        Variables without data, beside those with a question mark.
    groups
        One or more columns whose levels share strength, such as a class or school.
    queries
        Pairs (cause, effect) that the model is made to answer: the checks of a fit judge these.
    name
        Of the model.

    Raises
    ------
    ModelFileError
        When the text is not understood or the parts do not fit together; with the line.
    OptionError
        When an option names a variable that the model has not.

    Examples
    --------
    >>> model = Model("entry -> tutoring -> passed; entry -> passed", binary=["passed"])
    >>> model
    Model 'model': 3 variables, 3 arrows
      entry -> tutoring
      tutoring -> passed
      entry -> passed
    >>> model.identify("tutoring", "passed").adjustment_sets
    (('entry',),)
    >>> Model("passed ~ tutoring + entry").spec.parents("passed")
    ('entry', 'tutoring')
    """

    def __init__(
        self,
        source: str | CausalSpec | CausalGraph | nx.DiGraph[str],
        *,
        binary: str | Iterable[str] = (),
        ordinal: Mapping[str, Sequence[str]] | None = None,
        nominal: Mapping[str, Sequence[str]] | None = None,
        counts: Mapping[str, str] | None = None,
        unobserved: str | Iterable[str] = (),
        groups: str | Iterable[str] = (),
        queries: Iterable[tuple[str, str]] = (),
        name: str = "model",
    ) -> None:
        said: dict[str, dict[str, Any]] = {}
        for variable in _several(binary):
            said[variable] = {"kind": Kind.BINARY}
        for variable, levels in (ordinal or {}).items():
            said[variable] = {"kind": Kind.ORDINAL, "levels": tuple(map(str, levels))}
        for variable, levels in (nominal or {}).items():
            first = {"reference": str(next(iter(levels)))} if levels else {}
            named = {"levels": tuple(map(str, levels))}
            said[variable] = {"kind": Kind.NOMINAL, **named, **first}
        for variable, trials in (counts or {}).items():
            said[variable] = {"kind": Kind.COUNT, "trials": trials}
        for variable in _several(unobserved):
            said[variable] = {"observed": False}
        asked = [{"cause": cause, "effect": effect} for cause, effect in queries]
        self.spec: CausalSpec = declared(
            _spec_of(source, name, said), said, groups=_several(groups), queries=asked
        )

    @classmethod
    def read(cls, name_or_path: str | Path) -> Self:
        """Read a model file.

        Parameters
        ----------
        name_or_path
            Name of a model that ships, or path of a model file; ``+name`` after it switches on a
            selection that the model names.

        Raises
        ------
        ModelFileError
            When there is no such file, or it holds no model.

        Examples
        --------
        >>> Model.read("onderzoeksmodel-2012").spec.hidden
        ('schoolkwaliteit',)
        """
        return cls(read_model(name_or_path))

    @property
    def graph(self) -> CausalGraph:
        """The causal graph."""
        return self.spec.graph

    def identify(
        self,
        cause: str | Sequence[str],
        effect: str,
        *,
        kind: str = QueryKind.TOTAL.value,
        second_opinion: bool = False,
        language: str | Language | None = None,
    ) -> Identified:
        """Say whether an effect can be estimated, with what, and on which assumptions.

        Parameters
        ----------
        cause
            One cause, or several that are set together.
        kind
            ``total``, ``direct`` or ``mediated``.
        second_opinion
            Ask DoWhy too (seconds).
        language
            Of the sentences; see :func:`~vm2causal.api.languages.language_of`.

        Returns
        -------
        Identified
            Sentence, adjustment sets and assumptions; the full answer is its ``answer``.

        Raises
        ------
        QueryError
            When the model has no such variable.
        """
        from vm2causal.identify import CausalQuestion, identify_effects
        from vm2causal.identify.query import checked_kind

        first, *also = _several(cause)
        question = CausalQuestion(first, effect, checked_kind(kind), tuple(also))
        (found,) = identify_effects(self.graph, [question], second_opinion=second_opinion)
        return Identified(found, language_of(language))

    def independences(self) -> Answer:
        """What the model says must be independent of what, so that data can speak against it."""
        import pandas as pd

        from vm2causal.identify import implied_independences

        rows = [
            {"x": item.x, "y": item.y, "given": ", ".join(item.given)}
            for item in implied_independences(self.graph).statements
        ]
        return Answer(pd.DataFrame(rows, columns=["x", "y", "given"]))

    def fit(
        self,
        data: Frame | Path | str,
        *,
        seed: int = SEED,
        priors: str = "neutral",
        draws: int | None = None,
        tune: int | None = None,
        chains: int | None = None,
        rows: str | None = None,
        missing: str = "refused",
        varies: str | Sequence[str] = (),
        name_schools: bool = False,
        choices: Choices | None = None,
        progress: bool = True,
        language: str | Language | None = None,
    ) -> Fit:
        """Fit the model: check data and model, sample the posterior, check the fit.

        Parameters
        ----------
        data
            A DataFrame of pandas, of polars or of another package that offers the Arrow PyCapsule
            interface; or the path of a table or of the folder of a study.
        seed
            The same seed gives the same draws.
        priors
            ``neutral``, ``evidence`` (those that arrows carry) or ``weak`` (twice as wide).
        draws, tune, chains
            Of the sampler; the usual ones where None.
        rows
            What a row of a table is: ``persons`` (protected) or ``units``; as the model says where
            None.
        missing
            ``refused``: a variable that no column holds is an error, as it mostly is a name that
            was written otherwise; ``unobserved``: nobody observed it.
        varies
            Groups, or variables with levels, by which every arrow may differ that can: into
            effects of such a variable, from causes that differ within a level.
            ``"sector: vsv, sk"`` for arrows into these effects only.
        name_schools
            Keep the names of schools and experiments of a study.
        choices
            How a table is read, where that is not found out rightly.
        progress
            Tell what happens, and what was decided about the data.
        language
            Of all that the fit says.

        Returns
        -------
        Fit
            Ready to be asked. It stands in a private temporary folder until ``save``, which goes
            when the object does.

        Raises
        ------
        StudyError
            When the data cannot be used, or do not fit the model.
        """
        from vm2causal.api.fit import fitted

        return fitted(
            self.spec,
            data,
            seed=seed,
            priors=priors,
            settings={"draws": draws, "tune": tune, "chains": chains},
            rows=rows,
            missing=missing,
            varies=varies,
            name_schools=name_schools,
            choices=choices,
            progress=progress,
            language=language_of(language),
        )

    def plot(self, *, language: str | Language | None = None, evidence: bool = True) -> Picture:
        """Draw the model.

        Parameters
        ----------
        evidence
            Draw arrows by the evidence that the model file gives them.
        """
        from vm2causal.workflow.model_picture import model_picture

        return Picture((model_picture(self.spec, language_of(language), evidence=evidence),))

    def to_dagitty(self) -> str:
        """The model as a dagitty text."""
        return to_dagitty(self.spec)

    def to_networkx(self) -> nx.DiGraph[str]:
        """The graph as one of networkx; unobserved nodes have ``observed=False``."""
        graph = self.graph.to_networkx()
        for name in self.graph.unobserved:
            graph.nodes[name]["observed"] = False
        return graph

    def to_yaml(self) -> str:
        """The model as a model file."""
        return model_to_yaml(self.spec)

    def save(self, path: Path | str) -> Path:
        """Write a model file.

        Parameters
        ----------
        path
            Of the file; one that is there is replaced.

        Raises
        ------
        OutputError
            When it cannot be written.
        """
        return write_atomically(Path(path), self.to_yaml())

    def __repr__(self) -> str:
        said = text(
            "api.model",
            Language.EN,
            model=self.spec.name,
            variables=len(self.spec.variables),
            arrows=len(self.spec.arrows),
        )
        return "\n".join(
            [said, *(f"  {arrow.cause} -> {arrow.effect}" for arrow in self.spec.arrows)]
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {**self.plot()._repr_mimebundle_(), "text/plain": repr(self)}


@dataclass(frozen=True, repr=False)
class Identified:
    """Whether and how an effect can be estimated, in words.

    Parameters
    ----------
    answer
        Everything that was found.
    language
        Of the sentences: Dutch or English.
    """

    answer: Identification
    language: Language

    @property
    def identifiable(self) -> bool:
        """Whether the effect follows from what is observed, without parametric assumptions."""
        return self.answer.identifiable

    @property
    def sentence(self) -> str:
        """What identifies the effect, or why nothing does."""
        return self.answer.sentence.in_language(self.language)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What that leans on."""
        return tuple(item.in_language(self.language) for item in self.answer.assumptions)

    @property
    def adjustment_sets(self) -> tuple[tuple[str, ...], ...]:
        """All minimal sets to adjust for, smallest first."""
        return self.answer.minimal_adjustment_sets

    @property
    def estimand(self) -> str | None:
        """The effect in LaTeX."""
        return self.answer.estimand

    def __repr__(self) -> str:
        return "\n".join([self.sentence, *(f"  - {item}" for item in self._said())])

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.sentence)}</p>{html_list(self._said())}"

    def _said(self) -> list[str]:
        notes = [item.in_language(self.language) for item in self.answer.notes]
        return [*self.assumptions, *notes]


def _several(names: str | Iterable[str]) -> list[str]:
    """One name or several."""
    found = [names] if isinstance(names, str) else list(names)
    if not all(isinstance(name, str) for name in found):
        raise OptionError("Variables and groups are given by name.", value=str(found))
    return found


def _spec_of(source: Any, name: str, said: Mapping[str, Mapping[str, Any]]) -> CausalSpec:
    if isinstance(source, CausalSpec):
        return source
    if isinstance(source, str):
        return model_of_text(source, name=name, variables=said)
    graph = source if isinstance(source, CausalGraph) else _of_networkx(source)
    return spec_of_graph(graph, name)


def _of_networkx(source: Any) -> CausalGraph:
    if not (hasattr(source, "edges") and hasattr(source, "nodes")):
        raise OptionError(
            "A model is made of a text, a graph or a model.",
            value=type(source).__name__,
            fix="Write, for example, Model('x -> y'); a file is read by Model.read.",
        )
    hidden = [
        str(node) for node, said in source.nodes(data=True) if said.get("observed", True) is False
    ]
    arrows = [(str(cause), str(effect)) for cause, effect in source.edges()]
    return CausalGraph.of(arrows, nodes=map(str, source.nodes), unobserved=hidden)
