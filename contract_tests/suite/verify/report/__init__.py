"""The reports of a run: one model of it, and a file for each reader."""
