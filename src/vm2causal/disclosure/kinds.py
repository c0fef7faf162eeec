"""What each number of a result is: the one place that says how a number may leave.

A number is known by the field that it stands in, and where one name means two things by the field
around it. A number without a kind does not leave: whoever adds one says here what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from vm2causal.errors import Vm2CausalError


class Kind(StrEnum):
    """How a number may leave."""

    PERSONS = "persons"
    """A number of persons: withheld where it is small."""
    ROWS = "rows"
    """A number of rows, of which each may be a person: then as :attr:`PERSONS`."""
    PART = "part"
    """A number of rows out of all: also withheld where the rest is small."""
    NAMED = "named"
    """Which rows: withheld where rows are persons."""
    SHARE = "share"
    """Of persons, or of what may be persons: in steps that are worth several of them."""
    OBSERVED = "observed"
    """What was counted or measured, beside what was expected."""
    RESULT = "result"
    """Of a model: as many digits as its standard deviation or error makes meaningful."""
    STATISTIC = "statistic"
    """Of a check, or a probability: two digits."""
    CURVE = "curve"
    """A point of a line that is drawn: four digits."""
    THINGS = "things"
    """A whole number of what is no person: tests, levels, refits, schools."""
    SETTING = "setting"
    """What was asked for."""
    YEAR = "year"
    SAMPLER = "sampler"
    """A diagnostic of draws."""
    SECONDS = "seconds"


class UnknownNumber(Vm2CausalError):
    """A number that nobody said what it is; it is not shown."""


_NAMES: Final[Mapping[Kind, str]] = {
    Kind.PERSONS: "pupils pupils_left_out starters",
    Kind.ROWS: "table.rows variables.rows variables.used variables.missing variables.imputed "
    "missing.*",
    Kind.PART: "dowhy.rows loo_pit.points",
    Kind.NAMED: "outliers.rows",
    Kind.SHARE: "missing_shares.* kept high_k unreliable",
    Kind.OBSERVED: "observed",
    Kind.RESULT: "mean sd lower upper estimate se elpd elpd_diff dse robust_mean robust_sd "
    "median smallest largest prior_mean prior_sd",
    Kind.STATISTIC: "p q p_apart p_positive p_direction p_value p_markov p_informative lfsr "
    "in_rope tail "
    "bayes_factor bayes_factor_at_least distance slope change detectable factor robust_factor "
    "weight prior posterior likelihood noise tipping_interval tipping_mean limit value as_large "
    "low high "
    "probability per_test per_test_error any_violated any_violated_at_most share mean_share "
    "equivalent expected_by_chance expected_wrong_signs a b a_times_b "
    "product",
    Kind.CURVE: "curve.product",
    Kind.THINGS: "frequency.people frequency.per frequency.sure frequency.mean frequency.most "
    "frequency.opposite units schools levels robust_levels rank_lower rank_upper tests "
    "violations permutations replications folds violated "
    "below failed holds undecided not_testable tested below_five_percent withheld "
    "withheld_groups signs_named",
    Kind.SETTING: "missing.shift skip_rows side at level false_discovery_rate alpha width true "
    "size shift seed draws tune chains header_row undecided_detectable.probability",
    Kind.YEAR: "year years_since_start",
    Kind.SAMPLER: "rhat rhat_max ess_bulk ess_bulk_min ess_tail_min ebfmi_min divergences",
    Kind.SECONDS: "timings.*",
}

TOGETHER: Final = frozenset({"used", "missing", "imputed"})
"""Numbers of which one follows from the others and their whole: withheld together."""


def _register(names: Iterable[tuple[Kind, str]]) -> Mapping[str, Kind]:
    found: dict[str, Kind] = {}
    for kind, listed in names:
        for name in listed.split():
            assert found.setdefault(name, kind) is kind, f"{name} has two kinds"
    return MappingProxyType(found)


KINDS: Final = _register(_NAMES.items())
"""Kind by field, by ``field around it.field``, or by ``field around it.*`` for all in it."""


def kind_of(name: str, around: str = "") -> Kind:
    """Kind of the number in a field.

    Parameters
    ----------
    around
        The field that holds the mapping it stands in; empty for the document itself.

    Raises
    ------
    UnknownNumber
        When it has none.

    Examples
    --------
    >>> kind_of("starters"), kind_of("rows", "dowhy"), kind_of("samenwerking", "missing_shares")
    (<Kind.PERSONS: 'persons'>, <Kind.PART: 'part'>, <Kind.SHARE: 'share'>)
    >>> kind_of("girls", "sectors")
    Traceback (most recent call last):
    ...
    vm2causal.disclosure.kinds.UnknownNumber: 'sectors.girls' is a number of no known kind, and \
is not shown.
    """
    for known in (f"{around}.{name}", f"{around}.*", name):
        if known in KINDS:
            return KINDS[known]
    where = f"{around}.{name}" if around else name
    raise UnknownNumber(f"'{where}' is a number of no known kind, and is not shown.")
