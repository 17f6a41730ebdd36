"""Names that the tests of the sources share."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from job_services.services import JobServices

from ty_assets.postings.fetch import Fetched

TODAY = dt.date(2026, 11, 21)
NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)

Services = Callable[..., JobServices]
Rounds = Callable[..., Fetched]
Select = Callable[[str], list[dict[str, Any]]]
