"""Statistical disclosure control: what may leave a run.

Standards: Hundepool, Domingo-Ferrer, Franconi, Giessing, Schulte Nordholt, Spicer and De Wolf
(2012), *Statistical Disclosure Control*, Wiley (secondary suppression);
Bond, Brandt and De Wolf (2015), *Guidelines for output checking*, Eurostat (at least 10 units
behind a number, group disclosure).
"""

from vm2causal.disclosure.digits import by_error, model_result, share
from vm2causal.disclosure.dominance import is_dominated
from vm2causal.disclosure.flat import flattened, with_origin
from vm2causal.disclosure.groups import hidden_groups
from vm2causal.disclosure.kinds import UnknownNumber
from vm2causal.disclosure.layout import TOTAL, Layout
from vm2causal.disclosure.places import hidden_places
from vm2causal.disclosure.protection import (
    MINIMUM,
    Protected,
    Reason,
    protect_counts,
    protect_shares,
)
from vm2causal.disclosure.release import (
    Behind,
    Released,
    ReleasedTable,
    released,
    released_table,
    small_count,
)
from vm2causal.folder_names import without_paths

__all__ = [
    "MINIMUM",
    "TOTAL",
    "Behind",
    "Layout",
    "Protected",
    "Reason",
    "Released",
    "ReleasedTable",
    "UnknownNumber",
    "by_error",
    "flattened",
    "hidden_groups",
    "hidden_places",
    "is_dominated",
    "model_result",
    "protect_counts",
    "protect_shares",
    "released",
    "released_table",
    "share",
    "small_count",
    "with_origin",
    "without_paths",
]
