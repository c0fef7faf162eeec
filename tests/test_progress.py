"""How far a job is, as a file, a pipe or a terminal gets it."""

import pytest

from vm2causal import progress
from vm2causal.progress import Drawn, told_count, told_steps
from vm2causal.texts import Language


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


def test_a_pipe_gets_a_plain_line_a_step(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with told_steps(Language.EN) as tell:
        tell("sample")
        tell.drawn(Drawn((10, 10), 20, 0))
        clock.now += 2.25
        tell("own name")
        clock.now += 1.0
    assert not tell.live
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "0.0 s: drawing from the posterior …",
        "2.2 s: own name …",
        "3.2 s: done",
    ]


def test_a_terminal_gets_draws_divergences_and_time_left(
    clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True)
    with told_steps(Language.NL, total=2) as tell:
        tell("sample")
        clock.now += 3.0
        tell.drawn(Drawn((300, 100), 1000, 4))
        tell("write")
    assert tell.live
    shown = capsys.readouterr().err.split("\r\x1b[2K")[1:]
    assert shown[1] == "trekkingen per keten: 300, 100 van 1000 · 4 divergenties · nog 12 s"
    assert shown[2] == "1/2 trekken uit de posterior 3,0 s · 2/2 bewaren …"


def test_a_batch_says_each_tenth(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with told_count("refitting", Language.EN) as tell:
        for done in range(41):
            tell(done, 40)
            clock.now += 1.0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[0] == "refitting: 0 of 40, 0 s"
    assert lines[5] == "refitting: 20 of 40, 20 s · 20 s left"


def test_nothing_is_told_where_nothing_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    with told_steps(Language.EN, show=False) as tell, told_count("x", Language.EN, show=False) as n:
        tell("sample")
        n(1, 2)
    assert capsys.readouterr().err == ""
