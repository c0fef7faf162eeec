"""Figures, tables and pages; the only layer that draws."""
