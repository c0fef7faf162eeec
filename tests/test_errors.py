import pytest

from vm2causal import errors


def test_a_message_names_place_value_rule_and_mend() -> None:
    error = errors.TableError(
        "A cumulative share cannot fall.",
        file="outcomes.csv",
        row=3,
        column="percent",
        value=2.0,
        fix="At least 7.4 was expected.",
    )
    assert str(error) == (
        "outcomes.csv, row 3, column percent: A cumulative share cannot fall. Got: 2.0. "
        "At least 7.4 was expected."
    )
    assert error.exit_status == 2


def test_a_value_of_none_is_shown_and_a_missing_value_is_not() -> None:
    assert str(errors.OptionError("Rule.", value=None)) == "Rule. Got: None."
    assert str(errors.OptionError("Rule.")) == "Rule."


def test_a_long_value_is_cut() -> None:
    assert len(str(errors.OptionError("Rule.", value="x" * 5_000))) < 120


@pytest.mark.parametrize(
    "kind", [errors.OptionError, errors.TableError, errors.ModelFileError, errors.OutputError]
)
def test_mistakes_in_the_input_end_with_status_two(kind: type[errors.InputError]) -> None:
    assert kind("Rule.").exit_status == 2
    assert issubclass(kind, errors.Vm2CausalError)


def test_a_size_limit_is_no_mistake_in_the_input() -> None:
    assert errors.SizeLimitError("Too large.").exit_status == 1
