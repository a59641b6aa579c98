"""The hooks of a target file: what only the owner of a target can do, by a command without a shell or by a call."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from functools import partial

import httpx

from .target import not_observable

Hook = str | tuple[str, ...]


def make_hooks(hooks: Mapping[str, Hook], timeout: float) -> dict[str, Callable[..., str]]:
    """Functions by name. Each takes the values for the names in braces, and returns what the hook printed or answered.

    A hook that fails makes the test *not observable here*.
    """
    return {name: partial(_call, name, hook, timeout) for name, hook in hooks.items()}


def _call(name: str, hook: Hook, timeout: float, /, **values: str) -> str:
    try:
        if isinstance(hook, str):
            method, _, url = _fill(hook, values).partition(" ")
            answer = httpx.request(method, url, json=values or None, timeout=timeout, trust_env=False)
            return answer.raise_for_status().text
        words = [_fill(word, values) for word in hook]
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=True, stdin=subprocess.DEVNULL)
    except (httpx.HTTPError, OSError, subprocess.SubprocessError) as error:
        detail = " ".join(str(getattr(error, "stderr", "") or error).split())[:200]
        not_observable(f"the hook {name} failed ({detail})")
    return done.stdout


def _fill(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
