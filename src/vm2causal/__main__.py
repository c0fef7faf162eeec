"""The command ``vm2causal``, also as ``python -m vm2causal``.

Loading it takes a moment, and so does ending; an interruption then too is one line.
"""

from __future__ import annotations

import os
import signal
from types import FrameType


def main() -> None:
    """Run the command line."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _stop)
    from vm2causal.cli import main as command

    command()


def _stop(number: int, frame: FrameType | None) -> None:
    """End at once: nothing is open that would have to be tidied."""
    os.write(2, b"Interrupted.\n")
    os._exit(128 + number)


if __name__ == "__main__":
    main()
