"""Commands: an option that takes one value may be given once, or again with the same value.

The parser keeps the last of two values and says nothing of the first; an answer to another
question than was asked would look like an answer.
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand

from vm2causal.cli.options import DEFAULT_LANGUAGE
from vm2causal.cli.output import announce
from vm2causal.errors import OptionError
from vm2causal.storage import telling
from vm2causal.texts import Language, number, text
from vm2causal.unfinished import Cleared

_AGAIN = {"store": "append", "store_const": "append_const"}


class OnceCommand(TyperCommand):
    """A command that refuses two values for one option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments, once every value of each option is known to be the same.

        Raises
        ------
        OptionError
            When an option for one value is given two different ones.
        """
        every = self.make_parser(ctx)
        keeping: Any = _Keeping(every)
        single = [item for item in self.get_params(ctx) if _takes_one(item)]
        for option in single:
            option.add_to_parser(keeping, ctx)
        values, _, _ = every.parse_args(list(args))
        for option in single:
            _hold_once(option, values.get(option.name, ()))
        rest: list[str] = super().parse_args(ctx, args)
        return rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command, and say in its language what jobs left that ended in the middle."""
        language = Language(ctx.params.get("lang") or DEFAULT_LANGUAGE)
        with telling(lambda cleared: _say_cleared(cleared, language)):
            return super().invoke(ctx)


def _say_cleared(cleared: Cleared, lang: Language) -> None:
    if cleared.removed:
        announce(text("common.cleared", lang, number=number(cleared.removed, lang)))
    if cleared.restored:
        announce(text("common.restored", lang, names=", ".join(cleared.restored)))


class _Keeping:
    """A parser as seen by an option, which keeps every value and not the last."""

    def __init__(self, parser: Any) -> None:
        self.parser = parser

    def add_option(self, *, action: str | None = None, **rest: Any) -> None:
        action = action or "store"
        self.parser.add_option(action=_AGAIN.get(action, action), **rest)


def hold_options_once(app: typer.Typer) -> None:
    """Make every command of an application, and of the groups in it, an :class:`OnceCommand`."""
    for command in app.registered_commands:
        command.cls = OnceCommand
    for group in app.registered_groups:
        if group.typer_instance is not None:
            hold_options_once(group.typer_instance)


def _takes_one(option: Any) -> bool:
    return option.param_type_name == "option" and not option.multiple and not option.count


def _hold_once(option: Any, values: Any) -> None:
    given = list(dict.fromkeys(values))
    if len(given) > 1:
        name = max(option.opts, key=len)
        raise OptionError(
            f"{name} takes one value, and is given {len(given)}.",
            value=", ".join(map(str, given)),
            fix="Give it once.",
        )
