"""JSON Web Tokens signed by a published demo key, as RS256.

The key is no secret: everybody may sign as the mock does. The same claims give the same token, so a world stays reproducible.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from hashlib import sha256
from math import lcm
from typing import Any

import orjson

_P = int(
    "c1b818dc688e3e174799fd5dbadc5a905ebc928b368f1bcd5e1e62d138c38b451d4e82bedf7bceec609a97634fef9c1a62d87d4825a3b1ee43c5463a6cf6281c"
    "1f03d34e045fc9f40b8a3ea359b6c58bb05ced1e0dc4994f34ea7e5e30c687cd262e2a8318c0ddee7841324e6d0ffb19a3b024531152b13fc0e3f5e96607e911",
    16,
)
_Q = int(
    "c1ec3ad082dc197eb6bbd775886efd7e804c37b96cf8de3c3b195bc59631de08bf34a779df154d142964fac097cb5342b85bc18addd0f09b8da0abe96a2726e0"
    "012e4879932b3b469c730796005205173197156df282360ba6087ccf0e03e865c28b07dda74e6b93eb1cfd75efbcbc429de70d994659eb960c1d926a3db809e5",
    16,
)
_MODULUS, _PUBLIC = _P * _Q, 65537
_PRIVATE = pow(_PUBLIC, -1, lcm(_P - 1, _Q - 1))
_BYTES = (_MODULUS.bit_length() + 7) // 8
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
"""What stands before a SHA-256 digest in a signature (RFC 8017, 9.2)."""
KEY_ID = "mock-demo-key"


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


_HEADER = _encode(orjson.dumps({"alg": "RS256", "typ": "JWT", "kid": KEY_ID}))


def sign(claims: Mapping[str, Any]) -> str:
    """A signed token with these claims."""
    signed = f"{_HEADER}.{_encode(orjson.dumps(dict(claims)))}"
    digest = _SHA256 + sha256(signed.encode()).digest()
    padded = b"\x00\x01" + b"\xff" * (_BYTES - len(digest) - 3) + b"\x00" + digest
    signature = pow(int.from_bytes(padded), _PRIVATE, _MODULUS)
    return f"{signed}.{_encode(signature.to_bytes(_BYTES))}"


def is_signed_here(token: str) -> bool:
    """Whether a token names the demo key."""
    return token.startswith(_HEADER + ".")


def key_set() -> dict[str, Any]:
    """The public key as a JSON Web Key Set."""
    number, exponent = _encode(_MODULUS.to_bytes(_BYTES)), _encode(_PUBLIC.to_bytes(3))
    return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID, "n": number, "e": exponent}]}
