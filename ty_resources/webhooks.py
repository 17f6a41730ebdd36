"""Handing an event to a web address: its signature and the request, and what the answer means.

Belongs here: the wire, as Standard Webhooks 1.0 has it (standardwebhooks.com), which is what OpenAI's clients verify.
Not here: what is told and when (ty_assets/candidate_evaluations/events.py). An address may hold a token, so it is told
to nobody.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final

import httpx
from pydantic import SecretStr

PREFIX: Final = "whsec_"
_SECONDS: Final = 10.0


class NotTaken(Exception):
    """The receiver has not taken it. final: it says that it never will (410)."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


def key_of(secret: str) -> bytes:
    """The bytes that sign. Raises: ValueError for what is not whsec_ and base64."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"expected {PREFIX} and base64")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"expected base64 after {PREFIX}") from None
    if len(key) < 16:
        raise ValueError("expected at least 16 bytes: a shorter one can be guessed")
    return key


def headers_of(event_id: str, at: int, body: bytes, secret: SecretStr | None) -> dict[str, str]:
    """at: seconds since 1970; a receiver refuses what is older than some minutes, so that nobody repeats it."""
    told = {"content-type": "application/json", "webhook-id": event_id, "webhook-timestamp": str(at)}
    if secret is not None:
        signed = b"%s.%d.%s" % (event_id.encode(), at, body)
        digest = hmac.new(key_of(secret.get_secret_value()), signed, hashlib.sha256).digest()
        told["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return told


def deliver(url: SecretStr, event_id: str, at: int, body: bytes, secret: SecretStr | None) -> None:
    """Hand it over once. Raises: NotTaken, whose words hold nothing of the address."""
    try:
        # A redirect would take the event to somebody whom no setting names.
        answer = httpx.post(
            url.get_secret_value(),
            content=body,
            headers=headers_of(event_id, at, body, secret),
            timeout=_SECONDS,
            follow_redirects=False,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotTaken(f"no answer ({type(error).__name__})") from None
    if not answer.is_success:
        raise NotTaken(f"answered {answer.status_code}", final=answer.status_code == httpx.codes.GONE)
