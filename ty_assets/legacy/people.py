"""A row of the old `profiles` with its work history as a résumé in the form that all people come in.

Not here: what a résumé means (ty_assets/profiles) and the database (importer.py).
"""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ty_assets.legacy.tables import RowError
from ty_assets.profiles.career import read_date

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def resume(profile: Mapping[str, str], history: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """JSON Resume of a profile. history: entries as of `history_entry`. Raises: RowError."""
    raw_text = profile.get("profile_raw_text", "") if not history else ""
    basics: dict[str, Any] = {
        "name": profile.get("full_name") or profile.get("name"),
        "email": profile.get("email"),
        "phone": profile.get("phone"),
        "label": profile.get("current_title"),
        "summary": profile.get("profile_summary") or raw_text,
        "location": {"city": profile["location"]} if profile.get("location") else None,
    }
    document: dict[str, Any] = {"basics": {key: value for key, value in basics.items() if value}}
    for entry in history:
        section = entry["section"]
        document.setdefault(section, []).append({key: value for key, value in entry["fields"].items() if value})
    if skills := _names("skill_keywords", profile.get("skill_keywords", "")):
        document["skills"] = [{"name": name} for name in skills]
    wishes: dict[str, Any] = {}
    if places := _names("desired_locations", profile.get("desired_locations", "")):
        wishes["regions"] = places
    if pay := profile.get("expected_salary_min"):
        try:
            wishes["minimum_pay"] = float(pay)
        except ValueError:
            raise RowError(f"expected_salary_min: expected a number, got {pay[:40]!a}") from None
    if wishes:
        document["meta"] = {"ty": wishes}
    if len(document) == 1 and not set(document["basics"]) & {"label", "summary"}:
        raise RowError("expected a title, a summary, skills or work history, got a profile without any")
    return document


def history_entry(cells: Mapping[str, str]) -> dict[str, Any]:
    """A row of profile_work_history as {"section":, "fields":}. Raises: RowError."""
    kind = cells.get("entry_type", "work").strip() or "work"
    position, organisation = cells.get("job_title", "").strip(), cells.get("company_name", "").strip()
    if not position and not organisation:
        raise RowError("job_title: expected a position or a company_name, got neither")
    start = _day(cells, "start_date")
    end = None if cells.get("is_current") in ("t", "true") else _day(cells, "end_date")
    if start and end and end < start:
        raise RowError(f"end_date: expected a day on or after start_date {start}, got {end}")
    dates = {"startDate": start, "endDate": end}
    text = cells.get("job_description", "")
    more = [*_names("achievements", cells.get("achievements", ""))]
    if tools := _names("technologies_used", cells.get("technologies_used", "")):
        more.append(", ".join(tools))
    if kind == "education":
        fields = {"institution": organisation, "area": position, **dates, "courses": [t for t in (text, *more) if t]}
        return {"section": "education", "fields": fields}
    if kind == "project":
        fields = {"name": position, "entity": organisation, **dates, "description": text, "highlights": more}
        return {"section": "projects", "fields": fields}
    if kind != "work":
        raise RowError(f"entry_type: expected work, education or project, got {kind[:40]!a}")
    fields = {"name": organisation, "position": position, **dates, "summary": text, "highlights": more}
    return {"section": "work", "fields": fields}


def private_texts(profile: Mapping[str, str]) -> list[str]:
    """What a person wrote about themselves: vectors of it are nobody else's."""
    return [profile[name] for name in ("profile_summary", "profile_raw_text") if profile.get(name)]


def _day(cells: Mapping[str, str], column: str) -> str | None:
    text = cells.get(column, "").strip()[:10]
    if not text:
        return None
    try:
        read_date(text, end=False)
    except ValueError:
        raise RowError(f"{column}: expected a day such as 2026-02-11, got {text!a}") from None
    return text


def _names(column: str, text: str) -> list[str]:
    """A list as Postgres writes it, {a,"b c"}, or as JSON, ["a", {"name": "b c"}]; or one plain text."""
    text = text.strip()
    if not text or text in ("{}", "[]", "null"):
        return []
    if text.startswith("{") and text.endswith("}") and '":' not in text:
        inner = next(csv.reader([text[1:-1].replace('\\"', '""')], strict=False), [])
        values: list[Any] = [value for value in inner if value != "NULL"]
    elif text.startswith("["):
        try:
            values = json.loads(text)
        except ValueError as error:
            raise RowError(f"{column}: expected a JSON list, got {text[:40]!a} ({error})") from None
    else:
        values = [text]
    named = [value.get("name") or value.get("skill") if isinstance(value, dict) else value for value in values]
    if odd := [value for value in named if not isinstance(value, str)]:
        raise RowError(f"{column}: expected a list of texts, got {str(odd[0])[:40]!a} in it")
    return list(dict.fromkeys(name.strip() for name in named if isinstance(name, str) and name.strip()))
