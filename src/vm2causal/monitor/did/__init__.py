"""Difference-in-differences of anyone's tables of counts."""
