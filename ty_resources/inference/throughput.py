"""Throughput from the latencies of single requests, and how sure it is.

Belongs here: the estimate. Not here: which requests count, and what follows from it (`concurrency`).

With N requests in flight all the time, throughput is N * (work done) / (latencies added up): Little's law (1961).
Unlike a count of what ends within a while it does not mind requests that end in bursts, so it needs few of them. Work
is a weight, such as texts or tokens. The error of such a ratio (Cochran, Sampling Techniques, 1977, chapter 6) is small
where latency follows the weight.
"""

import math
from dataclasses import dataclass

_LEAST_SPREAD = 0.03  # of latencies: a few that are equal prove little
_MEMORY = 0.8  # importance of what was measured before


@dataclass(slots=True)
class Measured:
    """Sums over requests with `limit` of them in flight: enough for their throughput and its error."""

    limit: int
    requests: float = 0.0
    work: float = 0.0
    seconds: float = 0.0
    work_squared: float = 0.0
    seconds_squared: float = 0.0
    product: float = 0.0

    def add(self, work: float, seconds: float) -> None:
        self.requests += 1
        self.work += work
        self.seconds += seconds
        self.work_squared += work * work
        self.seconds_squared += seconds * seconds
        self.product += work * seconds

    def after(self, older: "Measured | None") -> "Measured":
        """This together with what was measured at the same limit before."""
        share = _MEMORY if older else 0.0
        older = older or self
        return Measured(
            self.limit,
            self.requests + share * older.requests,
            self.work + share * older.work,
            self.seconds + share * older.seconds,
            self.work_squared + share * older.work_squared,
            self.seconds_squared + share * older.seconds_squared,
            self.product + share * older.product,
        )

    @property
    def throughput(self) -> float:
        """Logarithm of the work done in a second."""
        return math.log(self.limit * self.work / self.seconds)

    @property
    def error(self) -> float:
        """Standard error of that logarithm."""
        slope = self.seconds / self.work
        residuals = self.seconds_squared - 2 * slope * self.product + slope * slope * self.work_squared
        variance = max(residuals, 0.0) * self.requests / max(self.requests - 1, 1) / self.seconds**2
        return math.sqrt(max(variance, _LEAST_SPREAD**2 / self.requests))
