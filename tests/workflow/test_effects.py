"""Questions that a fit must refuse, and questions that it answers with a reservation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from command_line import run, valid
from effects.regression_cases import model
from figure_cases import RECORD
from model.fit_cases import stand_in_fit
from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.effects.forward import Forward
from vm2causal.effects.verdict import Untestable, Verdict
from vm2causal.errors import QueryError
from vm2causal.model.data.structural_data import (
    StructuralData,
    study_data,
    table_data,
)
from vm2causal.model.fits.fit_files import write_fit
from vm2causal.spec import CausalSpec, Query, QueryKind, Variable
from vm2causal.texts import Language
from vm2causal.workflow.effects import (
    FitOnDisk,
    all_effects,
    answer_what_if,
    answerable,
    declared_totals,
    effects_of,
)
from vm2causal.workflow.questions import not_identified
from vm2causal.workflow.second_opinions import second_opinions, with_second_opinions


def opened(data: StructuralData, unanswerable: list[Query] | None = None) -> FitOnDisk:
    fit = stand_in_fit(data, draws=60)
    refused = [
        {"cause": query.cause, "effect": query.effect, "kind": query.kind.value}
        for query in unanswerable or []
    ]
    return FitOnDisk(
        fit, RECORD | {"unanswerable": refused}, Forward(fit.layout, fit.posterior, draws=60)
    )


# -- places of few pupils ---------------------------------------------------------------------


def with_pupils(label: str, pupils: float) -> FitOnDisk:
    """A study of which one school has so many pupils."""
    data = study_data(STUDY_SPEC, small_study())
    grouping, weights = data.groups["school"], data.weights.copy()
    own = grouping.codes == grouping.labels.index(label)
    weights[own] *= pupils / weights[own].sum()
    return opened(replace(data, weights=weights))


def test_a_school_of_nine_gets_no_answer_and_one_of_ten_does() -> None:
    with pytest.raises(
        QueryError,
        match=r"nothing can be worked out about fewer than 10 persons\. Got: 'school3'",
    ):
        answer_what_if(with_pupils("school3", 9), {"samenwerking": "1"}, place="school3")
    table, _ = answer_what_if(with_pupils("school3", 10), {"samenwerking": "1"}, place="school3")
    assert set(table["outcome"]) >= {"binding", "vsv"}


def test_an_experiment_is_a_place_too() -> None:
    small = with_pupils("school3", 9)
    with pytest.raises(QueryError, match=r"fewer than 10 persons\. Got: 'e6'"):
        answer_what_if(small, {"versnelling": "1"}, place="e6")


def test_everybody_and_larger_places_are_answered_beside_a_small_one() -> None:
    small = with_pupils("school3", 9)
    for place in (None, "techniek"):
        assert not answer_what_if(small, {"versnelling": "1"}, place=place)[0].empty


def test_a_row_is_a_place_only_where_it_is_no_person() -> None:
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(size=(30, 2)), columns=["x", "y"])
    units = model(["x", "y"], "x>y")
    spec = units.model_copy(update={"rows": None})
    with pytest.raises(QueryError, match=r"Got: '7'.* are no persons.*'rows: units'"):
        answer_what_if(opened(table_data(spec, table)), {"x": "1"}, place="7")
    found, _ = answer_what_if(opened(table_data(units, table)), {"x": "1"}, place="7")
    assert list(found["outcome"]) == ["y"]


def test_a_group_of_few_pupils_is_left_out_of_mediation_too() -> None:
    small = with_pupils("school3", 9)
    answers = effects_of(small, {"samenwerking": "1"}, on="binding", by="school")
    schools = set(small.forward.data.groups["school"].labels)
    assert answers.withheld == 2  # one alone would follow from the rest
    for table in (answers.totals, answers.mediation):
        assert "school3" not in set(table["group"])
        assert len(schools - set(table["group"])) == 2


def with_small_group(group: str, label: str, pupils: float) -> FitOnDisk:
    data = study_data(STUDY_SPEC, small_study())
    grouping, weights = data.groups[group], data.weights.copy()
    own = grouping.codes == grouping.labels.index(label)
    weights[own] *= pupils / weights[own].sum()
    return opened(replace(data, weights=weights))


def test_arrows_from_a_group_of_few_pupils_are_left_out_and_counted() -> None:
    whole = all_effects(with_small_group("sector", "landbouw", 10))
    column = opened(study_data(STUDY_SPEC, small_study())).forward.data.columns["sector"]
    reference = column.levels[column.reference]
    small = next(level for level in column.levels if level != reference)
    found = all_effects(with_small_group("sector", small, 9))
    of_sectors = whole.arrows[whole.arrows["cause"] == "sector"]
    assert whole.withheld == 0
    assert set(of_sectors["contrast"]) == {
        f"{level} vs {reference}" for level in column.levels if level != reference
    }
    assert found.withheld == 2  # one alone would follow from the rest
    kept = found.arrows[found.arrows["cause"] == "sector"]
    assert not kept["contrast"].str.startswith(small).any()
    others = found.arrows[found.arrows["cause"] != "sector"]
    assert len(others) == len(whole.arrows) - len(of_sectors)


def test_groups_asked_for_are_counted_once() -> None:
    column = opened(study_data(STUDY_SPEC, small_study())).forward.data.columns["sector"]
    small = with_small_group("sector", column.levels[column.reference], 9)
    assert all_effects(small, by="sector").withheld == 2
    found = all_effects(small)
    assert found.withheld == 2
    # every contrast is against the small one
    assert "sector" not in set(found.arrows["cause"])


@pytest.fixture(scope="module")
def by_sector() -> FitOnDisk:
    """Asked what the sector does, of which one has nine pupils."""
    queries = [
        Query(cause="sector", effect="binding"),
        Query(cause="sector", effect="binding", kind=QueryKind.MEDIATED),
        Query(cause="samenwerking", effect="binding"),
    ]
    spec = STUDY_SPEC.model_copy(update={"queries": tuple(queries)})
    data = study_data(spec, small_study(24))
    grouping, weights = data.groups["sector"], np.zeros(24)
    for label, pupils in {"economie": 1000, "techniek": 500, "landbouw": 9}.items():
        own = grouping.codes == grouping.labels.index(label)
        weights[own] = pupils / own.sum()
    return opened(replace(data, weights=weights))


def test_effects_of_being_in_a_small_group_are_left_out_and_counted(by_sector: FitOnDisk) -> None:
    answers = all_effects(by_sector)
    assert answers.withheld == 2  # one alone would follow from the rest
    assert set(answers.totals["cause"]) == {"samenwerking"}
    assert answers.mediation.empty
    assert set(declared_totals(by_sector)[0]["cause"]) == {"samenwerking"}


@pytest.mark.parametrize("by", [None, "sector"])
def test_a_small_group_is_no_answer_to_what_if_everybody_were_in_it(
    by: str | None, by_sector: FitOnDisk
) -> None:
    small = effects_of(
        by_sector, {"sector": "landbouw"}, versus={"sector": "economie"}, on="binding", by=by
    )
    assert small.totals.empty
    assert small.mediation.empty
    assert small.withheld == 1


# -- questions that the data cannot answer ----------------------------------------------------

QUERIES = (
    Query(cause="samenwerking", effect="vsv"),
    Query(cause="samenwerking", effect="vsv", kind=QueryKind.MEDIATED),
    Query(cause="versnelling", effect="binding", kind=QueryKind.DIRECT),
    Query(cause="binding", effect="vsv"),
)


@pytest.fixture(scope="module")
def asking() -> StructuralData:
    spec = STUDY_SPEC.model_copy(update={"queries": QUERIES})
    return study_data(spec, small_study())


@pytest.mark.parametrize("gone", QUERIES, ids=lambda query: f"{query.effect}-{query.kind.value}")
def test_a_question_refused_before_the_fit_is_not_answered_after_it(
    asking: StructuralData, gone: Query
) -> None:
    fit = opened(asking, [gone])
    assert answerable(fit) == [query for query in QUERIES if query != gone]
    totals, _ = declared_totals(fit)
    told = set(zip(totals["cause"], totals["effect"], totals["kind"], strict=True))
    assert told == {
        (query.cause, query.effect, query.kind.value)
        for query in QUERIES
        if query != gone and query.kind is not QueryKind.MEDIATED
    }
    mediated = gone.kind is QueryKind.MEDIATED
    assert all_effects(fit).mediation.empty is mediated


def test_all_refused_leaves_the_arrows(asking: StructuralData) -> None:
    fit = opened(asking, list(QUERIES))
    answers = all_effects(fit)
    assert answers.totals.empty
    assert answers.mediation.empty
    assert len(answers.arrows) >= len(STUDY_SPEC.arrows)
    again = with_second_opinions(fit, answers, second_opinions(fit), Language.EN)
    assert again.second.empty
    assert again.arrows["second_opinion"].isna().all()


# -- effects that the graph does not identify -------------------------------------------------

CONFOUNDED = model(
    {**dict.fromkeys(("x", "y", "z"), Variable()), "u": Variable(observed=False)},
    "x>y u>x u>y y>z",
)


def confounded(spec: CausalSpec = CONFOUNDED) -> StructuralData:
    rng = np.random.default_rng(2)
    return table_data(spec, pd.DataFrame(rng.normal(size=(40, 3)), columns=["x", "y", "z"]))


def test_what_the_graph_does_not_identify_is_known() -> None:
    forward = opened(confounded()).forward
    assert not_identified(forward, ["x"], ["y", "z"]) == ("y", "z")
    assert not_identified(forward, ["y"], ["z"]) == ()
    assert not_identified(forward, ["z"], ["x", "y"]) == ()  # it acts on neither


def test_an_arrow_that_is_not_identified_has_no_verdict_but_its_number() -> None:
    arrows = all_effects(opened(confounded())).arrows.set_index(["cause", "effect"])
    hidden = arrows.loc[("x", "y")]
    assert hidden["verdict"] == Verdict.NIET_TOETSBAAR
    assert hidden["untestable"] == Untestable.NOT_IDENTIFIED
    assert hidden["link"]["sd"] > 0
    assert arrows.loc[("y", "z"), "untestable"] != Untestable.NOT_IDENTIFIED


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("confounded") / "fit"
    facts = RECORD | {"origin": "real"}
    write_fit(stand_in_fit(confounded(), draws=60), folder, facts)
    return folder


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", "Let op: uit deze gegevens is het effect van x niet te bepalen voor: y, z."),
        ("en", "Beware: these data cannot determine the effect of x on: y, z."),
    ],
)
@pytest.mark.parametrize("command", ["effects", "what-if"])
def test_an_answer_that_rests_on_priors_is_given_with_a_warning(
    on_disk: Path, command: str, language: str, said: str
) -> None:
    done = run(command, on_disk, "--do", "x=1", "--json", "--lang", language)
    assert done.returncode == 0
    assert said in done.stderr
    valid(done.stdout, command)
    clear = run(command, on_disk, "--do", "y=1", "--json", "--lang", language)
    assert clear.returncode == 0
    assert said.partition(":")[0] not in clear.stderr
