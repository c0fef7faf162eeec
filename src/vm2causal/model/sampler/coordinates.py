"""Coordinates in which the sampler moves easily; the model itself stays as it is.

*Noise around what the data say.* In the model the noise z of a unit is standard normal, and its
predictor is η = μ + σz, with μ all other terms. Data of weight w that pull η towards t
(:mod:`~vm2causal.model.sampler.information`) leave z nearly normal, with precision V = 1 + σ²w
around σw (t − μ) / V. The sampler gets x, with z = x / √V + σw (t − μ) / V: nearly standard normal,
and nearly independent of all that stands in μ and of σ. Where w is small, x is z, where it is large
η itself is what is sampled, and no choice between the two has to be made (they are the
"non-centred" and "centred" parameterisations of Papaspiliopoulos, Roberts & Sköld 2007, Statistical
Science 22). A group and its units take turns: what the units' data say of the group is w / V each,
with the units' own noise summed out; when the group has its place the units follow given that.

*Missing levels.* Of a unit with missing levels the noise makes up for what they would have added
(:mod:`~vm2causal.model.sampler.completing`): it is a mixture of normals, each as wide as 1 and as
far away as the coefficients make it in units of σ. What they seem to add is its mean over the
completions, each as probable as all before it in the causal order makes it, times how well it
agrees with the data of the unit. By that much the noise is moved. The variance around that mean,
s², tells whether the data leave a doubt. As one normal the noise has the variance 1 + s²/σ², whose
inverse stands for the 1 in V; of s² a fifth is taken, since a level's own peak is narrow where σ is
small.

*Turned.* An unobserved cause and the rest of a group's effect share a standard deviation; data tell
what they add up to. So the sum is moved as above, and turned back into the two.

*Unobserved causes* that share nothing with a group are moved as noise is, with σ = 1: each effect
k tells of the cause with weight λₖ²wₖ and pulls it by λₖwₖ (tₖ − μₖ), λₖ its arrow and μₖ its
intercept and the causes that stand in the data. So scores and arrows, which multiply one another in
every predictor, are nearly independent for the sampler.

*Scaled.* Noise of other groups, such as sectors, whose levels add up to zero or cross the units'
own groups, is multiplied by √s where data say much about each level, half-way to the effect itself.
Noise of coefficients that vary between levels, and of the columns of a curve, is multiplied by
√(1 + s² w), w what data say of a level or a column: it is the noise where s is small, the effect in
units of its error where s is large. Of levels w is the geometric mean, so that a level of which
data say little is not held as known.

*Bent.* What data say of a standard deviation σ of n levels they say of σ². Where that is below the
error of what they say, √(2 / Σw²) with weights w, the likelihood is flat and log σ has about its
normal prior; above it ends, sharply for log σ. So the sampler gets log σ far below a knee, the root
of that, and σ far above it.

*Grown.* With effects of groups in a predictor of answers, of variance σ², answers vary by
√(1 + 0.4 σ²) more, a logistic answer having the variance π²/3 by itself. Data tell coefficients,
intercepts and cuts divided by that, and these the sampler gets.

*Years and levels.* Of the intercepts of a count by year the sampler gets their mean, weighted by
what the data say of each, and the differences from it. From the mean, and from cuts, what the
levels of such a group add on average is taken.

*Cuts.* Shares of answers determine the cuts divided by √(1 + 0.4 λ²), about how much answers vary
more for a construct with loading λ. The sampler gets cuts and gaps so divided, and of the cuts the
one that divides the answers most evenly.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from vm2causal.model.data.columns import Floats
from vm2causal.model.sampler.centring import CentringAssembler
from vm2causal.model.sampler.information import usual_terms
from vm2causal.model.sampler.starting_signs import hidden_start
from vm2causal.model.sampler.tape import Program
from vm2causal.model.structural_layout import Layout

_NEWTON: Final = 2
"""Steps to the starting point; parameters are nearly linear in what the sampler sees."""
_STEP: Final = 1e-4
"""By which parameters are moved to see how."""


def sampler_program(layout: Layout) -> Program:
    """The log-density of a layout in the sampler's coordinates.

    It is that of the model plus the log of the volume, but for a constant: the determinant of each
    count's years as means and differences.

    :meth:`~vm2causal.model.sampler.tape.Program.parameters` gives the model's parameters at a
    point.
    """
    return CentringAssembler(layout).program()


def starting_point(layout: Layout, program: Program) -> Floats:
    """A point of the sampler's coordinates where chains start, apart from jitter; shape (size,).

    Prior means, but for intercepts and cuts that agree with the shares in the data, and arrows of
    unobserved causes whose signs agree with how their effects go together.
    """
    point = np.concatenate([block.mean.ravel() for block in layout.blocks])
    for place, value in hidden_start(layout).items():
        point[place] = value
    spreads = [
        layout.offsets[block.name] + row
        for block in layout.blocks
        if block.name.endswith("_sd")
        for row in range(int(np.prod(block.shape)))
    ]
    wanted = usual_terms(layout) | {place: float(point[place]) for place in spreads}
    places = np.array(sorted(wanted), dtype=np.int64)
    target = np.array([wanted[place] for place in places])
    for _ in range(_NEWTON):
        here = program.parameters(point)[places]
        columns = []
        for place in places:
            beside = point.copy()
            beside[place] += _STEP
            columns.append((program.parameters(beside)[places] - here) / _STEP)
        if columns:
            point[places] += np.linalg.solve(np.array(columns).T, target - here)
    return point
