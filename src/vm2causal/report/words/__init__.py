"""Words of a language for effects, levels, groups, verdicts and probabilities."""
