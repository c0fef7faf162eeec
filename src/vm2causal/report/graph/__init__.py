"""A causal graph as a picture: content, layout, lines."""
