"""Over many small tables 95% intervals cover about 95 of 100 times."""

import pandas as pd
import pytest

from effects.calibration import DOCUMENT, REPLICATIONS, SPEC, coverage, document, replicate


@pytest.mark.mcmc
def test_one_replication_weighs_every_arrow() -> None:
    found = replicate(1)
    observed = [a for a in SPEC.arrows if a.cause != "quality"]
    nominal = sum(a.cause == "plan" for a in observed)
    assert len(found) == len(observed) + nominal
    assert found["covered"].mean() > 0.6


def test_the_page_is_made_from_the_table() -> None:
    found = pd.DataFrame(
        {"declared": [0.4], "estimate": [0.35], "covered": [0.94], "contradicted": [0]},
        index=["a → b"],
    )
    page = document(found, 50)
    assert "| a → b | 0.40 | 0.35 | 94% |" in page
    assert "| **all** | | | **94.0%** |" in page
    assert "50 simulated tables" in page


def test_the_page_on_file_shows_good_coverage() -> None:
    (line,) = [text for text in DOCUMENT.read_text("utf-8").splitlines() if "**all**" in text]
    share = float(line.split("**")[3].rstrip("%"))
    assert 90 <= share <= 99


@pytest.mark.slow
def test_intervals_cover() -> None:
    found = coverage()
    assert 0.90 <= found["covered"].mean() <= 0.99
    # a single arrow: three standard errors of 100 replications below 95%
    assert (found["covered"] >= 0.88).all()
    assert found["contradicted"].sum() <= 0.01 * REPLICATIONS * len(found)
