"""Where the lines of a description begin and end, also where a scraper has lost them.

Belongs here: cutting a normalised text into the pieces that one label holds for, as offsets. Not here: what a
piece is about (segments.py).
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

_LONG = 100  # characters: longer lines are prose, or have swallowed their neighbours
_GLUED_JOINTS = 3  # so many joints and the whole text is glued; fewer are names such as PowerPoint

_NUMBERING = re.compile(
    r"(?:\d{1,2}[.)]|[a-z]\)) (?=[^\W\d])"
    r"(?!Jan|Feb|März|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez|Lehrjahr|Klasse|Stock|OG\b)"
)
_INLINE_BULLET = re.compile(r"\s[•▪●✓✔·■►➢*]\s+(?=\w)")
_DASH_LIST = re.compile(r"(?:^|[:.]| )\s?[-–] (?=[A-ZÄÖÜ])")

# "AufgabenMöbel", "Holz.Wir", "(FH)Gute": a new line began at the capital.
_JOINT = re.compile(r"[a-zäöüß.!?:;)][A-ZÄÖÜ]")
_JOINT_BEFORE = re.compile(r"[a-zäöüß]{3}$|[a-zäöüß]{2}[.!?:;)]$")
_JOINT_AFTER = re.compile(r"[A-ZÄÖÜ](?:[a-zäöüß]|A? )")
# "the HQYour tasks", "Freude an CADsehr gute Laune"
_RARE_JOINT = re.compile(r"(?:Your|What|Ihre?|Deine?|Was|Sie|You|We|Wir) |sehr gute? |mindestens \d")
_TWO_CAPITALS = re.compile(r"[A-Z]{2}$")
# First halves of names that are written like this on purpose.
_CAMEL_CASE = frozenset({
    "Big", "Click", "Cloud", "Coffee", "Data", "Dev", "Dyna", "Ebay", "Elastic", "Face",
    "Fin", "Fire", "Git", "Hub", "Hyper", "Influx", "Java", "Key", "Kube", "Lean", "Linked", "Mac",
    "Maria", "Mc", "Micro", "Mongo", "My", "Net", "One", "Open", "Pay", "Photo", "Post", "Power",
    "Quick", "Rabbit", "Robo", "Share", "Smart", "Snow", "Solid", "Tensor", "Tera", "Tik", "Type",
    "Visu", "Web", "Whats", "Wiki", "Word", "You",
})  # fmt: skip
# Halves that are also plain words: only together they are a name.
_CAMEL_NAMES = (
    "ServiceNow", "TeamViewer", "TeamCenter", "TeamCity", "SalesForce", "SuccessFactors", "HomeOffice", "AutoCad",
    "LabView", "BackOffice", "FrontOffice", "WorkFlow", "PlayStation", "NoSql", "DataStage",
)  # fmt: skip
_GENDER_ENDING = re.compile(r"(?<=er|or|st|nt|nd|ur|og|te|at|är)In(?:nen)?(?:\b|(?=[A-ZÄÖÜ]))")

# Headings that no newline sets off: "... in Fulda Ihr Profil Sie haben ...". Unmistakable ones only, case counts.
_RUN_IN = re.compile(
    r"\b(?:(?:Ihr|Dein|Unser|Das) (?:Profil|Angebot|Anforderungsprofil)"
    r"|(?:Ihre|Deine) (?:Haupt)?(?:[Aa]ufgaben|Qualifikation(?:en)?|Fähigkeiten(?: und Erfahrung(?:en)?)?"
    r"|Tätigkeiten|[Vv]erantwortlichkeiten|Benefits|Vorteile)"
    r"|(?:Das|Was) (?:bringst [Dd]u|bringen Sie|[Dd]u|Sie) mit(?:bring(?:st|en))?"
    r"|Das bieten wir(?: Ihnen| [Dd]ir)?|Was wir (?:(?:Ihnen|Dir|dir) )?bieten"
    r"|Über uns|Kontakt|Anforderungsprofil|Anforderungen|Aufgabengebiet"
    r"|Your (?:[Kk]ey )?(?:[Pp]rofile|[Rr]esponsibilities|[Tt]asks|[Ss]kills and [Ee]xperience)"
    r"|What (?:[Ww]e [Oo]ffer|[Yy]ou(?:'ll|’ll)? [Bb]ring)|(?:Key )?Responsibilities|(?:Key )?Requirements"
    r"|Qualifications|Position Overview|About (?:[Uu]s|the [Rr]ole|[Yy]ou)|Nice to [Hh]ave)"
    r"(?=:|\s+[-–]?\s?[A-ZÄÖÜ•]|[A-ZÄÖÜ]|$)"
)

_SENTENCE_END = re.compile(r"(?<![.!?])[.!?]+[\"“”)]*\s+(?=[\"„“(]?[A-ZÄÖÜ])")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(/])(?:\w|z\.\s?[bB]|[uo]\.\s?[aäÄ]|d\.\s?h|e\.\s?g|i\.\s?[deE]|[A-Za-z]\.[A-Za-z]|bzw|ca|inkl"
    r"|exkl|evtl|ggf|Dr|Prof|Dipl|Ing|Nr|Abs|Art|Std|max|min|mind|vgl|St|Mr|Mrs|Ms|vs|approx|Tel|No|Fa|zzgl"
    r"|bspw|sog|gem|lt|Mio|Mrd|[Mm]ed|rer|nat|phil|jur|\d{1,2})\.$"
)
_MAYBE_ABBREVIATION = re.compile(r"(?:^|[\s(])(?:etc|usw|u\.\s?ä|o\.\s?ä|Inc|Ltd|Co|e\.\s?V)\.$")
_SENTENCE_START = re.compile(r"(?:Sie|Du|Wir|Ihr|Ihre|Dein|Deine|Die|Der|Das|Ein|Eine|You|We|Our|Your|The|In|Als)\b")


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of the description: `description[start:end]`, without surrounding white space."""

    start: int
    end: int
    bullet: bool  # it began with a bullet
    fresh: bool  # it began after an empty line, or at the start of the text
    own: bool  # it has a line of its own in the text; False: cut out of a longer one


def split_lines(description: str) -> list[Line]:
    """The pieces in their order; together they hold every word of the text. Never raises."""
    joints = _joints(description)
    glued = len(joints) >= _GLUED_JOINTS
    # Where there are next to no rows, even a short one is prose with several sentences.
    long = _LONG if description.count("\n") > 1 else 0
    lines: list[Line] = []
    position = 0
    fresh = True
    for row in description.split("\n"):
        start, end = position, position + len(row)
        position = end + 1
        if not row.strip():
            fresh = True
            continue
        cuts = _cuts(description, start, end, joints if glued else [], long)
        bounds = [start, *cuts, end]
        for a, b in pairwise(bounds):
            line = _trim(description, a, b, fresh and a == start, not cuts)
            if line is not None:
                lines.append(line)
        fresh = False
    return lines


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Offsets of the sentences of a text; abbreviations ("z.B.", "Dr.", "e.g.") end none."""
    bounds = [0, *_sentence_cuts(text, 0, len(text)), len(text)]
    return list(pairwise(bounds))


def _cuts(text: str, start: int, end: int, joints: list[int], long: int) -> list[int]:
    """Offsets within one row at which a new piece begins, ascending; rows up to `long` stay whole."""
    cuts = set(joints[bisect_left(joints, start) : bisect_left(joints, end)])
    if end - start > long:
        for match in _RUN_IN.finditer(text, start, end):
            cuts.update((match.start(), match.end() + (text[match.end() : match.end() + 1] == ":")))
        for pattern, needed in ((_INLINE_BULLET, 2), (_DASH_LIST, 3)):
            found = [match.end() for match in pattern.finditer(text, start + 2, end)]
            if len(found) >= needed:
                cuts.update(found)
        cuts.update(_sentence_cuts(text, start, end))
    return sorted(cut for cut in cuts if start < cut < end)


def _joints(text: str) -> list[int]:
    found = []
    for match in _JOINT.finditer(text):
        cut = match.start() + 1
        before = text[max(0, cut - 12) : cut]
        if not _JOINT_BEFORE.search(before) or (before[-1].isalpha() and not _JOINT_AFTER.match(text, cut)):
            continue
        word = before[max(before.rfind(" "), before.rfind("-"), before.rfind("/"), before.rfind("(")) + 1 :]
        if before[-1].isalpha() and (word in _CAMEL_CASE or _GENDER_ENDING.match(text, cut)):
            continue
        if text.startswith(_CAMEL_NAMES, cut - len(word)) or before.endswith(("www.", "http:", "https:")):
            continue
        found.append(cut)
    for match in _RARE_JOINT.finditer(text):
        cut = match.start()
        before = text[max(0, cut - 4) : cut]
        if (before.isalpha() and len(before) == 4) if match[0][0].islower() else _TWO_CAPITALS.search(before):
            found.append(cut)
    return sorted(found)


def _sentence_cuts(text: str, start: int, end: int) -> list[int]:
    cuts = []
    for match in _SENTENCE_END.finditer(text, start, end):
        before = text[max(start, match.start() - 12) : match.start() + 1]
        if before.endswith(".") and _ABBREVIATION.search(before):
            continue
        if _MAYBE_ABBREVIATION.search(before) and not _SENTENCE_START.match(text, match.end()):
            continue
        cuts.append(match.end())
    return cuts


def _trim(text: str, start: int, end: int, fresh: bool, own: bool) -> Line | None:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end -= len(piece) - len(piece.rstrip())
    bullet = text.startswith("- ", start, end)
    if bullet:
        start += 2
    elif own and (number := _NUMBERING.match(text, start, end)):
        bullet, start = True, number.end()
    while start < end and text[start] in " •▪●✓✔·■►➢*–-":
        start += 1
    if start >= end or not any(character.isalnum() for character in text[start:end]):
        return None
    return Line(start, end, bullet, fresh, own)
