"""Sentences on attacks."""

from __future__ import annotations

import pytest

from vm2causal.checks.refute.plan import Attack, refit_label
from vm2causal.report.documents.attacks import attack_sentence
from vm2causal.spec import CausalSpec, Variable
from vm2causal.texts import Language


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            Language.EN,
            "Without sector ‘care (zorg en welzijn)’ the estimate shifts most: 3.5 times",
        ),
        (
            Language.NL,
            "Zonder sector ‘zorg en welzijn’ verschuift de schatting het meest: 3,5 maal",
        ),
    ],
)
def test_the_level_that_matters_most_is_called_by_its_label(language: Language, said: str) -> None:
    # a name that another begins with must not be taken for it
    variables = {name: Variable(kind="nominal") for name in ("sector", "sector-zorg")}
    spec = CausalSpec(name="example", variables=variables)
    part = refit_label("sector", "zorg_welzijn")
    found = {"attack": Attack.LEVEL_OUT.value, "statistic": "shift", "value": 3.5, "limit": 3.1}
    found |= {"part": part, "failed": [], "refits": []}
    assert said in attack_sentence(found, spec, language)
