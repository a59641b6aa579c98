"""Why a contract test failed, in words: an error of a programming language is never a finding as it stands, and a defect of ours is never theirs."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.suite.harness.errors import VENDORS, is_own_error
from contract_tests.suite.harness.findings import Exchange, VerdictStatus, in_words, to_plain
from contract_tests.suite.verify.clauses import _classify, explain, row_of

if TYPE_CHECKING:
    from collections.abc import Callable


NOTHING: Any = None
EMPTY: Any = {}


def raised(work: Callable[[], object]) -> BaseException:
    try:
        work()
    except Exception as error:  # noqa: BLE001 - the subject of the test
        return error
    raise AssertionError("nothing was raised")


def unpack_one(found: list[object]) -> object:
    (one,) = found
    return one


ANSWERS: dict[str, tuple[Callable[[], object], str]] = {
    "no record": (lambda: unpack_one([]), "1 expected, 0 came"),
    "two records": (lambda: unpack_one([1, 2]), "1 expected, more came"),
    "no date": (lambda: dt.datetime.fromisoformat("soon"), "'soon' is no date and time as ISO 8601 has them"),
    "no number": (lambda: int("x1"), "'x1' is no whole number"),
    "no field": (lambda: EMPTY["code"], '"code" is missing'),
    "null": (lambda: NOTHING["code"], "something has another form"),
    "anything else": (lambda: bytes.fromhex("zz"), "a value cannot be used"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_an_answer_lacks_is_said_in_words(name: str) -> None:
    work, words = ANSWERS[name]
    error = raised(work)
    assert in_words(error) == words
    assert _classify(error)[0] is VerdictStatus.BROKEN


def in_a_contract_test(source: str, **names: Any) -> BaseException:
    """The error of code that stands in a contract test of a vendor."""
    return raised(lambda: exec(compile(source, str(Path(VENDORS) / "serpi" / "test_x.py"), "exec"), names))  # noqa: S102


@pytest.mark.parametrize(
    "source",
    [
        "undefined",
        "import no_such_module",
        "re.no_such_function",
        "(lambda given: given)()",
        "open('/no/such/file')",
        "raise NotImplementedError",
        "(lambda: 1)(1)",
    ],
)
def test_a_defect_of_a_contract_test_is_ours(source: str) -> None:
    error = in_a_contract_test(source, re=re)
    assert is_own_error(error)
    status, reason = _classify(error)
    assert status is VerdictStatus.NOT_EXERCISED
    assert "an error of the suite, which says nothing about the target" in reason


@pytest.mark.parametrize("source", ["body['id']['x']", "body['list'].items()", "(one,) = body['list']", "int(body['text'])"])
def test_an_answer_of_another_form_is_theirs(source: str) -> None:
    assert not is_own_error(in_a_contract_test(source, body={"id": None, "list": [], "text": "x"}))


def test_an_assertion_without_a_text_says_what_it_asserts_and_what_came() -> None:
    def check() -> None:
        raise AssertionError

    exchange = Exchange("GET", "http://127.0.0.1/x", {}, b"", 418, {}, b"tea", 0.1, "get_tea")
    said = explain(raised(check), None, [exchange])
    assert said == "Not true: raise AssertionError; the last answer, to get_tea, was 418 with tea."


def test_an_assertion_that_shows_the_answer_says_to_which_call_it_came() -> None:
    def check() -> None:
        raise AssertionError('{"message": "no"}')

    exchange = Exchange("GET", "http://127.0.0.1/x", {}, b"", 401, {}, b'{"message": "no"}', 0.1, "get_tea")
    assert explain(raised(check), None, [exchange]) == 'The last answer, to get_tea, was 401 with {"message": "no"}.'


def test_a_comparison_says_what_was_wanted() -> None:
    def check() -> None:
        raise AssertionError

    end = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
    assert explain(raised(check), ("more than ", end, 5), []) == 'Expected more than "2026-11-30 00:00:00+00:00", got 5.'


def test_a_set_is_shown_in_one_order() -> None:
    assert to_plain({"b", "c", "a"}) == ["a", "b", "c"]
    assert to_plain(frozenset({401, 403, 400})) == [400, 401, 403]


def test_the_row_of_a_test_is_in_its_name() -> None:
    assert row_of("test_it[create-name=x[0]]") == "create-name=x[0]"
    assert row_of("test_it") == ""
