"""The replaced system's tables: what is needed of each, what is known, and how a missing column is told.

Not here: where they are read from (export.py), and what becomes of their rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class LegacyError(ValueError):
    """An import that cannot begin or did not add up: what was expected, what came, what to do."""


class RowError(ValueError):
    """A row that is not taken over: what was expected, what came."""


@dataclass(frozen=True)
class OldTable:
    """A table: the columns without which it says nothing, and those that are used where they are there.

    order: of reading, so that the same rows come in the same chunks; key: names a row where there are no lines.
    """

    name: str
    needed: tuple[str, ...]
    known: tuple[str, ...]
    order: tuple[str, ...]
    key: str

    def used(self, found: Sequence[str]) -> list[str]:
        """The columns to read of those that are there."""
        return [name for name in (*self.needed, *self.known) if name in found]

    def check(self, found: Sequence[str], where: str) -> None:
        """Raises: LegacyError when a needed column is not there; others that are not known are fine."""
        if missing := [name for name in self.needed if name not in found]:
            raise LegacyError(
                f"{where}: expected the columns {', '.join(self.needed)}; {', '.join(missing)} "
                f"{'is' if len(missing) == 1 else 'are'} missing, found {', '.join(found) or 'nothing'}. "
                f"Export the whole table, with a header: \\copy {self.name} to {self.name}.csv csv header"
            )


POSTINGS = OldTable(
    "postings",
    ("posting_id", "job_title", "job_description", "source"),
    (
        "external_id", "external_job_id", "posting_name", "organization_name", "location_city", "location_state",
        "location_country", "location_postal_code", "location_remote_options", "external_url", "beruf",
        "first_seen_at", "created_at", "imported_at", "last_seen_at", "posting_status", "invalidated",
        "invalidated_reason", "qualification_level", "berufenet_id", "berufenet_name", "berufenet_kldb",
        "berufenet_score", "berufenet_verified", "domain_gate", "source_language", "extracted_summary",
    ),
    ("posting_id",),
    "posting_id",
)  # fmt: skip
EMBEDDINGS = OldTable("embeddings", ("text", "embedding", "model"), ("text_hash",), ("text_hash",), "text_hash")
BERUFENET = OldTable(
    "berufenet", ("berufenet_id", "name", "kldb"), ("short_name", "kind"), ("berufenet_id",), "berufenet_id"
)
SYNONYMS = OldTable("berufenet_synonyms", ("aa_beruf", "berufenet_id"), (), ("aa_beruf",), "aa_beruf")
OWL = OldTable("owl", ("owl_id", "owl_type", "metadata"), (), ("owl_id",), "owl_id")
OWL_NAMES = OldTable(
    "owl_names", ("owl_id", "display_name", "confidence_source"), (), ("owl_id", "display_name"), "display_name"
)
PROFILES = OldTable(
    "profiles",
    ("profile_id",),
    (
        "full_name", "name", "email", "phone", "location", "current_title", "profile_summary", "profile_raw_text",
        "skill_keywords", "desired_locations", "expected_salary_min",
    ),
    ("profile_id",),
    "profile_id",
)  # fmt: skip
WORK_HISTORY = OldTable(
    "profile_work_history",
    ("profile_id", "job_title"),
    (
        "work_history_id", "company_name", "department", "start_date", "end_date", "is_current", "job_description",
        "achievements", "technologies_used", "entry_type",
    ),
    ("profile_id", "start_date", "work_history_id"),
    "work_history_id",
)  # fmt: skip
MATCHES = OldTable(
    "profile_posting_matches",
    ("profile_id", "posting_id", "user_rating"),
    ("match_id", "user_feedback", "user_decision", "rated_at", "updated_at", "computed_at", "created_at"),
    ("profile_id", "posting_id"),
    "match_id",
)

# In the order of the import: ratings rest on people and postings; vectors of people's own texts are left out.
TABLES = (
    BERUFENET, SYNONYMS, OWL, OWL_NAMES, POSTINGS, PROFILES, WORK_HISTORY, EMBEDDINGS, MATCHES,
)  # fmt: skip
