"""What only the owner of a target can do, as its target file says: a command, run without a shell, or a call."""

from __future__ import annotations

import subprocess
from functools import partial
from typing import TYPE_CHECKING

import httpx

from .target import not_observable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Hook = str | tuple[str, ...]


def hooks_of(hooks: Mapping[str, Hook], timeout: float) -> dict[str, Callable[..., str]]:
    """Functions by name; each takes what stands in braces, and returns what the hook printed or answered."""
    return {name: partial(_call, name, hook, timeout) for name, hook in hooks.items()}


def _call(name: str, hook: Hook, timeout: float, /, **values: str) -> str:
    try:
        if isinstance(hook, str):
            method, _, url = _filled(hook, values).partition(" ")
            answer = httpx.request(method, url, json=values or None, timeout=timeout, trust_env=False)
            return answer.raise_for_status().text
        words = [_filled(word, values) for word in hook]
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=True, stdin=subprocess.DEVNULL)
    except (httpx.HTTPError, OSError, subprocess.SubprocessError) as error:
        detail = " ".join(str(getattr(error, "stderr", "") or error).split())[:200]
        not_observable(f"the hook {name} failed ({detail})")
    return done.stdout


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
