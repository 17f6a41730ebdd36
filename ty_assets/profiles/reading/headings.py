"""Section headings of CVs, German and English.

Belongs here: which words head which section, and cutting the lines into sections. Not here: what stands in a section.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest
from typing import Literal

from ty_assets.profiles.reading.lines import Line

SectionKind = Literal[
    "top", "personal", "summary", "work", "education", "skills", "languages", "certificates", "licences", "projects",
    "volunteer", "interests", "references", "publications", "awards", "other",
    # headings of other words: set as headings, or perhaps none at all
    "unknown", "unset",
]  # fmt: skip

_WORDS: dict[SectionKind, str] = {
    "personal": """persönliche daten|persönliches|persönliche angaben|persönliche informationen|angaben zur person
        |zur person|personalien|personal details|personal data|personal information|kontakt|kontaktdaten
        |kontaktinformationen|contact|contact details|contact information|contact info|anschrift|details
        |persönliche details""",
    "summary": """profil|kurzprofil|über mich|zusammenfassung|profile|summary|professional summary|about|about me
        |career summary|executive summary|personal statement|personal profile|professional profile|objective
        |career objective|berufsziel|karriereziel|qualifikationsprofil|kurzvorstellung|berufsprofil|executive profile
        |career profile|steckbrief|qualifications summary""",
    "work": """berufserfahrung|berufserfahrungen|berufliche erfahrung|berufliche erfahrungen|beruflicher werdegang
        |werdegang|berufspraxis|berufstätigkeit|berufliche tätigkeit|berufliche tätigkeiten|praxiserfahrung
        |praktische erfahrung
        |praktische erfahrungen|arbeitserfahrung|beruflicher hintergrund|berufliche stationen|stationen|berufsweg|beruf
        |praktika|praktikum|nebentätigkeiten|nebenjobs|beschäftigungen|tätigkeiten|work experience|experience
        |professional experience|employment history|employment|work history|career history|career
        |career summary and history
        |relevant experience|professional background|positions held|professional history|work|internships|internship
        |other experience|additional experience|selected experience|berufliche laufbahn|laufbahn|berufslaufbahn
        |anstellungen|arbeitsverhältnisse|wichtigste stationen|berufliche entwicklung|jobs|experiences
        |berufliche praxis|selbstständigkeit|freelance experience|weitere berufserfahrung|aktuelle tätigkeit
        |aktuelle position|current position|previous positions|industry experience|teaching experience""",
    "education": """ausbildung|bildung|bildungsweg|studium|schulbildung|schulausbildung|akademische ausbildung|schule
        |akademischer werdegang|schulischer werdegang|berufsausbildung|hochschulbildung|hochschulstudium|bildungsgang
        |schulische ausbildung|schulische laufbahn|ausbildungsweg|education|academic background|education history
        |academic qualifications|academic history|qualifications|studies|school|university|training|academic education
        |educational background|higher education|schullaufbahn|studien|lehre|schulen|abschlüsse|degrees|promotion
        |wissenschaftlicher werdegang|allgemeine und berufliche bildung|education and training|scholastics
        |weiterbildung und ausbildung|schooling|academic training""",
    "skills": """kenntnisse|fähigkeiten|kompetenzen|skills|fachkenntnisse|edv|edv kenntnisse|it kenntnisse|it skills
        |technische kenntnisse|technical skills|key skills|core skills|core competencies|competencies|competences
        |expertise|qualifikationen|besondere kenntnisse|software|softwarekenntnisse|computerkenntnisse|pc kenntnisse
        |technologien|technologies|tools|programmiersprachen|soft skills|hard skills|fachliche kompetenzen
        |kernkompetenzen
        |technical expertise|skill set|skillset|know how|persönliche stärken|stärken|strengths|areas of expertise
        |professional skills|computer skills|digital skills|tech stack|schlüsselqualifikationen|fachwissen
        |zusatzqualifikationen|weitere kenntnisse|sonstige kenntnisse|weitere qualifikationen|zusatzkenntnisse
        |fachliche kenntnisse|fachliche qualifikationen|berufliche kenntnisse|it|edv und it kenntnisse|schwerpunkte
        |soziale kompetenzen|methodenkompetenzen|methoden|methods|technical competencies|key competencies
        |sonstiges kenntnisse|wissen|spezialkenntnisse|technical proficiencies|maschinenkenntnisse
        |kenntnisse fertigkeiten
        |fertigkeiten|it kompetenzen|edv kompetenzen|skills summary|programming|programming languages|fachkompetenzen
        |skills overview|toolbox|top skills|relevant skills|main skills|kenntnisse und fähigkeiten""",
    "languages": """sprachen|sprachkenntnisse|fremdsprachen|fremdsprachenkenntnisse|languages|language skills
        |foreign languages|language|linguistic skills|sprachkompetenz|sprachkompetenzen|sprache|spoken languages
        |languages known|weitere sprachen""",
    "certificates": """zertifikate|zertifizierungen|zertifikat|weiterbildung|weiterbildungen|fortbildung|fortbildungen
        |berufliche weiterbildung|berufliche fortbildung|lehrgänge|seminare|kurse|schulungen|certificates|certifications
        |certification|courses|professional development|further training|training courses|trainings|licenses
        |licences|licenses certifications|zusatzausbildung|zusatzausbildungen|certificates licences|further education
        |professional certifications|scheine|nachweise|befähigungen|berechtigungen|continuing education|workshops
        |accreditations|professional training|zusatzqualifikationen zertifikate""",
    "licences": "führerschein|führerscheine|fahrerlaubnis|führerscheinklassen|driving licence|driving license"
    "|driver's license|driver's licence|driving licences|mobilität|führerausweis",
    "projects": """projekte|projekterfahrung|projekterfahrungen|ausgewählte projekte|referenzprojekte|projektliste
        |projects|selected projects|personal projects|key projects|project experience|side projects|projektauswahl
        |open source|eigene projekte|private projekte""",
    "volunteer": """ehrenamt|ehrenamtliches engagement|ehrenamtliche tätigkeit|ehrenamtliche tätigkeiten|engagement
        |soziales engagement|gesellschaftliches engagement|außerberufliches engagement|freiwilligenarbeit|volunteering
        |volunteer work|volunteer experience|voluntary work|volunteer|community involvement|community|ehrenämter
        |extracurricular activities|freiwilliges engagement|leadership|leadership experience
        |leadership and activities""",
    "interests": """interessen|hobbys|hobbies|hobby|freizeit|interests|persönliche interessen|personal interests
        |freizeitinteressen|freizeitaktivitäten|private interessen|leisure|activities|hobbys interessen|privates""",
    "references": "referenzen|references|empfehlungen|referees|recommendations|referenzpersonen",
    "publications": """publikationen|veröffentlichungen|publications|papers|selected publications|vorträge|talks
        |patente|patents|publikationsliste|presentations""",
    "awards": """auszeichnungen|preise|stipendien|awards|honors|honours|scholarships|ehrungen|achievements|erfolge
        |key achievements|accomplishments|stipendium|awards honors|honors awards""",
    "other": """sonstiges|weiteres|sonstige angaben|weitere angaben|additional information|miscellaneous|other|anlagen
        |zusätzliche informationen|weitere informationen|verschiedenes|anhang|further information|other information
        |wehrdienst|zivildienst|auslandsaufenthalte|auslandserfahrung|mitgliedschaften|memberships|verfügbarkeit
        |availability|gehaltsvorstellung|eltern|familie|zusatzinformationen|bundesfreiwilligendienst""",
}
# A line "Sprachen: Deutsch, Englisch" is a section of its own; "Technologien: Java" may be part of a job.
_INLINE: frozenset[SectionKind] = frozenset({"languages", "licences", "interests", "references"})
_INLINE_OUTSIDE_JOBS: frozenset[SectionKind] = frozenset({"skills", "certificates", "summary", "awards"})
_JOBS: frozenset[SectionKind] = frozenset({"work", "projects", "volunteer", "education"})
_TITLES = re.compile(
    r"^(?:tabellarischer\s|ausführlicher\s)?(?:lebenslauf|curriculum vitae|curriculum|vitae|c\.?v\.?|r[eé]sum[eé]"
    r"|bewerbung|europass)"
    r"(?:\s+(?:von|of|–|-|\|)\s+.{2,60})?$",
    re.IGNORECASE,
)
_LONGEST = 60  # characters of a heading
_ENDINGS = (
    "ausbildung",
    "bildung",
    "kenntnisse",
    "erfahrung",
    "erfahrungen",
    "tätigkeiten",
    "kompetenzen",
    "praxis",
    "werdegang",
)
# What a heading of other words is about, if it is set as the others are: "Top Skills", "Relevant Work Experience"
_ABOUT_WORDS: tuple[tuple[str, SectionKind], ...] = (
    (r"sprachkenntnisse|languages|sprachen", "languages"),
    (
        r"skills?|kenntnisse|fähigkeiten|kompetenzen|competenc(?:ies|es)|technologies|technologien|tools"
        r"|expertise|stärken",
        "skills",
    ),
    (
        r"erfahrung(?:en)?|experience|werdegang|tätigkeit(?:en)?|employment|career|praktika|stationen|positions"
        r"|roles",
        "work",
    ),
    (
        r"weiterbildung(?:en)?|fortbildung(?:en)?|zertifikate|certificat(?:es|ions?)|lehrgänge|courses",
        "certificates",
    ),
    (r"ausbildung(?:en)?|bildung|bildungsweg|studium|education|degrees|studies|training", "education"),
    (r"projekte|projects", "projects"),
    (r"engagement|ehrenamt|volunteering", "volunteer"),
)
_ABOUT = tuple((re.compile(rf"(?:{words})$"), kind) for words, kind in _ABOUT_WORDS)


@dataclass
class Section:
    kind: SectionKind
    heading: str = ""
    lines: list[Line] = field(default_factory=list)


def heading_kind(text: str) -> SectionKind | None:
    """The section that this text heads; None where it is no heading."""
    if len(text) > _LONGEST:
        return None
    key = _key(text)
    if not key:
        return None
    if kind := _terms().get(key):
        return kind
    # "Ausbildung & Studium", "IT- und Sprachkenntnisse", "Skills and Tools"
    parts = [part.strip() for part in re.split(r"\s(?:und|and|sowie)\s", key) if part.strip()]
    kinds = [_of_part(part, parts[-1]) for part in parts]
    if len(parts) < 2 or None in kinds:
        return None
    # skills sections read languages too, so a mixture is read as skills
    return "skills" if {"skills", "languages"} <= set(kinds) else kinds[0]


def _of_part(part: str, last: str) -> SectionKind | None:
    """ "Schul-" of "Schul- und Berufsausbildung" stands for the whole word."""
    ends = (ending for ending in _ENDINGS if last.endswith(ending))
    forms = (
        part,
        f"{part} kenntnisse",
        *(f"{part}{ending}" for ending in ends),
        *(f"{part}s{ending}" for ending in _ENDINGS),
    )
    return next((kind for form in forms if (kind := _terms().get(form))), None)


def is_title(text: str) -> bool:
    """Whether the text only says that this is a CV."""
    return bool(_TITLES.match(text.strip(" :.-–")))


def sections_of(lines: Sequence[Line]) -> list[Section]:
    """The lines in sections; the first is what stands above all headings.

    A section whose heading is set as one but says nothing we know is "unknown": what stands in it has to tell.
    """
    style = _heading_style(lines)
    sections = [Section("top")]
    for line, following in zip_longest(lines, lines[1:]):
        kind, heading, rest = _headed(line, sections[-1].kind)
        if kind is None and _may_be_heading(line, following, sections[-1]):
            about = heading_about(line.text)
            if _style_of(line) == style or about:
                kind, heading, rest = about or "unknown", line.text, None
            elif style is None:
                kind, heading, rest = "unset", line.text, None
        if kind is None:
            sections[-1].lines.append(line)
            continue
        sections.append(Section(kind, heading))
        if rest:
            before = sections[-2].kind
            sections[-1].lines.append(Line(rest, size=line.size, gap=True))
            if before in ("top", "personal") and ":" in line.text:  # one line among those of the person
                sections.append(Section("personal"))
    return sections


def _headed(line: Line, current: SectionKind) -> tuple[SectionKind | None, str, str | None]:
    """Kind and heading that the line opens, and what stands in the line behind it."""
    cells = line.cells
    if len(cells) > 1:
        # a heading in the margin, its content beside it
        kind = heading_kind(cells[0])
        if kind and kind not in ("personal", "other") and not (kind in _INLINE and current == "personal"):
            return kind, cells[0], "\t".join(cells[1:])
        return (kind, cells[0], "\t".join(cells[1:])) if kind in _INLINE else (None, "", None)
    if not line.bullet and (kind := heading_kind(line.text)):
        return kind, line.text, None
    label, colon, rest = line.text.partition(":")
    if colon and rest.strip() and (kind := heading_kind(label)):
        outside = current not in _JOBS and kind in _INLINE_OUTSIDE_JOBS and current != "skills"
        # skills sections read their languages themselves
        own = kind == current or (kind == "languages" and current == "skills")
        if (kind in _INLINE and not own and not line.bullet) or outside:
            return kind, label.strip(), rest.strip()
    return None, "", None


def heading_about(text: str) -> SectionKind | None:
    """What a heading of other words is about: "Top Skills", "Relevant Work Experience"; None where it does not say."""
    key = _key(text)
    if _PROSE.search(key):
        return None
    return next((kind for pattern, kind in _ABOUT if pattern.search(key)), None)


_PROSE = re.compile(r"\b(?:mit|in|im|als|für|jahren?|with|of|for|years?|my|a|the|zu|bei|at)\b")
_Style = tuple[float, bool, bool]


def _style_of(line: Line) -> _Style:
    return round(line.size, 1), line.strong, line.text.isupper()


def _heading_style(lines: Sequence[Line]) -> _Style | None:
    """How this document sets its headings, where it sets them unlike its text."""
    single = [line for line in lines if not line.bullet and len(line.cells) == 1]
    styles = Counter(_style_of(line) for line in single)
    known = Counter(_style_of(line) for line in single if heading_kind(line.text) or heading_about(line.text))
    body = styles.most_common(1)[0][0] if styles else None
    for style, count in known.most_common():
        if style not in (body, (0.0, False, False)) and styles[style] <= max(3 * count, 4):
            return style
    # none is known: lines that are all short, stand apart and say no date
    for style, count in styles.items():
        if style != body and count >= 3 and all(_is_apart(line) for line in single if _style_of(line) == style):
            return style
    return None


def _is_apart(line: Line) -> bool:
    return line.gap and len(line.text.split()) <= 5 and not re.search(r"[\d,.@|:]", line.text)


def _may_be_heading(line: Line, following: Line | None, section: Section) -> bool:
    if line.bullet or len(line.cells) != 1 or not _is_apart(line) or following is None:
        return False
    # what stands first is the name and what the person is
    return section.kind != "top" or len(section.lines) >= 2


def _key(text: str) -> str:
    text = unicodedata.normalize("NFC", text).casefold().replace("’", "'")
    text = re.sub(r"^[\s\divx]{0,4}[.)]\s+", "", text)  # "1. Berufserfahrung", "II. Ausbildung"
    text = re.sub(r"\s*(?:&|\+|/|,)\s*", " und ", text)
    text = re.sub(r"[-–—_]+", " ", text)
    text = re.sub(r"[^\w\s']", " ", text)
    return " ".join(text.split())


@cache
def _terms() -> dict[str, SectionKind]:
    terms: dict[str, SectionKind] = {}
    for kind, words in _WORDS.items():
        for term in words.split("|"):
            key = _key(term)
            if key:
                terms.setdefault(key, kind)
    return terms
