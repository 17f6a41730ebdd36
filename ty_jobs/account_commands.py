"""`ty account`: who may sign in to the match view, without a browser.

Whoever may run this may read the database anyway: nobody is asked for a password.
"""

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from ty_assets.accounts import store
from ty_assets.feedback.steps import carry_out
from ty_jobs.terminal import Json, err, opened, out, print_json
from ty_resources.postgres import Database, Row
from ty_resources.settings import Settings, settings

account_app = typer.Typer(no_args_is_help=True, help="Accounts of the match view.")

Who = Annotated[str, typer.Argument(help="Mail address, or the beginning of a profile's or an account's id.")]


@account_app.command("add")
def account_add(
    email: Annotated[str, typer.Argument(help="Mail address to sign in with.")],
    admin: Annotated[
        bool, typer.Option("--admin", help="May see how the pipeline does, and people for a posting.")
    ] = False,
    recruiter: Annotated[bool, typer.Option("--recruiter", help="May have batches of candidates evaluated.")] = False,
    profile: Annotated[str, typer.Option(help="Of this profile, by its id or the beginning of it.")] = "",
    as_json: Json = False,
) -> None:
    """Make an account, and print a link that signs in once; a password is set on the account page."""
    from ty_jobs.shell import find_profile

    who = store.address(email)
    with opened(quiet=as_json) as db:
        profile_id = find_profile(db, profile) if profile else None
        account_id = carry_out(db, store.add(who, profile_id, is_admin=admin, is_recruiter=recruiter))
        link = _link(db, {"account_id": account_id})
    _told({"account_id": account_id, "email": who.written, "link": link}, as_json)


@account_app.command("list")
def account_list(as_json: Json = False) -> None:
    """All accounts, the oldest first."""
    with opened(quiet=as_json) as db:
        rows = carry_out(db, store.accounts())
    if as_json:
        print_json(rows)
        return
    table = Table("account", "mail address", "profile", "", "last seen", box=None)
    for row in rows:
        marked = {"admin": row["is_admin"], "recruiter": row["is_recruiter"], "no password": not row["has_password"]}
        marks = [name for name, on in marked.items() if on]
        seen = f"{row['last_seen_at'].astimezone(settings().zone):%Y-%m-%d %H:%M}" if row["last_seen_at"] else "–"
        profile = f"{str(row['profile_id'])[:8]} {escape(row['headline'])}" if row["headline"] else "–"
        table.add_row(str(row["account_id"])[:8], escape(row["email"]), profile, ", ".join(marks), seen)
    out.print(table)


@account_app.command("open")
def account_open(
    who: Who,
    forget_password: Annotated[
        bool,
        typer.Option("--forget-password", help="The old password ends, and a new one can be set after signing in."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Print a link that signs in once, within 15 minutes. A profile without an account is given one."""
    with opened(quiet=as_json) as db:
        row = _account(db, who, make=True)
        if forget_password:
            carry_out(db, store.forget_password(row["account_id"]))
        link = _link(db, row)
    _told({"account_id": row["account_id"], "email": row["email"], "link": link}, as_json)


@account_app.command("delete")
def account_delete(
    who: Who, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, as_json: Json = False
) -> None:
    """Delete an account, its profile and all that was derived from it. It cannot be undone."""
    from ty_assets.accounts.deletion import delete_account  # a second, which the other commands need not wait

    with opened(quiet=as_json) as db:
        row = _account(db, who)
        if not yes and not typer.confirm("Delete the account, its profile and all that was derived from it?", err=True):
            raise typer.Exit(1)
        carry_out(db, delete_account(row["account_id"], row["profile_id"]))
    if as_json:
        print_json({"deleted": row["account_id"]})
    else:
        out.print("Deleted.")


@account_app.command("admin")
def account_admin(
    who: Who, way: Annotated[str, typer.Argument(metavar="on|off", help="Whether it is an administrator's.")]
) -> None:
    """Make an account an administrator's, or no longer. It is signed out everywhere."""
    if way not in ("on", "off"):
        raise typer.BadParameter("expected on or off")
    with opened() as db:
        row = _account(db, who)
        carry_out(db, store.set_admin(row["account_id"], is_admin=way == "on"))
    out.print(f"{escape(row['email'])}: administrator {way}")


@account_app.command("recruiter")
def account_recruiter(
    who: Who, off: Annotated[bool, typer.Option("--off", help="No longer; it is signed out everywhere.")] = False
) -> None:
    """Let an account have batches of candidates evaluated: by /evaluations, `ty batch` and the API under /v1."""
    with opened() as db:
        row = _account(db, who)
        carry_out(db, store.set_recruiter(row["account_id"], is_recruiter=not off))
    out.print(f"{escape(row['email'])}: recruiter {'off' if off else 'on'}")


@account_app.command("token")
def account_token(
    who: Who,
    name: Annotated[str, typer.Argument(help="What it is for, as the account page will list it.")],
    as_json: Json = False,
) -> None:
    """Print a new API token of an account, this once: what TY_API_KEY and OpenAI's clients take as the key."""
    with opened(quiet=as_json) as db:
        row = _account(db, who)
        token = carry_out(db, store.make_token(row["account_id"], store.token_name(name)))
    if as_json:
        print_json({"account_id": row["account_id"], "email": row["email"], "token": token})
        return
    err.print(f"[dim]{escape(row['email'])}; it is not shown again, and the account page revokes it:[/]")
    out.print(token, soft_wrap=True)


def _account(db: Database, who: str, *, make: bool = False) -> Row:
    """Raises AccountError, or what find_profile raises. make: give a profile without an account one."""
    from ty_jobs.shell import find_profile

    rows = carry_out(db, store.accounts())
    if "@" in who:
        key = who.strip().casefold()
        found = [row for row in rows if row["email"].casefold() == key]
    else:
        found = [row for row in rows if str(row["account_id"]).startswith(who.lower())]
        found = found or [row for row in rows if str(row["profile_id"]).startswith(who.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        raise store.AccountError("several accounts begin so; give more of the id")
    if "@" in who or not make:
        raise store.AccountError("there is no such account; see `ty account list`")
    profile_id = find_profile(db, who)
    # It receives no mail: .invalid is nobody's (RFC 2606).
    email = f"{profile_id}@profile.invalid"
    account_id = carry_out(db, store.add(store.Address(email, email), profile_id, is_admin=False))
    return {"account_id": account_id, "profile_id": profile_id, "email": email}


def _link(db: Database, row: Row) -> str:
    return f"{_site(settings())}/sign-in/link/{carry_out(db, store.make_link(row['account_id']))}"


def _site(config: Settings) -> str:
    return config.public_url or f"http://127.0.0.1:{config.serving_port}"


def _told(made: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(made)
        return
    err.print(f"[dim]{escape(made['email'])}; the link signs in once, within 15 minutes, while `ty up` runs:[/]")
    out.print(made["link"], soft_wrap=True)
