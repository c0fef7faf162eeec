import pytest

from vm2causal import workflow


@pytest.mark.parametrize("name", workflow.__all__)
def test_every_name_can_be_loaded(name: str) -> None:
    assert getattr(workflow, name) is not None


def test_a_name_that_is_not_there_is_said() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'fit_everything'"):
        _ = workflow.fit_everything
