"""What the attributes of a node in a dagitty or DOT text say of it: its roles, and what is left.

The words are those of dagitty's own reader (Textor et al. 2016, Int. J. Epidemiol. 45, 1887;
``GraphParser.js``), each with its one-letter form; ``observed`` is what :func:`to_dot` writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from vm2causal.errors import ModelFileError


class Role(StrEnum):
    """What dagitty can say of a node."""

    EXPOSURE = "exposure"
    OUTCOME = "outcome"
    LATENT = "latent"
    ADJUSTED = "adjusted"
    SELECTED = "selected"


ROLE_WORDS: Final[Mapping[str, Role]] = {
    "exposure": Role.EXPOSURE,
    "source": Role.EXPOSURE,
    "e": Role.EXPOSURE,
    "outcome": Role.OUTCOME,
    "target": Role.OUTCOME,
    "o": Role.OUTCOME,
    "latent": Role.LATENT,
    "unobserved": Role.LATENT,
    "l": Role.LATENT,
    "u": Role.LATENT,
    "adjusted": Role.ADJUSTED,
    "adjustednode": Role.ADJUSTED,
    "a": Role.ADJUSTED,
    "selected": Role.SELECTED,
    "s": Role.SELECTED,
}
"""Words for each role, in small letters."""

_YES: Final = frozenset({"", "true", "yes", "1"})
_NO: Final = frozenset({"false", "no", "0"})

_DRAWING_WORDS: Final = (
    "area bb bgcolor center charset class cluster clusterrank color colorscheme comment "
    "compound concentrate constraint decorate dir distortion dpi edgetooltip edgeurl edgehref "
    "edgetarget fillcolor fixedsize fontcolor fontname fontnames fontpath fontsize group "
    "headclip headhref headlabel headport headtarget headtooltip headurl height href id image "
    "imagepath imagepos imagescale k label label_scheme labelangle labeldistance labelfloat "
    "labelfontcolor labelfontname labelfontsize labelhref labeljust labelloc labeltarget "
    "labeltooltip labelurl landscape layer layers layout len lhead lp ltail lwidth lheight "
    "margin minlen nodesep nojustify ordering orientation outputorder overlap page pack "
    "packmode pad pencolor penwidth peripheries pin pos quantum rank rankdir ranksep ratio "
    "rects regular resolution root rotate rotation samehead sametail samplepoints scale sep "
    "shape shapefile showboxes sides size skew sortv splines start style stylesheet tailclip "
    "tailhref taillabel tailport tailtarget tailtooltip tailurl target tooltip truecolor url "
    "vertices viewport voro_margin width xdotversion xlabel xlp z"
)
"""Attributes of Graphviz that concern a drawing (graphviz.org/doc/info/attrs.html)."""

_DRAWN: Final = frozenset(_DRAWING_WORDS.split())

_UNDERSTOOD: Final = frozenset({"observed", "evidence", "sign", "label"})


@dataclass(frozen=True)
class NodeRoles:
    """The roles of a node, and the attributes that say something a model has no place for."""

    roles: frozenset[Role]
    not_carried: tuple[str, ...]

    @property
    def observed(self) -> bool:
        """Whether it has data."""
        return Role.LATENT not in self.roles


def roles_of(attributes: Mapping[str, str], *, node: str, file: str, line: int) -> NodeRoles:
    """Read the attributes of a node, keys in small letters.

    Raises
    ------
    ModelFileError
        When a role has a value other than yes or no, or a node is said to be both observed and
        latent.

    Examples
    --------
    >>> sorted(roles_of({"u": "", "beta": "0.3"}, node="x", file="g", line=1).roles)
    [<Role.LATENT: 'latent'>]
    >>> roles_of({"latent": "false"}, node="x", file="g", line=1).observed
    True
    """
    said = {
        word: _yes_or_no(word, value, file, line)
        for word, value in attributes.items()
        if word in ROLE_WORDS or word == "observed"
    }
    roles = {ROLE_WORDS[word] for word, given in said.items() if given and word in ROLE_WORDS}
    denied = {ROLE_WORDS[word] for word, given in said.items() if not given and word in ROLE_WORDS}
    if "observed" in said:
        (denied if said["observed"] else roles).add(Role.LATENT)
    if roles & denied:
        raise ModelFileError(
            f"Two attributes of the node '{node}' contradict each other.",
            file=file,
            line=line,
            value=", ".join(f"{word}={attributes[word] or 'yes'}" for word in said),
            fix="Keep one of them.",
        )
    return NodeRoles(frozenset(roles), not_carried(attributes, known=ROLE_WORDS))


def not_carried(
    attributes: Mapping[str, str], *, known: Mapping[str, object] | None = None
) -> tuple[str, ...]:
    """Attributes that are neither understood nor about a drawing, in their order.

    Parameters
    ----------
    known
        Further words that are understood.
    """
    passed = _UNDERSTOOD | _DRAWN | set(known or ())
    return tuple(word for word in attributes if word not in passed)


def _yes_or_no(word: str, value: str, file: str, line: int) -> bool:
    if value.lower() in _YES:
        return True
    if value.lower() in _NO:
        return False
    raise ModelFileError(
        f"'{word}' is a role of a node: it is there or not.",
        file=file,
        line=line,
        value=f"{word}={value}",
        fix=f"Write [{word}], or {word}=no; rename the attribute where it means something else.",
    )
