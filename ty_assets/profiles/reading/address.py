"""Addresses as CVs write them, German, British, American, Indian: street, postal code, city, country.

Not here: the rest of who a person is (contact.py).
"""

import re
from typing import NamedTuple

_POSTAL = re.compile(r"(?<!\d)(?:D-|A-|CH-|DE-)?(\d{5}|\d{4}),?\s+([A-ZÄÖÜ][\w.’'() -]{1,40})")
_CITY_POSTAL = re.compile(r"\b([A-ZÄÖÜ][a-zäöüß-]{2,30})[ ,-]{1,3}(\d{6})\b")
_UK_POSTAL = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2})\b")
_US_POSTAL = re.compile(r"\b([A-Z][\w. ]{2,30}),\s([A-Z]{2})\s(\d{5})(?:-\d{4})?\b")
_A_CITY = re.compile(r"^[A-ZÄÖÜ][\w.’'-]{2,30}(?: [A-ZÄÖÜ][\w.’'-]{2,30})?$")
_STREET = re.compile(
    r"[A-ZÄÖÜ][\w. ’'-]{1,45}(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|chaussee|stieg|hof|berg"
    r"|markt|park"
    r"|pfad|steig|graben|wall|brücke|garten|feld|kamp|grund|hang|zeile|winkel|promenade|tal|tor|Straße|Str\.|Weg|Allee)"
    r"\s?\d{1,4}\s?[a-zA-Z]?(?![\w.])"
    r"|\b\d{1,5}[a-zA-Z]?,?\s+(?:[A-Z][\w’'.]{1,30}\s){1,4}"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Place|Square|Close|Terrace"
    r"|Gardens|Crescent|Row)\b\.?"
    r"|\b(?:Am|An der|An den|Auf der|Auf dem|Im|In der|In den|Zum|Zur|Unter den"
    r"|Beim)\s[A-ZÄÖÜ][\w ’'-]{2,35}\s\d{1,4}\s?[a-z]?\b"
)
_COUNTRIES = {
    "deutschland": "DE", "germany": "DE", "österreich": "AT", "austria": "AT", "schweiz": "CH", "switzerland": "CH",
    "united kingdom": "GB", "uk": "GB", "england": "GB", "usa": "US", "united states": "US", "ireland": "IE",
}  # fmt: skip
_LONG = 100  # characters; a street in longer text is somebody else's
_SCRAP = 30  # characters; shorter text beside an address belongs to it


class Address(NamedTuple):
    location: dict[str, str]  # as in JSON Resume
    street: str  # as written
    rest: str  # of the text, what is no address


def find_address(text: str, *, certain: bool) -> Address | None:
    """None where there is no address in the text. certain: a label says that it is one, if only a city."""
    location: dict[str, str] = {}
    left, street = text, ""
    if found := _STREET.search(left):
        street = found[0]
        if certain or len(left) < _LONG:
            location["address"] = " ".join(street.split())
        left = left.replace(street, " ")
    left = _take_postal(location, left)
    _take_country(location, left)
    alone = left.strip(" ,|·")
    if street and "city" not in location and _A_CITY.match(alone):
        location["city"], left = alone, ""
    if certain and not location:
        location["city"] = text.split(",")[0].strip() or text
    if not location and not street:
        return None
    return Address(location, street, "" if len(left.strip(" ,;|-–")) < _SCRAP else left)


def _take_postal(location: dict[str, str], text: str) -> str:
    """Postal code and city; returns the text without them."""
    if found := _US_POSTAL.search(text):
        location |= {"city": found[1].strip(), "region": found[2], "postalCode": found[3], "countryCode": "US"}
    elif found := _CITY_POSTAL.search(text):
        location |= {"city": found[1], "postalCode": found[2]}
    elif found := _POSTAL.search(text):
        location |= {"postalCode": found[1], "city": _city(found[2])}
    elif found := _UK_POSTAL.search(text):
        location |= {"postalCode": found[1], "countryCode": "GB"}
        before = [part.strip() for part in text[: found.start()].split(",") if part.strip()]
        if before and not re.search(r"\d", before[-1]):
            location["city"] = before[-1]
        return ""
    return text.replace(found[0], " ") if found else text


def _take_country(location: dict[str, str], text: str) -> None:
    """ "Berlin, Deutschland": the country, and the city before it."""
    parts = [part.strip(" .") for part in text.split(",") if part.strip(" .")]
    country = _COUNTRIES.get(parts[-1].casefold()) if 0 < len(parts) <= 3 else None
    if country is None:
        return
    location.setdefault("countryCode", country)
    if len(parts) >= 2 and _A_CITY.match(parts[0]):
        location.setdefault("city", parts[0])


def _city(text: str) -> str:
    return re.split(r",|\s[-–|]\s|\s{2,}", text)[0].strip(" .")
