r"""What is true in a simulated study: effects, intercepts, spreads, measurement, non-response.

The structural model
--------------------
Every variable has a linear predictor η: what its causes add (``effects``), and where ``sds`` names
a group a random effect of that group, normal with that standard deviation. With ε standard
logistic and z standard normal, a variable is drawn from its η on the link scale of its kind:

===========  ======================================================================================
continuous   identity in standard units: value = centre + scale · (η + residual · z)
latent       θ = η + z; items answer P(item ≤ k) = logistic(c_k − λ θ), or λ θ + z without levels
binary       logit: second level when intercept + η + ε > 0
ordinal      cumulative logit, proportional odds: P(Y ≤ k) = logistic(c_k − η)
nominal      multinomial logit of each level against the reference: intercept + η of that level
count        logit: of a yearly hazard, intercept[year] + η; of a share, intercept + η
===========  ======================================================================================

A cause enters the η of its effect as

===========  ======================================================================================
continuous   (value − centre) / scale
latent       θ
binary       0 or 1
ordinal      its rank 0…K−1 minus ``centre``: one unit is one level up
nominal      one effect per level against the reference
count        its logit propensity, its own η (with group effects; without pupil covariates and
             year) minus ``centre``
===========  ======================================================================================

An unobserved variable is drawn as a latent one without items. An arrow that varies has in a
level of a variable the size of ``cause->effect[level]`` where that is given, and in a group its own
size plus a normal with the standard deviation ``cause->effect~group``; one that depends on another
cause gains ``cause:other->effect`` per unit in which that enters. Variables of the level ``school``
take one value per school. A group that is also a variable of the model (sector, tranche) acts only
where there is an arrow; its shares are those of ``population``.

One declared exception to proportional odds: an equation may hold intercepts or cutpoints for each
level of one given group (``by``). Status has them by tranche: T1 had run a year longer when status
was asked, so that the same share had stopped but far more were completed, which no shift of common
cutpoints gives. The arrow from that group adds to η what these leave.

The pupils
----------
Each year, of those in education (``vm2`` or ``ander_onderwijs``): vsv with the hazard of ``vsv``;
else SK with the hazard of ``sk``; else who is in VM2 stays with the probability of ``binding`` and
otherwise moves to other education, from where nobody comes back. An early leaver returns to other
education with a small constant probability, so that vsv is net. A pupil's hazard adds its
covariates to the η of its experiment.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vm2causal.errors import StudyError
from vm2causal.storage import write_atomically

SCHEMA: Final = "vm2causal/truth/1"
"""What a file with the truth of a simulated study writes under ``schema``."""


class _Part(BaseModel):
    """Frozen, finite, and nothing in it that is not named here."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Item(_Part):
    """How one item measures a latent variable.

    Parameters
    ----------
    loading
        λ; negative for an item that is worded the other way round.
    cutpoints
        One fewer than there are answers, rising; none for an item without levels.
    """

    loading: float = 1.0
    cutpoints: tuple[float, ...] = ()


class Equation(_Part):
    """What draws one variable, besides its causes.

    Parameters
    ----------
    intercept
        Binary, count: one. Ordinal: its cutpoints, rising. Nominal: one per level other
        than the reference. Yearly hazard: one per year. Continuous, latent: none.
    by, intercept_by
        A given group, and the intercepts of each of its levels, in place of ``intercept``.
    sds
        Standard deviation of the random effects of each group on η; ``residual`` is that of a
        continuous variable around its η.
    decimals
        Continuous: what its values are rounded to before they work on anything.
    centre, scale
        What is subtracted from the variable, and what it is divided by, where it enters as a cause.
    trials
        Count of a share in a plain table: mean number of trials of a row.
    shape
        Degrees of freedom of a continuous variable with outliers; of a count without a ceiling φ,
        its variance being m + m² / φ with m the mean.
    items
        How a latent variable is measured, by column.
    """

    intercept: tuple[float, ...] = ()
    by: str | None = None
    intercept_by: Mapping[str, tuple[float, ...]] = Field(default_factory=dict)
    sds: Mapping[str, float] = Field(default_factory=dict)
    decimals: int | None = None
    centre: float = 0.0
    scale: float = Field(default=1.0, gt=0)
    trials: float | None = Field(default=None, ge=1)
    shape: float | None = Field(default=None, gt=0)
    items: Mapping[str, Item] = Field(default_factory=dict)


class Sizes(_Part):
    """How many pupils an experiment starts with: 1 + a negative binomial.

    Parameters
    ----------
    mean
        By tranche and status of the experiment, in pupils. The size is drawn apart: nothing in the
        model causes it or follows from it.
    shape
        Of the gamma behind it; the variance is m + m² / shape, with m the mean minus 1.
    """

    mean: Mapping[str, Mapping[str, float]]
    shape: float = Field(gt=0)


class Population(_Part):
    """Who takes part.

    Parameters
    ----------
    experiments
        Number of experiments by tranche and sector.
    schools
        Number of schools they run at; each has at least one.
    teldata
        Yearly teldata by tranche.
    sizes
        Pupils per experiment.
    terugkeer
        Yearly probability that an early leaver returns.
    """

    experiments: Mapping[str, Mapping[str, int]]
    schools: int = Field(ge=1)
    teldata: Mapping[str, int]
    sizes: Sizes
    terugkeer: float = Field(ge=0, lt=1)


class Nonresponse(_Part):
    """What the questionnaire misses, at random given sector and tranche (MAR).

    Parameters
    ----------
    questionnaire
        Share of the experiments that did not return it, in the reference sector and tranche.
    shifts
        By level of a group: added to the logit of that share.
    item
        Share of the answers missing in questionnaires that came back.
    registered
        Variables known without the questionnaire.
    """

    questionnaire: float = Field(default=0.0, ge=0, lt=1)
    shifts: Mapping[str, Mapping[str, float]] = Field(default_factory=dict)
    item: float = Field(default=0.0, ge=0, lt=1)
    registered: tuple[str, ...] = ()


class Truth(_Part):
    """Everything a simulated study is drawn from, but the seed.

    Parameters
    ----------
    model
        Name of the model.
    effects
        By term, written ``cause->effect`` (``terms.Term``); on the link scale of the effect. Of
        arrows that vary or depend on other causes also the terms for that, as far as they do.
    equations
        By variable. Groups that are given (sector, tranche) have none.
    population
        Who takes part in a study; None for a plain table.
    nonresponse
        What is missing in a study.
    """

    version: Literal["vm2causal/truth/1"] = Field(default=SCHEMA, alias="schema")
    model: str
    effects: Mapping[str, float]
    equations: Mapping[str, Equation]
    population: Population | None = None
    nonresponse: Nonresponse = Field(default_factory=Nonresponse)

    def with_effects(self, effects: Mapping[str, float]) -> Truth:
        """Make the same truth with other effects; what is not named keeps its size."""
        return self.model_copy(update={"effects": {**self.effects, **effects}})


def truth_path(study: Path) -> Path:
    """Where the truth of a study stands: beside its folder, not in it.

    Examples
    --------
    >>> truth_path(Path("data/demo")).as_posix()
    'data/demo-truth.yaml'
    """
    folder = study.resolve() if study.name in ("", "..") else study
    return folder.with_name(f"{folder.name}-truth.yaml")


def write_truth(truth: Truth, path: Path) -> Path:
    """Write a truth as YAML; ``read_truth`` gives back the same."""
    content = truth.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    blocks = {"schema": SCHEMA} | content
    return write_atomically(path, "".join(_block(key, value) for key, value in blocks.items()))


def _block(key: str, value: object) -> str:
    """One key of the file: a line per effect, innermost parts of anything else on one line."""
    flow = None if isinstance(value, dict) and key != "effects" else False
    return str(yaml.safe_dump({key: value}, sort_keys=False, default_flow_style=flow))


def read_truth(path: Path) -> Truth:
    """Read a truth.

    Raises
    ------
    StudyError
        When the file cannot be read or is not a truth.
    """
    try:
        return Truth.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        raise StudyError(
            f"This is not the truth of a simulated study: {first['msg']}.",
            file=path.name,
            column=".".join(str(part) for part in first["loc"]) or None,
            value=first["input"],
            fix="Make it anew with `vm2causal study simulate`.",
        ) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise StudyError(
            "The truth of this simulated study cannot be read.",
            file=path.name,
            fix="Make it anew with `vm2causal study simulate`.",
        ) from error
