"""Many people who are alike but for their name: what it takes to open one posting a hundred times at once.

Belongs here: copying a person's rows. Not here: how a person comes to have them (`sample_pipeline.py`).
"""

import uuid

from ty_resources.postgres import Database

# Everything that hangs on a person, in the order in which it may be inserted.
_TABLES = (
    "profile_documents", "profile_contacts", "profiles", "profile_work_history", "profile_careers", "profile_facets",
    "profile_embeddings", "profile_posting_matches",
)  # fmt: skip


def crowd_of(db: Database, profile_id: uuid.UUID, people: int) -> list[uuid.UUID]:
    """Copies of one person, each under a name of its own and with all of the person's matches; their ids."""
    copies = [uuid.uuid5(profile_id, str(number)) for number in range(people)]
    with db.transaction() as connection:
        for table in _TABLES:
            found = connection.execute(
                "SELECT string_agg(quote_ident(column_name), ', ') AS names FROM information_schema.columns"
                " WHERE table_schema = current_schema AND table_name = %s AND column_name <> 'profile_id'"
                " AND is_generated = 'NEVER'",
                [table],
            ).fetchone()
            assert found is not None
            connection.execute(
                f"INSERT INTO {table} (profile_id, {found['names']})"  # type: ignore[arg-type]
                f" SELECT copy, {found['names']} FROM {table}, unnest(%s::uuid[]) AS copy WHERE profile_id = %s",
                [copies, profile_id],
            )
        for number, copy in enumerate(copies):
            connection.execute(
                "UPDATE profile_contacts SET name = %s WHERE profile_id = %s", [f"Kim Beispiel {number}", copy]
            )
    return copies
