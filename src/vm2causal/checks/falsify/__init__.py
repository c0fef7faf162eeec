"""What a model implies and rules out, held against the data, and rival models beside it."""
