"""The panel in a browser: what it shows is what the fit answers, and a keyboard is enough."""

import shlex
from dataclasses import replace
from itertools import product

import pytest

from brief_examples import example_brief
from effects.what_if_cases import levers_forward
from vm2causal.effects.contrasts import chosen_contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.what_if import what_if
from vm2causal.effects.what_if_defaults import default_causes, default_places
from vm2causal.effects.what_if_grid import what_if_grid
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
    causes = default_causes(forward)
    now, then = what_if_grid(
        forward,
        causes,
        places=default_places(forward),
        outcomes=("vsv", "sk"),
        level=LEVEL,
    )
    return what_if_panel(forward, now, then, causes, Language.NL, fit="fit", level=LEVEL)


@pytest.fixture(scope="module")
def source(block: WhatIf) -> str:
    brief = example_brief(Language.NL)
    return render_html(
        replace(brief, first=(Section("s", "Proberen", (block,)),), second=(), annex=())
    )


def shown(page, outcome: int, name: str) -> str:
    return page.locator(f"[data-outcome='{outcome}'] [data-shown='{name}']").inner_text()


def choose(page, block: WhatIf, trust: int, speed: int, place: int) -> None:
    page.get_by_label("Trust").fill(str(trust))
    page.get_by_label(block.levers[1].options[speed].label, exact=True).check()
    page.get_by_label("Voor wie").select_option(str(place))


@pytest.mark.parametrize(
    ("trust", "speed", "place"), [(0, 0, 0), (8, 2, 0), (4, 1, 1), (2, 0, 2), (7, 2, 3)]
)
def test_it_shows_what_what_if_says(
    open_page, source: str, forward: Forward, block: WhatIf, trust: int, speed: int, place: int
) -> None:
    page = open_page(source)
    choose(page, block, trust, speed, place)
    typed = page.locator("[data-command]").inner_text()
    words = shlex.split(typed)
    assert words[:3] == ["vm2causal", "what-if", "fit"]
    asked = list(zip(words[3::2], words[4::2], strict=True))
    at = dict(asked).get("--at")
    assert (at or "") == block.places[place].name
    done = [word.split("=") for option, word in asked if option == "--do"]
    changes = [chosen_contrast(forward, *item, None)[0] for item in done]
    assert [change.cause for change in changes] == ["trust", "versnelling"]
    assert changes[0].high == float(block.levers[0].options[trust].value)
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
    for trust, speed in product((0, 8), (0, 2)):
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


def test_a_keyboard_is_enough(open_page, source: str, block: WhatIf) -> None:
    page = open_page(source)
    trust, speed = block.levers
    slider = page.get_by_role("slider", name="Trust")
    for _ in range(20):
        page.keyboard.press("Tab")
        if slider.evaluate("item => item === document.activeElement"):
            break
    page.keyboard.press("Home")
    assert slider.get_attribute("aria-valuetext") == trust.options[0].label
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == trust.options[1].label
    assert page.locator("output").inner_text() == trust.options[1].label
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    after = (speed.start + 1) % len(speed.options)
    assert page.get_by_label(speed.options[after].label, exact=True).is_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    command = page.locator("[data-command]").inner_text()
    assert f"--do trust={trust.options[1].value} " in command
    assert f"--do versnelling={speed.options[after].value}" in command
    assert command.endswith(f"--at {block.places[1].name}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    start = f"--do trust={trust.options[trust.start].value} "
    page.wait_for_function(
        "start => document.querySelector('[data-command]').textContent.includes(start)", arg=start
    )
    assert "--at" not in page.locator("[data-command]").inner_text()
    assert slider.get_attribute("aria-valuetext") == trust.options[trust.start].label


def test_it_says_what_changed_and_how_far_the_data_reach(open_page, source, block) -> None:
    page = open_page(source)
    live = page.locator("[aria-live='polite']")
    assert live.count() == 2
    before = live.first.inner_text()
    choose(page, block, 0, 0, 1)
    after = live.first.inner_text()
    assert before != after
    assert "met 90% kans tussen" in after
    slider = page.get_by_role("slider", name="Trust")
    described = slider.get_attribute("aria-describedby")
    assert page.locator(f"#{described}").inner_text() == block.levers[0].limits


def test_on_paper_it_says_its_setting_in_words(open_page, source: str, block: WhatIf) -> None:
    page = open_page(source)
    choose(page, block, 8, 2, 0)
    page.emulate_media(media="print")
    state = page.locator("[data-state]")
    assert state.is_visible()
    assert not page.locator(".controls").is_visible()
    trust = block.levers[0].options[8].label
    chosen = f"Trust: {trust}; Versnelling (jaar): 1; Voor wie: alle leerlingen"
    assert state.inner_text() == chosen
