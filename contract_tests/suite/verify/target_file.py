"""The target file, ``contract.toml``: what only the owner of an implementation knows of it.

An unknown key, a value of the wrong kind, or a variable that is not set gives one sentence with the line of the key. Secrets are better written as
``${NAME}``, which is read from the environment.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

TABLES = {
    "": ("api", "base_url", "also", "tls", "credentials", "logins", "known", "limits", "exclude", "hooks", "tests", "deviations"),
    "tls": ("verify", "ca_file"),
    "limits": ("timeout", "budget", "max_bytes", "rate", "rates", "server_errors", "parallel", "requests", "requests_per_operation", "creations"),
    "exclude": ("operations",),
    "hooks": ("advance", "freeze", "outbox", "reset", "break_upstream"),
    "deviations": ("finding", "reason", "owner", "expires"),
}
LONGEST = 366
"""Days for which a deviation may be accepted."""
WHOLE = frozenset({"max_bytes", "server_errors", "requests", "requests_per_operation", "creations"})
"""Limits that are whole numbers."""


class BadTargetFile(Exception):
    """A target file cannot be used; the text says in which line, and what to write instead."""


@dataclass(frozen=True)
class Deviation:
    """A finding that is accepted until a day; ``finding`` is its key, as the report prints it."""

    finding: str
    reason: str
    owner: str
    expires: dt.date

    def expired(self, today: dt.date) -> bool:
        return today > self.expires


@dataclass(frozen=True)
class TargetFile:
    """The content of a target file; every key has a default."""

    api: str | None = None
    base_url: str | None = None
    also: tuple[str, ...] = ()
    verify: bool | str = True
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    logins: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    excluded: frozenset[str] = frozenset()
    hooks: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    deviations: tuple[Deviation, ...] = ()
    tests: tuple[Path, ...] = ()
    """Files with contract tests of the user's own."""


def read_target_file(path: Path, operations: Mapping[str, object]) -> TargetFile:
    """Read a target file for a document with these operations.

    Raises:
        BadTargetFile: it cannot be read, or a key or a value is not as it must be.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadTargetFile(f"{path} cannot be read ({error}); `--init` writes one") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadTargetFile(f"{path} is not TOML: {error}") from None
    return _Reader(path, text, operations).read(data)


class _Reader:
    """Checks one file; ``fail`` makes the error, with the line of the key."""

    def __init__(self, path: Path, text: str, operations: Mapping[str, object]) -> None:
        self.path, self.lines, self.operations = path, text.splitlines(), operations

    def fail(self, table: str, key: str, problem: str) -> BadTargetFile:
        where = f"{table}.{key}" if table else key
        line = self._line(table, key)
        return BadTargetFile(f"{self.path}{f', line {line}' if line else ''}: {where} {problem}")

    def _line(self, table: str, key: str) -> int | None:
        inside = ""
        for number, line in enumerate(self.lines, 1):
            header = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?", line)
            if header:
                inside = header[1].replace('"', "")
                if inside == (f"{table}.{key}" if table else key):
                    return number
            elif inside == table and re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", line):
                return number
        return None

    def known_keys(self, table: str, found: Mapping[str, Any], allowed: tuple[str, ...] | None = None) -> None:
        allowed = allowed or TABLES[table]
        for key in found:
            if key not in allowed:
                near = get_close_matches(key, allowed, 1)
                raise self.fail(table, key, f"is not known; {f'did you mean {near[0]}?' if near else 'known are ' + ', '.join(allowed)}")

    def kind(self, table: str, key: str, value: Any, kinds: type | tuple[type, ...], wanted: str) -> Any:
        if not isinstance(value, kinds) or (
            isinstance(value, bool) and kinds is not bool and bool not in (kinds if isinstance(kinds, tuple) else ())
        ):
            raise self.fail(table, key, f"must be {wanted}, not {value!r}")
        return value

    def text(self, table: str, key: str, value: Any) -> str:
        """A text in which variables of the environment are replaced by their values."""
        raw: str = self.kind(table, key, value, str, "a text in quotes")

        def variable(match: re.Match[str]) -> str:
            found = os.environ.get(match[1])
            if found is None:
                raise self.fail(table, key, f"needs the environment variable {match[1]}, which is not set")
            return found

        return re.sub(r"\$\{(\w+)\}", variable, raw)

    def table(self, name: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.kind("", name, data.get(name, {}), dict, "a table")
        if name in TABLES:
            self.known_keys(name, found)
        return found

    def texts(self, name: str, data: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        found = {}
        for role, values in self.table(name, data).items():
            self.kind(name, role, values, dict, "a table of texts")
            found[role] = {key: self.text(f"{name}.{role}", key, value) for key, value in values.items()}
        return found

    def read(self, data: Mapping[str, Any]) -> TargetFile:
        self.known_keys("", data)
        tls, hooks = self.table("tls", data), self.table("hooks", data)
        verify: bool | str = self.kind("tls", "verify", tls.get("verify", True), bool, "true or false")
        if "ca_file" in tls:
            file = self.path.parent / self.text("tls", "ca_file", tls["ca_file"])
            if not file.is_file():
                raise self.fail("tls", "ca_file", f"names {file}, which is no file")
            verify = str(file)
        known = self.table("known", data)
        return TargetFile(
            self.text("", "api", data["api"]) if "api" in data else None,
            self.url("", "base_url", data["base_url"]) if "base_url" in data else None,
            tuple(self.url("", "also", one) for one in self.kind("", "also", data.get("also", []), list, "a list of origins")),
            verify,
            self.texts("credentials", data),
            self.texts("logins", data),
            {
                key: str(value) if isinstance(value, int) and not isinstance(value, bool) else self.text("known", key, value)
                for key, value in known.items()
            },
            self.limits(self.table("limits", data)),
            self.excluded(self.table("exclude", data)),
            {name: self.hook(name, value) for name, value in hooks.items()},
            self.deviations(data),
            tuple(self.test(one) for one in self.kind("", "tests", data.get("tests", []), list, "a list of files")),
        )

    def test(self, value: Any) -> Path:
        """A file with tests, relative to the target file."""
        file = (self.path.parent / self.text("", "tests", value)).resolve()
        if not file.is_file() or file.suffix != ".py":
            raise self.fail("", "tests", f"names {file}, which is no Python file")
        return file

    def url(self, table: str, key: str, value: Any) -> str:
        found = self.text(table, key, value)
        parts = urlsplit(found)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise self.fail(table, key, f"must be a URL such as https://api.example.com/v1, not {found!r}")
        return found.rstrip("/")

    def limits(self, found: Mapping[str, Any]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, value in found.items():
            if key == "rates":
                self.kind("limits", key, value, dict, "a table of operations and requests per second")
                out[key] = {name: self.positive("limits.rates", self.operation("limits.rates", name), one) for name, one in value.items()}
            elif key == "parallel":
                out[key] = self.kind("limits", key, value, bool, "true or false")
            else:
                out[key] = self.positive("limits", key, value, whole=key in WHOLE)
        return out

    def positive(self, table: str, key: str, value: Any, *, whole: bool = False) -> float:
        self.kind(table, key, value, int if whole else (int, float), "a whole number above 0" if whole else "a number above 0")
        if value <= 0:
            raise self.fail(table, key, f"must be above 0, not {value!r}")
        return float(value) if not whole else int(value)

    def operation(self, table: str, name: str, key: str | None = None) -> str:
        if name not in self.operations:
            near = get_close_matches(name, self.operations, 1)
            raise self.fail(table, key or name, f"names {name}, which is no operation{f'; did you mean {near[0]}?' if near else ''}")
        return name

    def excluded(self, found: Mapping[str, Any]) -> frozenset[str]:
        names = self.kind("exclude", "operations", found.get("operations", []), list, "a list of operations")
        return frozenset(self.operation("exclude", str(name), "operations") for name in names)

    def hook(self, name: str, value: Any) -> str | tuple[str, ...]:
        if isinstance(value, str):
            found = self.text("hooks", name, value)
            if not re.fullmatch(r"(GET|POST|PUT|PATCH|DELETE) https?://\S+", found):
                raise self.fail(
                    "hooks", name, 'must be a method and a URL, such as "POST https://staging.example.com/clock", or a list of words to run'
                )
            return found
        words = self.kind("hooks", name, value, list, "a method and a URL, or a list of words to run")
        if not words:
            raise self.fail("hooks", name, "must not be empty")
        return tuple(self.text("hooks", name, word) for word in words)

    def deviations(self, data: Mapping[str, Any]) -> tuple[Deviation, ...]:
        rows = self.kind("", "deviations", data.get("deviations", []), list, "written as [[deviations]]")
        found = []
        for row in rows:
            self.kind("", "deviations", row, dict, "written as [[deviations]]")
            self.known_keys("deviations", row)
            for key in TABLES["deviations"]:
                if key not in row:
                    raise self.fail("", "deviations", f"needs {key} (each deviation says finding, reason, owner and expires)")
            expires = row["expires"]
            if isinstance(expires, str):
                try:
                    expires = dt.date.fromisoformat(expires)
                except ValueError:
                    raise self.fail("deviations", "expires", f"must be a day such as 2027-01-31, not {expires!r}") from None
            self.kind("deviations", "expires", expires, dt.date, "a day such as 2027-01-31")
            if (expires - dt.datetime.now(dt.UTC).date()).days > LONGEST:  # noqa: TID251 - how long a deviation lasts is a question to the wall clock
                raise self.fail(
                    "deviations", "expires", f"must be at most {LONGEST} days from today, not {expires}; accept it again then, if it is still so"
                )
            texts = [self.text("deviations", key, row[key]) for key in ("finding", "reason", "owner")]
            for key, value in zip(("finding", "reason", "owner"), texts, strict=True):
                if not value.strip():
                    raise self.fail("deviations", key, "must not be empty")
            found.append(Deviation(texts[0], texts[1], texts[2], expires))
        return tuple(found)
