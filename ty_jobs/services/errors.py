"""What keeps a service from being started, in words for whoever starts it."""


class ServiceError(RuntimeError):
    """A role that cannot be had here: what is missing, and what to do."""
