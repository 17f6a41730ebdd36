"""Everything that is stored of a person as one JSON file to take away.

Belongs here: the file. Not here: which tables are a person's: that is found out by their columns
(`rows_of_person` in sql/migrations/0013_accounts.sql), so that no new table is forgotten.
"""

import datetime as dt
import json
from collections.abc import AsyncIterator

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from serving.accounts.identity import Account
from serving.accounts.records import Records
from ty_resources.postgres import Row


async def export_of(request: Request, account: Account) -> Response:
    """Read as a whole, so that all tables are of one moment; written as it was read."""
    records: Records = request.app.state.records
    # the line of this very export is in it
    await records.run("audit", action="export", account_id=account.account_id, posting_id=None)
    rows = await records.all("export_of_person", profile_id=account.profile_id, account_id=account.account_id)
    name = f"ty-{dt.datetime.now(dt.UTC):%Y-%m-%d}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_file(account, rows), media_type="application/json", headers=headers)


async def _file(account: Account, rows: list[Row]) -> AsyncIterator[str]:
    head = {"exported_at": dt.datetime.now(dt.UTC).isoformat(), "account_id": str(account.account_id)}
    yield json.dumps(head, indent=1)[:-2] + ',\n "tables": {'
    for number, row in enumerate(rows):
        yield f"{',' if number else ''}\n{json.dumps(row['of_table'])}: {row['stored']}"
    yield "\n}\n}\n"
