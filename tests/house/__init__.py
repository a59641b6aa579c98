"""Tests of the project's own structure: packages, names, public surface, wording."""
