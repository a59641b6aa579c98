"""The command that judges a target: the run, its events, what it found, and the reports."""
