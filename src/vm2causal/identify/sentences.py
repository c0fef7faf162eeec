"""An answer in one sentence, and the assumptions it leans on, in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from vm2causal.identify.result import (
    Bilingual,
    Findings,
    IntermediateConfounding,
    Selection,
    Strategy,
)
from vm2causal.spec.words import QueryKind
from vm2causal.texts import Language, text

_NOTHING: Final = Bilingual("", "")


def bilingual(key: str, **fields: str | Bilingual | tuple[str, ...]) -> Bilingual:
    """One text of the catalogue in both languages; lists of names are written out.

    Parameters
    ----------
    key
        Hash of what the numbers depend on: tables, code, seed and settings.
    """
    written = {
        language: text(
            key, language, **{name: _field(value, language) for name, value in fields.items()}
        )
        for language in Language
    }
    return Bilingual(nl=written[Language.NL], en=written[Language.EN])


def _field(value: str | Bilingual | tuple[str, ...], language: Language) -> str:
    if isinstance(value, Bilingual):
        return value.in_language(language)
    return value if isinstance(value, str) else listed(value, language)


def listed(names: Iterable[str], language: Language) -> str:
    """Write names as a list in a sentence.

    Parameters
    ----------
    language
        Of the texts: Dutch or English.

    Examples
    --------
    >>> listed(["a", "b", "c"], Language.EN)
    'a, b and c'
    """
    *first, last = [*names] or [""]
    return f"{', '.join(first)} {text('identify.and', language)} {last}" if first else last


def sentence(found: Findings) -> Bilingual:
    """Say what identifies the effect, or why nothing does, and in which population."""
    selection = found.selection
    parts = [_identified_by(found)]
    if selection is not None:
        parts.append(_in_population(found, selection))
    return Bilingual(
        nl=" ".join(part.nl for part in parts if part.nl),
        en=" ".join(part.en for part in parts if part.en),
    )


def _identified_by(found: Findings) -> Bilingual:
    key = f"identify.{found.kind}.{_outcome(found)}"
    through, given = _in_use(found)
    instrument, given_clause = _instrument_in_use(found)
    several = len(found.mediators) > 1
    return bilingual(
        key,
        cause=found.causes,
        effect=found.effect,
        mediators=found.mediators,
        together=bilingual("identify.together") if several else _NOTHING,
        held=_clause("identify.held_clause", mediators=found.mediators),
        through=through,
        given=given,
        instrument=instrument,
        given_clause=given_clause,
        forest=found.hedge.forest if found.hedge else (),
        district=found.recanting_district,
        by=found.selection.by if found.selection else (),
    )


def _in_population(found: Findings, selection: Selection) -> Bilingual:
    """Whom the answer is about, and what else would have to be known to speak of all."""
    key = _population_key(found, selection)
    if key is None:
        return _NOTHING
    return bilingual(
        f"identify.selection.{key}",
        by=selection.by,
        cause=found.causes,
        effect=found.effect,
        known=_if_known(found, selection),
    )


def _population_key(found: Findings, selection: Selection) -> str | None:
    """Which sentence says it; none where something else is in the way, or nothing is claimed."""
    if not found.has_effect:
        return "zero"
    if found.strategy is not None:
        assert selection.population is not None
        return "ignorable" if selection.ignorable else selection.population.value
    adjusted = found.kind is not QueryKind.MEDIATED
    return "nobody" if adjusted and _blocked_by(found) == "selection" else None


def _if_known(found: Findings, selection: Selection) -> Bilingual:
    """With which knowledge of the whole population the effect follows for all."""
    first = selection.whole[0] if selection.whole else None
    if first is None or not first.external:
        return _NOTHING
    key = "known" if first.given == found.conditioned_on else "known_given"
    return bilingual(f"identify.selection.{key}", external=first.external, given=first.given)


def notes(found: Findings) -> tuple[Bilingual, ...]:
    """What confounds a mediator and is affected by the cause, and what follows all the same."""
    return tuple(_confounded(found, item) for item in found.intermediate)


def _confounded(found: Findings, item: IntermediateConfounding) -> Bilingual:
    named: dict[str, str | Bilingual | tuple[str, ...]] = {
        "cause": found.causes,
        "effect": found.effect,
        "mediator": item.mediator,
    }
    parts = {
        "total": item.total,
        "controlled": item.controlled_direct,
        "jointly": found.identifiable and len(found.mediators) > 1,
    }
    left = [
        bilingual(f"identify.intermediate.{key}", mediators=found.mediators, **named)
        for key, holds in parts.items()
        if holds
    ]
    number = "one" if len(item.confounders) == 1 else "more"
    told = bilingual(f"identify.intermediate.{number}", confounders=item.confounders, **named)
    rest = bilingual(
        f"identify.intermediate.{'left' if left else 'nothing'}",
        left=Bilingual(
            nl=listed((part.nl for part in left), Language.NL),
            en=listed((part.en for part in left), Language.EN),
        ),
    )
    return Bilingual(nl=f"{told.nl} {rest.nl}", en=f"{told.en} {rest.en}")


def assumptions(found: Findings) -> tuple[Bilingual, ...]:
    """What the answer leans on, the model itself first."""
    stated = [bilingual("identify.assumption.graph")]
    if found.selection is not None:
        stated.append(bilingual("identify.assumption.selection", by=found.selection.by))
    if not found.has_effect or found.strategy is None:
        return tuple(stated)
    cause, given = found.causes, found.conditioned_on
    stated.append(bilingual("identify.assumption.intervention", cause=cause))
    stated += _of_strategy(found)
    if found.kind is not QueryKind.TOTAL and found.mediators:
        number = "mediators" if len(found.mediators) > 1 else "mediator"
        stated.append(bilingual(f"identify.assumption.{number}", mediators=found.mediators))
    if found.kind is QueryKind.MEDIATED:
        worlds = bilingual(
            "identify.assumption.cross_world", mediators=found.mediators, effect=found.effect
        )
        stated.append(worlds)
    overlap = "overlap" if given else "variation"
    stated.append(bilingual(f"identify.assumption.{overlap}", cause=cause, given=given))
    if found.any_value_of:
        stated.append(bilingual("identify.assumption.any_value", free=found.any_value_of))
    return tuple(stated)


def _of_strategy(found: Findings) -> list[Bilingual]:
    """What the strategy leans on beside the graph."""
    ends = {"cause": found.cause, "effect": found.effect}
    if found.strategy is Strategy.FRONTDOOR:
        through, _ = _in_use(found)
        return [bilingual("identify.assumption.frontdoor", through=through, **ends)]
    if found.strategy is not Strategy.INSTRUMENT:
        return []
    instrument, given_clause = _instrument_in_use(found)
    return [
        bilingual(
            f"identify.assumption.{name}", instrument=instrument, given_clause=given_clause, **ends
        )
        for name in ("linear", "relevance")
    ]


def _outcome(found: Findings) -> str:
    if not found.has_effect:
        return "zero"
    if found.strategy is None:
        return _blocked_by(found)
    if found.strategy is Strategy.FRONTDOOR and not found.frontdoor_sets:
        return "frontdoor_given"
    if found.strategy is Strategy.ID and found.also:
        return "id_joint"
    return found.strategy.value


def _blocked_by(found: Findings) -> str:
    if found.recanting_district:
        return "recanting"
    return "hedge" if found.hedge or found.selection is None else "selection"


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


def _instrument_in_use(found: Findings) -> tuple[str, Bilingual]:
    """The instrument of the strategy in use, and the clause on what it needs to be one."""
    if found.strategy is not Strategy.INSTRUMENT:
        return "", _NOTHING
    first = found.instruments[0]
    return first.instrument, _clause("identify.given_clause", given=first.given)


def _clause(key: str, **names: tuple[str, ...]) -> Bilingual:
    """A part of a sentence about some variables; nothing when there are none."""
    return bilingual(key, **names) if any(names.values()) else _NOTHING
