"""Whether a fit may be reported: its convergence, its predictions, the form of its arrows."""
