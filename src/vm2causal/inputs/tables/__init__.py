"""Any researcher's table, read as texts."""
