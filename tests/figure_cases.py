"""Fits that nobody sampled, and whether all that is written in a figure can be read."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from effects.effect_cases import LINEAR, linear_table
from model.fit_cases import TIMINGS
from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.checks.replicate.prior_predictive import prior_draws
from vm2causal.effects.forward import Forward
from vm2causal.model.data.structural_data import StructuralData, study_data, table_data
from vm2causal.model.fits.fit_files import write_fit
from vm2causal.model.structural_fit import Backend, StructuralFit
from vm2causal.model.structural_layout import structural_layout
from vm2causal.model.structural_parameters import Priors
from vm2causal.spec import Arrow, CausalSpec, Query, Variable
from vm2causal.spec.objects import Label
from vm2causal.workflow.effects import FitOnDisk
from vm2causal.workflow.fit_tables import FitTables

GATE: dict[str, Any] = {
    "computation": {"state": "passed", "failures": []},
    "predictions": [],
    "tests": [],
    "effects": [],
}

PASSED: dict[str, Any] = {
    "rhat_max": 1.0,
    "ess_bulk_min": 812.0,
    "ess_tail_min": 904.0,
    "divergences": 0,
    "ebfmi_min": 0.8,
    "passed": True,
    "failures": [],
}

RECORD: dict[str, Any] = {
    "origin": "synthetic",
    "python": "3.13.0",
    "versions": {"numpy": "2.4.0"},
    "machine": {"processor": "x86_64"},
    "code": "0" * 16,
    "settings": {"draws": 40, "tune": 40, "chains": 2},
    "source_sha256": "0" * 64,
    "pseudonyms": [],
    "missing": [],
    "items_left_out": [],
    "left_out": [],
    "not_fitted": [],
    "through": [],
    "back_in_time": [],
    "idle": [],
    "unanswerable": [],
    "pupils_left_out": 0,
    "rows": None,
    "diagnostics": PASSED,
    "parameters": [{"name": "weight", "mean": 0.1, "sd": 0.2, "ess_bulk": 812.0, "rhat": 1.0}],
    "variances": [],
    "prior_predictive": [],
    "posterior_predictive": [],
    "loo_pit": [],
    "prior_sensitivity": [],
    "table": None,
    "variables": [],
    "remarks": [],
    "gate": GATE,
    "outliers": None,
}
"""What the record of a fit says beside what is written of the fit itself."""


def study_spec() -> CausalSpec:
    """Careers with both outcomes, every kind of question, and labels that run on."""
    long = {
        "samenwerking": Label(
            nl="samenwerking tussen de vmbo-school en alle mbo-instellingen in de regio",
            en="cooperation of the vmbo school with every mbo institution of the region",
        ),
        "vsv": Label(nl="voortijdig schoolverlaten (vsv)", en="early leaving (vsv)"),
    }
    variables = {
        name: item.model_copy(update={"label": long[name]}) if name in long else item
        for name, item in STUDY_SPEC.variables.items()
    }
    return CausalSpec(
        name="careers",
        variables={**variables, "sk": Variable(kind="count", trials="sk_van", level="leerling")},
        arrows=[*STUDY_SPEC.arrows, Arrow(cause="binding", effect="sk", evidence="supported")],
        groups=STUDY_SPEC.groups,
        queries=[
            Query(cause="samenwerking", effect="vsv"),
            Query(cause="samenwerking", effect="sk"),
            Query(cause="samenwerking", effect="vsv", kind="mediated"),
            Query(cause="versnelling", effect="binding", kind="direct"),
        ],
    )


def unsampled_fit(data: StructuralData, *, draws: int = 80) -> StructuralFit:
    """A fit whose draws are those of the prior."""
    layout = structural_layout(data)
    posterior = prior_draws(layout, draws=draws, seed=1)
    stats = xr.Dataset({"diverging": (("chain", "draw"), [[False] * draws])})
    tree = xr.DataTree.from_dict({"posterior": posterior, "sample_stats": stats})
    return StructuralFit(layout, tree, Priors.NEUTRAL, Backend.KERNEL, 1, TIMINGS)


def opened(fit: StructuralFit, **record: Any) -> FitOnDisk:
    forward = Forward(fit.layout, fit.posterior, draws=80, seed=1)
    return FitOnDisk(fit, RECORD | record, forward)


@cache
def study_fit() -> StructuralFit:
    return unsampled_fit(study_data(study_spec(), small_study()))


@cache
def study_tables() -> FitTables:
    """Of a study with careers; computed once for all tests."""
    return FitTables(opened(study_fit()), level=0.9)


@cache
def table_fit() -> StructuralFit:
    queries = [Query(cause="x", effect="y"), Query(cause="x", effect="y", kind="mediated")]
    spec = LINEAR.model_copy(update={"queries": tuple(queries)})
    return unsampled_fit(table_data(spec, linear_table()))


@cache
def table_tables() -> FitTables:
    """Of a flat table of numbers in three herds."""
    return FitTables(opened(table_fit(), origin="real"))


def written_fit(fit: StructuralFit, folder: Path) -> Path:
    facts = {key: value for key, value in RECORD.items() if key != "origin"}
    write_fit(fit, folder, facts)
    return folder


def texts_of(figure: Figure) -> list[str]:
    return [item.get_text() for item in _visible_texts(figure)]


def unreadable(figure: Figure) -> list[str | tuple[str, str]]:
    """Texts of which a part lies outside the figure, and pairs that cover each other."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    width, height = canvas.get_width_height()
    boxes = [
        (item.get_text(), item.get_window_extent(canvas.get_renderer()))
        for item in _visible_texts(figure)
    ]
    clipped = [
        label
        for label, box in boxes
        if min(box.x0, box.y0) < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]
    covered = [
        (one, other)
        for (one, first), (other, second) in combinations(boxes, 2)
        if min(first.x1, second.x1) - max(first.x0, second.x0) > 1
        and min(first.y1, second.y1) - max(first.y0, second.y0) > 1
    ]
    return [*clipped, *covered]


def _visible_texts(figure: Figure) -> list[Text]:
    """Texts that are drawn; labels of ticks beyond the axis are not."""
    beyond = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if not axes.axison or not low <= tick.get_loc() <= high:
                    beyond |= {tick.label1, tick.label2}
    return [
        item
        for item in figure.findobj(Text)
        if item.get_text().strip() and item.get_visible() and item not in beyond
    ]
