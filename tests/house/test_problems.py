"""Problem documents and event streams are each built in one place."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.core.base.problems import problem_reply
from mockserver.openapi.event_streams import EVENT_STREAM
from mockserver.openapi.problems import PROBLEM, problem

ROOT = Path(__file__).parents[2]


def modules_with(*texts: str) -> list[str]:
    files = [file for folder in ("mockserver", "contract_tests") for file in (ROOT / folder).rglob("*.py")]
    return sorted(str(file.relative_to(ROOT)) for file in files if any(text in file.read_text(encoding="utf-8") for text in texts))


def test_one_module_names_the_media_type_and_builds_the_body() -> None:
    assert modules_with(PROBLEM, "about:blank") == ["mockserver/openapi/problems.py"]


def test_one_module_names_the_media_type_of_event_streams_and_writes_them() -> None:
    assert modules_with(EVENT_STREAM, '"event: ') == ["mockserver/openapi/event_streams.py"]


def test_a_problem_has_the_phrase_of_its_status_unless_it_has_a_title() -> None:
    assert problem(409, "taken") == {"type": "about:blank", "title": "Conflict", "status": 409, "detail": "taken"}
    assert problem(409, "taken", title="No")["title"] == "No"
    with pytest.raises(ValueError, match="599"):
        problem(599, "a status without a phrase")


def test_further_members_follow_those_of_the_standard() -> None:
    reply = problem_reply(400, "why", operation="toy.get")

    assert list(reply.body) == ["type", "title", "status", "detail", "operation"]
    assert (reply.status, reply.media_type) == (400, PROBLEM)
