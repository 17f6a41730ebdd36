"""The letter to send and the text that says why not to: templates, filled with facts of the profile only.

Belongs here: whole sentences and their order. Not here: what is matched (`scoring.py`) and the short reasons
(`analysis.py`). Every sentence names its sources; nothing is claimed that the profile does not hold: no
wishes, no dates of availability, no skill that is merely implied or merely close to what is asked.

German lists stand in the nominative ("Dazu gehören A und B"), since terms of the vocabulary cannot be
inflected.
"""

from collections.abc import Sequence

from ty_assets.matching.analysis import MatchAnalysis
from ty_assets.matching.scoring import MET, Evidence, Match
from ty_assets.matching.sentences import Letter, Writer
from ty_assets.matching.title_words import plain_title
from ty_assets.matching.views import Job, PostingView, ProfileSkill, ProfileView, RequirementView
from ty_assets.matching.wording import (
    clipped,
    language_name,
    listed,
    quoted,
    skill_of,
    term_name,
    years_name,
)

MAX_SKILLS_PER_SENTENCE = 4
MAX_JOBS = 2
MAX_GAPS = 3

GENERIC_KINDS = ("language", "degree", "licence", "experience", "soft_skill", "condition")


def cover_letter(profile: ProfileView, posting: PostingView, match: Match, language: str | None = None) -> Letter:
    """A letter of application for what the person can show.

    language: "de" or "en", by the person's choice; None: the posting's. Names the person where the profile gives a
    name, and closes without one otherwise.
    """
    out = Writer(profile, posting, language)
    title = clipped(plain_title(posting.title), 100)
    name = quoted(title, out.language)
    out.say([f"Bewerbung: {title}"], [f"Application: {title}"], "posting: title")
    out.next_paragraph()
    out.say(["Sehr geehrte Damen und Herren,"], ["Dear hiring team,"])
    out.next_paragraph()
    out.say(
        [
            f"mit großem Interesse habe ich Ihre Ausschreibung {name} gelesen.",
            f"Ihre Ausschreibung {name} passt zu dem, was ich bisher gemacht habe.",
            f"auf Ihre Ausschreibung {name} bewerbe ich mich gern.",
        ]
        if match.matched
        else [f"auf Ihre Ausschreibung {name} bewerbe ich mich gern."],
        [
            f"I read your posting {name} with great interest.",
            f"Your posting {name} fits what I have done so far.",
            f"I would like to apply for your posting {name}.",
        ]
        if match.matched
        else [f"I would like to apply for your posting {name}."],
        "posting: title",
    )
    _career(out, profile)
    out.next_paragraph()
    _skills(out, profile, match)
    _qualifications(out, profile, match)
    out.next_paragraph()
    out.say(
        [
            "Über die Einladung zu einem Gespräch freue ich mich.",
            "Gern erzähle ich Ihnen in einem Gespräch mehr.",
        ],
        ["I look forward to talking with you.", "I would be glad to tell you more in a conversation."],
    )
    out.next_paragraph()
    out.say(["Mit freundlichen Grüßen"], ["Kind regards"])
    if profile.name:
        out.next_paragraph()
        out.say([profile.name], [profile.name], "profile: name")
    return out.letter()


def _career(out: Writer, profile: ProfileView) -> None:
    for number, job in enumerate(profile.jobs[:1]):
        if job.position.strip():
            german, english = _job_sentences(job)
            out.say([german], [english], f"profile: job {number}")
    if profile.years >= 1:
        span = years_name(profile.years, out.language)
        out.say(
            [f"Insgesamt bringe ich {span} mit.", f"Hinter mir liegen insgesamt {span}."]
            if int(profile.years) > 1
            else [f"Insgesamt bringe ich {span} mit."],
            [f"Altogether I bring {span}.", f"In total I can look back on {span}."],
            "profile: years",
        )


def _job_sentences(job: Job) -> tuple[str, str]:
    at_de = f" bei {job.organisation}" if job.organisation else ""
    at_en = f" at {job.organisation}" if job.organisation else ""
    position = job.position.strip()
    if job.ended_on is None and job.started_on is not None:
        return (
            f"Seit {job.started_on.year} arbeite ich als {position}{at_de}.",
            f"Since {job.started_on.year} my position has been {position}{at_en}.",
        )
    if job.ended_on is not None:
        return (
            f"Zuletzt, bis {job.ended_on.year}, war ich als {position}{at_de} tätig.",
            f"Until {job.ended_on.year} my position was {position}{at_en}.",
        )
    return (
        f"Zu meinem Werdegang gehört die Stelle als {position}{at_de}.",
        f"I have held the position of {position}{at_en}.",
    )


def claimable(match: Match, profile: ProfileView) -> list[tuple[Evidence, ProfileSkill]]:
    """Matched evidence whose skill the profile itself names, each once; what is implied is not claimed."""
    pairs: dict[str, tuple[Evidence, ProfileSkill]] = {}
    for evidence in sorted(match.matched, key=lambda e: (not e.must, -e.credit, e.requirement_ordinal)):
        skill = skill_of(evidence, profile)
        if skill is not None and skill.source != "implied" and evidence.credit >= MET:
            pairs.setdefault(skill.term, (evidence, skill))
    return list(pairs.values())


def _skills(out: Writer, profile: ProfileView, match: Match) -> None:
    """Matched skills, by the job they were used in; then those the profile only lists."""
    skills = [skill for _, skill in claimable(match, profile) if skill.kind not in GENERIC_KINDS]
    rest = list(skills)
    told = 0
    for number, job in enumerate(profile.jobs):
        used = [skill for skill in rest if _used_in(skill, job)][:MAX_SKILLS_PER_SENTENCE]
        if not used or told == MAX_JOBS:
            continue
        told += 1
        rest = [skill for skill in rest if skill not in used]
        names = _names(used, out.language)
        at_de = f" bei {job.organisation}" if job.organisation else ""
        at_en = f" at {job.organisation}" if job.organisation else ""
        verb_de = "gehörten" if len(used) > 1 else "gehörte"
        out.say(
            [f"Zu meiner Arbeit als {job.position.strip()}{at_de} {verb_de} {names}."],
            [f"My work as {job.position.strip()}{at_en} included {names}."],
            f"profile: job {number}",
            *_sources(used),
        )
    rest = rest[:MAX_SKILLS_PER_SENTENCE]
    if rest:
        names = _names(rest, out.language)
        one = len(rest) == 1
        also_de, also_en = ("außerdem ", "also ") if told else ("", "")
        out.say(
            [
                f"Aus Ihrer Anzeige bringe ich {also_de}mit: {names}.",
                f"Zu meinen Kenntnissen {'zählt' if one else 'zählen'} {also_de}{names}.",
            ],
            [f"From your posting I {also_en}bring: {names}.", f"My skills {also_en}include {names}."],
            *_sources(rest),
        )


def _qualifications(out: Writer, profile: ProfileView, match: Match) -> None:
    pairs = claimable(match, profile)
    papers = [skill for _, skill in pairs if _is_paper(skill)][:MAX_SKILLS_PER_SENTENCE]
    if papers:
        names = _names(papers, out.language)
        out.say(
            [f"An Abschlüssen und Nachweisen liegt vor: {names}."],
            [f"I hold the following qualifications: {names}."],
            *_sources(papers),
        )
    spoken = [e.facet for e in match.matched if e.kind == "language" and e.facet in profile.languages]
    spoken = list(dict.fromkeys(spoken))
    if spoken:
        names = listed([language_name(term, profile, out.language) for term in spoken], out.language)
        out.say(
            [f"Ich spreche {names}."],
            [f"I speak {names}."],
            *(f"profile: language {term}" for term in spoken),
        )
    manners = [skill for _, skill in pairs if skill.kind == "soft_skill"][:2]
    if manners:
        names = _names(manners, out.language)
        verb = "zeichnet" if len(manners) == 1 else "zeichnen"
        is_are = "is" if len(manners) == 1 else "are"
        out.say(
            [f"Im Arbeitsalltag {verb} mich {names} aus."],
            [f"What I stand for in everyday work {is_are} {names}."],
            *_sources(manners),
        )


def _is_paper(skill: ProfileSkill) -> bool:
    """A degree or licence, but not an occupation that only a job's title names."""
    return skill.kind == "licence" or (skill.kind == "degree" and not skill.reason.startswith("work:"))


def _used_in(skill: ProfileSkill, job: Job) -> bool:
    """By the profile's own note of where a skill comes from: "work: position, organisation"."""
    where = f"{job.position}, {job.organisation}" if job.organisation else job.position
    return job.position.strip() != "" and skill.reason == f"work: {where}"


def _names(skills: Sequence[ProfileSkill], language: str) -> str:
    return listed([term_name(skill.term, language) for skill in skills], language)


def _sources(skills: Sequence[ProfileSkill]) -> list[str]:
    return [f"profile: skill {skill.term}" for skill in skills]


def nogo_narrative(
    profile: ProfileView,
    posting: PostingView,
    requirements: Sequence[RequirementView],
    match: Match,
    analysis: MatchAnalysis,
) -> Letter:
    """Why this posting is rather not one to apply for: kind, concrete, with the posting's own words."""
    out = Writer(profile, posting)
    name = quoted(plain_title(posting.title), out.language)
    out.say(
        [
            f"Von einer Bewerbung auf {name} raten wir im Moment eher ab.",
            f"Die Stelle {name} passt im Moment wohl nicht.",
        ],
        [
            f"For now we would rather not recommend applying for {name}.",
            f"The posting {name} is probably not a good fit at the moment.",
        ],
        "posting: title",
    )
    for row in match.gate_reasons:
        if not row["passed"]:
            out.say([row["reason"]], [row["reason"]], f"gate: {row['gate']}")
    _gaps(out, requirements, match)
    strengths = [skill for _, skill in claimable(match, profile) if skill.kind not in GENERIC_KINDS]
    out.next_paragraph()
    if strengths:
        shown = strengths[:MAX_SKILLS_PER_SENTENCE]
        names = _names(shown, out.language)
        out.say(
            [f"Gut passt dagegen, was das Profil sonst zeigt: {names}."],
            [f"What does fit is what else the profile shows: {names}."],
            *_sources(shown),
        )
    if match.missing:
        out.say(
            [
                "Fehlt davon nur der Eintrag im Profil, lohnt es sich, ihn zu ergänzen.",
                "Was davon nur im Profil fehlt, sollte dort nachgetragen werden.",
            ],
            [
                "If any of this is only missing from the profile, it is worth adding.",
                "Whatever of this is there but not in the profile should be added to it.",
            ],
        )
    elif analysis.nogo_reasons and not any(not row["passed"] for row in match.gate_reasons):
        # Nothing is missing and no gate is closed: the posting's title alone was compared.
        out.say([analysis.nogo_reasons[0].text], [analysis.nogo_reasons[0].text], "posting: title")
    return out.letter()


def _gaps(out: Writer, requirements: Sequence[RequirementView], match: Match) -> None:
    """The first gaps, each requirement once: musts, then wishes."""
    quotes = {requirement.ordinal: requirement.quote or requirement.text for requirement in requirements}
    generic = ("soft_skill", "language")
    gaps = sorted(match.missing, key=lambda e: (not e.must, e.kind in generic, e.requirement_ordinal))
    shown: dict[int, Evidence] = {}
    for gap in gaps:
        shown.setdefault(gap.requirement_ordinal, gap)
    for ordinal, gap in list(shown.items())[:MAX_GAPS]:
        quote = quoted(quotes.get(ordinal, gap.requirement), out.language)
        term = term_name(gap.facet, out.language)
        part = gap.credit > 0
        out.say(
            [f"Gefordert ist {quote}; {'nur zum Teil' if part else 'nicht'} gedeckt ist davon: {term}."],
            [f"The posting asks for {quote}; {'only partly' if part else 'not'} covered of it: {term}."],
            f"posting: requirement {ordinal}",
        )
