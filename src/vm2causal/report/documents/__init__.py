"""The documents that commands print, as JSON and CSV; their keys change only with their version."""
