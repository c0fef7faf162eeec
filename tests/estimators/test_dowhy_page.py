"""The example in docs/dowhy.md runs and prints what the page says."""

import logging
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
NUMBER = re.compile(r"[+-]\d\.\d\d")


@pytest.mark.mcmc
def test_the_example_prints_what_the_page_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "dowhy.md").read_text(encoding="utf-8")
    code, printed = re.findall(r"```(?:python)?\n(.*?)```", page, flags=re.DOTALL)
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(logging.getLogger("dowhy"), "level", logging.ERROR)
    with pytest.warns(UserWarning, match="variables are assumed unobserved"):
        exec(compile(code, "docs/dowhy.md", "exec"), {})
    found = capsys.readouterr().out
    assert NUMBER.sub("", found) == NUMBER.sub("", printed)
    numbers, said = (
        [float(number) for number in NUMBER.findall(text)] for text in (found, printed)
    )
    assert numbers == pytest.approx(said, abs=0.02)
