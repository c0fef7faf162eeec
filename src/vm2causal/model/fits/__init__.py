"""A fit as a folder: arrays, and what may be read of one."""
