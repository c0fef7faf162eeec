"""Simulations with known truth: whether intervals cover, and what a planned study could show."""
