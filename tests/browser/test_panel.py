"""The panel in a browser: what it shows is what the fit answers, and a keyboard is enough."""

from dataclasses import replace
from itertools import product

import pytest

from brief_examples import example_brief
from effects.what_if_cases import levers_forward
from vm2causal.effects.contrasts import chosen_contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.what_if import what_if
from vm2causal.effects.what_if_defaults import default_causes, default_places
from vm2causal.effects.what_if_grid import AS_IS, what_if_grid
from vm2causal.report.brief.content.blocks import Section, WhatIf
from vm2causal.report.brief.content.panel import what_if_panel
from vm2causal.report.brief.html.page import render_html
from vm2causal.texts import Language, number, percentage

LEVEL = 0.9


@pytest.fixture(scope="module")
def forward() -> Forward:
    return levers_forward()


@pytest.fixture(scope="module")
def block(forward: Forward) -> WhatIf:
    causes = {name: (AS_IS, *values) for name, values in default_causes(forward).items()}
    now, then = what_if_grid(
        forward,
        causes,
        places=default_places(forward),
        outcomes=("vsv", "sk"),
        level=LEVEL,
    )
    return what_if_panel(forward, now, then, causes, Language.NL, level=LEVEL)


@pytest.fixture(scope="module")
def source(block: WhatIf) -> str:
    brief = example_brief(Language.NL)
    return render_html(
        replace(brief, first=(Section("s", "Proberen", (block,)),), second=(), annex=())
    )


def shown(page, outcome: int, name: str) -> str:
    return page.locator(f"[data-outcome='{outcome}'] [data-shown='{name}']").inner_text()


def choose(page, block: WhatIf, trust: int, speed: int, place: int) -> None:
    for lever, at in zip(block.levers, (trust, speed), strict=True):
        group = page.get_by_role("group", name=lever.label)
        group.get_by_label(lever.options[at].label, exact=True).check()
    page.get_by_label("Voor wie").select_option(str(place))


@pytest.mark.parametrize(
    ("trust", "speed", "place"), [(1, 1, 0), (4, 3, 0), (3, 1, 1), (0, 2, 2), (2, 3, 3)]
)
def test_it_shows_what_what_if_says(
    open_page, source: str, forward: Forward, block: WhatIf, trust: int, speed: int, place: int
) -> None:
    page = open_page(source)
    choose(page, block, trust, speed, place)
    at = block.places[place].name or None
    chosen = [lever.options[k].value for lever, k in zip(block.levers, (trust, speed), strict=True)]
    changes = [
        chosen_contrast(forward, lever.name, value, None)[0]
        for lever, value in zip(block.levers, chosen, strict=True)
        if value != AS_IS
    ]
    said = what_if(forward, changes, place=at, level=LEVEL).set_index("outcome")
    for number_of, outcome in enumerate(("vsv", "sk")):
        row = said.loc[outcome]
        for part, key in (("mean", ""), ("lower", "_lower"), ("upper", "_upper")):
            assert shown(page, number_of, f"then{key}") == percentage(
                row["then"][part], Language.NL
            )
            assert shown(page, number_of, f"now{key}") == percentage(row["now"][part], Language.NL)
            change = number(round(100 * row["difference"][part], 1) + 0.0, Language.NL, 1)
            assert shown(page, number_of, f"difference{key}") == change


def test_twenty_dots_stand_between_the_ends_of_one_axis(open_page, source, block) -> None:
    page = open_page(source)
    boxes = set()
    for trust, speed in product((0, 4), (0, 3)):
        choose(page, block, trust, speed, 0)
        picture = page.locator("[data-outcome='0'] svg")
        assert picture.locator("circle").count() == 20
        boxes.add(
            (picture.get_attribute("viewBox"), tuple(picture.locator("text").all_inner_texts()))
        )
        height = float(str(picture.get_attribute("viewBox")).split()[3])
        for circle in picture.locator("circle").all():
            assert 16 <= float(str(circle.get_attribute("cx"))) <= 464
            assert 0 < float(str(circle.get_attribute("cy"))) < height
    assert len(boxes) == 1


def test_it_opens_at_the_present_state(open_page, source: str) -> None:
    page = open_page(source)
    assert page.locator(".choose").first.is_visible()
    assert not page.locator(".then").first.is_visible()
    assert not page.locator(".change").first.is_visible()
    for outcome in (0, 1):
        assert shown(page, outcome, "now").endswith("%")
    assert "terminal" not in page.locator(".what-if").inner_text()


def test_a_keyboard_is_enough(open_page, source: str, block: WhatIf) -> None:
    page = open_page(source)
    trust, _ = block.levers
    first = page.get_by_role("group", name=trust.label).get_by_label("zoals nu", exact=True)
    for _ in range(20):
        page.keyboard.press("Tab")
        if first.evaluate("item => item === document.activeElement"):
            break
    page.keyboard.press("ArrowRight")
    after = page.get_by_role("group", name=trust.label).get_by_label(
        trust.options[1].label, exact=True
    )
    assert after.is_checked()
    assert page.locator(".then").first.is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.get_by_label("Voor wie").input_value() == "1"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.panel').classList.contains('untouched')")
    assert first.is_checked()
    assert page.get_by_label("Voor wie").input_value() == "0"


def test_on_a_phone_the_result_stays_in_sight(open_page, source: str, block: WhatIf) -> None:
    page = open_page(source, width=390)
    group = page.get_by_role("group", name=block.levers[1].label)
    group.scroll_into_view_if_needed()
    group.get_by_label(block.levers[1].options[-1].label, exact=True).check()
    line = page.locator("[data-summary='0']")
    box = line.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 900 - box["height"]
    assert line.locator("strong").inner_text() == shown(page, 0, "then")
    assert line.locator(".was").inner_text() == f"({shown(page, 0, 'now')})"


def test_it_says_what_changed_and_how_far_the_data_reach(open_page, source, block) -> None:
    page = open_page(source)
    live = page.locator("[aria-live='polite']")
    assert live.count() == 2
    before = live.first.inner_text()
    choose(page, block, 1, 1, 1)
    after = live.first.inner_text()
    assert before != after
    assert "met 90% kans tussen" in after
    group = page.get_by_role("group", name=block.levers[0].label)
    described = group.get_attribute("aria-describedby")
    assert page.locator(f"#{described}").inner_text() == block.levers[0].limits


def test_on_paper_it_says_its_setting_in_words(open_page, source: str, block: WhatIf) -> None:
    page = open_page(source)
    choose(page, block, 4, 3, 0)
    page.emulate_media(media="print")
    state = page.locator("[data-state]")
    assert state.is_visible()
    assert not page.locator(".controls").is_visible()
    trust = block.levers[0].options[4].label
    chosen = f"Trust: {trust}; Versnelling (jaar): 1; Voor wie: alle leerlingen"
    assert state.inner_text() == chosen
