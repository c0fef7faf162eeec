"""vm2causal: causal effects with honest uncertainty for education research."""
