"""Signatures of Standard Webhooks, version 1: HMAC-SHA256 over id, timestamp and body, joined by dots."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES_MIN = 16
SECRET_BYTES_MAX = 128


def parse_secrets(text: str) -> tuple[bytes, ...]:
    """Return the secrets of a comma-separated list, each `whsec_` and base64. Raises ValueError, in words."""
    secrets = tuple(_secret(part.strip()) for part in text.split(",") if part.strip())
    if not secrets:
        raise ValueError(f"holds no secret; make one with `{PREFIX}$(openssl rand -base64 32)`")
    return secrets


def sign(secrets: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: one signature per secret, so that secrets can be rotated."""
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return " ".join(
        "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode() for secret in secrets
    )


def _secret(text: str) -> bytes:
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if not text.startswith(PREFIX) or not SECRET_BYTES_MIN <= len(secret) <= SECRET_BYTES_MAX:
        raise ValueError(
            f"is not `{PREFIX}` and {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes in base64; "
            f"make one with `{PREFIX}$(openssl rand -base64 32)`"
        )
    return secret
