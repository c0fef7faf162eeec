"""Whether a fit may be reported: diagnostics and predictions."""
