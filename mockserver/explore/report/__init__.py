"""The reports of a run: terminal, JSON, page, JUnit, comparison, tests."""
