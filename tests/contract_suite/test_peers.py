"""Output of other tools: only findings are read as findings."""

from __future__ import annotations

from benchmarks.contract_power.peers import failures

OUTPUT = """
________ GET /Sucursales ________
1. Test Case ID: x

- ST108 Response violates schema

    - not indented as a failure is
________ POST /Sucursales ________
- ST201 Schema-violating request accepted
=========== SUMMARY ===========
Reports:
  - JUnit: reports/junit.xml
"""


def test_failures_are_read_and_paths_of_reports_are_not() -> None:
    assert failures(OUTPUT) == ["GET /Sucursales: ST108 Response violates schema", "POST /Sucursales: ST201 Schema-violating request accepted"]
