"""Names of units and groups that tell nothing of them, and hashes that do not either."""
