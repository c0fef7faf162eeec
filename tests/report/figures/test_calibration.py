from vm2causal.report.figures.calibration import arrow_label
from vm2causal.spec import read_model
from vm2causal.texts import Language


def test_an_arrow_is_named_with_its_levels_in_words() -> None:
    spec = read_model("onderzoeksmodel-2012")
    row = {"cause": "zelfde_bestuur", "effect": "financiele_afspraken"}
    row |= {"contrast": "ja vs nee", "effect_level": "nvt"}
    assert arrow_label(row, spec, Language.EN) == (
        "under one board → financial agreements (yes against no, does not apply)"
    )
    plain = {"cause": "binding", "effect": "vsv", "contrast": None, "effect_level": None}
    assert arrow_label(plain, spec, Language.NL) == (
        "binding van de leerling → voortijdig schoolverlaten (vsv)"
    )
