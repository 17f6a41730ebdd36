"""Starting the simulated job services as a process; see job_server.py for the configuration."""

import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from handle import SimulatedServer


class JobServices(SimulatedServer):
    """A running server: `JobServices(arbeitsagentur={"hits": 300}, faults=[...])`."""

    script = Path(__file__).with_name("job_server.py")

    def environment(self, **more: Any) -> dict[str, str]:
        """The settings by which a process asks these services, at a test's pace."""
        told = {
            "arbeitsagentur_url": f"{self.url}/ba",
            "deutsche_bank_url": f"{self.url}/db",
            "berufenet_url": f"{self.url}/bnet",
            "source_requests_per_second": 100_000,
            "source_backoff": 0.002,
            "source_contact": "tests@example.org",
            **more,
        }
        return {f"TY_{name.upper()}": str(value) for name, value in told.items()}
