"""One candidate under other names: the same text with another name and the other gender's words, and nothing else.

Belongs here: how a text is rewritten, in German and English. Not here: who is asked what (probes.py) and what the
answers differ by (bias.py).

The design is that of correspondence studies (Bertrand and Mullainathan, 2004): each candidate once with a woman's and
once with a man's name, of people who have lived here for long and of such whose names are foreign here, so that both
effects are seen within the same candidate. Only words are exchanged that stand for the candidate with some certainty;
a text in the first person, as most are, differs by its name and occupations alone.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Literal

from ty_assets.postings.language import detect_language

Gender = Literal["female", "male"]
Origin = Literal["local", "foreign"]
GENDERS: Final[tuple[Gender, ...]] = ("female", "male")
ORIGINS: Final[tuple[Origin, ...]] = ("local", "foreign")

# (woman, man, family name). Given names that were usual for the age of people who apply, family names of both groups.
_NAMES: Final[dict[tuple[str, Origin], tuple[tuple[str, str, str], ...]]] = {
    ("de", "local"): (
        ("Julia", "Florian", "Schneider"),
        ("Katharina", "Stefan", "Hoffmann"),
        ("Sabine", "Andreas", "Lindner"),
        ("Laura", "Philipp", "Brandt"),
    ),
    ("de", "foreign"): (
        ("Ayşe", "Mehmet", "Yıldırım"),
        ("Fatma", "Mustafa", "Öztürk"),
        ("Amina", "Omar", "Al-Hassan"),
        ("Olena", "Dmytro", "Kowalenko"),
    ),
    ("en", "local"): (
        ("Emily", "Thomas", "Walker"),
        ("Sarah", "Matthew", "Harrison"),
        ("Claire", "Andrew", "Bennett"),
        ("Hannah", "Daniel", "Cooper"),
    ),
    ("en", "foreign"): (
        ("Fatima", "Mohammed", "Hussain"),
        ("Priya", "Rajesh", "Chaudhary"),
        ("Ngozi", "Chukwuma", "Okonkwo"),
        ("Xiaoli", "Jianguo", "Zhang"),
    ),
}

_GREETED = re.compile(r"^(?:sehr geehrt|dear|liebe[rs]? |hallo|hello|guten tag)", re.IGNORECASE)

# English: woman's word, man's word; in small letters.
_PAIRS_EN: Final = (
    ("she", "he"), ("herself", "himself"), ("woman", "man"), ("lady", "gentleman"), ("ms", "mr"), ("mrs", "mr"),
    ("female", "male"), ("mother", "father"), ("wife", "husband"), ("daughter", "son"), ("sister", "brother"),
    ("businesswoman", "businessman"), ("saleswoman", "salesman"), ("chairwoman", "chairman"),
    ("spokeswoman", "spokesman"), ("craftswoman", "craftsman"), ("policewoman", "policeman"),
    ("waitress", "waiter"), ("actress", "actor"), ("stewardess", "steward"), ("hostess", "host"),
    ("headmistress", "headmaster"), ("maternity", "paternity"),
)  # fmt: skip
_FUNCTION_WORD = (
    "and|or|but|to|for|in|at|as|with|by|on|from|the|a|an|when|while|if|because|who|that|is|was|has|had|after|before"
)
_OBJECT_HER = re.compile(rf"\bher\b(?=\s*(?:$|[.,;:!?)]|(?:{_FUNCTION_WORD})\b))", re.IGNORECASE)
_HIS_ALONE = re.compile(r"\bhis\b(?=\s*(?:$|[.,;:!?)]))", re.IGNORECASE)

# German: of whole words. "sie" and "ihr" mean several persons as well, and are told by what stands around them.
_PAIRS_DE: Final = (
    ("frau", "herr"), ("weiblich", "männlich"), ("mutter", "vater"), ("ehefrau", "ehemann"), ("tochter", "sohn"),
    ("schwester", "bruder"), ("dame", "herr"),
)  # fmt: skip
_SINGULAR = (
    r"(?:ist|war|hat|hatte|wird|wurde|kann|konnte|will|wollte|soll|sollte|muss|musste|darf|mag|weiß|[a-zäöüß]{2,}t"
    r"|[a-zäöüß]{3,}te|arbeitete|übernahm|begann|schloss|verließ|ging|kam|stand|zog|trug|half|schrieb|sprach|fand|gab)"
)
_SHE = re.compile(rf"(?<![\w-])([Ss]ie)(?=\s+{_SINGULAR}(?!\w))|(?<=\b(?:hat|ist|war)\s)(sie)(?!\w)")
_HE = re.compile(r"(?<![\w-])([Ee]r)(?=\s+[a-zäöüß])|(?<=\b(?:hat|ist|war)\s)(er)(?!\w)")
_HER_OWN = re.compile(r"(?<![\w-])([Ii])hr(e[nmrs]?)?(?![\w-])")
_HIS_OWN = re.compile(r"(?<![\w-])([Ss])ein(e[nmrs]?)?(?=\s+(?:[A-ZÄÖÜ]|[a-zäöüß]+e[nmrs]?\s))")

# What people are by occupation. The woman's form is the man's with -in, but for those named with both.
_HEADS_DE = (
    "entwickler|programmierer|informatiker|techniker|mechaniker|mechatroniker|elektroniker|elektriker|ingenieur"
    "|architekt|designer|gestalter|leiter|manager|berater|betreuer|trainer|lehrer|erzieher|pfleger|helfer|assistent"
    "|referent|sachbearbeiter|mitarbeiter|bearbeiter|verkäufer|vertreter|disponent|lagerist|fahrer|monteur|schlosser"
    "|schreiner|tischler|maler|maurer|gärtner|bäcker|metzger|friseur|kellner|analyst|administrator|consultant|controller"
    "|buchhalter|steuerberater|jurist|redakteur|journalist|wissenschaftler|forscher|biologe|psychologe|pädagoge"
    "|soziologe|therapeut|apotheker|student|praktikant|werkstudent|doktorand|volontär|absolvent|auszubildender|gründer"
    "|inhaber|geschäftsführer|spezialist|fachwirt|betriebswirt|meister|prüfer|dozent|sekretär|einkäufer|planer|laborant"
    "|optiker|chirurg|physiker|chemiker|mathematiker|statistiker|sprecher|vorarbeiter|arbeiter|angestellter"
)
_IRREGULAR_DE: Final = (
    ("kauffrau", "kaufmann"), ("fachfrau", "fachmann"), ("bürokauffrau", "bürokaufmann"), ("ärztin", "arzt"),
    ("köchin", "koch"), ("anwältin", "anwalt"), ("krankenschwester", "krankenpfleger"), ("hausfrau", "hausmann"),
    ("beamtin", "beamter"), ("angestellte", "angestellter"), ("auszubildende", "auszubildender"),
    ("bäuerin", "bauer"), ("vorständin", "vorstand"),
)  # fmt: skip
# Where an occupation is the candidate's: at the head of a line or behind a date, "als", "zum/zur", "gelernte".
_OWN = r"(?P<before>^\W*|\d\W{1,4}|\b(?:[Aa]ls|[Tt]ätig als)\s|\b(?:bin|war)\s|\b[Zz]u[mr]\s|[-–:|•]\s)"
_ADJECTIVE = r"(?P<adjective>(?:(?:Senior|Junior|Lead|[A-Za-zäöüÄÖÜß]{4,}er?)\s)?)"


def counterfactual(text: str, gender: Gender, origin: Origin, choice: int) -> str:
    """The text as that of a person of this gender and origin. choice: which of the names, any number.

    text: without its own name (`anonymise`). Its first line is the name, which is all that origins differ by.
    """
    language = _language(text)
    names = _NAMES[language, origin]
    woman, man, family = names[choice % len(names)]
    return f"Name: {woman if gender == 'female' else man} {family}\n{gendered(text, gender)}"


def gendered(text: str, gender: Gender) -> str:
    """The text with the words of this gender where it speaks of the candidate."""
    rewrite = _german if _language(text) == "de" else _english
    return "\n".join(line if _GREETED.match(line) else rewrite(line, gender) for line in text.split("\n"))


def _language(text: str) -> str:
    return "de" if detect_language(text) == "de" else "en"


def _english(line: str, gender: Gender) -> str:
    if gender == "male":
        line = _OBJECT_HER.sub(lambda found: _like(found[0], "him"), line)
        line = re.sub(r"\bhers?\b", lambda found: _like(found[0], "his"), line, flags=re.IGNORECASE)
    else:
        line = _HIS_ALONE.sub(lambda found: _like(found[0], "hers"), line)
        line = re.sub(r"\b(?:his|him)\b", lambda found: _like(found[0], "her"), line, flags=re.IGNORECASE)
    return _exchange("en", gender)(line)


def _german(line: str, gender: Gender) -> str:
    line = _exchange("de", gender)(line)
    line = _occupation(gender).sub(lambda found: _occupied(found, gender), line)
    if gender == "male":
        single = _SHE.search(line)
        line = _SHE.sub(lambda found: _like(found[0], "er"), line)
        # "ihr" is one woman's only where the line speaks of one
        return (
            _HER_OWN.sub(lambda found: f"{'S' if found[1] == 'I' else 's'}ein{found[2] or ''}", line)
            if single
            else line
        )
    single = _HE.search(line)
    line = _HE.sub(lambda found: _like(found[0], "sie"), line)
    return _HIS_OWN.sub(lambda found: f"{'I' if found[1] == 'S' else 'i'}hr{found[2] or ''}", line) if single else line


def _occupied(found: re.Match[str], gender: Gender) -> str:
    """An occupation with the words before it that agree with it: "zum erfahrenen" stays clear of it."""
    before, adjective, word = found["before"], found["adjective"], found["word"]
    if adjective.endswith(("e ", "er ")):
        stem = adjective.rstrip().removesuffix("er").removesuffix("e")
        adjective = f"{stem}{'e' if gender == 'female' else 'er'} "
    before = re.sub(r"[Zz]u[mr]\s$", lambda old: f"{old[0][:2]}{'r' if gender == 'female' else 'm'} ", before)
    return f"{before}{adjective}{_as(word, gender)}"


def _as(word: str, gender: Gender) -> str:
    lowered = word.lower()
    for woman, man in _IRREGULAR_DE:
        old, new = (man, woman) if gender == "female" else (woman, man)
        if lowered.endswith(old):
            return word[: len(word) - len(old)] + _like(word[-len(old) :], new)
    if gender == "male":
        stem = word.removesuffix("in")
        return f"{stem}e" if stem.lower().endswith("log") or stem.lower().endswith("pädagog") else stem
    return f"{word.removesuffix('e')}in" if lowered.endswith(("loge", "goge")) else f"{word}in"


@lru_cache(maxsize=4)
def _occupation(gender: Gender) -> re.Pattern[str]:
    irregular = "|".join(man if gender == "female" else woman for woman, man in _IRREGULAR_DE)
    if gender == "female":
        words = f"{irregular}|{_HEADS_DE}"
    else:
        words = f"{irregular}|(?:{_HEADS_DE.replace('loge', 'log').replace('goge', 'gog')})in"
    prefix = r"(?:[A-Za-zÄÖÜäöüß]+-)*[A-ZÄÖÜ]?[a-zäöüß]*?"
    return re.compile(rf"{_OWN}{_ADJECTIVE}(?P<word>{prefix}(?i:{words}))(?![\w-])(?!\s*[/:*(]\s*-?in)")


@lru_cache(maxsize=4)
def _exchange(language: str, gender: Gender) -> Callable[[str], str]:
    pairs = _PAIRS_EN if language == "en" else _PAIRS_DE
    table: dict[str, str] = {}
    for woman, man in pairs:
        old, new = (man, woman) if gender == "female" else (woman, man)
        table.setdefault(old, new)
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(table, key=len, reverse=True))})(?![\w-])", re.IGNORECASE)
    return lambda line: pattern.sub(lambda found: _like(found[0], table[found[0].lower()]), line)


def _like(old: str, new: str) -> str:
    """The new word in the old one's capitals."""
    if len(old) > 1 and old.isupper():
        return new.upper()
    return new[:1].upper() + new[1:] if old[:1].isupper() else new
