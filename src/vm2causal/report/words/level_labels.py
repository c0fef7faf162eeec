"""Levels, contrasts and groups in the words of the model file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, catalogue, text

_NUMERAL: Final = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?%?")
_AGAINST: Final = " vs "
_TOGETHER: Final = ", "
_SECTOR: Final = "sector"
_WORDS: Final = frozenset({"ja", "nee"})
"""Levels of the study format that the catalogue knows: the sectors, yes and no."""


def group_label(spec: CausalSpec, group: str, language: Language) -> str:
    """What to call a group: the label of its variable, else its name.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    group
        Name of a group of the model.
    language
        Of the texts: Dutch or English.
    """
    return spec.label(group, language) if group in spec.variables else group.replace("_", " ")


def level_label(spec: CausalSpec, name: str, level: str, language: Language) -> str:
    """What to call a level of a variable or group.

    The model file's label, else that of the catalogue (sectors, yes and no), else the level
    itself; numbers as the language writes them.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    name
        Of the variable.
    level
        As the data write it.
    language
        Of the texts: Dutch or English.

    Examples
    --------
    >>> from vm2causal.spec import Variable
    >>> spec = CausalSpec(name="example", variables={"sector": Variable(kind="nominal")})
    >>> level_label(spec, "sector", "zorg_welzijn", Language.NL)
    'zorg en welzijn'
    >>> level_label(spec, "sector", "-0.5", Language.NL)
    '−0,5'
    """
    variable = spec.variables.get(name)
    if variable is not None and level in variable.level_labels:
        return variable.level_labels[level].in_language(language)
    key = f"figures.level.{level}" if level in _WORDS else f"{name}.{level}"
    if (level in _WORDS or name == _SECTOR) and key in catalogue():
        return text(key, language)
    if _NUMERAL.fullmatch(level):
        written = level.replace("-", "−")
        return written.replace(".", ",") if language is Language.NL else written
    return level.replace("_", " ")


def contrast_label(spec: CausalSpec, cause: str, contrast: str, language: Language) -> str:
    """A contrast, ``high vs low`` as tables write it, in words.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    cause
        Name of the variable that is intervened on.
    contrast
        As tables of effects write it, ``high vs low``.
    language
        Of the texts: Dutch or English.

    Examples
    --------
    >>> from vm2causal.spec import Variable
    >>> spec = CausalSpec(name="example", variables={"x": Variable()})
    >>> contrast_label(spec, "x", "1.1 vs -0.748", Language.NL)
    '1,1 tegenover −0,748'
    """
    return text("figures.contrast", language, **sides_in_words(spec, cause, contrast, language))


def declared_label(spec: CausalSpec, cause: str, contrast: str, language: Language) -> str:
    """The contrast of an effect that a model declares: a score, without unit, by its quartiles.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    cause
        Name of the variable that is intervened on.
    contrast
        As tables of effects write it where nobody chose it, ``high vs low``.
    language
        Of the texts: Dutch or English.

    Examples
    --------
    >>> from vm2causal.spec import Variable
    >>> score = Variable(kind="latent", items=("a", "b", "c"))
    >>> spec = CausalSpec(name="example", variables={"x": score, "y": Variable()})
    >>> declared_label(spec, "x", "1.1 vs -0.748", Language.EN)
    'high against low (quartiles)'
    >>> declared_label(spec, "y", "1.1 vs -0.748", Language.EN)
    '1.1 against −0.748'
    """
    if _is_score(spec, cause):
        return text("figures.contrast.quartiles", language)
    return text("figures.contrast", language, **sides_in_words(spec, cause, contrast, language))


def _is_score(spec: CausalSpec, cause: str) -> bool:
    return cause in spec.variables and spec.variables[cause].kind.measured


def declared_sides(
    spec: CausalSpec, cause: str, contrast: str, language: Language
) -> dict[str, str]:
    """The two values of :func:`declared_label`, for a sentence: ``high`` and ``low``.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    cause
        Name of the variable that is intervened on.
    contrast
        As tables of effects write it where nobody chose it, ``high vs low``.
    language
        Of the texts: Dutch or English.
    """
    if _is_score(spec, cause):
        return {side: text(f"figures.quartile.{side}", language) for side in ("high", "low")}
    return sides_in_words(spec, cause, contrast, language)


def sides_in_words(
    spec: CausalSpec, cause: str, contrast: str, language: Language
) -> dict[str, str]:
    """The two values of a contrast in words: ``high`` and ``low``.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    cause
        Name of the variable that is intervened on.
    contrast
        As tables of effects write it, ``high vs low``.
    language
        Of the texts: Dutch or English.
    """
    if _TOGETHER in cause:
        return _joint_sides(spec, contrast, language)
    high, low = _sides(spec, cause, contrast)
    return {
        "high": level_label(spec, cause, high, language),
        "low": level_label(spec, cause, low, language),
    }


def causes_label(spec: CausalSpec, causes: str, language: Language) -> str:
    """What to call the causes of a row; several that are set together are separated by commas.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    causes
        Names with commas between them.
    language
        Of the texts: Dutch or English.
    """
    return ", ".join(spec.label(name, language) for name in causes.split(_TOGETHER))


def _joint_sides(spec: CausalSpec, contrast: str, language: Language) -> dict[str, str]:
    """The values of a joint contrast, in the order of the causes that stand beside them."""
    high, low = contrast.split(_AGAINST, 1)
    return {
        name: ", ".join(_set_to(spec, part, language) for part in side.split(_TOGETHER))
        for name, side in (("high", high), ("low", low))
    }


def _set_to(spec: CausalSpec, part: str, language: Language) -> str:
    cause, _, value = part.partition("=")
    return level_label(spec, cause, value, language)


def _sides(spec: CausalSpec, cause: str, contrast: str) -> tuple[str, str]:
    """The two values of a contrast, high and low; a level may hold the separator itself."""
    parts = contrast.split(_AGAINST)
    cuts = [
        (_AGAINST.join(parts[:place]), _AGAINST.join(parts[place:]))
        for place in range(1, len(parts))
    ]
    levels = set(spec.variables[cause].levels)
    return next((cut for cut in cuts if set(cut) <= levels), cuts[0])


def cause_label(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    """The cause of a row, with its contrast where it compares levels.

    Of two levels it is enough to name the cause and the contrast; numbers need no contrast.

    Parameters
    ----------
    row
        Of a table of effects.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    label = spec.label(row["cause"], language)
    if not row.get("contrast"):
        return label
    contrast = contrast_label(spec, row["cause"], row["contrast"], language)
    return f"{label}: {contrast}"


def effect_label(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    """The effect of a row, with its level where it has several.

    Parameters
    ----------
    row
        Of a table of effects.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    label = spec.label(row["effect"], language)
    if not row.get("effect_level"):
        return label
    return f"{label}: {level_label(spec, row['effect'], row['effect_level'], language)}"
