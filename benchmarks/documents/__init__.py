"""Serves each document of a folder and tries what can be tried by path and schema alone: ``python -m benchmarks.documents FOLDER``."""
