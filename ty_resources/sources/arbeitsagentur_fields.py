"""What the fields of the Jobsuche mean for a posting: names, sentinels, regions; and the names it used to have.

Not here: how it is asked (`arbeitsagentur`).
"""

from collections.abc import Mapping
from typing import Any, Final

from ty_resources.sources.source import Hit, SourceChanged

# Old name -> what it is called now. Read by an old client's names, today's answers have no hit at all, and no error.
OLD_NAMES: Final = {
    "stellenangebote": "ergebnisliste",
    "refnr": "referenznummer",
    "titel": "stellenangebotsTitel",
    "beruf": "hauptberuf",
    "arbeitgeber": "firma",
    "kundennummerHash": "arbeitgeberKundennummerHash",
    "arbeitsort": "stellenlokationen",
    "arbeitsorte": "stellenlokationen",
    "aktuelleVeroeffentlichungsdatum": "datumErsteVeroeffentlichung",
    "modifikationsTimestamp": "aenderungsdatum",
    "stellenbeschreibung": "stellenangebotsBeschreibung",
    "externeUrl": "externeURL",
    "eintrittsdatum": "eintrittszeitraum",
}
_NOTHING: Final = frozenset(("", "KEINE_ANGABE", "KEINE_ANGABEN", "null"))
# Of the query, not of the advertisement.
_UNSTABLE: Final = frozenset(("entfernung",))
_PAGE: Final = "https://www.arbeitsagentur.de/jobsuche/jobdetail/"
_REGIONS: Final = {
    "BADEN_WUERTTEMBERG": "Baden-Württemberg", "BAYERN": "Bayern", "BERLIN": "Berlin", "BRANDENBURG": "Brandenburg",
    "BREMEN": "Bremen", "HAMBURG": "Hamburg", "HESSEN": "Hessen", "MECKLENBURG_VORPOMMERN": "Mecklenburg-Vorpommern",
    "NIEDERSACHSEN": "Niedersachsen", "NORDRHEIN_WESTFALEN": "Nordrhein-Westfalen",
    "RHEINLAND_PFALZ": "Rheinland-Pfalz", "SAARLAND": "Saarland", "SACHSEN": "Sachsen",
    "SACHSEN_ANHALT": "Sachsen-Anhalt", "SCHLESWIG_HOLSTEIN": "Schleswig-Holstein", "THUERINGEN": "Thüringen",
    "BURGENLAND": "Burgenland", "KAERNTEN": "Kärnten", "NIEDEROESTERREICH": "Niederösterreich",
    "OBEROESTERREICH": "Oberösterreich", "SALZBURG": "Salzburg", "STEIERMARK": "Steiermark", "TIROL": "Tirol",
    "VORARLBERG": "Vorarlberg", "WIEN": "Wien",
}  # fmt: skip
_COUNTRIES: Final = {
    "DEUTSCHLAND": "DE", "OESTERREICH": "AT", "SCHWEIZ": "CH", "LUXEMBURG": "LU", "FRANKREICH": "FR", "BELGIEN": "BE",
    "NIEDERLANDE": "NL", "DAENEMARK": "DK", "POLEN": "PL", "TSCHECHISCHE_REPUBLIK": "CZ", "ITALIEN": "IT",
    "SPANIEN": "ES", "LIECHTENSTEIN": "LI",
}  # fmt: skip


def refuse_old_names(answer: Mapping[str, Any], url: str) -> None:
    """Raises: SourceChanged that says which names of an answer are the old ones, and what was expected."""
    # An answer may carry both for a while; only where the new name is missing is it of the old form.
    old = sorted(name for name, now in OLD_NAMES.items() if name in answer and now not in answer)
    if old:
        told = ", ".join(f"{name} (now {OLD_NAMES[name]})" for name in old)
        raise SourceChanged(
            f"{url}: expected the fields of search v6 and detail v4, got the old names {told}; check that "
            "TY_ARBEITSAGENTUR_URL is the service itself and no copy of an earlier version"
        )


def stable_part(hit: Mapping[str, Any]) -> dict[str, Any]:
    """A hit without what depends on who asks."""
    return {name: value for name, value in hit.items() if name not in _UNSTABLE}


def posting_of(detail: Mapping[str, Any], hit: Hit) -> dict[str, Any]:
    """A detail as a record in our names; what it leaves out is taken from the hit. The original is kept beside it."""
    told = {**hit.hit, **{name: value for name, value in detail.items() if value is not None}}
    address = _address(told)
    record = {
        "external_id": hit.external_id,
        "title": _text(told, "stellenangebotsTitel"),
        "description": _text(detail, "stellenangebotsBeschreibung"),
        "employer": _text(told, "firma"),
        "city": _text(address, "ort"),
        "region": readable_region(_text(address, "region")),
        "country": readable_country(_text(address, "land")),
        "remote": _flag(told, "homeofficemoeglich"),
        "url": _text(told, "externeURL") or _PAGE + hit.external_id,
        "occupation_hint": _text(told, "hauptberuf"),
        "published_on": _text(told, "datumErsteVeroeffentlichung"),
    }
    return {**{name: value for name, value in record.items() if value is not None}, "arbeitsagentur": dict(detail)}


def readable_region(name: str | None) -> str | None:
    """BADEN_WUERTTEMBERG -> Baden-Württemberg; one that is not known is made readable by rule."""
    if name is None or name in _REGIONS:
        return _REGIONS.get(name) if name else None
    return name.replace("_", " ").title() if name.isupper() else name


def readable_country(name: str | None) -> str | None:
    """DEUTSCHLAND -> DE; one that is not known is made readable by rule."""
    if name is None or name in _COUNTRIES:
        return _COUNTRIES.get(name) if name else None
    return name.replace("_", " ").title() if name.isupper() and len(name) > 2 else name


def _address(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of the first place, which is where the work is mostly done."""
    places = told.get("stellenlokationen")
    first = places[0] if isinstance(places, list) and places else None
    address = first.get("adresse") if isinstance(first, dict) else None
    return address if isinstance(address, dict) else {}


def _text(told: Mapping[str, Any], name: str) -> str | None:
    value = told.get(name)
    return value if isinstance(value, str) and value.strip() not in _NOTHING else None


def _flag(told: Mapping[str, Any], name: str) -> bool | None:
    value = told.get(name)
    return value if isinstance(value, bool) else None
