"""Protected tables against an attacker, names, and paths."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attack.audit import audit
from vm2causal.disclosure import (
    TOTAL,
    Layout,
    Protected,
    Reason,
    hidden_groups,
    hidden_places,
    protect_counts,
    protect_shares,
    without_paths,
)
from vm2causal.errors import OptionError, TableError
from vm2causal.texts import Language, text

MINIMUM = 10


def totals(
    table: pd.DataFrame,
    *,
    counts: Sequence[str],
    dims: Sequence[str],
    by: Sequence[Sequence[str]],
    total: str = TOTAL,
) -> pd.DataFrame:
    """Rows that add up a table, one sequence of kept dimensions per margin."""
    margins = []
    for kept in by:
        gone = {name: total for name in dims if name not in kept}
        if kept:
            summed = (
                table.groupby(list(kept), dropna=False, observed=True)[list(counts)]
                .sum()
                .reset_index()
            )
        else:
            summed = table[list(counts)].sum().to_frame().T
        margins.append(summed.assign(**gone)[[*dims, *counts]])
    return pd.concat(margins, ignore_index=True)


def crosstab(values: np.ndarray, *, margins: bool = True) -> pd.DataFrame:
    """A tidy table of counts with one dimension per axis, and all its totals."""
    dims = [f"d{axis}" for axis in range(values.ndim)]
    levels = itertools.product(*[[f"l{i}" for i in range(size)] for size in values.shape])
    table = pd.DataFrame(list(levels), columns=dims).assign(n=values.ravel())
    if not margins:
        return table
    kept = [by for size in range(values.ndim) for by in itertools.combinations(dims, size)]
    return pd.concat([table, totals(table, counts=["n"], dims=dims, by=kept)], ignore_index=True)


def dims_of(table: pd.DataFrame) -> list[str]:
    return [name for name in table.columns if name.startswith("d")]


def everything(table: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """Per row, count and kind: the true value, and what is least whatever is withheld."""
    dims, floor = list(layout.dims), 0 if layout.zeros_hidden else 1
    base = table[table[dims].ne(layout.total).all(axis=1)]
    rows = []
    for row in table.to_dict("records"):
        below = base
        for name in dims:
            if row[name] != layout.total:
                below = below[below[name] == row[name]]
        place = [row[name] for name in dims]
        for count in layout.counts:
            least = max(floor, floor * int((below[count] > 0).sum()))
            rows.append([*place, count, "cell", row[count], least])
        for part, whole in layout.of.items():
            certain = floor * int(((below[part] == 0) & (below[whole] > 0)).sum())
            least = max(floor, certain)
            rows.append([*place, part, "remainder", row[whole] - row[part], least])
    return pd.DataFrame(rows, columns=[*dims, "count", "kind", "value", "least"])


def assert_safe(protected: Protected, original: pd.DataFrame, minimum: int = MINIMUM) -> None:
    """What the attacker finds: nothing exactly, and no small count to within the minimum."""
    layout = protected.layout
    lowest = 0 if layout.zeros_hidden else 1
    for count in layout.counts:
        shown = protected.table[count].notna()
        assert (protected.table.loc[shown, count] == original.loc[shown, count]).all()
        assert not original.loc[shown, count].between(lowest, minimum - 1).any()
    truth = everything(original, layout)
    bounds = audit(protected.table, layout)
    found = bounds.merge(truth, on=[*layout.dims, "count", "kind"], validate="1:1")
    assert (found["kind"] == "cell").sum() == len(protected.suppressed)
    assert (found["lower"] <= found["value"]).all()
    assert (found["value"] <= found["upper"]).all()
    assert (found["lower"] < found["upper"])[found["kind"] == "cell"].all()
    small = found[found["value"].between(lowest, minimum - 1)]
    assert (small["lower"] <= small["least"]).all()
    assert (small["upper"] >= minimum).all()
    unseen = truth.merge(bounds, on=[*layout.dims, "count", "kind"], how="left", indicator=True)
    rests = unseen[(unseen["_merge"] == "left_only") & (unseen["kind"] == "remainder")]
    assert not rests["value"].between(lowest, minimum - 1).any()


def tables(*shapes: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    """Tables with zeros, small and larger counts."""
    count = st.one_of(st.just(0), st.integers(1, 12), st.integers(1, 80))
    return st.sampled_from(shapes).flatmap(
        lambda shape: st.lists(
            count, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))
        ).map(lambda cells: np.array(cells).reshape(shape))
    )


@given(
    tables((1,), (2,), (5,), (1, 3), (2, 2), (3, 4), (5, 3), (2, 2, 2), (2, 3, 2)), st.booleans()
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_no_attacker_pins_down_a_count(values: np.ndarray, zeros_hidden: bool) -> None:
    table = crosstab(values)
    protected = protect_counts(table, counts=["n"], dims=dims_of(table), zeros_hidden=zeros_hidden)
    assert_safe(protected, table)


@given(tables((3, 4), (4, 4), (2, 5)))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_no_withheld_cell_is_a_bridge(values: np.ndarray) -> None:
    """In a table with two dimensions, a cell follows from the others iff its edge is a bridge."""
    table = crosstab(values)
    protected = protect_counts(table, counts=["n"], dims=["d0", "d1"])
    graph = nx.Graph(
        [(f"row {row.d0}", f"column {row.d1}") for row in protected.suppressed.itertuples()]
    )
    assert not list(nx.bridges(graph))


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=6),
    st.booleans(),
)
@settings(max_examples=15, deadline=None, derandomize=True)
def test_remainders_are_as_safe_as_counts(pairs: list[tuple[int, int]], zeros_hidden: bool) -> None:
    cells = pd.DataFrame(
        {"d0": [f"l{i}" for i in range(len(pairs))]}
        | {"vsv": [vsv for vsv, _ in pairs], "van": [sum(pair) for pair in pairs]}
    )
    sums = totals(cells, counts=["vsv", "van"], dims=["d0"], by=[()])
    table = pd.concat([cells, sums], ignore_index=True)
    protected = protect_counts(
        table, counts=["vsv", "van"], dims=["d0"], of={"vsv": "van"}, zeros_hidden=zeros_hidden
    )
    assert_safe(protected, table)


@given(tables((2, 3)))
@settings(max_examples=12, deadline=None, derandomize=True)
def test_the_audit_finds_what_enumeration_finds(values: np.ndarray) -> None:
    values = values % 5
    table = crosstab(values)
    shown = table.assign(
        n=table["n"].astype("Int64").mask(table["d0"].ne(TOTAL) & (table["n"] > 0))
    )
    layout = Layout(dims=("d0", "d1"), counts=("n",))
    inner = audit(shown[(shown["d0"] != TOTAL) | (shown["d1"] != TOTAL)], layout)
    free = np.argwhere(values > 0)
    columns = values.sum(axis=0)
    ranges = [range(1, int(columns[place[1]]) + 1) for place in free]
    possible = []
    for guess in itertools.product(*ranges):
        trial = np.zeros_like(values)
        trial[tuple(free.T)] = guess
        if (trial.sum(axis=0) == columns).all():
            possible.append(np.append(trial[tuple(free.T)], trial.sum(axis=1)[values.any(axis=1)]))
    if len(free):
        assert inner["lower"].tolist() == np.min(possible, axis=0).tolist()
        assert inner["upper"].tolist() == np.max(possible, axis=0).tolist()


def test_the_attacker_on_the_textbook_table() -> None:
    """Fischetti and Salazar-González (2001), table 1: the cell 22 lies between 5 and 30."""
    values = np.array([[20, 50, 10], [8, 19, 22], [17, 32, 12]])
    table = crosstab(values)
    corners = table["d0"].isin(["l1", "l2"]) & table["d1"].isin(["l0", "l2"])
    shown = table.assign(n=table["n"].astype("Int64").mask(corners))
    layout = Layout(dims=("d0", "d1"), counts=("n",), zeros_hidden=True)
    bounds = audit(shown, layout).set_index(["d0", "d1"])
    assert bounds.loc[("l1", "l2"), ["lower", "upper"]].tolist() == [5, 30]


def test_one_small_cell_takes_a_rectangle() -> None:
    values = np.array([[20, 50, 10], [8, 19, 22], [17, 32, 12]])
    table = crosstab(values)
    protected = protect_counts(table, counts=["n"], dims=["d0", "d1"])
    assert len(protected.suppressed) == 4
    reasons = protected.suppressed.set_index(["d0", "d1"])["reason"]
    assert reasons.pop(("l1", "l0")) == Reason.SMALL
    assert set(reasons) == {Reason.COMPLEMENTARY}
    assert protected.table.loc[table["d0"].eq(TOTAL), "n"].notna().all()


def test_one_row_of_which_one_is_small_gives_up_its_cheapest_other() -> None:
    table = crosstab(np.array([40, 3, 15, 90]))
    protected = protect_counts(table, counts=["n"], dims=["d0"])
    assert protected.table["n"].tolist() == [40, pd.NA, pd.NA, 90, 148]


def test_a_table_without_totals_loses_its_small_cells_only() -> None:
    table = crosstab(np.array([[40, 3], [2, 15]]), margins=False)
    protected = protect_counts(table, counts=["n"], dims=["d0", "d1"])
    assert protected.table["n"].tolist() == [40, pd.NA, pd.NA, 15]


def test_totals_of_which_only_some_are_shown_are_still_added_up() -> None:
    cells = crosstab(np.array([[40, 3], [50, 15]]), margins=False)
    grand = totals(cells, counts=["n"], dims=["d0", "d1"], by=[()])
    table = pd.concat([cells, grand], ignore_index=True)
    protected = protect_counts(table, counts=["n"], dims=["d0", "d1"])
    assert protected.table["n"].tolist() == [40, pd.NA, 50, pd.NA, 108]
    assert_safe(protected, table)


def test_a_table_of_small_cells_shows_nothing_that_gives_them_away() -> None:
    table = crosstab(np.array([[1, 2, 1], [3, 1, 2], [1, 1, 1]]))
    protected = protect_counts(table, counts=["n"], dims=["d0", "d1"])
    assert protected.table.loc[table["d0"].ne(TOTAL) & table["d1"].ne(TOTAL), "n"].isna().all()
    assert_safe(protected, table)


def test_ones_do_not_follow_from_their_number() -> None:
    """Four ones that add up to a known four would each be known: zeros are shown."""
    table = crosstab(np.array([[1, 1, 1, 1], [30, 30, 30, 30]]))
    protected = protect_counts(table, counts=["n"], dims=["d0", "d1"], minimum=3)
    assert_safe(protected, table, minimum=3)
    assert protected.table.set_index(["d0", "d1"]).loc[("l0", TOTAL), "n"] is pd.NA


def test_exact_additions_are_part_of_the_attack() -> None:
    table = pd.DataFrame({"d0": ["a", "b"], "all": [60, 70], "in": [57, 30], "out": [3, 40]})
    alone = protect_counts(table, counts=["all", "in", "out"], dims=["d0"])
    assert alone.table["out"].tolist() == [pd.NA, 40]
    assert alone.table["in"].tolist() == [57, 30]
    linked = protect_counts(
        table, counts=["all", "in", "out"], dims=["d0"], adds={"all": ("in", "out")}
    )
    assert linked.table["in"].tolist() == [pd.NA, 30]
    assert_safe(linked, table)


def test_exact_additions_hold_where_zeros_are_withheld() -> None:
    table = pd.DataFrame({"d0": ["a", "b"], "all": [60, 70], "in": [60, 30], "out": [0, 40]})
    protected = protect_shares(table, shares={"in": "all"}, dims=["d0"])
    linked = protect_counts(
        table,
        counts=["all", "in", "out"],
        dims=["d0"],
        adds={"all": ("in", "out")},
        zeros_hidden=True,
    )
    assert protected.table["in_share"].isna().tolist() == [True, False]
    assert linked.table["out"].isna().tolist() == [True, False]
    assert linked.table[["all", "in"]].isna().sum(axis=1).tolist() == [1, 0]
    assert_safe(linked, table)


def test_counts_that_differ_by_few_are_not_both_shown() -> None:
    """Whichever is more, and each row by itself."""
    table = pd.DataFrame({"d0": ["a", "b", "c"], "then": [30, 44, 30], "now": [44, 40, 30]})
    protected = protect_counts(
        table, counts=["then", "now"], dims=["d0"], apart=[("then", "now")], zeros_hidden=True
    )
    assert protected.table[["then", "now"]].isna().sum(axis=1).tolist() == [0, 1, 1]
    bounds = audit(protected.table, protected.layout).set_index(["d0", "kind"])
    assert set(bounds.index) == {(row, kind) for row in "bc" for kind in ("cell", "apart")}
    assert bounds.loc[("b", "apart"), "lower"] <= -10
    assert bounds.loc[("c", "apart"), "upper"] >= 10


def test_shares_may_be_of_the_same_pupils_in_two_years() -> None:
    table = pd.DataFrame({"d0": ["a", "b"], "first": [20, 20], "later": [29, 30], "all": 90})
    options = {"shares": {"first": "all", "later": "all"}, "dims": ["d0"]}
    alone = protect_shares(table, **options).table
    assert alone[["first_share", "later_share"]].notna().all(axis=None)
    linked = protect_shares(table, **options, within=[("first", "later")]).table
    assert linked[["first_share", "later_share"]].isna().sum(axis=1).tolist() == [1, 0]


def test_known_totals_are_reckoned_with() -> None:
    cells = pd.DataFrame({"d0": ["a", "b", "c"], "n": [4, 40, 60]})
    known = totals(cells, counts=["n"], dims=["d0"], by=[()])
    assert protect_counts(cells, counts=["n"], dims=["d0"]).table["n"].isna().sum() == 1
    protected = protect_counts(cells, counts=["n"], dims=["d0"], known=known)
    assert protected.table["n"].tolist() == [pd.NA, pd.NA, 60]
    assert_safe(protected, cells)


def test_what_known_totals_give_away_is_refused() -> None:
    cells = pd.DataFrame({"d0": ["a", "b"], "n": [4, 0]})
    known = totals(cells, counts=["n"], dims=["d0"], by=[()])
    with pytest.raises(TableError, match=r"^column n: A small count cannot be kept from readers"):
        protect_counts(cells, counts=["n"], dims=["d0"], known=known)


def test_a_known_row_of_the_table_itself_stays() -> None:
    cells = pd.DataFrame({"d0": ["a", "b", TOTAL], "n": [4, 40, 44]})
    known = cells[cells["d0"] == TOTAL]
    protected = protect_counts(cells, counts=["n"], dims=["d0"], known=known)
    assert protected.table["n"].tolist() == [pd.NA, pd.NA, 44]


def test_shares_stand_only_where_both_sides_are_enough() -> None:
    table = pd.DataFrame(
        {
            "sector": ["techniek", "landbouw", "economie", "zorg_welzijn"],
            "vsv": [25, 91, 0, 5],
            "vsv_van": [100, 100, 100, 100],
        }
    )
    protected = protect_shares(table, shares={"vsv": "vsv_van"}, dims=["sector"])
    assert protected.table["vsv_share"].tolist() == [0.25, pd.NA, pd.NA, pd.NA]
    assert protected.table["vsv"].isna().tolist() == [False, True, True, True]


def test_everything_hangs_on_the_counts_not_on_their_order() -> None:
    rng = np.random.default_rng(7)
    table = crosstab(rng.poisson(14, (4, 5)))
    first = protect_counts(table, counts=["n"], dims=["d0", "d1"])
    again = protect_counts(table, counts=["n"], dims=["d0", "d1"])
    pd.testing.assert_frame_equal(first.table, again.table)
    shuffled = table.sample(frac=1, random_state=1)
    mixed = protect_counts(shuffled, counts=["n"], dims=["d0", "d1"])
    assert mixed.table.index.tolist() == shuffled.index.tolist()
    assert_safe(mixed, shuffled)


def test_missing_levels_are_levels() -> None:
    table = pd.DataFrame({"lwoo": ["ja", None, TOTAL], "n": [40, 3, 43]})
    protected = protect_counts(table, counts=["n"], dims=["lwoo"])
    assert protected.table["n"].tolist() == [pd.NA, pd.NA, 43]


def test_other_columns_stay_as_they_were() -> None:
    table = pd.DataFrame({"d0": ["a", "b"], "n": [40, 3], "label": ["A", "B"]})
    before = table.copy()
    protected = protect_counts(table, counts=["n"], dims=["d0"])
    assert protected.table["label"].tolist() == ["A", "B"]
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"d0": ["a", TOTAL], "n": [12, 13]}, "^row 2, column n: A total is not the sum"),
        ({"d0": ["a", "b"], "n": [12, -1]}, "^row 2, column n: A count is missing, negative"),
        ({"d0": ["a", "b"], "n": [None, 12]}, "^row 1, column n: A count is missing"),
        ({"d0": ["a", "b"], "n": [1.5, 12]}, "^row 1, column n: .* not a whole number"),
        ({"d0": ["a", "a"], "n": [11, 12]}, "^row 2: Two rows .* describe the same cell"),
        ({"d1": ["a", "b"], "n": [11, 12]}, "^column d0: .* lacks a column"),
    ],
)
def test_tables_that_cannot_be_protected_are_refused(
    table: dict[str, list[object]], message: str
) -> None:
    with pytest.raises(TableError, match=message) as caught:
        protect_counts(pd.DataFrame(table), counts=["n"], dims=["d0"])
    assert "13" not in str(caught.value)


def test_an_empty_table_stays_empty() -> None:
    empty = pd.DataFrame({"d0": pd.Series(dtype="str"), "n": pd.Series(dtype=int)})
    protected = protect_counts(empty, counts=["n"], dims=["d0"])
    assert protected.table.empty
    assert protected.suppressed.empty


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_every_kind_of_missing_level_is_a_level(missing: object) -> None:
    table = pd.DataFrame({"d0": pd.Series(["ja", missing, TOTAL], dtype=object), "n": [40, 3, 43]})
    protected = protect_counts(table, counts=["n"], dims=["d0"])
    assert protected.table["n"].tolist() == [pd.NA, pd.NA, 43]


def test_layouts_that_make_no_sense_are_refused() -> None:
    table = pd.DataFrame({"d0": ["a"], "n": [12]})
    with pytest.raises(OptionError, match=r"A relation names a count .* Got: 'van'\."):
        protect_counts(table, counts=["n"], dims=["d0"], of={"n": "van"})
    with pytest.raises(OptionError, match="at least one dimension"):
        protect_counts(table, counts=["n"], dims=[])
    doubled = pd.DataFrame({"d0": [TOTAL, TOTAL], "n": [12, 12]})
    with pytest.raises(TableError, match=r"^row 2: Two rows"):
        protect_counts(table, counts=["n"], dims=["d0"], known=doubled)


def test_a_minimum_of_one_is_refused() -> None:
    with pytest.raises(OptionError, match="the minimum is 2"):
        protect_counts(crosstab(np.array([1, 2])), counts=["n"], dims=["d0"], minimum=1)


def test_a_few_thousand_cells_take_seconds_at_most() -> None:
    rng = np.random.default_rng(3)
    table = crosstab(rng.poisson(rng.gamma(2, 20, (40, 50))))
    began = time.perf_counter()
    protected = protect_counts(table, counts=["n"], dims=["d0", "d1"])
    assert time.perf_counter() - began < 20
    small = table["n"].between(1, MINIMUM - 1).sum()
    assert small < len(protected.suppressed) < 2 * small


# places


def follows(shown: np.ndarray, units: np.ndarray) -> bool:
    beside = np.vstack([shown, units])
    return bool(np.linalg.matrix_rank(beside) == np.linalg.matrix_rank(shown))


def given_away(shown: np.ndarray, pupils: np.ndarray) -> list[tuple[int, ...]]:
    """Sets of units of fewer pupils than the minimum that are made of what is shown."""
    everybody = np.vstack([np.ones(len(pupils)), shown])
    small = np.flatnonzero(pupils < MINIMUM).tolist()
    sets = itertools.chain.from_iterable(
        itertools.combinations(small, size) for size in range(1, len(small) + 1)
    )
    few = [own for own in sets if 0 < pupils[list(own)].sum() < MINIMUM]
    units = np.eye(len(pupils))
    return [own for own in few if follows(everybody, units[list(own)].sum(axis=0))]


def crossed(rng: np.random.Generator, small: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Places and pupils: 24 units, each in one of 6 schools, 3 sectors and 4 tranches."""
    pupils = rng.integers(12, 60, 24)
    pupils[: len(small)] = small
    levels = [np.eye(number)[:, rng.integers(0, number, 24)] for number in (6, 3, 4)]
    return np.vstack([*levels, np.eye(24)]), pupils


@pytest.mark.parametrize("small", [[5, 6, 7, 9], [1, 2, 3, 3, 4], [0, 4, 5, 9]])
@pytest.mark.parametrize("seed", range(8))
def test_no_small_set_of_units_follows_from_the_places_shown(small: list[int], seed: int) -> None:
    members, pupils = crossed(np.random.default_rng(seed), small)
    hidden = hidden_places(members, pupils, members @ pupils, minimum=MINIMUM)
    lived = pupils > 0
    members, pupils = members[:, lived], pupils[lived]
    size = members @ pupils
    assert hidden[(size > 0) & (size < MINIMUM)].all()
    assert given_away(members[~hidden], pupils) == []
    # and nothing is hidden that could be shown
    for place in np.flatnonzero(hidden & (size >= MINIMUM)):
        assert given_away(np.vstack([members[~hidden], members[place]]), pupils)


def test_places_that_give_nothing_away_are_all_shown() -> None:
    members, pupils = crossed(np.random.default_rng(1), [10, 10])
    assert not hidden_places(members, pupils, members @ pupils, minimum=MINIMUM).any()
    some = members @ pupils > 0
    assert (hidden_places(members, pupils / 1000, members @ pupils, minimum=MINIMUM) == some).all()


def test_what_is_left_of_a_place_is_a_small_set() -> None:
    """Without its third experiment a school is the other two, of 4 and 5 pupils."""
    members = np.vstack([[1, 1, 1, 0, 0], [0, 0, 0, 1, 1], np.eye(5)])
    pupils = np.array([4, 5, 30, 40, 40])
    hidden = hidden_places(members, pupils, [10, 10, *[1] * 5], minimum=MINIMUM)
    assert np.flatnonzero(hidden).tolist() == [2, 3, 4]
    assert not hidden_places(members, [4, 6, 30, 40, 40], [1] * 7, minimum=MINIMUM)[4]


def test_a_study_of_many_places_takes_a_second_at_most() -> None:
    rng = np.random.default_rng(3)
    pupils = rng.integers(1, 40, 157)
    levels = [np.eye(number)[:, rng.integers(0, number, 157)] for number in (90, 5, 2)]
    members = np.vstack([*levels, np.eye(157)])
    began = time.perf_counter()
    hidden = hidden_places(members, pupils, members @ pupils, minimum=MINIMUM)
    assert time.perf_counter() - began < 5
    assert hidden.sum() < len(hidden) / 2


def test_groups_are_hidden_until_they_are_enough_together() -> None:
    assert hidden_groups({"a": 40, "b": 30, "c": 0}) == {"a": False, "b": False, "c": False}
    assert hidden_groups({"a": 40, "b": 30, "c": 9}) == {"a": False, "b": True, "c": True}
    assert hidden_groups({"a": 40, "c": 9}) == {"a": True, "c": True}
    assert hidden_groups({"c": 9}) == {"c": True}
    assert hidden_groups({}) == {}


# notes


def test_the_note_says_what_is_left_out() -> None:
    whole = protect_counts(crosstab(np.array([40, 50])), counts=["n"], dims=["d0"])
    part = protect_counts(crosstab(np.array([40, 5])), counts=["n"], dims=["d0"])
    assert text(whole.note_key, Language.NL) == "Geen aantal hoefde te worden weggelaten."
    assert text(part.note_key, Language.NL, minimum=part.minimum).startswith(
        "Aantallen onder 10 (behalve nul) zijn weggelaten (·)"
    )


# names


# paths


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("cannot open /home/jan/studie/pupils.csv: denied", "cannot open pupils.csv: denied"),
        ("'/home/jan de vries/mijn studie/pupils.csv'", "'pupils.csv'"),
        ("PosixPath('/data/x/pupils.csv')", "PosixPath('pupils.csv')"),
        (r"C:\Users\Jan de Vries\studie\pupils.csv is leeg", "pupils.csv is leeg"),
        (r"WindowsPath('C:\\Users\\Jan\\pupils.csv')", "WindowsPath('pupils.csv')"),
        ("C:/Users/Jan/pupils.csv", "pupils.csv"),
        (r"\\server\deel\Jan\pupils.csv", "pupils.csv"),
        ("file:///home/jan/studie/brief.html", "brief.html"),
        ("~/studie/pupils.csv", "pupils.csv"),
        ("folder=/home/jan/studie/", "folder=studie"),
        ("in /home/jan and /Users/jan/", "in ~ and ~"),
        ("path:/home/jan/x.csv", "path:x.csv"),
        ('File "/home/jan/x.py", line 3', 'File "x.py", line 3'),
    ],
)
def test_paths_are_cut_to_their_last_name(given: str, kept: str) -> None:
    assert without_paths(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "see https://example.nl/a/b.html",
        "vsv en/of SK, 1/2, 3 / 4",
        "[bold]vet[/bold] en <b>vet</b>",
        "data/published/outcomes.csv",
        "2010-10-01T12:00:00",
        "",
    ],
)
def test_what_is_no_absolute_path_stays(given: str) -> None:
    assert without_paths(given) == given


def test_the_home_folder_is_known_even_with_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/schijf/jan de vries"))
    assert without_paths("lees /schijf/jan de vries/studie/x.csv") == "lees x.csv"


words = st.text(alphabet="ab .:,('", max_size=8)
folders = st.lists(st.text(alphabet="xyz-_.1", min_size=1, max_size=5), max_size=3)


@settings(derandomize=True, deadline=None)
@given(words, folders, words)
def test_the_owner_of_a_folder_is_never_named(before: str, below: list[str], after: str) -> None:
    for root, separator in (("/home/geheim", "/"), (r"C:\Users\geheim", "\\")):
        path = separator.join([root, *below, "pupils.csv"])
        kept = without_paths(f"{before} {path} {after}")
        assert "geheim" not in kept
        assert "pupils.csv" in kept
