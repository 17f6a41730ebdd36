"""The remote sources that the settings name, by their names; a source's module is imported only when it is wanted."""

from collections.abc import Sequence
from typing import Final

from ty_resources.settings import Settings, SettingsError
from ty_resources.sources.polite import Polite
from ty_resources.sources.source import RemoteSource

KNOWN: Final = ("arbeitsagentur", "deutsche_bank", "job_boards")


def remote_sources(config: Settings, client: Polite | None = None) -> dict[str, RemoteSource]:
    """name -> source, of those in TY_SOURCES; a job board is a source of its own, job_boards:<site>.

    client: shared by all of them; one is made of the settings where none is given. Raises: SettingsError for a name
    that is not known.
    """
    return named_sources(config, config.sources, client)


def source_names(config: Settings) -> tuple[str, ...]:
    """Their names; nothing is imported for them."""
    names: list[str] = []
    for name in config.sources:
        if name == "job_boards":
            names += [f"job_boards:{site.strip().lower()}" for site in config.job_boards_sites if site.strip()]
        else:
            names.append(name)
    return tuple(dict.fromkeys(names))


def named_sources(config: Settings, names: Sequence[str], client: Polite | None = None) -> dict[str, RemoteSource]:
    """The same for the sources named, whether they are in TY_SOURCES or not."""
    found: dict[str, RemoteSource] = {}
    if names and client is None:
        client = Polite.of(config)
    for name in names:
        assert client is not None
        found.update((source.name, source) for source in _sources(config, name, client))
    return found


def _sources(config: Settings, name: str, client: Polite) -> list[RemoteSource]:
    if name == "arbeitsagentur":
        from ty_resources.sources.arbeitsagentur import Arbeitsagentur

        return [Arbeitsagentur.of(config, client)]
    if name == "deutsche_bank":
        from ty_resources.sources.deutsche_bank import DeutscheBank

        return [DeutscheBank.of(config, client)]
    if name.partition(":")[0] == "job_boards":
        from ty_resources.sources.job_boards import JobBoard, sites

        wanted = [name.partition(":")[2]] if ":" in name else sites(config)
        return [JobBoard.of(config, site) for site in wanted]
    raise SettingsError(f"TY_SOURCES: expected {', '.join(KNOWN)}, separated by commas; got {name!r}")
