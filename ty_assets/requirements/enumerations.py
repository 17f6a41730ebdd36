"""Enumerations of several requirements in one sentence, taken apart where every part can stand alone.

Belongs here: what lets a part stand alone, and which joiners part two requirements. Not here: sentences (lines.py),
what is welcome only (kinds.py), and the terms that one requirement lists (facets).
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from ty_assets.requirements.kinds import LANGUAGES, kind_of

Head = Literal["hard", "soft", "language"]

_BRACKETS = re.compile(r"\([^()]*\)|„[^“”\"]*[“”\"]")
# Of "neither this nor that", "a high degree of", "besides" and what is not needed nothing can be told part by part.
_INSEPARABLE = re.compile(
    r"\b(?:kein\w*|nicht|ohne|weder|sowohl|entweder|zwischen|neben|nebst|zusätzlich zu"
    r"|(?:maß|mass|grad|portion|mischung) an"
    r"|no|not|without|neither|either|both|between|don't|doesn't|in addition to|besides|apart from"
    r"|(?:level|degree|sense|mix|combination) of)\b",
    re.I,
)
# "The ability to share knowledge and gain experience": verbs that hang on what stands far before them.
_DOING = re.compile(
    r"\b(?:ability|able|willing|willingness|ready|desire|capacity) to\b|(?:fähigkeit|bereitschaft|lage|lust|wille),",
    re.I,
)
_INFINITIVE = re.compile(r"\bzu \w+(?:en|ern|eln)\W*$|\w+zu\w+en\W*$")
_OR = r",?\s+(?:oder|or|bzw\.?|beziehungsweise|respektive|alternativ|alternatively)\s+"
_AND = r",?\s+(?:und|sowie|and|as well as|&)\s+(?:über\s+(?=\w))?"
_JOINER = re.compile(rf"(?P<alternative>{_OR})|(?P<both>{_AND})|(?P<comma>,\s+)", re.I)
# What begins so hangs on the words before it: "..., die Sie ...", "... und im Verkauf", "and as part of a team".
_DEPENDENT = re.compile(
    r"(?:-|(?:die|der|das|den|dem|des|deren|dessen|welche\w*|wobei|wie|wo|dass|da|damit|um|wenn|falls|sofern|weil|so|also"
    r"|insbesondere|insb\.|vor allem|besonders|speziell|z\.\s?b\.|zum beispiel|beispielsweise|etwa|u\.\s?a\."
    r"|in|im|am|an|auf|aus|bei|beim|bis|für|gegenüber|mit|nach|von|vom|vor|zu|zum|zur|unter|als"
    r"|über(?! (?:\w+ )?jahre)"
    r"|who|which|that|where|whose|when|if|so|to|at(?! least)|by|for|from|of|on|with|within|as|e\.g\.|i\.e\."
    r"|such|including|especially|particularly|gerne?|vergleichbar\w*|gleichwertig\w*|ähnlich\w*|similar|equivalent"
    r"|comparable|related|basierend|verbunden|ergänzt|gepaart|kombiniert|based|combined|coupled|paired|along)(?![\w-]))",
    re.I,
)

# Heads of a demand. A compound ("Deutschkenntnisse") says by itself of what; the bare word ("Kenntnisse") must be told.
_GENERAL: Final = (
    r"kenntnis(?:se|sen)?|erfahrung(?:en)?|verständnis|wissen|knowhow|know-how|fähigkeit(?:en)?|bereitschaft|interesse"
    r"|freude|spaß|spass|begeisterung|leidenschaft|affinität|flair|(?:aus|weiter)bildung(?! (?:von|der|des)\b)|studium"
    r"|lehre|abschluss|abschlüsse|qualifikation(?:en)?|kompetenz(?:en)?|praxis"
)
_GENERAL_ENGLISH: Final = (
    r"experience|knowledge(?! (?:transfer|management|sharing))|understanding"
    r"|skills?(?! (?:development|training|transfer))|ability|familiarity|proficiency|fluency|willingness|degree"
    r"|qualifications?|expertise|interest"
)
_OWN: Final = (
    r"führerschein\w*|führerausweis|fahrausweis|fahrerlaubnis|\w+schein|zertifikat|zertifizierung|approbation|diplom"
    r"|bachelor\w*|master(?:'s|s)?(?! (?:data|plan))|promotion|doktorat|matura|abitur|lizenz|führungszeugnis|leumund"
    r"|driving licen[cs]e|driver'?s licen[cs]e|licen[cs]e|certificate|certification|diploma|apprenticeship"
    r"|doctorate|ph\.?d|track record"
    r"|work permit|umgangsformen|auftreten|arbeitsweise|denkweise|reisefreudigkeit"
)
_SOFT: Final = (
    r"\w{4,}(?:fähigkeit|samkeit|barkeit|igkeit|lichkeit|genheit|enheit)(?:en)?|\w{3,}(?:vermögen|bewusstsein|orientierung"
    r"|talent|stärke|bereitschaft|kompetenz)|\w*geschick|flexibilität|kreativität|loyalität|diskretion|engagement"
    r"|eigeninitiative|teamgeist|motivation|teamwork|flexibility|reliability|creativity|punctuality"
)
_HARD_WORD = re.compile(
    rf"\b(?P<compound>[\w-]*?)(?P<general>{_GENERAL}|{_GENERAL_ENGLISH})\b|\b(?:{_OWN})(?![\w-])", re.I
)
_SOFT_WORD = re.compile(rf"\b(?:{_SOFT})(?![\w-])", re.I)
_LANGUAGE_WORD = re.compile(rf"\b(?:{LANGUAGES})e?[ns]?(?![\w-])", re.I)
# Cheaper to look for: most lines have at most one head.
_HINT = re.compile(
    rf"{_GENERAL}|{_GENERAL_ENGLISH}|{_OWN}|{LANGUAGES}|keit|heit\b|vermögen|bewusst|orient|geschick|talent|stärke"
    r"|flexib|kreativ|creativ|loyal|diskret|engag|initiative|team|motiv|reliab|punctual"
)
_LONGEST: Final = 600  # characters; such a sentence is a list without line breaks or an attack
# Words that say how much or who, not of what.
_WEAK = re.compile(
    r"\b(?:sie|du|wir|ihr|ihre|dein|deine|you|we|haben|hast|verfügen|verfügst|besitzen|besitzt|bringen|bringst|mit|über"
    r"|bring|have|possess|your|ein|eine|einen|einer|eines|der|die|das|an?|the|some|sehr|gute[rns]?|gutes|erste[rns]?|hohe[sr]?"
    r"|fundierte[rns]?|solide[rns]?|mehrjährige[rns]?|langjährige[rns]?|einschlägige[rns]?|ausgeprägte[rns]?|breite[rns]?"
    r"|vertiefte[rns]?|umfassende[rns]?|ausgezeichnete[rns]?|praktische[rns]?|theoretische[rns]?|fachliche[rns]?|nötige[rns]?"
    r"|relevante[rns]?|entsprechende[rns]?|notwendige[rns]?|strong|good|excellent|solid|proven|relevant|professional|great"
    r"|deep|broad|sound|basic|first|prior|previous|extensive|practical|hands-on|required|necessary|und|sowie|and|very)\b",
    re.I,
)
# "sehr gute und verhandlungssichere Deutschkenntnisse": two adjectives of one noun
_ADJECTIVE_LAST = re.compile(r"(?:^|\s)([a-zäöüß]{3,}e[nmrs]?)$")
_ADJECTIVE_FIRST = re.compile(r"[a-zäöüß]{3,}e[nmrs]?\b")
_LETTERS = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class _Joint:
    start: int
    end: int
    kind: str  # 'alternative', 'both' or 'comma'


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of the sentence: what it asks for, if it can stand alone."""

    head: Head | None
    bare: bool  # nothing tells of what; it may share the words behind its neighbour
    told: bool  # words behind the head say of what


def split_enumeration(text: str) -> list[tuple[int, int]]:
    """(start, end) of the requirements in a sentence, in order; the whole where the parts need each other.

    "Ausbildung als Koch, drei Jahre Berufserfahrung und gute Deutschkenntnisse" are three; "Kenntnisse in Java und
    SQL", "Ausbildung oder Studium" and "Deutsch- und Englischkenntnisse" are one each. Only joiners lie between.
    """
    whole = [(0, len(text))]
    if len(text) > _LONGEST or len(_HINT.findall(text.lower())) < 2:
        return whole
    plain = _BRACKETS.sub(lambda match: "x" * len(match[0]), text)
    if _INSEPARABLE.search(plain):
        return whole
    joints = _joints(plain)
    if not joints:
        return whole
    parts = []
    start = 0
    complete = all(_part(plain[a:b]).head for a, b in _pieces(joints, len(plain)))
    for position, joint in enumerate(joints):
        following = joints[position + 1].start if position + 1 < len(joints) else len(plain)
        if joint.kind != "alternative" and not _in_alternatives(plain, joints, position, following):
            before, after = plain[start : joint.start], plain[joint.end : following]
            if _are_two(_part(before), _part(after), complete) and not _is_doing(before, after):
                parts.append((start, joint.start))
                start = joint.end
    return [*parts, (start, len(text))]


def _joints(plain: str) -> list[_Joint]:
    """Where parts may meet; not at "Deutsch- und ...", "... und -steuerung", "..., die ..."."""
    joints = []
    for match in _JOINER.finditer(plain):
        if plain[: match.start()].endswith("-") or plain.startswith("-", match.end()):
            continue
        adjective = _ADJECTIVE_LAST.search(plain, 0, match.start())
        if adjective and not _HARD_WORD.fullmatch(adjective[1]) and _ADJECTIVE_FIRST.match(plain, match.end()):
            continue
        kind = match.lastgroup or "comma"
        if kind != "alternative" and _DEPENDENT.match(plain, match.end()):
            continue
        joints.append(_Joint(match.start(), match.end(), kind))
    return joints


def _pieces(joints: list[_Joint], length: int) -> list[tuple[int, int]]:
    borders = [joint for joint in joints if joint.kind != "alternative"]
    starts = [0, *(joint.end for joint in borders)]
    ends = [*(joint.start for joint in borders), length]
    return list(zip(starts, ends, strict=True))


def _in_alternatives(plain: str, joints: list[_Joint], position: int, following: int) -> bool:
    """Whether the joint belongs to a list of alternatives, or may: "A oder B und C" is one where C could go with B."""
    joint = joints[position]
    if joint.kind == "comma":
        later = next((other for other in joints[position + 1 :] if other.kind != "comma"), None)
        if later is not None and later.kind == "alternative":
            end = min((other.start for other in joints if other.start > later.start), default=len(plain))
            return _part(plain[later.end : end]).head is not None
        return False
    earlier = [other for other in joints[:position] if other.kind != "comma"]
    if not earlier or earlier[-1].kind != "alternative":
        return False
    if _part(plain[earlier[-1].end : joint.start]).head is None:
        return False
    return kind_of(plain[joint.end : following]) in ("education", "experience")


def _part(piece: str) -> _Part:
    for match in _HARD_WORD.finditer(piece):
        told = _LETTERS.search(piece, match.end()) is not None
        if not match["general"]:
            return _Part("hard", False, told)
        if match["compound"]:
            soft = _SOFT_WORD.fullmatch(match[0]) is not None
            return _Part("soft" if soft else "hard", False, told)
        others = _WEAK.sub(" ", piece[: match.start()] + " " + piece[match.end() :])
        return _Part("hard", _LETTERS.search(others) is None, told)
    if found := _SOFT_WORD.search(piece):
        return _Part("soft", False, _LETTERS.search(piece, found.end()) is not None)
    if _LANGUAGE_WORD.search(piece):
        return _Part("language", False, False)
    return _Part(None, True, False)


def _is_doing(before: str, after: str) -> bool:
    if _INFINITIVE.search(after) and not _DOING.search(after):
        return True
    first = after.split(" ", 1)[0]
    return bool(_DOING.search(before)) and not (_WEAK.match(after) or _HARD_WORD.match(after) or not first.islower())


def _are_two(before: _Part, after: _Part, complete: bool) -> bool:
    if before.head is None or after.head is None or before.bare or after.bare:
        return False
    if before.head == after.head == "language":  # "Deutsch und Englisch fließend" share the level
        return False
    if "language" in (before.head, after.head) and not complete:
        return False
    return before.head != "soft" or after.head != "soft" or complete
