"""The samples that the vendors' pages print, run as they stand: ``python -m tests.samples DIR``."""
