"""Telling people: apprise, and nothing of what is told or when (ty_jobs/alerting).

An address holds passwords and keys, so it is named by its place among TY_ALERT_URLS and its scheme only, here and in
whatever apprise itself would log.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import SecretStr

# What apprise says of a failed request may quote the address.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


class AlertError(ValueError):
    """An address that nothing can be sent to: which one, and what was expected."""


@dataclass(frozen=True)
class Receiver:
    """One address. name: "2: slack" for the second of TY_ALERT_URLS. key: tells it from others, and nothing of it."""

    name: str
    key: str
    url: SecretStr

    def send(self, title: str, body: str, *, over: bool = False) -> bool:
        """Whether it was taken. Never raises: who cannot be told now is told later."""
        import apprise  # a third of a second, and most processes never tell anything

        service = apprise.Apprise()
        if not service.add(self.url.get_secret_value()):
            return False
        kind = apprise.NotifyType.SUCCESS if over else apprise.NotifyType.WARNING
        try:
            return bool(service.notify(title=title, body=body, notify_type=kind, body_format=apprise.NotifyFormat.TEXT))
        except Exception:  # a plugin's own fault is no reason to fail a sensor
            return False


def receivers(urls: Sequence[SecretStr]) -> list[Receiver]:
    """One for each address.

    Raises: AlertError for one that apprise does not understand.
    """
    import apprise

    found = []
    for place, url in enumerate(urls, 1):
        text = url.get_secret_value()
        scheme = text.partition("://")[0] if "://" in text else ""
        if not apprise.Apprise().add(text):
            raise AlertError(
                f"TY_ALERT_URLS, address {place}{f' ({scheme}://)' if scheme.isalnum() else ''}: expected an apprise "
                "URL such as mailtos://user:password@mail.example.org?to=me@example.org, and apprise cannot read it"
            )
        found.append(Receiver(f"{place}: {scheme}", key_of(url), url))
    return found


def key_of(url: SecretStr) -> str:
    """Tells an address from others in the tables, and nothing of it."""
    return hashlib.sha256(url.get_secret_value().encode()).hexdigest()[:16]
