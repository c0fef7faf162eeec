"""The model and truth that most tests of the simulator draw from."""

import pytest

from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.study.frame import StudyFrame
from vm2causal.simulate import Truth, default_truth, simulate_study
from vm2causal.spec import CausalSpec, read_model


@pytest.fixture(scope="session")
def spec() -> CausalSpec:
    return read_model("onderzoeksmodel-2012")


@pytest.fixture(scope="session")
def truth(spec: CausalSpec, tables: PublishedTables) -> Truth:
    return default_truth(spec, tables=tables)


@pytest.fixture(scope="session")
def study(spec: CausalSpec, truth: Truth) -> StudyFrame:
    return simulate_study(spec, truth, seed=2013)
