"""What a session is called in its owner's list: the browser and the system, and nothing that tells a person apart."""

from typing import Final

from fastapi import Request

# The first that fits: each browser also claims to be those below it.
_BROWSERS: Final = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS: Final = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_of(request: Request) -> str:
    """Such as "Firefox, Linux"; empty for what is neither known."""
    told = request.headers.get("user-agent", "")
    return ", ".join(
        name
        for known in (_BROWSERS, _SYSTEMS)
        if (name := next((called for mark, called in known if mark in told), None)) is not None
    )
