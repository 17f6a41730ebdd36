"""A person without name and contact: what matching and models see.

Belongs here: removing the known name, address, birth date, phone, e-mail and URLs of a person from their
texts. Not here: what contact data of anybody looks like (contact_forms.py).
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from ty_assets.profiles.contact_forms import HONORIFIC, SHORTEST_PHONE, without_contact_forms
from ty_assets.profiles.document import AnonymousProfile, Contact, HistoryEntry, ProfileDocument

# Without letters or digits, so that it neither holds a name nor reads as a word to any later stage.
MARKER = "[…]"


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


# Belong to a name and say nothing alone; removing "von" would hurt every German sentence.
_NEVER_ALONE = _words(
    "von vom zu zum zur van der den und",
    "dr prof dipl ing med mag jr sr phd msc bsc mba herr frau mr mrs ms",
)
# The same in small letters; with a capital they are names: Ben, Le, Do.
_PARTICLES = _words("de del della di da do dos das du la le el al bin ibn ben y e")
# Occupations that are common family names. In a job title such a word alone is taken for the occupation, in
# running text for the name; full names and "Frau Koch" are removed in both.
_OCCUPATIONS = _words(
    "arzt bauer binder bäcker böttcher drechsler drucker fischer fleischer förster gärtner glaser jäger",
    "kaufmann kellner koch krämer lehrer maler maurer meister metzger müller richter sattler schäfer",
    "schlosser schmied schneider schreiber schreiner schuster vogt wagner weber zimmermann",
    "baker butcher carpenter clerk cook driver farmer fisher gardener mason miller painter potter smith",
    "tailor taylor teacher turner",
)
_GENITIVE = r"(?:['’]?s|['’]|(?:['’]?sche[nmrs]?))?"

_PHONE_LIKE = re.compile(r"[+(]?\d(?:[ \t()/.–-]{0,3}\d){5,24}")
_STREET_ENDING = re.compile(r"str(?:\\\.|a(?:ß|ss)e)(?=\\s|$)", re.IGNORECASE)  # in an escaped street name
_REPEATED = re.compile(rf"{re.escape(MARKER)}(?:[\s,;:|/·–-]*{re.escape(MARKER)})+")

_SHORTEST_VALUE = 3  # characters of a known value that is looked for as it stands


def anonymised(document: ProfileDocument) -> AnonymousProfile:
    """The profile without contact, its texts cleaned of the person; city, region and country stay."""
    contact = document.contact

    def clean(text: str) -> str:
        return anonymise(text, contact)

    def clean_title(text: str) -> str:
        return anonymise(text, contact, title=True)

    def entry(old: HistoryEntry) -> HistoryEntry:
        return old.model_copy(
            update={
                "position": clean_title(old.position),
                "organisation": clean(old.organisation) if old.organisation else None,
                "description": clean(old.description),
            }
        )

    fields = {name: getattr(document, name) for name in AnonymousProfile.model_fields}
    fields |= {
        "headline": clean_title(document.headline),
        "summary": clean(document.summary),
        "work_history": tuple(entry(old) for old in document.work_history),
        "skills": tuple(
            skill.model_copy(
                update={
                    "name": clean_title(skill.name),
                    "keywords": tuple(clean_title(word) for word in skill.keywords),
                    "level": clean(skill.level) if skill.level else None,
                }
            )
            for skill in document.skills
        ),
        "languages": tuple(
            language.model_copy(
                update={
                    "language": clean_title(language.language),
                    "fluency": clean(language.fluency) if language.fluency else None,
                }
            )
            for language in document.languages
        ),
        "certificates": tuple(
            certificate.model_copy(
                update={
                    "name": clean_title(certificate.name),
                    "issuer": clean(certificate.issuer) if certificate.issuer else None,
                }
            )
            for certificate in document.certificates
        ),
    }
    return AnonymousProfile(**fields)


def anonymise(text: str, contact: Contact, *, title: bool = False) -> str:
    """The text with name and contact replaced by a neutral marker.

    Removed are the known values in any usual spelling (case, inflection, spacing, umlauts written out), and
    whatever has the form of an e-mail address, URL, phone number, street, birth date, age or "Frau Müller".
    A single part of the name is removed where it is written as a name, that is not all in lower case.
    title: the text is a job title or skill, where a name part that is also an occupation stays ("Koch").
    """
    if not text:
        return text
    cleaned = without_contact_forms(without_known(text, contact), MARKER)
    _, title_names, names = _known(contact)
    digits = re.sub(r"\D", "", contact.phone or "")
    if len(digits) >= SHORTEST_PHONE:
        cleaned = _PHONE_LIKE.sub(lambda found: _without_phone(found[0], digits), cleaned)
    for pattern in title_names if title else names:
        cleaned = pattern.sub(MARKER, cleaned)
    return _REPEATED.sub(MARKER, cleaned) if MARKER in cleaned else cleaned


def without_known(text: str, contact: Contact) -> str:
    """The text without the known values as they stand: address, birth date, full name; parts of a name stay."""
    cleaned = unicodedata.normalize("NFC", text)
    for pattern in _known(contact)[0]:
        cleaned = pattern.sub(MARKER, cleaned)
    return cleaned


def _without_phone(run: str, digits: str) -> str:
    """A run of digits without the known number, which may stand there with or without country code."""
    # the last seven digits are the subscriber's own, whatever prefix stands before them
    return MARKER if digits[-7:] in re.sub(r"\D", "", run) else run


@lru_cache(maxsize=64)
def _known(contact: Contact) -> tuple[list[re.Pattern[str]], list[re.Pattern[str]], list[re.Pattern[str]]]:
    """Patterns of one person: whole values; name parts in titles; name parts in running text."""
    values = sorted(set(_values(contact)), key=lambda value: (-len(value), value))
    whole = [_flexible(value) for value in values if len(value) >= _SHORTEST_VALUE]
    parts = _name_parts(contact.name or "")
    if len(parts) > 1 and contact.name:  # of one word alone the case matters: "an" is not Ms An
        whole.insert(0, _full_name(contact.name))
    in_titles = [part for part in parts if part.casefold() not in _OCCUPATIONS]
    titled = _alternatives(parts, honorific=True)
    return whole, titled + _alternatives(in_titles), titled + _alternatives(parts)


def _values(contact: Contact) -> Iterator[str]:
    """Each known value and the parts of it that give the person away."""
    for value in (contact.email, contact.phone, contact.birth_date, *(contact.address or "").split("\n")[:1]):
        if value:
            yield _nfc(value)
    if contact.postal_code:
        yield _nfc(contact.postal_code)
        yield from (part for part in contact.postal_code.split() if len(part) >= 4)
    for url in contact.urls:
        yield _nfc(url)
        bare = re.sub(r"^(?:\w+://)?(?:www\.)?", "", url).rstrip("/")
        # the host alone is the person's only if it is not one that everybody uses; with a path it always is
        if "." in bare:
            yield _nfc(bare)
    for user_name in contact.user_names:
        yield _nfc(user_name)
    yield from _birth_dates(contact.birth_date or "")


def _birth_dates(written: str) -> Iterator[str]:
    iso, german = r"(\d{4})-(\d{2})-(\d{2})", r"(\d{1,2})\.(\d{1,2})\.(\d{4})"
    found = re.match(iso, written) or re.match(german, written)
    if not found:
        return
    one, two, three = (int(part) for part in found.groups())
    year, month, day = (one, two, three) if one > 31 else (three, two, one)
    yield from (f"{year}-{month:02}-{day:02}", f"{day:02}.{month:02}.{year}", f"{day}.{month}.{year}")
    yield from (f"{day:02}/{month:02}/{year}", f"{month:02}/{day:02}/{year}", f"{day}/{month}/{year}")


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _flexible(value: str) -> re.Pattern[str]:
    """The value in any case and spacing; not inside a longer word or number."""
    body = r"\s*".join(re.escape(part) for part in value.split())
    body = _STREET_ENDING.sub(r"str(?:\\.|a(?:ß|ss)e)", body)
    return re.compile(_bounded(body, value), re.IGNORECASE)


def _bounded(body: str, value: str) -> str:
    # scripts without spaces between words have no word boundaries
    if any("\u2e80" <= character <= "\ud7ff" for character in value):
        return body
    before = r"(?<!\w)" if value[0].isalnum() else ""
    after = r"(?!\w)" if value[-1].isalnum() else ""
    return f"{before}{body}{after}"


def _full_name(name: str) -> re.Pattern[str]:
    """The full name in any case: as given, and "Last, First"."""
    words = _nfc(name).split()
    orders = [words] if len(words) == 1 else [words, [words[-1], *words[:-1]]]
    spelled = "|".join(r"[\s,]+".join(_spellings(word) for word in order) for order in orders)
    body = rf"(?:{HONORIFIC}\s?){{0,4}}(?:{spelled}){_GENITIVE}"
    return re.compile(_bounded(body, name.strip()), re.IGNORECASE)


def _name_parts(name: str) -> list[str]:
    """First, middle and last names, of double names also each half; longest first."""
    words = [word.strip(".,;()\"'„“") for word in _nfc(name).split()]
    parts = {half for word in words for half in (word, *re.split(r"[-–]", word))}
    kept = {part for part in parts if len(part) > 1 and part not in _PARTICLES and part.casefold() not in _NEVER_ALONE}
    return sorted(kept, key=lambda part: (-len(part), part))


def _alternatives(parts: list[str], *, honorific: bool = False) -> list[re.Pattern[str]]:
    """One pattern for each name part: as given, Capitalised and in CAPITALS, with inflection."""
    patterns = []
    for part in parts:
        spellings = "|".join(dict.fromkeys(map(_spellings, (part, part.capitalize(), part.upper()))))
        title = rf"(?:{HONORIFIC}\s?){{1,4}}" if honorific else ""
        patterns.append(re.compile(_bounded(rf"{title}(?:{spellings}){_GENITIVE}", part)))
    return patterns


_WRITTEN_OUT = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}


def _spellings(word: str) -> str:
    """A regular expression of the word with its umlauts and accents as given, written out, or left out."""
    return "".join(_spelling(character) for character in word)


@lru_cache(maxsize=4096)
def _spelling(character: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    forms = {character, plain or character}
    if written_out := _WRITTEN_OUT.get(character):
        forms |= {written_out, written_out.upper()} if character.isupper() else {written_out}
    escaped = sorted((re.escape(form) for form in forms), key=lambda form: (-len(form), form))
    return escaped[0] if len(escaped) == 1 else f"(?:{'|'.join(escaped)})"
