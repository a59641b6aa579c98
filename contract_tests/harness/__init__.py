"""What every contract test stands on: the target, what is known of it, and the mark that ties a test to its clauses."""

from contract_tests.harness.clauses import clause
from contract_tests.harness.target import Api, Target, not_observable

__all__ = ["Api", "Target", "clause", "not_observable"]
