"""Ids and random numbers, drawn from a world's seed. The only module that uses ``random``.

A draw depends on the seed, on the kind of thing drawn and on how many of that kind were drawn before. Two worlds with the same seed and the same
calls therefore draw the same, whatever else happens on the server.
"""

from __future__ import annotations

import secrets
from hashlib import blake2b
from random import Random

Chance = Random
"""A random generator, seeded by a world."""

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def _digest(seed: int, kind: str, number: int) -> bytes:
    return blake2b(f"{seed}\0{kind}\0{number}".encode()).digest()


def token(seed: int, kind: str, number: int, length: int) -> str:
    """The ``number``-th opaque text of a kind: letters and digits, at most 64."""
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in _digest(seed, kind, number)[:length])


def digits(seed: int, kind: str, number: int, length: int) -> str:
    """The ``number``-th code of a kind: decimal digits, at most 64."""
    return "".join(str(byte % 10) for byte in _digest(seed, kind, number)[:length])


def generator(seed: int, kind: str, number: int) -> Chance:
    """A random generator for the ``number``-th draw of a kind."""
    return Random(_digest(seed, kind, number))  # noqa: S311 - reproducible on purpose, and no secret


def control_token() -> str:
    """A secret for this run of the server. It is the one draw that must not be reproducible."""
    return secrets.token_urlsafe(24)
