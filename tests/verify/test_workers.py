"""Stages that run side by side do not stand in each other's way."""

from __future__ import annotations

import ast
import threading
import time
from typing import TYPE_CHECKING

from contract_tests.suite.verify.parsing import one_parser_at_a_time

if TYPE_CHECKING:
    import pytest


def test_only_one_thread_parses_at_a_time_and_parsing_is_as_before_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    parse, inside, met = ast.parse, [0], []

    def slow(source: str) -> ast.Module:
        inside[0] += 1
        met.append(inside[0])
        time.sleep(0.005)
        inside[0] -= 1
        return parse(source)

    monkeypatch.setattr(ast, "parse", slow)
    with one_parser_at_a_time():
        threads = [threading.Thread(target=lambda: [ast.parse("1 + 1") for _ in range(5)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert met == [1] * 20
    assert ast.parse is slow


def test_what_is_parsed_in_the_middle_of_parsing_does_not_wait_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    parse = ast.parse

    def twice(source: str) -> ast.Module:
        return ast.parse("2") if source == "1" else parse(source)

    monkeypatch.setattr(ast, "parse", twice)
    with one_parser_at_a_time():
        assert ast.unparse(ast.parse("1")) == "2"
