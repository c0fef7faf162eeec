"""Attacks on an estimate: change the data so that the answer is known, and estimate again."""
