"""The command that judges a target: what to run, what was found, and how it is told."""
