"""`ty feedback`: what a person says of matches, and what is learned from it, without a browser."""

import datetime as dt
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.table import Table

from ty_assets.feedback.steps import carry_out
from ty_jobs.terminal import Json, err, opened, out, print_json
from ty_resources.settings import settings

# Learning brings SciPy along, a second that no other command need wait: it is imported where it is used.
feedback_app = typer.Typer(no_args_is_help=True, help="Ratings of matches, and what is learned from them.")

Person = Annotated[str, typer.Argument(help="Profile id, or the beginning of one.")]
Posting = Annotated[str, typer.Argument(help="Posting id or the beginning of one, or the source's own number.")]
Language = Annotated[Literal["en", "de"], typer.Option("--language", help="Of the sentences.")]
_SOURCE = "command line"


@feedback_app.command("rate")
def feedback_rate(
    profile: Person,
    posting: Posting,
    rating: Annotated[int | None, typer.Option(min=1, max=10, help="1 not at all .. 10 very.")] = None,
    thumb: Annotated[Literal["up", "down"] | None, typer.Option(help="In place of a rating.")] = None,
    decision: Annotated[Literal["apply", "skip", "maybe"] | None, typer.Option()] = None,
    comment: Annotated[str | None, typer.Option(help='Rules in it are followed: "no shift work".')] = None,
    applied: Annotated[dt.datetime | None, typer.Option(help="When you applied.", formats=["%Y-%m-%d"])] = None,
    hide: Annotated[bool | None, typer.Option("--hide/--show", help="Do not show the match again.")] = None,
    as_json: Json = False,
) -> None:
    """Say something of a match; what was said before and is not named stays."""
    from ty_assets.feedback import store
    from ty_jobs.posting_story import find_posting
    from ty_jobs.shell import find_profile

    if rating is not None and thumb is not None:
        raise typer.BadParameter("expected --rating or --thumb, got both")
    now = dt.datetime.now(dt.UTC)
    changes: dict[str, Any] = {}
    if rating is not None:
        changes |= {"rating": rating, "scale": "points"}
    if thumb is not None:
        changes |= {"rating": 1 if thumb == "up" else -1, "scale": "thumbs"}
    if decision is not None:
        changes["decision"] = decision
    if comment is not None:
        changes["comment"] = _comment(comment)
    if applied is not None:
        changes["applied_at"] = _moment(applied, now)
    if hide is not None:
        changes["hidden_at"] = now if hide else None
    with opened(quiet=as_json) as db:
        profile_id, posting_id = find_profile(db, profile), find_posting(db, posting)
        given = carry_out(db, store.rate(profile_id, posting_id, changes, now=now, source=_SOURCE))
        lessons = db.rows("learned_of_person", profile_id=profile_id)
    if as_json:
        print_json({"profile_id": profile_id, "posting_id": posting_id, "rating": given.feedback.rating})
    else:
        out.print(f"{posting_id}: noted. {len(lessons)} lessons are learned; see `ty feedback learned {profile}`.")


def _comment(text: str) -> str | None:
    from ty_assets.feedback.task import LONGEST_COMMENT

    plain = text.replace("\x00", "").strip()
    if len(plain) > LONGEST_COMMENT:
        raise typer.BadParameter(f"expected a comment of at most {LONGEST_COMMENT} characters, got {len(plain)}")
    return plain or None


def _moment(day: dt.datetime, now: dt.datetime) -> dt.datetime:
    moment = day.replace(tzinfo=settings().zone)
    if moment > now:
        raise typer.BadParameter(f"expected a day that has been, got {day:%Y-%m-%d}")
    return moment


@feedback_app.command("delete")
def feedback_delete(profile: Person, posting: Posting) -> None:
    """Take everything back that was said of a match, with all that it taught."""
    from ty_assets.feedback import store
    from ty_jobs.posting_story import find_posting
    from ty_jobs.shell import find_profile

    with opened() as db:
        profile_id, posting_id = find_profile(db, profile), find_posting(db, posting)
        carry_out(db, store.take_back(profile_id, posting_id, source=_SOURCE))
    out.print(f"{posting_id}: taken back")


@feedback_app.command("history")
def feedback_history(
    profile: Person, limit: Annotated[int, typer.Option(min=1, max=1000)] = 20, as_json: Json = False
) -> None:
    """Every change, newest first; an event's number is what `undo` takes."""
    from ty_jobs.shell import find_profile

    with opened(quiet=as_json) as db:
        who = {"profile_id": find_profile(db, profile), "posting_id": None, "before": None}
        rows = db.rows("rating_history", **who, row_limit=limit)
    if as_json:
        print_json(rows)
        return
    table = Table("event", "when", "what", "posting", "undone", box=None)
    for row in rows:
        when = row["happened_at"].astimezone(settings().zone)
        undone = "yes" if row["undone_at"] else ""
        title = escape(row["title"] or str(row["posting_id"]))
        table.add_row(str(row["event_id"]), f"{when:%Y-%m-%d %H:%M}", row["action"], title, undone)
    out.print(table)


@feedback_app.command("undo")
def feedback_undo(
    profile: Person, event: Annotated[int | None, typer.Option(help="Of the history; default: the latest.")] = None
) -> None:
    """Undo a change; what it had taught is taken back as well."""
    from ty_assets.feedback import store
    from ty_jobs.shell import find_profile

    with opened() as db:
        posting_id, given = carry_out(db, store.undo(find_profile(db, profile), event, source=_SOURCE))
    out.print(f"{posting_id}: {'as it was before' if given else 'nothing is said of it any more'}")


@feedback_app.command("learned")
def feedback_learned(profile: Person, language: Language = "en", as_json: Json = False) -> None:
    """What was learned, from how many ratings, how many matches each hides, and whether it is on."""
    from ty_assets.feedback.learned import name_of
    from ty_assets.feedback.wording import lesson_sentence
    from ty_jobs.shell import find_profile

    with opened(quiet=as_json) as db:
        profile_id = find_profile(db, profile)
        rows = db.rows("learned_of_person", profile_id=profile_id)
        hides = {
            row["name"]: row["matches"] for row in db.rows("hidden_counts", profile_id=profile_id, gates_hide=False)
        }
    told = [
        {
            **row,
            "text": lesson_sentence(row["kind"], row["key"], row["value"], language, row["name"]),
            "hides": hides.get(name_of(row["kind"], row["key"]), 0),
        }
        for row in rows
    ]
    if as_json:
        print_json(told)
        return
    table = Table("kind", "key", "what", "from", "hides", "", box=None)
    for one in told:
        state = "" if one["enabled"] else "off"
        table.add_row(one["kind"], one["key"], escape(one["text"]), str(len(one["evidence"])), str(one["hides"]), state)
    out.print(table)


@feedback_app.command("switch")
def feedback_switch(
    profile: Person,
    kind: Annotated[Literal["cutoff", "occupation", "term", "direction", "rule"], typer.Argument()],
    key: Annotated[str, typer.Argument(help="As `learned` shows it; none for a cutoff.")] = "",
    on: Annotated[bool, typer.Option("--on/--off")] = False,
) -> None:
    """Switch something that was learned on or off; off, it stays off when it is learned again."""
    from ty_assets.feedback import store
    from ty_jobs.shell import find_profile

    with opened() as db:
        carry_out(db, store.switch(find_profile(db, profile), kind, key, on=on))
    out.print(f"{kind} {key}: {'on' if on else 'off'}".replace(" :", ":"))


@feedback_app.command("why")
def feedback_why(profile: Person, posting: Posting, language: Language = "en", as_json: Json = False) -> None:
    """Why a posting is not in a person's list, or that it is."""
    from ty_assets.derive import day_subject
    from ty_assets.feedback.absence import absence
    from ty_assets.feedback.learned import name_of
    from ty_assets.feedback.wording import hidden_sentence
    from ty_jobs.posting_story import find_posting
    from ty_jobs.shell import find_profile

    with opened(quiet=as_json) as db:
        profile_id, posting_id = find_profile(db, profile), find_posting(db, posting)
        day = db.value("day_of_posting", posting_id=posting_id)
        row = db.row("why_not_listed", profile_id=profile_id, posting_id=posting_id, day_subject=day_subject(day)) or {}
        learned = db.rows("learned_of_person", profile_id=profile_id)
    told = absence(row, language)
    lessons = {name_of(one["kind"], one["key"]): (one["kind"], one["key"], one["value"]) for one in learned}
    reasons = [hidden_sentence(name, row["score"], lessons, language) for name in row["hidden_by"] or ()]
    reasons += [gate["reason"] for gate in row["gate_reasons"] or () if not gate["passed"]]
    if as_json:
        print_json({"posting_id": posting_id, "why": told.why, "text": told.text, "reasons": reasons, **told.details})
        return
    out.print(escape(told.text))
    for reason in reasons:
        out.print(f"  {escape(reason)}")


@feedback_app.command("read")
def feedback_read(as_json: Json = False) -> None:
    """Have the reasoning model read the comments that it has not read; without one the patterns' reading stays."""
    from ty_assets.feedback.reading import read_comments
    from ty_resources.connect import default_engine

    engine = default_engine()
    with opened(quiet=as_json) as db:
        told = read_comments(db, engine)
    if as_json:
        print_json({"read": told.read, "failed": told.failed})
    elif not engine.remote:
        out.print("no model is configured (TY_ENGINE): comments are read by patterns")
    else:
        out.print(f"{told.read} comments read, {told.failed} failed")


@feedback_app.command("forget")
def feedback_forget(
    profile: Person, yes: Annotated[bool, typer.Option("--yes", help="Without asking.")] = False
) -> None:
    """Delete all feedback of a person, its history and what was learned. It cannot be undone."""
    from ty_assets.feedback import store
    from ty_jobs.shell import find_profile

    with opened() as db:
        profile_id = find_profile(db, profile)
        if not yes and not typer.confirm(f"Delete all feedback of {profile_id}?"):
            err.print("nothing was deleted")
            raise typer.Exit(1)
        carry_out(db, store.forget(profile_id))
    out.print(f"{profile_id}: forgotten")
