"""The brief as one HTML file."""
