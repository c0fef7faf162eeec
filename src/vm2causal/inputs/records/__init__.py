"""Files with one row per pupil, of any size; no row is loaded."""
