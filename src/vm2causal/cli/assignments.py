"""``CAUSE=VALUE`` on the command line."""

from __future__ import annotations

from collections.abc import Sequence


def assignments(texts: Sequence[str], option: str) -> dict[str, str]:
    """Values by cause; a cause has one.

    Parameters
    ----------
    option
        What messages call the option that held them.

    Raises
    ------
    OptionError
        When a text is not of the form ``cause=value``, or a cause gets two values.

    Examples
    --------
    >>> assignments(["versnelling=1", "mbo_stof = 3"], "--do")
    {'versnelling': '1', 'mbo_stof': '3'}
    """
    from vm2causal.errors import OptionError

    found: dict[str, str] = {}
    for given in texts:
        name, value = _assignment(given, option)
        if found.setdefault(name, value) != value:
            raise OptionError(
                f"{option} gives '{name}' two values.",
                value=f"{name}={found[name]}, {name}={value}",
                fix="Give each cause one value; ask about the other in a second run.",
            )
    return found


def _assignment(text: str, option: str) -> tuple[str, str]:
    from vm2causal.errors import OptionError

    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise OptionError(
            f"{option} takes a variable and its value.",
            value=text,
            fix=f"Write, for example, {option} versnelling=1.",
        )
    return name.strip(), value.strip()
