from pathlib import Path

import pytest

from vm2causal.errors import StudyError
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.simulate import default_truth, plain_truth, read_truth, truth_path, write_truth
from vm2causal.simulate.agreement import require_agreement
from vm2causal.simulate.study_model import GIVEN
from vm2causal.simulate.truth import Truth
from vm2causal.spec import list_models, read_model

STUDY = {"given": GIVEN, "groups": ("school", "experiment"), "years": 4}


def test_a_truth_reads_back_as_it_was(truth: Truth, tmp_path: Path) -> None:
    path = write_truth(truth, tmp_path / "truth.yaml")
    assert read_truth(path) == truth
    again = write_truth(read_truth(path), tmp_path / "again.yaml")
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("model", list_models())
def test_a_plain_truth_reads_back_for_every_model(model: str, tmp_path: Path) -> None:
    plain = plain_truth(read_model(model), groups=["school"], group_sd=1e-7)
    assert read_truth(write_truth(plain, tmp_path / "t.yaml")) == plain


def test_the_truth_stands_beside_the_study_not_in_it() -> None:
    assert truth_path(Path("a/b")) == Path("a/b-truth.yaml")
    assert truth_path(Path()).parent == Path.cwd().parent


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("schema: vm2causal/truth/2", "truth.yaml, column schema: This is not the truth"),
        ("effects: {a->b: big}", r"truth.yaml, column effects.a->b: .* Got: 'big'"),
        ("extra: 1", "column extra: .* Extra inputs are not permitted"),
        ("effects: {a->b: .nan}", "column effects.a->b: .* finite"),
        ("effects: [", "truth.yaml: The truth of this simulated study cannot be read"),
        ("equations: {x: {scale: 0}}", "column equations.x.scale: .* greater than 0"),
    ],
)
def test_a_file_that_is_no_truth_is_refused(change: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "truth.yaml"
    lines = {"schema": "vm2causal/truth/1", "model": "m", "effects": "{}", "equations": "{}"}
    lines[change.split(":")[0]] = change.split(":", 1)[1]
    path.write_text("\n".join(f"{key}: {value}" for key, value in lines.items()))
    with pytest.raises(StudyError, match=message):
        read_truth(path)


def test_an_absent_truth_is_refused_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"^truth\.yaml: The truth .* cannot be read"):
        read_truth(tmp_path / "truth.yaml")


def test_only_the_named_effects_change(truth: Truth) -> None:
    changed = truth.with_effects({"binding->vsv": 1.0})
    assert changed.effects["binding->vsv"] == 1.0
    assert {k: v for k, v in changed.effects.items() if k != "binding->vsv"} == {
        k: v for k, v in truth.effects.items() if k != "binding->vsv"
    }


@pytest.mark.parametrize(
    ("variable", "change", "message"),
    [
        (
            "vsv",
            {"intercept": (1.0,)},
            r"column vsv: This variable has 4 intercepts\. Got: \[1.0\]",
        ),
        ("mbo_stof", {"intercept": (1.0, 0.0)}, "column mbo_stof: Cutpoints rise"),
        ("positie", {"items": {}}, "column positie: The items are not those of the model"),
        ("krimp", {"sds": {"herd": 1.0}}, "column krimp: There is no such group. Got: 'herd'"),
        ("status", {"by": "school"}, "column status: Intercepts can only differ by what is given"),
    ],
)
def test_equations_must_fit_their_variable(
    truth: Truth, variable: str, change: dict[str, object], message: str
) -> None:
    equation = truth.equations[variable].model_copy(update=change)
    altered = truth.model_copy(update={"equations": {**truth.equations, variable: equation}})
    with pytest.raises(StudyError, match=message):
        require_agreement(read_model("onderzoeksmodel-2012"), altered, **STUDY)


def test_effects_must_be_those_of_the_model(truth: Truth) -> None:
    spec = read_model("onderzoeksmodel-2012")
    with pytest.raises(
        StudyError, match=r"column effects: The model has nothing like it\. Got: 'a"
    ):
        require_agreement(spec, truth.with_effects({"a->b": 0.0}), **STUDY)
    fewer = dict(list(truth.effects.items())[1:])
    with pytest.raises(StudyError, match="column effects: The truth lacks what the model has"):
        require_agreement(spec, truth.model_copy(update={"effects": fewer}), **STUDY)


def test_arrows_not_found_have_no_effect(truth: Truth) -> None:
    spec = read_model("onderzoeksmodel-2012")
    absent = {arrow.key for arrow in spec.arrows if arrow.evidence == "niet_gevonden"}
    sizes = {key: truth.effects[f"{key[0]}->{key[1]}"] for key in absent}
    assert set(sizes.values()) == {0.0}
    assert len(sizes) == 5


@pytest.mark.parametrize("model", ["onderzoeksmodel-2011", "onderzoeksmodel-2012"])
def test_default_effects_have_the_sign_of_their_arrow(model: str, tables: PublishedTables) -> None:
    spec = read_model(model)
    effects = default_truth(spec, tables=tables).effects
    for arrow in spec.arrows:
        signs = [size for term, size in effects.items() if term == "->".join(arrow.key)]
        if arrow.sign and signs and arrow.evidence != "niet_gevonden":
            assert signs[0] * (1 if arrow.sign == "+" else -1) > 0, arrow.key
