"""Implementations of the vendors' APIs that share no code and no state model with the mock. They are what the contract suite is measured at."""
