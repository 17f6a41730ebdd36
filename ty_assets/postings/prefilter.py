"""Which postings the pipeline works on, by cheap rules that give their reasons.

Belongs here: the decision and its reason codes. Not here: deleting (nothing is), duplicates (duplicates.py),
and taste: a rule drops only what is plainly no job in a language we read. A short or odd text is no reason.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from ty_assets.postings.language import UNDETERMINED

Reason = Literal[
    "language_not_supported",
    "empty_after_normalising",
    "network_marketing",
    "training_offer",
    "job_wanted",
    "placeholder",
]

LANGUAGES: Final = frozenset({"de", "en", UNDETERMINED})  # what headings, cues and vocabulary exist for
_WORDS_TO_TELL_A_LANGUAGE = 20  # "Koch" alone passes for Polish

_LETTER = re.compile(r"[^\W\d_]")

# Kinds of signs, in lower case. Two kinds are needed: a sales job that pays a commission stays in.
_MARKETING_SIGNS: Final = (
    (
        "network marketing",
        "network-marketing",
        "networkmarketing",
        "multi level",
        "multi-level",
        "multilevel",
        "strukturvertrieb",
        "empfehlungsmarketing",
        "direktvertriebspartner",
    ),
    (
        "passives einkommen",
        "passive income",
        "finanzielle freiheit",
        "financial freedom",
        "dein eigener chef",
        "be your own boss",
        "verdiene von zu hause",
        "earn from home",
        "unbegrenzte verdienst",
        "unlimited earning",
    ),
    (
        "ausschließlich auf provision",
        "rein auf provision",
        "reine provision",
        "nur auf provision",
        "100% provision",
        "100 % provision",
        "kein fixgehalt",
        "commission only",
        "commission-only",
        "purely commission",
        "solely commission",
        "entirely commission",
        "no base salary",
    ),
    (
        "startpaket kaufen",
        "startpaket erwerben",
        "starter kit fee",
        "starter package fee",
        "registrierungsgebühr",
        "registration fee",
        "downline",
        "upline",
        "neue partner sponsern",
    ),
)
_SIGNS_NEEDED = 2

# An offer to train somebody who pays (or whose job centre pays), not an apprenticeship.
_TRAINING_TITLE = re.compile(
    r"^(?:weiterbildung|umschulung|fernstudium|fernlehrgang|kurs|seminar|lehrgang|bootcamp|webinar"
    r"|online[ -]?kurs|training course)\b"
    r"(?![\w-]*(?:leit|beauftragt|assist|koordin|manag|organis|berat|dozent))",
    re.I,
)
_TRAINING_SIGNS: Final = (
    "bildungsgutschein",
    "aktivierungsgutschein",
    "azav",
    "kursgebühr",
    "teilnahmegebühr",
    "lehrgangsgebühr",
    "tuition fee",
    "course fee",
    "100% gefördert",
    "100 % gefördert",
    "kursinhalt",
    "seminarinhalt",
)

_WANTED_TITLE = re.compile(
    r"^(?:stellengesuch|suche (?:arbeit|job|stelle|nebenjob)|job wanted|looking for a job)\b", re.I
)
_PLACEHOLDER = re.compile(
    r"^(?:test(?:anzeige|stelle| posting| job)?|lorem ipsum|dummy|bitte nicht bewerben)\W*\d*$", re.I
)


@dataclass(frozen=True, slots=True)
class Scope:
    """The decision, and every reason that speaks against the posting (empty when it is in scope)."""

    in_scope: bool
    reasons: tuple[Reason, ...]


def prefilter(title: str, description: str, language: str) -> Scope:
    """Judge a posting by its normalised title and description and its ISO language code."""
    reasons: list[Reason] = []
    if not _LETTER.search(description):
        reasons.append("empty_after_normalising")
    elif language not in LANGUAGES and len(description.split()) >= _WORDS_TO_TELL_A_LANGUAGE:
        reasons.append("language_not_supported")
    text = f"{title}\n{description}".lower()
    if sum(1 for kind in _MARKETING_SIGNS if any(sign in text for sign in kind)) >= _SIGNS_NEEDED:
        reasons.append("network_marketing")
    if _TRAINING_TITLE.search(title) and any(sign in text for sign in _TRAINING_SIGNS):
        reasons.append("training_offer")
    if _WANTED_TITLE.search(title):
        reasons.append("job_wanted")
    if _PLACEHOLDER.search(title) or _PLACEHOLDER.search(description):
        reasons.append("placeholder")
    return Scope(not reasons, tuple(reasons))
