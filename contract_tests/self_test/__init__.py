"""Would the suite notice? Violations planted in copies of the mock, and the table of those that were found."""

from .mutants import KINDS, Edit, Mutant, Spoil, mutants
from .run import Result, run, table

__all__ = ["KINDS", "Edit", "Mutant", "Result", "Spoil", "mutants", "run", "table"]
