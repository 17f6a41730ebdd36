"""What contact data looks like: e-mail addresses, URLs, phone numbers, streets, birth dates, "Frau Müller".

Belongs here: forms that hold for anybody. Not here: the values known of one person (anonymise.py).
"""

import re

HONORIFIC = r"(?:Frau|Herrn?|Fräulein|Familie|Mrs?|Ms|Miss|Mister|Madam|Sir|Dr|Prof|Dipl|Ing|Mag|med)\b\.?-?"
SHORTEST_PHONE = 6  # digits; shorter ones cannot be told from other numbers

# Lengths are bounded throughout, since the text is a stranger's and must not cost quadratic time.
_EMAIL = re.compile(
    r"(?:mailto:)?[^\s@<>()\[\],;:\"…]{1,64}\s?(?:@|\(at\)|\[at\]|\{at\})\s?"
    r"[\w-]{1,63}(?:(?:\.|\s?\(dot\)\s?)[\w-]{1,63}){1,8}"
)
_URL = re.compile(
    r"(?:https?|ftp)://[^\s<>\"]+|\bwww\.[^\s<>\"]+"
    r"|\b(?:[\w-]{1,63}\.)?(?:linkedin|xing|github|gitlab|bitbucket|twitter|x|facebook|instagram|stackoverflow|"
    r"medium|youtube|behance|dribbble|soundcloud|t)\.(?:com|net|org|me|io|de)/[^\s<>\"]+",
    re.IGNORECASE,
)
_AT_NAME = re.compile(r"(?<![\w.])@\w[\w.-]+")
_LABELLED_PHONE = re.compile(
    r"\b(?:Tel(?:efon|ephone)?|Phone|Mobil(?:e|telefon|nummer)?|Handy(?:nummer)?|Cell|Fax|WhatsApp)\b\.?:?\s*"
    r"[+(\d][\d\s()/.–-]{4,30}\d",
    re.IGNORECASE,
)
# International, or with a trunk 0, or an area code in brackets; digits alone may be any number.
_PHONE = re.compile(r"(?<![\w.,/-])(?:\+|00|\(?0|\(\d{2,5}\))[\d \t()/.–-]{5,24}\d(?!\w)")
_DATE = re.compile(r"(?<!\d)(?:\d{1,2}\s?[./-]\s?)?\d{1,2}\s?[./-]\s?(?:19|20)\d{2}(?!\d)")
_BIRTH = re.compile(
    r"(?:\b(?:geboren|geb\.|born|Geburts(?:datum|tag|ort|jahr)|date of birth|birth ?date|birthday|DOB)"
    r"|(?<!\w)\*)\s*:?\s*(?:am|on|in|im Jahr|den)?\s*"
    r"(?:\d{1,4}[./-]\s?\d{1,2}[./-]\s?\d{2,4}|\d{1,2}(?:\.|st|nd|rd|th)?\s+\w+,?\s+\d{4}"
    r"|[A-Z]\w+\s+\d{1,2},?\s+\d{4}|\d{4})(?:\s+in\s+[A-ZÄÖÜ][\w-]+)?",
    re.IGNORECASE,
)
_AGE = re.compile(
    r"\b\d{2}\s?(?:-|\s)?(?:Jahre|years?)[\s-](?:alt|jung|old|young)\b|\b(?:aged?|Alter)\s*:?\s*\d{2}\b"
    r"|\b\d{2}-jährig\w*",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b(?:(?:Am|An der|Auf der|Im|In der|Zur|Zum|Alte[rn]?|Neue[rn]?|Große|Kleine|Obere|Untere|St\.)\s)?"
    r"[A-ZÄÖÜ][a-zäöüß-]{1,40}(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|"
    r"ufer|chaussee|stieg)\s?\d{1,4}\s?[a-z]?(?![\w.,]*\d)"
    r"(?:\s*,?\s*(?:D-|A-|CH-)?\d{4,5}\s+[A-ZÄÖÜ][\w-]+)?"
    r"|\b(?:[A-ZÄÖÜ]\w{1,30}\s)?[A-ZÄÖÜ]\w{1,30}\s(?:Straße|Strasse|Str\.|Weg|Allee|Gasse|Damm)\s\d{1,4}\s?[a-z]?\b"
    r"|\b\d{1,5}\s+(?:[A-Z]\w{1,30}\s){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Boulevard|Blvd|Court)\b\.?"
)
# "Ms Word" is no woman. The second word belongs to the name only where the sentence goes on after it.
_TITLED_NAME = re.compile(
    rf"\b(?:Frau|Herrn?|Fräulein|Mrs?\.?|Ms\.?)\s(?:{HONORIFIC}\s){{0,4}}"
    r"(?!Office|Excel|Word|Power|Outlook|Access|Project|Teams|SQL|Windows|Dynamics|Visio)"
    r"[A-ZÄÖÜ][\w’'-]{1,40}(?:\s[A-ZÄÖÜ][\w’'-]{1,40}(?=\s[a-zäöüß]|[.,;:!?)]|$))?"
)
_FORMS = (_EMAIL, _URL, _AT_NAME, _LABELLED_PHONE, _BIRTH, _AGE, _STREET, _TITLED_NAME)


def without_contact_forms(text: str, marker: str) -> str:
    """The text with everything that has the form of contact data, birth date or age replaced."""
    for pattern in _FORMS:
        text = pattern.sub(marker, text)
    return _PHONE.sub(lambda found: marker if _is_phone(found[0]) else found[0], text)


def _is_phone(run: str) -> bool:
    """Whether digits are left when the dates are taken out: "03/2015 - 04/2019" is no number to call."""
    return len(re.sub(r"\D", "", _DATE.sub("", run))) >= SHORTEST_PHONE
