"""An answer in one sentence, and the assumptions it leans on, in both languages."""

from __future__ import annotations

from collections.abc import Iterable

from vm2causal.identify.result import Bilingual, EffectKind, Findings, Strategy
from vm2causal.texts import Language, text


def bilingual(key: str, **fields: str | Bilingual | tuple[str, ...]) -> Bilingual:
    """One text of the catalogue in both languages; lists of names are written out."""
    written = {
        language: text(
            key, language, **{name: _field(value, language) for name, value in fields.items()}
        )
        for language in Language
    }
    return Bilingual(nl=written[Language.NL], en=written[Language.EN])


def _field(value: str | Bilingual | tuple[str, ...], language: Language) -> str:
    if isinstance(value, Bilingual):
        return value.nl if language is Language.NL else value.en
    return value if isinstance(value, str) else listed(value, language)


def listed(names: Iterable[str], language: Language) -> str:
    """Write names as a list in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"], Language.EN)
    'a, b and c'
    """
    *first, last = [*names] or [""]
    return f"{', '.join(first)} {text('identify.and', language)} {last}" if first else last


def sentence(found: Findings) -> Bilingual:
    """Say what identifies the effect, or why nothing does."""
    key = f"identify.{found.kind}.{_outcome(found)}"
    through, given = _in_use(found)
    instrument = found.instruments[0] if found.strategy is Strategy.INSTRUMENT else None
    return bilingual(
        key,
        cause=found.cause,
        effect=found.effect,
        mediators=found.mediators,
        held=_clause("identify.held_clause", mediators=found.mediators),
        through=through,
        given=given,
        instrument=instrument.instrument if instrument else "",
        given_clause=_clause("identify.given_clause", given=instrument.given if instrument else ()),
        forest=found.hedge.forest if found.hedge else (),
        district=found.recanting_district,
    )


def assumptions(found: Findings) -> tuple[Bilingual, ...]:
    """What the answer leans on, the model itself first."""
    cause, effect = found.cause, found.effect
    stated = [bilingual("identify.assumption.graph")]
    if not found.has_effect or found.strategy is None:
        return tuple(stated)
    stated.append(bilingual("identify.assumption.intervention", cause=cause))
    through, given = _in_use(found)
    if found.strategy is Strategy.INSTRUMENT:
        instrument = found.instruments[0].instrument
        fields = {"instrument": instrument, "cause": cause, "effect": effect}
        stated.append(bilingual("identify.assumption.linear", **fields))
    elif found.strategy is Strategy.FRONTDOOR:
        fields = {"cause": cause, "effect": effect}
        stated.append(bilingual("identify.assumption.frontdoor", through=through, **fields))
        given = (*given, *through)
    if found.kind is not EffectKind.TOTAL and found.mediators:
        stated.append(bilingual("identify.assumption.mediators", mediators=found.mediators))
        given = (*given, *found.mediators)
    if found.kind is EffectKind.MEDIATED:
        stated.append(bilingual("identify.assumption.cross_world", effect=effect))
    overlap = "overlap" if given else "variation"
    stated.append(bilingual(f"identify.assumption.{overlap}", cause=cause, given=given))
    if found.any_value_of:
        stated.append(bilingual("identify.assumption.any_value", free=found.any_value_of))
    return tuple(stated)


def _outcome(found: Findings) -> str:
    if not found.has_effect:
        return "zero"
    if found.strategy is None:
        return "recanting" if found.recanting_district else "hedge"
    if found.strategy is Strategy.FRONTDOOR and not found.frontdoor_sets:
        return "frontdoor_given"
    return found.strategy.value


def _in_use(found: Findings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Mediators and covariates of the strategy in use."""
    if found.strategy is Strategy.BACKDOOR:
        return (), found.minimal_adjustment_sets[0]
    if found.strategy is not Strategy.FRONTDOOR:
        return (), ()
    if found.frontdoor_sets:
        return found.frontdoor_sets[0], ()
    first = found.conditional_frontdoor_sets[0]
    return first.mediators, first.given


def _clause(key: str, **names: tuple[str, ...]) -> Bilingual:
    """A part of a sentence about some variables; nothing when there are none."""
    return bilingual(key, **names) if any(names.values()) else Bilingual("", "")
