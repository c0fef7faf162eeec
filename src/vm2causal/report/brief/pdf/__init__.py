"""The brief as a tagged PDF."""
