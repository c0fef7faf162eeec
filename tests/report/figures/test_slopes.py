"""Arrows that differ and depend: in a caterpillar, in the picture of the model, in words."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import PathPatch

from effects.effect_cases import prior_forward
from effects.test_heterogeneity import differing
from figure_cases import texts_of, unreadable
from vm2causal.disclosure import released_table
from vm2causal.effects.arrows import arrow_table
from vm2causal.effects.forward import Forward
from vm2causal.effects.heterogeneity import VARIES, differences_table, slopes_table
from vm2causal.report.brief.content.blocks import BulletList, Paragraph, Picture, Section
from vm2causal.report.brief.content.differences_section import differences_section
from vm2causal.report.canvas.form import PHONE, drawn_for
from vm2causal.report.figures.slopes import draw_slopes
from vm2causal.report.figures.weighted_model import draw_weighted_model
from vm2causal.report.graph.marks import MODERATOR_STYLE
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, text


@cache
def forward() -> Forward:
    return prior_forward(differing(), draws=60)


@cache
def slopes() -> pd.DataFrame:
    return released_table(slopes_table(forward()))


@cache
def differences() -> pd.DataFrame:
    return released_table(differences_table(forward()))


@pytest.mark.parametrize("language", list(Language))
def test_levels_are_sorted_and_their_ranks_stand_beside_them(language: Language) -> None:
    drawn = draw_slopes(slopes(), forward().data.spec, language=language, synthetic=True)
    assert [item.name for item in drawn] == ["slopes-x-y-school", "slopes-x-y-sector"]
    for item in drawn:
        assert unreadable(item.figure) == []
        means = [row["mean"] for row in slopes_of(item.data)]
        assert means == sorted(means)
        lines = texts_of(item.figure)
        for low, high in zip(item.data["rank_lower"], item.data["rank_upper"], strict=True):
            assert (f"{low}–{high}" if low != high else str(low)) in lines
        assert number(len(item.data), language) in item.alt
        # the pattern first: how many are clear, and the ends
        assert len(item.alt) < 300


def slopes_of(table: pd.DataFrame) -> list[dict[str, float]]:
    return [{"mean": value} for value in table["standardised_mean"]]


def test_on_a_phone_the_levels_stay_readable() -> None:
    with drawn_for(PHONE):
        drawn = draw_slopes(slopes(), forward().data.spec, language=Language.NL, synthetic=False)
    for item in drawn:
        assert unreadable(item.figure) == []
        assert item.figure.get_size_inches()[0] == pytest.approx(PHONE.width)


def test_names_that_could_not_be_read_are_left_out() -> None:
    many = pd.concat(
        [slopes()[slopes()["by"] == "school"].assign(group=f"g{k}") for k in range(8)],
        ignore_index=True,
    )
    many["group"] = [f"school {k}" for k in range(len(many))]
    (item,) = draw_slopes(
        released_table(many), forward().data.spec, language=Language.EN, synthetic=False
    )
    assert not any(line.startswith("school ") for line in texts_of(item.figure))
    assert text("figures.slopes.unnamed", Language.EN) in " ".join(texts_of(item.figure))
    assert len(item.data) == len(many)
    assert unreadable(item.figure) == []


def test_an_arrow_that_varies_has_a_rim_and_what_it_depends_on_points_at_it() -> None:
    spec = forward().data.spec
    arrows = released_table(arrow_table(forward()))
    plain = draw_weighted_model(arrows, spec, language=Language.EN, synthetic=False)
    drawn = draw_weighted_model(
        arrows, spec, differences=differences(), language=Language.EN, synthetic=False
    )

    def lines(item, *, color: str | None = None, alpha: float | None = None) -> list[PathPatch]:
        found = [one for one in item.figure.axes[0].patches if isinstance(one, PathPatch)]
        found = [one for one in found if color is None or hexed(one) == color]
        return [one for one in found if alpha is None or one.get_alpha() == alpha]

    assert lines(plain, alpha=0.25) == []
    varying = differences()[differences()["kind"] == VARIES]
    spread = max(row["mean"] for row in varying["spread"])
    widths = {one.get_linewidth() for one in lines(drawn, alpha=0.25)}
    own = {one.get_linewidth() for one in lines(plain)}
    assert any(abs(wide - (thin + 2 + 8 * spread)) < 1e-6 for wide in widths for thin in own), (
        "a rim is as wide as the arrow and eight points per standard deviation of its spread"
    )
    assert lines(plain, color=MODERATOR_STYLE.color) == []
    assert len(lines(drawn, color=MODERATOR_STYLE.color)) == 2  # of m, and in the legend
    assert "varies by" in drawn.alt
    assert "depends on" in drawn.alt
    assert unreadable(drawn.figure) == []


def hexed(patch: PathPatch) -> str:
    red, green, blue, _ = (round(255 * part) for part in patch.get_edgecolor())
    return f"#{red:02X}{green:02X}{blue:02X}"


def told(levels: pd.DataFrame, rows: pd.DataFrame) -> tuple[str, ...]:
    section = differences_section(
        rows, levels, spec=forward().data.spec, pictures=(), language=Language.EN
    )
    assert isinstance(section, Section)
    (found,) = (block for block in section.blocks if isinstance(block, BulletList))
    return found.items


def test_a_sentence_says_whether_it_differs_how_sure_and_where() -> None:
    level = {"level": 0.95}
    clear = {"mean": 0.8, "lower": 0.5, "upper": 1.1, "sd": 0.15} | level
    nothing = {"mean": 0.02, "lower": -0.2, "upper": 0.24, "sd": 0.11} | level
    sectors = slopes()[slopes()["by"] == "sector"].reset_index(drop=True)
    levels = sectors.assign(
        standardised=[clear if name == "techniek" else nothing for name in sectors["group"]],
        rank_lower=[4 if name == "techniek" else 1 for name in sectors["group"]],
        rank_upper=[4 if name == "techniek" else 3 for name in sectors["group"]],
    )
    rows = differences()[differences()["by"] == "sector"].reset_index(drop=True)
    rows = rows.assign(p_apart=[0.998], spread=[{"mean": 0.4, "lower": 0.3, "upper": 0.5} | level])
    (said,) = told(levels, rows)
    assert "virtually certain (99.8%)" in said
    assert "engineering (techniek) 0.80 (0.50; 1.10), rank 4 of 4" in said
    assert said.count("rank") == 1
    (said,) = told(levels.assign(rank_lower=1, rank_upper=4), rows)
    assert "engineering (techniek) 0.80 (0.50; 1.10)." in said


def test_what_is_nowhere_clear_is_said_so_and_a_moderator_has_its_direction() -> None:
    items = told(slopes(), differences())
    assert len(items) == len(differences())
    depending = next(item for item in items if "depends on" in item)
    assert re.search(r"x → y depends on m: .* per standard deviation", depending)
    chance = differences().set_index("by").loc["m", "p_positive"]
    assert f"{100 * max(chance, 1 - chance):.1f}%" in depending


def test_two_pictures_are_drawn_of_what_differs_most_surely_and_the_rest_are_named() -> None:
    levels, rows = slopes(), differences()
    drawn = draw_slopes(levels, forward().data.spec, language=Language.EN, synthetic=False)
    assert len(drawn) == 2
    third = levels[levels["by"] == "sector"].assign(cause="z")
    levels = pd.concat([levels, third], ignore_index=True)
    varying = rows[rows["kind"] == VARIES]
    more = varying[varying["by"] == "sector"].assign(cause="z", p_apart=0.999)
    rows = pd.concat([varying.assign(p_apart=[0.2, 0.6]), more], ignore_index=True)
    pictures = [Picture(name, "<svg/>", name, name) for name in ("first", "second", "third")]
    section = differences_section(
        rows, levels, spec=spec_with_z(), pictures=pictures, language=Language.EN
    )
    assert isinstance(section, Section)
    assert [one.name for one in section.blocks if isinstance(one, Picture)] == ["third", "second"]
    (beside,) = (one for one in section.blocks[1:] if isinstance(one, Paragraph))
    assert "folder figures: first.svg" in beside.text


def spec_with_z() -> CausalSpec:
    spec = forward().data.spec
    return spec.model_copy(update={"variables": {**spec.variables, "z": spec.variables["x"]}})


def test_a_model_without_such_arrows_has_no_such_section() -> None:
    none = differences().iloc[:0]
    spec = forward().data.spec
    assert (
        differences_section(none, slopes().iloc[:0], spec=spec, pictures=(), language=Language.NL)
        is None
    )
    assert np.size(draw_slopes(slopes().iloc[:0], spec, language=Language.NL, synthetic=False)) == 0
