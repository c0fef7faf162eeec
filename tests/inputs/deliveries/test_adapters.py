import tempfile
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vm2causal.errors import OptionError, StudyError, Vm2CausalError
from vm2causal.inputs.deliveries import duo_rows
from vm2causal.inputs.deliveries.adapters import ADAPTERS, adapt
from vm2causal.inputs.study.files import read_study
from vm2causal.inputs.study.problems import StudyProblems

ENROLMENTS = """\
pseudoniem;brin;vestiging;teldatum;opleiding;niveau;geslacht;geboortedatum;lwoo
geheim3;00AB;01;01-10-2008;VM2T;vmbo-bb;M;15-03-1994;N
geheim3;00AB;01;01-10-2009;VM2T;vmbo-bb;M;15-03-1994;N
geheim3;10CD;00;01-10-2010;VM2T;mbo-2;M;15-03-1994;N
geheim1;00AB;01;01-10-2008;VM2T;vmbo-bb;V;02-10-1994;J
geheim1;00AB;01;01-10-2009;VM2T;vmbo-bb;V;02-10-1994;J
geheim2;00ab;01;01-10-2008;VM2T;vmbo-bb;m;30-09-1993;
geheim2;10CD;00;01-10-2010;90440;mbo-1;M;30-09-1993;
geheim2;10CD;00;01-10-2011;90440;mbo-2;M;30-09-1993;
geheim4;02EF;00;01-10-2009;VM2Z;vmbo-bb;O;;ja
geheim4;02EF;00;01-10-2010;VM2Y;vmbo-bb;O;;ja
geheim5;02EF;00;01-10-2009;GEWOON;vmbo-bb;V;01-01-1995;N
"""
DIPLOMAS = """\
pseudoniem;datum;niveau
geheim3;15-07-2011;mbo-2
geheim2;15-07-2010;VMBO-BB
geheim5;15-07-2011;mbo-2
"""
EXPERIMENTS = """\
experiment;brin;vestiging;opleiding;sector;tranche;krimp;samenwerking_1
Één;00AB;01;VM2T;techniek;T1;2,5;4
Twee;02EF;00;VM2Z|VM2Y;zorg_welzijn;T2;;
"""


def delivery(
    folder: Path,
    *,
    inschrijvingen: str = ENROLMENTS,
    diplomas: str = DIPLOMAS,
    experimenten: str = EXPERIMENTS,
    encoding: str = "utf-8",
) -> Path:
    source = folder / "levering"
    source.mkdir()
    contents = {
        "inschrijvingen": inschrijvingen,
        "diplomas": diplomas,
        "experimenten": experimenten,
    }
    for name, content in contents.items():
        (source / f"{name}.csv").write_bytes(content.encode(encoding))
    return source


def test_capitals_in_headers_do_not_count(tmp_path: Path) -> None:
    def shouted(content: str) -> str:
        header, _, rows = content.partition("\n")
        return f"{header.upper()}\n{rows}"

    (tmp_path / "plain").mkdir()
    (tmp_path / "loud").mkdir()
    plain = delivery(tmp_path / "plain")
    loud = delivery(
        tmp_path / "loud",
        inschrijvingen=shouted(ENROLMENTS),
        diplomas=shouted(DIPLOMAS),
        experimenten=shouted(EXPERIMENTS),
    )
    for source in (plain, loud):
        adapt(source, source.parent / "study", adapter="duo")
    files = ["pupils.csv", "experiments.csv"]
    assert [(tmp_path / "loud" / "study" / name).read_text("utf-8") for name in files] == [
        (tmp_path / "plain" / "study" / name).read_text("utf-8") for name in files
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_delivery_becomes_a_study(tmp_path: Path, encoding: str) -> None:
    study = adapt(delivery(tmp_path, encoding=encoding), tmp_path / "studie", adapter="duo")
    assert sorted(path.name for path in study.iterdir()) == [
        "experiments.csv",
        "pupils.csv",
        "study.yaml",
    ]
    assert (study / "pupils.csv").read_text(encoding="utf-8") == (
        "leerling,experiment,geslacht,leeftijd,lwoo,teldatum_1,teldatum_2,teldatum_3\n"
        "1,Twee,,,ja,vm2,vsv,\n"
        "2,Één,jongen,gemiddeld,nee,vm2,vm2,sk\n"
        "3,Één,jongen,ouder,,vsv,ander_onderwijs,ander_onderwijs\n"
        "4,Één,meisje,jonger,ja,vm2,vsv,vsv\n"
    )
    assert (study / "experiments.csv").read_text(encoding="utf-8") == (
        "experiment,school,sector,tranche,krimp,samenwerking_1\n"
        'Één,00AB01,techniek,T1,"2,5",4\n'
        "Twee,02EF00,zorg_welzijn,T2,,\n"
    )


def test_the_study_reads_back(tmp_path: Path) -> None:
    study = read_study(adapt(delivery(tmp_path), tmp_path / "studie", adapter="duo"))
    assert study.title == "levering"
    assert dict(study.teldata) == {"T1": 3, "T2": 2}
    assert study.careers["leerlingen"].sum() == 4
    assert study.experiments["krimp"].tolist()[0] == 2.5


def test_no_pseudonym_and_no_birth_date_is_written(tmp_path: Path) -> None:
    study = adapt(delivery(tmp_path), tmp_path / "studie", adapter="duo")
    content = "".join(path.read_text(encoding="utf-8") for path in study.iterdir())
    for private in ("geheim", "1994", "1993", "90440", "VM2T"):
        assert private not in content


def test_the_order_of_rows_and_pseudonyms_does_not_show(tmp_path: Path) -> None:
    header, *rows = ENROLMENTS.splitlines()
    renamed = [row.replace("geheim1", "zzz").replace("geheim2", "aaa") for row in reversed(rows)]
    first = adapt(delivery(tmp_path), tmp_path / "eerste", adapter="duo")
    (tmp_path / "ander").mkdir()
    other = delivery(tmp_path / "ander", inschrijvingen="\n".join((header, *renamed)))
    second = adapt(other, tmp_path / "tweede", adapter="duo")
    assert (first / "pupils.csv").read_bytes() == (second / "pupils.csv").read_bytes()


def test_a_start_of_its_own_and_a_name_for_the_school(tmp_path: Path) -> None:
    experiments = (
        "experiment;school;brin;vestiging;opleiding;sector;tranche;start\n"
        "A;De School;00AB;01;VM2T;techniek;proef;01-10-2008\n"
    )
    source = delivery(tmp_path, experimenten=experiments)
    study = adapt(source, tmp_path / "studie", adapter="duo")
    assert (study / "experiments.csv").read_text(encoding="utf-8") == (
        "experiment,school,sector,tranche\nA,De School,techniek,proef\n"
    )
    assert "  proef:\n    start: 2008-10-01\n" in (study / "study.yaml").read_text(encoding="utf-8")


def test_a_pupil_belongs_to_the_first_start_only(tmp_path: Path) -> None:
    later = EXPERIMENTS + "Drie;00AB;01;VM2T;techniek;T2;;\n"
    more = ENROLMENTS + "geheim6;00AB;01;01-10-2009;VM2T;vmbo-bb;M;15-03-1995;N\n"
    source = delivery(tmp_path, experimenten=later, inschrijvingen=more)
    study = adapt(source, tmp_path / "studie", adapter="duo")
    pupils = pd.read_csv(study / "pupils.csv")
    assert pupils.groupby("experiment").size().to_dict() == {"Drie": 1, "Twee": 1, "Één": 3}


# -- what cannot be used ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (
            "geheim1;00AB;01;01-10-2009",
            "geheim1;00AB;01;2009-10-01",
            "row 5, column teldatum: A date",
        ),
        (
            "geheim1;00AB;01;01-10-2009",
            "geheim1;00AB;01;31-02-2009",
            "row 5, column teldatum: A date",
        ),
        ("geheim1;00AB;01;01-10-2009", "geheim1;00AB;01;", "row 5, column teldatum: A date"),
        (
            "geheim1;00AB;01;01-10-2009",
            "geheim1;00AB;01;10-01-2009",
            "row 5, column teldatum: A tel",
        ),
        ("geheim1;00AB;01;01-10-2009", "geheim1;00ABC;01;01-10-2009", "row 5, column brin: A BRIN"),
        ("geheim1;00AB;01;01-10-2009", "geheim1;;01;01-10-2009", "row 5, column brin: A BRIN"),
        (
            "geheim1;00AB;01;01-10-2009",
            "geheim1;00AB;1;01-10-2009",
            "row 5, column vestiging: A ve",
        ),
        ("geheim1;00AB;01;01-10-2009", ";00AB;01;01-10-2009", "row 5, column pseudoniem: This may"),
        ("01-10-2010;90440", "01-10-2010;", "row 7, column opleiding: This may"),
        ("15-03-1994;N\ngeheim3;10", "1994;N\ngeheim3;10", "row 2, column geboortedatum: A date"),
        (
            "15-03-1994;N\ngeheim3;10",
            "15-03-2009;N\ngeheim3;10",
            "row 2, column geboortedatum: A pu",
        ),
        (
            "geheim2;00ab;01;01-10-2008;VM2T;vmbo-bb;m",
            "geheim2;00AB;01;01-10-2008;VM2T;vmbo-bb;X",
            "row 6, column geslacht: geslacht is one of m, v, o;",
        ),
        ("O;;ja\ngeheim5", "O;;misschien\ngeheim5", "row 10, column lwoo: lwoo is one of j, ja, n"),
    ],
)
def test_enrolments_that_cannot_be_used(tmp_path: Path, old: str, new: str, place: str) -> None:
    assert ENROLMENTS.count(old) == 1
    source = delivery(tmp_path, inschrijvingen=ENROLMENTS.replace(old, new))
    with pytest.raises(StudyProblems) as caught:
        adapt(source, tmp_path / "studie", adapter="duo")
    assert str(caught.value).startswith(f"inschrijvingen.csv, {place}")
    assert len(caught.value.problems) == 1
    assert "geheim" not in str(caught.value)
    assert "Got:" not in str(caught.value)
    assert not (tmp_path / "studie").exists()


def test_the_exact_message_of_a_wrong_date(tmp_path: Path) -> None:
    source = delivery(
        tmp_path, diplomas=DIPLOMAS.replace("15-07-2011;mbo-2", "2011-07-15;mbo-2", 1)
    )
    with pytest.raises(StudyProblems) as caught:
        adapt(source, tmp_path / "studie", adapter="duo")
    assert str(caught.value) == (
        "diplomas.csv, row 1, column datum: A date is written day-month-year. "
        "(1 row breaks this rule.) Write every date like 01-10-2008."
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "geheim3;15-07-2011",
            "geheim3;01-10-2008",
            "diplomas.csv, row 1, column datum: A pupil who begins VM2 has no startkwalificatie "
            "yet. (1 row breaks this rule.) Correct the date or the niveau, or remove the pupil "
            "from the delivery.",
        ),
        (
            "VMBO-BB",
            "2",
            "diplomas.csv, row 2, column niveau: niveau is one of mbo-2, mbo-3, mbo-4, havo, vwo, "
            "mbo-1, vmbo-bb, vmbo-kb, vmbo-gl, vmbo-tl, praktijkonderwijs; capitals do not count. "
            "(1 row breaks this rule.) Write it as one of these.",
        ),
    ],
)
def test_diplomas_that_cannot_be_used(tmp_path: Path, old: str, new: str, message: str) -> None:
    source = delivery(tmp_path, diplomas=DIPLOMAS.replace(old, new))
    with pytest.raises(StudyProblems) as caught:
        adapt(source, tmp_path / "studie", adapter="duo")
    assert str(caught.value) == message


def test_a_pupil_in_two_experiments_at_once(tmp_path: Path) -> None:
    source = delivery(
        tmp_path,
        experimenten=EXPERIMENTS + "Drie;00AB;02;VM2E;economie;T1;;\n",
        inschrijvingen=ENROLMENTS + "geheim3;00AB;02;01-10-2008;VM2E;vmbo-bb;M;15-03-1994;N\n",
    )
    with pytest.raises(StudyError, match=r"row 12, column opleiding: A pupil begins in one exp"):
        adapt(source, tmp_path / "studie", adapter="duo")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "00AB",
            "99ZZ",
            "row 1, column brin: Nobody is enrolled at this BRIN and vestiging. Got: '99ZZ01'. "
            "Correct them, or ask for the enrolments of this school.",
        ),
        (
            "VM2T",
            "VM2X",
            "row 1, column opleiding: Nobody began in this opleiding here on 01-10-2008. "
            "Got: 'VM2X'. Correct the opleiding or the tranche, or remove the experiment.",
        ),
        (
            "00AB",
            "AB00",
            "row 1, column brin: A BRIN has two digits and two letters. Got: 'AB00'. "
            "Write it like 00AB.",
        ),
        (
            "00AB;01",
            "00AB;1",
            "row 1, column vestiging: A vestiging has two digits. Got: '1'. "
            "Write it like 01, with the zero.",
        ),
        (
            "T1",
            "T9",
            "row 1, column tranche: When this tranche began is known of T1, T2, B1, B2, B3 only. "
            "Got: 'T9'. Add a column start with the first teldatum, like 01-10-2008.",
        ),
        (
            "T1",
            "B2",
            "row 1, column tranche: The delivery holds no enrolments of 01-10-2012, which this "
            "tranche needs. Got: 'B2'. Ask for the counts of the start and of every year after it.",
        ),
        ("techniek", "", "row 1, column sector: This may not be empty. Fill it in."),
        (
            "Twee",
            "Één",
            "row 2, column experiment: An experiment stands in one row. Got: 'Één'. "
            "Rename one; more than one opleiding are written as 90001|90002.",
        ),
        (
            "02EF;00;VM2Z|VM2Y;zorg_welzijn;T2",
            "00AB;01;VM2Z|VM2T;techniek;T1",
            "row 2, column opleiding: Another experiment began in the same place and opleiding at "
            "this date. Got: 'VM2Z|VM2T'. Give each experiment an opleiding of its own, or make "
            "one of the two.",
        ),
        ("vestiging", "locatie", "column vestiging: This column is missing. Add it."),
    ],
)
def test_experiments_that_cannot_be_used(tmp_path: Path, old: str, new: str, message: str) -> None:
    source = delivery(tmp_path, experimenten=EXPERIMENTS.replace(old, new))
    with pytest.raises(StudyError) as caught:
        adapt(source, tmp_path / "studie", adapter="duo")
    assert str(caught.value) == f"experimenten.csv, {message}"


@pytest.mark.parametrize(
    ("start", "rule"),
    [
        ("2008-10-01", "A date is written day-month-year."),
        ("01-09-2008", "A teldatum is 1 October of 1990 to 2100."),
        ("01-10-9999", "A teldatum is 1 October of 1990 to 2100."),
    ],
)
def test_a_start_that_is_no_teldatum(tmp_path: Path, start: str, rule: str) -> None:
    experiments = (
        "experiment;brin;vestiging;opleiding;sector;tranche;start\n"
        f"A;00AB;01;VM2T;techniek;T1;{start}\n"
    )
    source = delivery(tmp_path, experimenten=experiments)
    with pytest.raises(StudyError, match=rf"row 1, column start: {rule} Got: '{start}'"):
        adapt(source, tmp_path / "studie", adapter="duo")


def test_a_tranche_has_one_start(tmp_path: Path) -> None:
    experiments = (
        "experiment;brin;vestiging;opleiding;sector;tranche;start\n"
        "A;00AB;01;VM2T;techniek;T1;01-10-2008\n"
        "B;02EF;00;VM2Z;techniek;T1;01-10-2009\n"
    )
    source = delivery(tmp_path, experimenten=experiments)
    with pytest.raises(StudyError, match=r"row 2, column start: A tranche has one start"):
        adapt(source, tmp_path / "studie", adapter="duo")


# -- the adapter point -----------------------------------------------------------------------------


def test_an_unknown_adapter_is_named(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"There is no such adapter\. Got: 'cbs'\. Known are duo"):
        adapt(tmp_path, tmp_path / "studie", adapter="cbs")


def test_every_adapter_goes_by_its_own_name(tmp_path: Path) -> None:
    assert {name: adapter.name for name, adapter in ADAPTERS.items()} == {"duo": "duo"}
    assert not any(adapter.reads(tmp_path) for adapter in ADAPTERS.values())
    assert ADAPTERS["duo"].reads(delivery(tmp_path))


def test_absent_files_are_named(tmp_path: Path) -> None:
    source = delivery(tmp_path)
    (source / "diplomas.csv").unlink()
    with pytest.raises(
        StudyError, match=r"^levering: .* there is no diplomas\.csv\. Name the fold"
    ):
        adapt(source, tmp_path / "studie", adapter="duo")


def test_a_study_is_never_overwritten(tmp_path: Path) -> None:
    source, out = delivery(tmp_path), tmp_path / "studie"
    out.mkdir()
    adapt(source, out, adapter="duo")
    with pytest.raises(OptionError, match=r"new or empty folder\. Got: 'studie'"):
        adapt(source, out, adapter="duo")


# -- positions are what their definition says ------------------------------------------------------

YEARS = (2009, 2010, 2011)
CODES = st.sets(st.sampled_from(["VM2T", "OUD", "90440"]), max_size=2)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.tuples(CODES, CODES, CODES),
            st.none() | st.dates(date(2008, 10, 2), date(2012, 1, 1)),
            st.sampled_from(["mbo-1", "mbo-2", "mbo-4", "vmbo-bb"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_positions_follow_from_their_definition(
    pupils: list[tuple[tuple[set[str], set[str], set[str]], date | None, str]],
) -> None:
    rows = [ENROLMENTS.splitlines()[0], *ENROLMENTS.splitlines()[-3:]]
    diplomas = ["pseudoniem;datum;niveau"]
    expected = []
    for number, (enrolled, day, level) in enumerate(pupils):
        rows.append(f"P{number};00AB;01;01-10-2008;VM2T;;V;;N")
        course = []
        for year, codes in zip(YEARS, enrolled, strict=True):
            rows += [f"P{number};10CD;00;01-10-{year};{code};;V;;N" for code in sorted(codes)]
            if day and level in duo_rows.STARTKWALIFICATIES and day <= date(year, 10, 1):
                course.append("sk")
            elif "VM2T" in codes:
                course.append("vm2")
            else:
                course.append("ander_onderwijs" if codes else "vsv")
        diplomas += [f"P{number};{day:%d-%m-%Y};{level}"] if day else []
        expected.append(tuple(course))
    rows += [f"X;10CD;00;01-10-{year};OUD;;V;;N" for year in YEARS]
    experiments = "\n".join(EXPERIMENTS.splitlines()[:2])
    with tempfile.TemporaryDirectory() as folder:
        source = delivery(
            Path(folder),
            inschrijvingen="\n".join(rows),
            diplomas="\n".join(diplomas),
            experimenten=experiments,
        )
        study = adapt(source, Path(folder) / "studie", adapter="duo")
        found = pd.read_csv(study / "pupils.csv")
    courses = found[["teldatum_1", "teldatum_2", "teldatum_3"]]
    assert sorted(courses.itertuples(index=False, name=None)) == sorted(expected)
    assert found["leerling"].tolist() == list(range(1, len(pupils) + 1))


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["inschrijvingen", "diplomas", "experimenten"]),
    st.integers(0, 400),
    st.integers(0, 3),
    st.binary(max_size=3) | st.sampled_from([b"01-10-9999", b'"', b";", b"\n", b"31-02-2009"]),
)
def test_a_damaged_delivery_is_read_or_refused_by_name(
    name: str, at: int, cut: int, put: bytes
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = delivery(Path(folder))
        path = source / f"{name}.csv"
        content = path.read_bytes()
        path.write_bytes(content[:at] + put + content[at + cut :])
        said = f"{name}.csv"
        try:
            adapt(source, Path(folder) / "studie", adapter="duo")
        except Vm2CausalError as error:
            said = str(error)
            assert not (Path(folder) / "studie").exists()
    assert ".csv" in said
    assert "geheim" not in said
    assert folder not in said
