"""Tables of counts by group and period, in long form: what a difference-in-differences takes."""
