"""A model file and data → arrays, checked."""
