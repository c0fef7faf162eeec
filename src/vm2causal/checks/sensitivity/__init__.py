"""How much an answer hangs on what the data do not show: confounders, priors, missing answers."""
