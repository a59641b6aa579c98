"""What inference understood of a foreign document, as the declarations that the behaviour checks read."""
