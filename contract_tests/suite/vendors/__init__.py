"""Clause tests, a folder per vendor."""
