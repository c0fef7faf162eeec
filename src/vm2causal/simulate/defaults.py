"""What the default study assumes where nothing is published: effects, spreads, measurement.

Effects have the sign of the model and a moderate size: choices, not findings. Arrows that the case
studies looked for and did not find are zero, so that a test of them has a known answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vm2causal.simulate.plain import plain_effects
from vm2causal.simulate.terms import terms_of
from vm2causal.simulate.truth import Equation, Item, Nonresponse
from vm2causal.spec import CausalSpec, Evidence

EFFECTS: Final[Mapping[str, float]] = {
    "samenwerking->financiele_afspraken[ja]": 0.8,
    "samenwerking->financiele_afspraken[nvt]": 0.0,  # a fact of who governs, not of cooperation
    "samenwerking->status": 0.6,
    "samenwerking->continuiteit": 0.5,
    "financiele_afspraken[ja]->status": 0.2,  # works mainly through cooperation
    "financiele_afspraken[nvt]->status": 0.1,
    "financiele_afspraken[ja]->continuiteit": 0.6,
    "financiele_afspraken[nvt]->continuiteit": 0.4,
    "leerlingenaantal->continuiteit": 0.5,
    "status->continuiteit": 0.8,
    "samenwerking->mbo_stof": -0.6,
    "samenwerking->versnelling": 0.5,
    "samenwerking->vmbo_examen": -0.6,
    "samenwerking->pedagogiek": 0.3,
    "vmbo_examen->mbo_stof": 0.7,
    "vmbo_examen->versnelling": -0.6,
    "mbo_stof->versnelling": -0.5,
    "mbo_stof->binding": -0.3,
    "versnelling->binding": 0.3,
    "pedagogiek->binding": 0.4,
    "geslacht->binding": -0.1,
    "geslacht->vsv": 0.35,
    "geslacht->sk": -0.15,
    "leeftijd->binding": -0.1,
    "leeftijd->vsv": 0.35,
    "leeftijd->sk": -0.1,
    "lwoo->binding": 0.1,
    "lwoo->vsv": 0.2,
    "lwoo->sk": -0.2,
    "sector[techniek]->samenwerking": -0.2,
    "sector[zorg_welzijn]->samenwerking": 0.1,
    "sector[landbouw]->samenwerking": 0.3,
    "sector[techniek]->leerlingenaantal": -0.4,
    "sector[zorg_welzijn]->leerlingenaantal": 0.1,
    "sector[landbouw]->leerlingenaantal": -0.2,
    "sector[techniek]->mbo_stof": -0.1,
    "sector[zorg_welzijn]->mbo_stof": 0.2,
    "sector[landbouw]->mbo_stof": -0.2,
    "sector[techniek]->versnelling": 0.1,
    "sector[zorg_welzijn]->versnelling": -0.2,
    "sector[landbouw]->versnelling": 0.2,
    "sector[techniek]->binding": -0.2,
    "sector[zorg_welzijn]->binding": 0.1,
    "sector[landbouw]->binding": 0.1,
    "sector[techniek]->vsv": 0.2,
    "sector[zorg_welzijn]->vsv": -0.1,
    "sector[landbouw]->vsv": -0.2,
    "sector[techniek]->sk": -0.1,
    "sector[zorg_welzijn]->sk": 0.1,
    "tranche[T2]->samenwerking": 0.1,
    "zelfde_bestuur->samenwerking": 0.4,
    "zelfde_bestuur->financiele_afspraken[ja]": -1.0,
    "zelfde_bestuur->financiele_afspraken[nvt]": 4.0,
    "krimp->leerlingenaantal": -0.4,
    "schoolkwaliteit->samenwerking": 0.5,
    "schoolkwaliteit->vsv": -0.25,
    "schoolkwaliteit->sk": 0.25,
}
"""By term, on the link scale of the effect."""

_GROUPED: Final = {"school": 0.3}
_ANSWERS: Final = (-3.0, -1.3, 0.2, 1.9)
_CEILING: Final = (-9.0, -8.0, -7.0, -4.5)


def _likert(
    name: str, loadings: tuple[float, ...], cutpoints: tuple[float, ...]
) -> dict[str, Item]:
    return {
        f"{name}_{number}": Item(loading=loading, cutpoints=cutpoints)
        for number, loading in enumerate(loadings, start=1)
    }


EQUATIONS: Final[Mapping[str, Equation]] = {
    "samenwerking": Equation(
        sds=_GROUPED, items=_likert("samenwerking", (1.8, 1.4, 1.8, 1.6, 2.0), _ANSWERS)
    ),
    # agreements do not apply in 4 of the 12 cases (gevalsstudies-2013 4.2)
    "financiele_afspraken": Equation(intercept=(0.6, -0.9)),
    "leerlingenaantal": Equation(
        centre=16.0, scale=3.2, sds={"school": 0.3, "residual": 0.85}, decimals=1
    ),
    "positie": Equation(sds=_GROUPED, items=_likert("positie", (1.5, 1.2, 1.6), _ANSWERS)),
    # 8 of the 12 cases keep the examination (gevalsstudies-2013 1.2)
    "vmbo_examen": Equation(intercept=(0.9,), sds=_GROUPED),
    "mbo_stof": Equation(intercept=(-0.3, 1.3), sds=_GROUPED, centre=1.0),
    "versnelling": Equation(intercept=(-0.5, 0.8), sds=_GROUPED, centre=1.0),
    # the twelve cases did not differ (gevalsstudies-2013 3.2): hardly anything but the top answer
    "pedagogiek": Equation(sds=_GROUPED, items=_likert("pedagogiek", (0.5,) * 4, _CEILING)),
    "communicatie": Equation(
        sds=_GROUPED, items=_likert("communicatie", (1.2, 1.4, 1.3), _ANSWERS)
    ),
    "status": Equation(sds=_GROUPED, centre=1.0),
    "continuiteit": Equation(intercept=(0.3,), sds=_GROUPED),
    "binding": Equation(sds={"school": 0.3, "experiment": 0.4}),
    "vsv": Equation(sds={"school": 0.2, "experiment": 0.3}),
    "sk": Equation(sds={"school": 0.3, "experiment": 0.6}),
    "geslacht": Equation(intercept=(0.1,)),
    "leeftijd": Equation(intercept=(-1.5, 1.0), centre=1.0),
    "lwoo": Equation(intercept=(-0.2,)),
    "zelfde_bestuur": Equation(intercept=(-1.1,)),
    "krimp": Equation(centre=2.0, scale=1.0, decimals=1),
    "schoolkwaliteit": Equation(),
}
"""By variable; the equations of status, binding, vsv and sk get their intercepts by calibration."""

NONRESPONSE: Final = Nonresponse(
    questionnaire=0.08,
    shifts={"sector": {"techniek": 0.5}, "tranche": {"T2": 0.3}},
    item=0.02,
    # the status of T1 and T2 is published without unknowns; the others are public knowledge
    registered=("zelfde_bestuur", "krimp", "status"),
)
"""Missing at random given sector and tranche."""

SHAPE: Final = 4.0
"""Spread of the sizes of experiments, see ``Sizes``."""

SCHOOLS: Final = 90
"""About as many as there were sites: 70 still took part in 2010 (vijf-jaar-vm2 2.2)."""

TERUGKEER: Final = 0.05
"""Yearly probability that an early leaver returns."""


def default_effects(spec: CausalSpec) -> dict[str, float]:
    """Effect of every term of a model: by the table above, else plain.

    An arrow with the evidence ``niet_gevonden`` has none, whatever the table says.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    """
    effects = plain_effects(spec)
    for term in terms_of(spec):
        arrow = spec.arrow(term.cause, term.effect)
        if arrow is not None and arrow.evidence is not Evidence.NIET_GEVONDEN:
            effects[str(term)] = EFFECTS.get(str(term), effects[str(term)])
    return effects
