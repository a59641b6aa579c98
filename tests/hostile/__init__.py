"""Hostile input: each class of attack that once got through, and fuzzers that would have found it."""
