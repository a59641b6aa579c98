"""What a run leaves behind: one model of it, and a file for each reader."""

from contract_tests.verify.report.model import build
from contract_tests.verify.report.write import write

__all__ = ["build", "write"]
