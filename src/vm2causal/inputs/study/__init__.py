"""A researcher's own study: experiments, and the careers of their pupils as counts."""
