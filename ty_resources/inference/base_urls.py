"""Where a model server listens, as a setting says it: read once, checked, and split from its password.

Belongs here: what a person may write and what is made of it. Not here: whether anybody answers there (`endpoints`).
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from ty_resources.settings import SettingsError


@dataclass(frozen=True)
class BaseUrl:
    """url: without trailing slash and without password, so that it may stand in any message.

    authorization: the header made of the user and the password that stood in the URL; None without them.
    """

    url: str
    authorization: str | None = None


def base_urls(
    written: Sequence[str],
    setting: str,
    *,
    bare_port: int | None = None,
    default_path: str = "",
    wrong_ends: tuple[str, ...] = (),
) -> list[BaseUrl]:
    """Read several base URLs, each of them once.

    written: "localhost:11434", "http://gpu:11434/", "https://user:password@models.example/ollama". bare_port: what
    a host without scheme and port means. default_path: appended to a URL without a path. wrong_ends: of a path that
    belongs to another dialect. setting: for the message.
    Raises: SettingsError, naming the setting, what is wrong with the URL, and what was expected.
    """
    if not written:
        raise SettingsError(f"{setting} is empty: expected at least one URL such as {_example(default_path)}")
    found = {}
    for text in written:
        try:
            base = _base_url(text.strip(), bare_port, default_path, wrong_ends)
        except (httpx.InvalidURL, ValueError) as error:
            # What stands before an @ may be a password, and a query a key, also in a URL that cannot be read.
            shown, why = ("a URL with a password", "it cannot be read") if "@" in text else (text, str(error))
            raise SettingsError(
                f"{setting} has {shown.split('?')[0]!r}: {why}; expected a URL such as {_example(default_path)}"
            ) from None
        found[base.url] = base
    return list(found.values())


def _base_url(text: str, bare_port: int | None, default_path: str, wrong_ends: tuple[str, ...]) -> BaseUrl:
    """Raises: ValueError or httpx.InvalidURL, saying what is wrong with the text."""
    bare = "://" not in text
    if any(character.isspace() for character in text) or (bare and text.startswith(("http:", "https:"))):
        raise ValueError("it is no URL")
    url = httpx.URL(f"http://{text}" if bare else text)
    host, port, path = url.host, url.port, url.path.rstrip("/")
    if url.scheme not in ("http", "https"):
        raise ValueError(f"its scheme is {url.scheme!r}")
    if not host:
        raise ValueError("it names no host")
    if port is not None and not 0 < port < 65536:
        raise ValueError(f"there is no port {port}")
    if url.query or url.fragment:
        raise ValueError("it has a query or a fragment")
    if path.endswith(wrong_ends):
        raise ValueError(f"leave out the end {path[path.rindex('/') :]}")
    if bare and port is None:
        port = bare_port
    clean = str(httpx.URL(scheme=url.scheme, host=host, port=port, path=path or default_path or "/")).rstrip("/")
    if not (url.username or url.password):
        return BaseUrl(clean)
    token = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
    return BaseUrl(clean, f"Basic {token}")


def _example(default_path: str) -> str:
    return f"http://127.0.0.1:8080{default_path}" if default_path else "http://127.0.0.1:11434"
