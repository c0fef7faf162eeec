from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vm2causal.errors import OutputError, StudyError
from vm2causal.inputs.study.frame import StudyFrame
from vm2causal.model.fits.fit_arrays import arrays_of, digest
from vm2causal.model.fits.fit_files import read_fit
from vm2causal.model.pseudonyms.source_hash import source_hash
from vm2causal.spec import Arrow, CausalSpec, Query, Variable
from vm2causal.workflow.effects import all_effects, open_fit
from vm2causal.workflow.structural import FittedStudy, fit_prepared, fit_study, prepare_fit
from workflow.study_cases import MODEL, QUICK, study, written


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(study(), tmp_path_factory.mktemp("study") / "Geheime Map")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fits") / "fit"


@pytest.fixture(scope="module")
def fitted(folder: Path, out: Path) -> FittedStudy:
    return fit_study(folder, MODEL, out=out, seed=4, settings=QUICK)


@pytest.mark.mcmc
def test_the_record_says_how_the_fit_was_made(fitted: FittedStudy) -> None:
    record = fitted.record
    assert record["origin"] == "synthetic"
    assert record["settings"] == {"draws": 250, "tune": 350, "chains": 2}
    assert record["missing"] == record["through"] == record["unanswerable"] == []
    assert record["diagnostics"]["divergences"] == fitted.diagnostics.divergences
    assert set(record["timings"]) == {"import_s", "build_s", "compile_s", "sample_s"}
    assert record["timings"]["compile_s"] == 0
    names = {row["name"] for row in record["parameters"]}
    assert "weight[samenwerking -> binding]" in names
    assert not any("_z[" in name for name in names)
    posterior = fitted.fit.posterior
    row = next(r for r in record["parameters"] if r["name"] == "weight[binding -> vsv]")
    draws = posterior["weight"].sel(arrow_weight="binding -> vsv")
    assert row["mean"] == pytest.approx(float(draws.mean()))
    assert row["sd"] == pytest.approx(float(draws.std()))


@pytest.mark.mcmc
def test_two_equal_fits_are_equal_byte_for_byte_but_for_their_times(
    fitted: FittedStudy, folder: Path, out: Path, tmp_path: Path
) -> None:
    fit_study(folder, MODEL, out=tmp_path / "again", seed=4, settings=QUICK)
    one, other = contents(out), contents(tmp_path / "again")
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == ["timings.json"]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.mcmc
def test_the_record_tells_of_every_declared_total_whether_priors_decide(
    fitted: FittedStudy, out: Path
) -> None:
    """Effects are found again by the contrast that ``effects`` prints."""
    totals = all_effects(open_fit(out)).totals
    asked = totals[totals["kind"] == "total"]
    names = ["cause", "effect", "contrast"]
    told = pd.DataFrame(fitted.record["prior_sensitivity"])
    assert set(map(tuple, told[names].to_numpy())) == set(map(tuple, asked[names].to_numpy()))
    assert len(told) == 2
    variables = [row["variable"] for row in fitted.record["loo_pit"]]
    assert variables == list(fitted.fit.layout.predictors_of)


@pytest.mark.mcmc
def test_no_name_and_no_path_leaves(fitted: FittedStudy, out: Path) -> None:
    again = read_fit(out)
    arrays = {name: node.to_dataset().to_dict() for name, node in again.tree.children.items()}
    files = [path.read_bytes() for path in out.rglob("*") if path.is_file()]
    told = str(arrays) + str(files)
    for secret in ("Regio College", "Proef 0", "Geheime Map", str(Path.home())):
        assert secret not in told
    assert again.layout.data.units[0] == "experiment 01"
    assert sorted(again.layout.data.groups["school"].labels)[0] == "school 01"


@pytest.mark.mcmc
def test_pseudonyms_do_not_change_the_estimates(
    fitted: FittedStudy, folder: Path, tmp_path: Path
) -> None:
    """They are dealt after sampling; arrows come out the same to the last bit."""
    named = fit_study(
        folder, MODEL, out=tmp_path / "fit", seed=4, settings=QUICK, name_schools=True
    )
    assert named.fit.layout.data.units[0] == "Proef 00"
    for name in ("weight", "intercept", "school_sd", "loading"):
        np.testing.assert_array_equal(named.fit.posterior[name], fitted.fit.posterior[name])
    assert named.record["pseudonyms"] == []
    assert fitted.record["pseudonyms"] == ["experiment", "school"]
    assert named.record["source_sha256"] != fitted.record["source_sha256"]
    other = fit_study(folder, MODEL, out=tmp_path / "other", seed=4, settings=QUICK)
    assert other.record["source_sha256"] == fitted.record["source_sha256"]
    assert other.record["source_sha256"] == source_hash(
        read_fit(tmp_path / "other").layout.data, hidden=("school", "experiment")
    )
    assert named.record["data_sha256"] != fitted.record["data_sha256"]
    # two fits of one study are alike, the order of their units too
    assert other.record["data_sha256"] == fitted.record["data_sha256"]
    assert other.fit.posterior.equals(fitted.fit.posterior)


@pytest.mark.mcmc
def test_the_arrows_are_recovered(fitted: FittedStudy) -> None:
    weight = fitted.fit.posterior["weight"]
    for arrow in ("samenwerking -> versnelling", "samenwerking -> binding", "geslacht -> vsv"):
        assert float((weight.sel(arrow_weight=arrow) > 0).mean()) > 0.9, arrow
    assert (fitted.posterior_check["verdict"] == "ok").all()


@pytest.mark.mcmc
def test_a_failing_fit_leaves_the_old_one(
    fitted: FittedStudy, folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vm2causal.workflow import structural

    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(structural, "fit_structural", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit_study(folder, MODEL, out=out, seed=5, settings=QUICK)
    assert read_fit(out).seed == 4


def test_a_folder_with_other_things_is_refused_before_reading(folder: Path) -> None:
    with pytest.raises(OutputError, match=r"holds other things than a fit: counts\.csv"):
        fit_study(folder / "nowhere", MODEL, out=folder, seed=1)


def without(frame: StudyFrame, *columns: str) -> StudyFrame:
    """A study that never asked for some variables."""
    return replace(
        frame,
        experiments=frame.experiments.drop(columns=list(columns), errors="ignore"),
        careers=_summed(frame.careers.drop(columns=list(columns), errors="ignore")),
    )


def _summed(careers: pd.DataFrame) -> pd.DataFrame:
    keys = [name for name in careers if name != "leerlingen"]
    return careers.groupby(keys, dropna=False, sort=True)["leerlingen"].sum().reset_index()


def test_what_a_study_lacks_is_unobserved_and_said(tmp_path: Path) -> None:
    lacking = without(study(), "versnelling", "geslacht", "samenwerking_2")
    prepared = prepare_fit(written(lacking, tmp_path / "s"), MODEL, seed=1)
    assert prepared.adapted.missing == ("versnelling", "geslacht")
    assert prepared.adapted.items_left_out == ("samenwerking_2",)
    through = dict(prepared.adapted.unfitted.through)
    assert through == {("samenwerking", "binding"): ("versnelling",)}
    (gone,) = prepared.unanswerable
    assert (gone.query.cause, gone.query.effect) == ("versnelling", "binding")
    assert "There are no data on versnelling." in gone.reason.en


def test_a_turned_item_stops_before_sampling(tmp_path: Path) -> None:
    frame = study(40)
    turned = frame.experiments["samenwerking_2"].map(lambda answer: str(6 - int(answer)))
    bent = replace(frame, experiments=frame.experiments.assign(samenwerking_2=turned.astype("str")))
    with pytest.raises(StudyError, match="column samenwerking_2: This item runs against"):
        prepare_fit(written(bent, tmp_path / "s"), MODEL, seed=1)


def test_schools_as_a_variable_need_permission(folder: Path) -> None:
    spec = CausalSpec(
        name="schools",
        variables={
            "school": Variable(kind="nominal"),
            "vsv": Variable(kind="count", trials="vsv_van"),
        },
        arrows=[Arrow(cause="school", effect="vsv")],
        groups=["school"],
    )
    with pytest.raises(StudyError, match=r"results name every school\. .*--name-schools"):
        prepare_fit(folder, spec, seed=1)
    named = prepare_fit(folder, spec, seed=1, name_schools=True)
    assert named.hidden == ()
    assert "school" not in named.shown
    assert set(named.data.groups["school"].labels) == set(study().experiments["school"])


def test_nothing_that_is_drawn_tells_the_order_of_names(tmp_path: Path) -> None:
    """Whoever knows the names could else try every way of dealing them."""
    frame = study()
    schools = sorted(set(frame.experiments["school"]))
    turned = dict(zip(schools, reversed(schools), strict=True))
    other = frame.experiments["school"].map(turned).astype(frame.experiments["school"].dtype)
    renamed = replace(frame, experiments=frame.experiments.assign(school=other))
    one, two = (
        prepare_fit(written(item, tmp_path / name), MODEL, seed=1)
        for name, item in (("a", frame), ("b", renamed))
    )
    assert list(frame.experiments["school"]) != list(other)
    assert one.hidden == ("experiment", "school")
    assert one.shown == {}
    pd.testing.assert_frame_equal(one.prior_check, two.prior_check)
    assert digest(*arrays_of(one.data).values()) == digest(*arrays_of(two.data).values())


@pytest.mark.mcmc
def test_names_are_put_back_after_sampling(folder: Path, tmp_path: Path) -> None:
    prepared = prepare_fit(folder, MODEL, seed=4, name_schools=True)
    named = fit_prepared(prepared, out=tmp_path / "fit", settings=QUICK)
    hidden = fit_study(folder, MODEL, out=tmp_path / "hidden", seed=4, settings=QUICK)
    assert list(named.fit.posterior["school"]) == sorted(set(study().experiments["school"]))
    assert named.record["pseudonyms"] == []
    assert named.record["diagnostics"] == hidden.record["diagnostics"]
    school = {name: number for number, name in prepared.shown["school"].items()}
    name = str(named.fit.posterior["school"].values[0])
    np.testing.assert_array_equal(
        named.fit.posterior["school_z"].sel(school=name),
        hidden.fit.posterior["school_z"].sel(school=school[name]),
    )


def test_a_model_of_groups_alone_has_nothing_to_fit(tmp_path: Path) -> None:
    spec = CausalSpec(
        name="groups", variables={"g": Variable(kind="nominal")}, groups=["g"], rows="units"
    )
    (tmp_path / "t.csv").write_text("g\n" + "p\nq\n" * 6, encoding="utf-8")
    with pytest.raises(StudyError, match=r"There is nothing to fit: .* Got: 'g'"):
        prepare_fit(tmp_path / "t.csv", spec, seed=1)


HERDS = CausalSpec(
    name="herds",
    variables={
        "dose": Variable(),
        "ill": Variable(kind="count", trials="of"),
    },
    arrows=[Arrow(cause="dose", effect="ill")],
    groups=["herd"],
    rows="units",
    queries=[Query(cause="dose", effect="ill")],
)


def table(folder: Path, text: str) -> Path:
    (folder / "herds.csv").write_text(text, encoding="utf-8")
    return folder / "herds.csv"


def test_a_table_with_decimal_commas_is_read(tmp_path: Path) -> None:
    rows = "herd;dose;ill;of\nA;1,5;2;10\nA;2,5;4;10\nB;0,5;1;12\nB;;3;9\n"
    prepared = prepare_fit(table(tmp_path, rows), HERDS, seed=1)
    np.testing.assert_array_equal(prepared.data.columns["dose"].values, [1.5, 2.5, 0.5, np.nan])
    assert list(prepared.data.cells["ill"].trials) == [10, 10, 12, 9]
    assert prepared.hidden == ()
    assert prepared.shown == {}


def test_a_word_where_a_number_belongs_is_named(tmp_path: Path) -> None:
    rows = "herd,dose,ill,of\nA,1,2,10\nB,many,1,12\n"
    with pytest.raises(
        StudyError, match=r"herds\.csv, row 2, column dose: This is not a number\. Got: 'many'\."
    ):
        prepare_fit(table(tmp_path, rows), HERDS, seed=1)


@pytest.mark.mcmc
def test_progress_is_told_step_by_step(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    lines = [
        f"h{row % 6},{row % 5},{rng.binomial(20, 0.2 + 0.1 * (row % 5))},20" for row in range(30)
    ]
    source = table(tmp_path, "herd,dose,ill,of\n" + "\n".join(lines) + "\n")
    prepared = prepare_fit(source, HERDS, seed=2)
    told: list[str] = []
    kernel = fit_prepared(prepared, out=tmp_path / "k", settings=QUICK, progress=told.append)
    assert told == ["sample", "diagnose", "write"]
    weight = kernel.fit.posterior["weight"]
    assert float((weight > 0.2).mean()) > 0.99
