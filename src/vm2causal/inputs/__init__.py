"""Reading data: published tables and the researcher's own."""
