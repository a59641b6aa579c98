"""Would the suite notice? Violations planted in copies of the mock, and the table of those that were found."""

from contract_tests.self_test.mutants import KINDS, Edit, Mutant, Spoil, mutants
from contract_tests.self_test.run import Result, run, table

__all__ = ["KINDS", "Edit", "Mutant", "Result", "Spoil", "mutants", "run", "table"]
