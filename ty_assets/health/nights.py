"""When work ends that is done only so many hours a night; a night begins at noon.

Belongs here: the calendar. Not here: what is read in a night (ty_assets/readings).
"""

import datetime as dt
import math


def end_within_nights(now: dt.datetime, work_seconds: float, left_tonight: float, hours: float) -> dt.datetime:
    """When `work_seconds` are done that begin now, go on while tonight's budget lasts, and then each day from noon.

    now: local time, aware. left_tonight: seconds; hours: of each night.
    """
    if work_seconds <= left_tonight:
        return now + dt.timedelta(seconds=work_seconds)
    left = work_seconds - left_tonight
    budget = hours * 3600
    nights = max(0, math.ceil(left / budget) - 1)  # whole ones, before the last
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    begins = noon if noon > now else noon + dt.timedelta(days=1)
    return begins + dt.timedelta(days=nights, seconds=left - nights * budget)
