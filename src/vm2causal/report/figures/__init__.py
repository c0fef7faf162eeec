"""The figures, each with its title, text alternative and numbers."""
