"""Drawing studies and tables whose truth is known."""

from vm2causal.simulate.calibrated import default_truth
from vm2causal.simulate.cases import draw_cases
from vm2causal.simulate.draw import draw_experiments, simulate_study
from vm2causal.simulate.margins import published_margins, study_margins
from vm2causal.simulate.nonresponse import with_missing_share
from vm2causal.simulate.plain import plain_truth
from vm2causal.simulate.table import simulate_table
from vm2causal.simulate.terms import Term, parse_effect, terms_of
from vm2causal.simulate.truth import Truth, read_truth, truth_path, write_truth
from vm2causal.simulate.writing import write_simulated

__all__ = [
    "Term",
    "Truth",
    "default_truth",
    "draw_cases",
    "draw_experiments",
    "parse_effect",
    "plain_truth",
    "published_margins",
    "read_truth",
    "simulate_study",
    "simulate_table",
    "study_margins",
    "terms_of",
    "truth_path",
    "with_missing_share",
    "write_simulated",
    "write_truth",
]
