"""Mutation tests of the contract suite: violations planted in copies of the mock, and the table of those that the suite finds."""
