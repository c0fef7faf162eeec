"""The command line: argument parsing and printing, nothing else.

Heavy packages are imported inside the commands that need them, so that ``--help`` is quick.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from functools import cache
from io import StringIO
from typing import Annotated, Any, Final, NoReturn

import typer

# importing these adds their commands to the group of studies
from vm2causal.cli import study_adapt as study_adapt
from vm2causal.cli import study_simulate as study_simulate
from vm2causal.cli.calibrate import calibrate
from vm2causal.cli.design import design
from vm2causal.cli.did import did_app
from vm2causal.cli.effects import effects, what_if
from vm2causal.cli.falsify import falsify
from vm2causal.cli.figure import figure
from vm2causal.cli.fit import fit
from vm2causal.cli.identify import identify
from vm2causal.cli.model import model_app
from vm2causal.cli.monitor import monitor_app
from vm2causal.cli.once import hold_options_once
from vm2causal.cli.output import announce, say
from vm2causal.cli.refute import refute
from vm2causal.cli.run import brief, run
from vm2causal.cli.sensitivity import sensitivity
from vm2causal.cli.stopping import INTERRUPTED, hide_folders, interruptible
from vm2causal.cli.streams import prepare_streams, printing
from vm2causal.cli.study import study_app
from vm2causal.cli.verify import verify
from vm2causal.errors import Vm2CausalError

app = typer.Typer(
    name="vm2causal",
    help="Causal effects with honest uncertainty, from published tables and your own study.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        say(version("vm2causal"))
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """Causal effects with honest uncertainty, from published tables and your own study."""


app.add_typer(monitor_app, name="monitor")
app.add_typer(did_app, name="did")
app.add_typer(model_app, name="model")
app.add_typer(study_app, name="study")
app.command("identify")(identify)
app.command("fit")(fit)
app.command("effects")(effects)
app.command("what-if")(what_if)
app.command("figure")(figure)
app.command("test")(falsify)
app.command("refute")(refute)
app.command("sensitivity")(sensitivity)
app.command("calibrate")(calibrate)
app.command("design")(design)
app.command("brief")(brief)
app.command("run")(run)
app.command("verify")(verify)
hold_options_once(app)

_MISTAKE: Final[type[Exception]] = typer.BadParameter.__mro__[2]
"""What the parser of options raises; typer has no public name for this base of its errors."""


_FULL: Final = frozenset(
    getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EROFS", "EFBIG") if hasattr(errno, name)
)
"""What a disk says that takes no more, wherever it is met: in temporary folders and caches too."""


def main() -> None:
    """Run the command line; a mistake in the input ends with exit status 2 and no traceback."""
    # a termination unwinds like an interruption, so that temporary files are removed
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    prepare_streams()
    hide_folders()
    with interruptible():
        try:
            with printing():
                status = _command()(standalone_mode=False)
        except Vm2CausalError as error:
            announce(f"Error: {error}")
            sys.exit(error.exit_status)
        except _MISTAKE as error:
            _announce_mistake(error)
        except OSError as error:
            if error.errno is None or error.errno not in _FULL:
                raise
            announce(f"Error: A file cannot be written: {os.strerror(error.errno)}. Make room.")
            sys.exit(1)
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        sys.exit(status)


@cache
def _command() -> Any:
    """The commands with their options, made once: that takes longer than most answers."""
    return typer.main.get_command(app)


def _announce_mistake(error: Any) -> NoReturn:
    """Say what is wrong with the options, as the parser words it."""
    said = StringIO()
    error.show(file=said)
    announce(said.getvalue().rstrip("\n"))
    sys.exit(error.exit_code)
