"""From the sources that a sentence names to the words they stand for: how a letter is traced back to the profile.

Belongs here: resolving a source. Not here: which sources a sentence has (`letters.py`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ty_assets.matching.scoring import Match
from ty_assets.matching.sentences import Letter
from ty_assets.matching.views import Job, PostingView, ProfileSkill, ProfileView, RequirementView


def traced(
    letter: Letter,
    profile: ProfileView,
    posting: PostingView,
    requirements: Sequence[RequirementView],
    match: Match,
) -> list[dict[str, Any]]:
    """Each sentence as stored in match_analyses.sentences: its text, its paragraph, and field and quote of each source.

    A sentence that claims nothing has the source "template" with an empty quote.
    Raises ValueError for a source that nothing stands behind: such a sentence must not be stored.
    """
    quotes = {requirement.ordinal: requirement.quote or requirement.text for requirement in requirements}
    evidence = {e.requirement_ordinal: e.requirement for e in (*match.matched, *match.missing)}
    gates = {str(row["gate"]): str(row["reason"]) for row in match.gate_reasons}
    return [
        {
            "text": sentence.text,
            "paragraph": sentence.paragraph,
            "sources": [
                {"field": source, "quote": _quote(source, profile, posting, evidence | quotes, gates)}
                for source in sentence.sources
            ],
        }
        for sentence in letter.sentences
    ]


def _quote(
    source: str,
    profile: ProfileView,
    posting: PostingView,
    requirements: Mapping[int, str],
    gates: Mapping[str, str],
) -> str:
    match source.split(": ", 1):
        case ["template"]:
            return ""
        case ["posting", "title"]:
            return posting.title
        case ["posting", what] if what.startswith("requirement "):
            return requirements[int(what.removeprefix("requirement "))]
        case ["gate", name]:
            return gates[name]
        case ["profile", "name"]:
            return profile.name or ""
        case ["profile", "years"]:
            return "; ".join(map(_job, profile.jobs))
        case ["profile", what] if what.startswith("job "):
            return _job(profile.jobs[int(what.removeprefix("job "))])
        case ["profile", what] if what.startswith("skill "):
            return _said(_skill(profile, what.removeprefix("skill ")))
        case ["profile", what] if what.startswith("language "):
            return _language(profile, what.removeprefix("language "))
    raise ValueError(f"no sentence may rest on {source!r}: expected a field of the profile or of the posting")


def _job(job: Job) -> str:
    """As the work history has it: "Pflegefachkraft, Klinik am See, 2019-04-01 –"."""
    where = f", {job.organisation}" if job.organisation else ""
    if job.started_on is None and job.ended_on is None:
        return f"{job.position}{where}"
    return f"{job.position}{where}, {job.started_on or ''} – {job.ended_on or ''}".rstrip()


def _skill(profile: ProfileView, term: str) -> ProfileSkill:
    skill = next(iter(profile.skills_of.get(term, ())), None)
    if skill is None:
        raise ValueError(f"the profile has no skill {term!r} that a sentence could rest on")
    return skill


def _said(skill: ProfileSkill) -> str:
    """The profile's words; where it lists the term itself, the term."""
    return skill.quote or (skill.term if skill.source != "implied" else skill.reason)


def _language(profile: ProfileView, term: str) -> str:
    skill = next((s for s in profile.skills if s.kind == "language" and s.term == term), None)
    return _said(skill) if skill else f"{term} {profile.languages.get(term, '')}".strip()
