"""Graphs whose answers were published, with their sources.

``a>b`` is an arrow, ``a<>b`` an unobserved common cause. Only what the source states is listed, and
what follows from it directly.
"""

from __future__ import annotations

from dataclasses import dataclass

from vm2causal.spec.graph import CausalGraph


@dataclass(frozen=True)
class Textbook:
    source: str
    arrows: str
    identifiable: bool
    strategy: str | None = None
    adjustment: tuple[tuple[str, ...], ...] | None = None
    frontdoor: tuple[tuple[str, ...], ...] | None = None
    instrument: tuple[str, tuple[str, ...]] | None = None
    includes: tuple[str, ...] | None = None
    hidden: str = ""
    cause: str = "x"
    effect: str = "y"

    @property
    def graph(self) -> CausalGraph:
        arrows, hidden = [], set(self.hidden.split())
        for item in self.arrows.split():
            if "<>" in item:
                one, other = item.split("<>")
                hidden.add(f"u_{one}_{other}")
                arrows += [(f"u_{one}_{other}", one), (f"u_{one}_{other}", other)]
            else:
                one, other = item.split(">")
                arrows.append((one, other))
        return CausalGraph.of(arrows, unobserved=hidden)


_NO_SET: tuple[tuple[str, ...], ...] = ()
_EMPTY: tuple[tuple[str, ...], ...] = ((),)

TEXTBOOK = (
    Textbook(
        "Pearl 1995, Biometrika 82, figure 3: front door",
        "x>z z>y x<>y",
        True,
        "frontdoor",
        _NO_SET,
        (("z",),),
    ),
    Textbook(
        "Pearl 1995, Biometrika 82, figure 2 (Pearl 2009, figure 3.4): six covariates",
        "x1>x3 x1>x4 x2>x4 x2>x5 x3>x x4>x x4>y x5>y x>x6 x6>y",
        True,
        "backdoor",
        (("x1", "x4"), ("x2", "x4"), ("x3", "x4"), ("x4", "x5")),
        (("x6",),),
    ),
    Textbook(
        "Pearl and Mackenzie 2018, Book of Why, p. 240: napkin",
        "w>z z>x x>y w<>x w<>y",
        True,
        "id",
        _NO_SET,
        _NO_SET,
    ),
    Textbook(
        "Pearl and Mackenzie 2018, Book of Why, chapter 4: game 2",
        "a>x a>b d>b d>e e>y x>c c>y",
        True,
        "none_needed",
        _EMPTY,
        (("c",),),
    ),
    Textbook(
        "Pearl and Mackenzie 2018, Book of Why, chapter 4: game 5",
        "a>x a>b b>x c>b c>y x>y",
        True,
        "backdoor",
        (("c",), ("a", "b")),
    ),
    Textbook(
        "Greenland, Pearl and Robins 1999, Epidemiology 10: M-bias",
        "x>y x<>z y<>z",
        True,
        "none_needed",
        _EMPTY,
    ),
    Textbook(
        "Ding and Miratrix 2015, J. Causal Inference 3: butterfly bias, causes unobserved",
        "a>x a>z b>z b>y z>x z>y x>y",
        False,
        None,
        _NO_SET,
        hidden="a b",
    ),
    Textbook(
        "Ding and Miratrix 2015, J. Causal Inference 3: butterfly bias, causes observed",
        "a>x a>z b>z b>y z>x z>y x>y",
        True,
        "backdoor",
        (("a", "z"), ("b", "z")),
    ),
    Textbook(
        "Wright 1928; Angrist, Imbens and Rubin 1996, JASA 91: instrument",
        "z>x x>y x<>y",
        False,
        "instrument",
        _NO_SET,
        _NO_SET,
        ("z", ()),
    ),
    Textbook(
        "Brito and Pearl 2002, UAI, figure 1: conditional instrument",
        "w>z w>y z>x x>y x<>y",
        False,
        "instrument",
        _NO_SET,
        _NO_SET,
        ("z", ("w",)),
    ),
    Textbook(
        "Van der Zander, Textor and Liśkiewicz 2015, IJCAI: instrument by its proxy",
        "w>z w>v z>x v>y x>y x<>y",
        False,
        "instrument",
        _NO_SET,
        _NO_SET,
        ("z", ("v",)),
    ),
    Textbook(
        "Pearl 2009, Causality, section 3.3.2: two mediators form the front door",
        "x>a x>b a>y b>y x<>y",
        True,
        "frontdoor",
        _NO_SET,
        (("a", "b"),),
    ),
    Textbook(
        "Pearl 2009, Causality, section 3.3.2: any mediator of a chain",
        "x>a a>b b>y x<>y",
        True,
        "frontdoor",
        _NO_SET,
        (("a",), ("b",)),
    ),
    Textbook(
        "Fulcher et al. 2020, JRSS B 82: front door within strata of a covariate",
        "x>m m>y c>x c>m c>y x<>y",
        True,
        "frontdoor",
        _NO_SET,
        _NO_SET,
    ),
    Textbook(
        "Verma and Pearl 1990, UAI: the graph with the dormant independence, third variable",
        "v1>v2 v2>v3 v3>v4 v2<>v4",
        True,
        "backdoor",
        (("v2",),),
        cause="v3",
        effect="v4",
    ),
    Textbook(
        "Verma and Pearl 1990, UAI: the same graph, second variable",
        "v1>v2 v2>v3 v3>v4 v2<>v4",
        True,
        "frontdoor",
        _NO_SET,
        (("v3",),),
        cause="v2",
        effect="v4",
    ),
    Textbook(
        "Tian 2002, PhD thesis, p. 90",
        "w1>w2 w3>w4 w2>x w4>x x>y w1<>x w1<>y w1<>w3 w3<>w2 w3<>w5 w5<>w4",
        True,
        "id",
        _NO_SET,
        _NO_SET,
    ),
    Textbook(
        "Tian and Pearl 2002, AAAI, theorem 3 applied: no bidirected path to a child",
        "x>z z>y x<>w w<>y w>z",
        True,
    ),
    Textbook("Shpitser and Pearl 2008, JMLR 9, figure 1a: bow arc", "x>y x<>y", False, None),
    Textbook("Shpitser and Pearl 2008, JMLR 9, figure 1b", "x>z z>y x<>z", False),
    Textbook("Shpitser and Pearl 2008, JMLR 9, figure 1c", "x>z z>y x>y x<>z", False),
    Textbook("Shpitser and Pearl 2008, JMLR 9, figure 1d", "x>y z>y x<>z z<>y", False),
    Textbook("Shpitser and Pearl 2008, JMLR 9, figure 1e", "z>x x>y x<>z z<>y", False),
    Textbook("Shpitser and Pearl 2008, JMLR 9, figure 1f", "x>z z>y x<>y z<>y", False),
    Textbook("Shpitser and Pearl 2008, JMLR 9, figure 1g", "x>a a>y b>y x<>b a<>b", False),
    Textbook(
        "Shpitser and Pearl 2008, JMLR 9, figure 1h", "z>x x>w w>y x<>z x<>y w<>z y<>z", False
    ),
    Textbook(
        "Shrier and Platt 2008, BMC Med. Res. Methodol. 8: warming up and injury",
        "x>proprio proprio>y coach>team coach>fit genes>fit genes>fatigue genes>tissue0 team>x "
        "team>injured fit>pre fit>fatigue tissue0>fatigue tissue0>weak pre>x fatigue>proprio "
        "fatigue>y contact>injured contact>proprio weak>y",
        True,
        "backdoor",
        includes=("fatigue", "weak"),
    ),
    Textbook("Shpitser and Pearl 2008, JMLR 9, figure 2a", "x>y", True, "none_needed"),
    Textbook("Shpitser and Pearl 2008, JMLR 9, figure 2b", "x>y x>z z>y y<>z", True, "none_needed"),
    Textbook(
        "Shpitser and Pearl 2008, JMLR 9, figure 2c",
        "x>y z>x z>y y<>z",
        True,
        "backdoor",
        (("z",),),
    ),
    Textbook(
        "Shpitser and Pearl 2008, JMLR 9, figure 2d",
        "x>y z>x z>y x<>z",
        True,
        "backdoor",
        (("z",),),
    ),
    Textbook(
        "Shpitser and Pearl 2008, JMLR 9, figure 2f",
        "x>y x>a a>y a>b b>y x<>b y<>a",
        True,
        "id",
        _NO_SET,
        _NO_SET,
    ),
    Textbook(
        "Shpitser and Pearl 2008, JMLR 9, figure 2g",
        "b>a b>x b>c x>a a>y c>y b<>x b<>y x<>c x<>y",
        True,
        None,
        _NO_SET,
        _NO_SET,
    ),
)
