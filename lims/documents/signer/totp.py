"""One-time codes by time. Source: RFC 6238 over RFC 4226, SHA-1, six digits, thirty seconds."""

from __future__ import annotations

import base64
import hmac
import struct
from urllib.parse import quote

STEP_S = 30
DIGITS = 6
STEPS_ACCEPTED = 2  # the running one and the one before: an answer arrives within 60 seconds


def code_at(secret: bytes, step: int) -> str:
    digest = hmac.digest(secret, struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def matching_step(secret: bytes, code: str, now: float) -> int | None:
    """The step that `code` belongs to, None when it is wrong or late. Every accepted step is compared."""
    current = int(now // STEP_S)
    found = None
    for step in range(current - STEPS_ACCEPTED + 1, current + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            found = step
    return found


def otpauth_uri(secret: bytes, person: str, issuer: str = "Siheom") -> str:
    """What an authenticator app takes as a QR code."""
    encoded = base64.b32encode(secret).decode().rstrip("=")
    label = quote(f"{issuer}:{person}", safe=":")
    return f"otpauth://totp/{label}?secret={encoded}&issuer={quote(issuer)}&period={STEP_S}&digits={DIGITS}"
