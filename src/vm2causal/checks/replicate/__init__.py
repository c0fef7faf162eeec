"""Data drawn anew from a model: beside the data there are, for new units, with known parameters."""
