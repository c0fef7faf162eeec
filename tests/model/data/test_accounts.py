"""How many units each variable has, by kind and by whether it is a cause."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vm2causal.model.data.accounts import Account, accounts
from vm2causal.model.data.structural_data import table_data
from vm2causal.spec import CausalSpec


def test_every_kind_is_accounted_for() -> None:
    spec = CausalSpec.model_validate(
        {
            "name": "accounts",
            "rows": "units",
            "variables": {
                "x": {},
                "b": {"kind": "binary"},
                "t": {"kind": "latent", "items": ["a1", "a2"], "levels": ["1", "2"]},
                "n": {"kind": "count", "trials": "of"},
                "y": {},
            },
            "arrows": [
                {"from": "x", "to": "y"},
                {"from": "b", "to": "n"},
                {"from": "t", "to": "y"},
            ],
        }
    )
    table = pd.DataFrame(
        {
            "x": [1.0, np.nan, 3.0, 4.0],
            "b": ["ja", "nee", None, None],
            "a1": ["1", None, None, "2"],
            "a2": ["1", "2", None, None],
            "n": [1, 2, np.nan, 3],
            "of": [5, 5, 5, np.nan],
            "y": [1.0, 2.0, 3.0, np.nan],
        }
    )
    assert accounts(table_data(spec, table)) == (
        Account("x", 4, 3, 1, 1),
        Account("b", 4, 2, 2, 2),
        Account("t", 4, 3, 1, 1),
        Account("n", 4, 2, 2, 0),
        Account("y", 4, 3, 1, 0),
    )
