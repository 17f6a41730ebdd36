"""What the columns of a table are to a candidate: the id, the texts that are judged, and what says who it is.

Belongs here: telling them by their names and first values, for a person to confirm. Not here: the table itself
(table.py), and what is done with the values (prepare.py).
"""

import re
from dataclasses import dataclass

from ty_assets.candidate_evaluations.table import Table

_ID = re.compile(
    r"(?:candidate|applicant|person|profile|application|bewerber(?:in)?|kandidat(?:en)?|bewerbungs?|personal)?[ _-]?"
    r"(?:id|nr|no|number|nummer|key|uuid|guid|kennung|kennziffer|code)\.?|custom_id",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?:(?:full|first|last|given|family|middle|sur|candidate|applicant)[ _-]?name|name|vorname|nachname|familienname"
    r"|(?:voller |vollständiger )?name|vor[ -]und nachname|bewerber(?:in)?|kandidat(?:in)?|candidate|applicant)",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r".*(?:e-?mail|phone|telefon|tel\.|mobil|handy|fax|address|adresse|anschrift|straße|strasse|street|plz|postal|zip"
    r"|birth|geburt|\bdob\b|linkedin|xing|github|website|webseite|homepage|url|photo|foto).*",
    re.IGNORECASE,
)
# What the law does not allow to be asked, or what says the same; never part of the text unless somebody chooses it.
_PRIVATE = re.compile(
    r"(?:gender|sex|geschlecht|age|alter|nationality|nationalität|staatsangehörigkeit|citizenship|religion|konfession"
    r"|marital.?status|familienstand|children|kinder|ethnicity|race|disability|behinderung|salutation|anrede|title|titel)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{3}")


@dataclass(frozen=True)
class Columns:
    """Which column is what. id: None where the rows are numbered; names and contact: whose values are taken out."""

    id: str | None
    text: tuple[str, ...]
    name: tuple[str, ...] = ()
    contact: tuple[str, ...] = ()


def guess_columns(table: Table) -> Columns:
    """What the columns seem to be: the first that is called an id, what names the person, and as text all the rest.

    An id that is there twice is no reason to number the rows: whoever joins the scores to the table has to know of it.
    Columns of nothing but numbers and dates are no text, nor are those of what nobody may be judged by.
    """
    text, name, contact = [], [], []
    identity: str | None = None
    for position, column in enumerate(table.columns):
        values = [row[position] for row in table.sample]
        if _ID.fullmatch(column) and identity is None and any(values):
            identity = column
        elif _NAME.fullmatch(column):
            name.append(column)
        elif _CONTACT.fullmatch(column):
            contact.append(column)
        elif not (_PRIVATE.fullmatch(column) or _ID.fullmatch(column)) and any(map(_WORD.search, values)):
            text.append(column)
    return Columns(identity, tuple(text), tuple(name), tuple(contact))
