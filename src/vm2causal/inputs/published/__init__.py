"""The published tables of the monitor."""
