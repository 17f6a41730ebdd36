# One image for every role: `docker run IMAGE webserver`, `... daemon`, `... run-worker`, ... (ty service --help).
#
# Wheels come from the lock file and nowhere else, each checked by its hash; what only development needs is downloaded
# with them and left behind. No secret is in the image: settings come as environment variables (README.md).
ARG PYTHON=3.12-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements.lock ./
RUN python -m pip download --quiet --require-hashes --no-deps --requirement requirements.lock --dest wheels
COPY pyproject.toml README.md LICENSE dagster.yaml workspace.yaml ./
COPY sql ./sql
COPY serving ./serving
COPY ty_assets ./ty_assets
COPY ty_resources ./ty_resources
COPY ty_jobs ./ty_jobs
COPY deploy ./deploy
COPY tests/fakes ./tests/fakes
# Two steps without the network: the project's own wheel, and an environment of what it needs.
RUN python -m venv /opt/ty/builder \
    && /opt/ty/builder/bin/pip install --quiet --no-index --find-links wheels hatchling \
    && /opt/ty/builder/bin/pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir own . \
    && python -m venv /opt/ty/venv \
    && /opt/ty/venv/bin/pip install --quiet --no-index --find-links wheels --find-links own 'ty-matching[pool]' \
    && /opt/ty/venv/bin/python -m compileall -q /opt/ty/venv/lib

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="ty" \
      org.opencontainers.image.description="Job postings in, ranked and explained matches out" \
      org.opencontainers.image.licenses="Apache-2.0"
# A number, so that Kubernetes can tell that it is not root.
RUN groupadd --gid 10001 ty && useradd --uid 10001 --gid ty --home-dir /var/lib/ty --create-home ty
COPY --from=build /opt/ty/venv /opt/ty/venv
ENV PATH=/opt/ty/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    TY_HOME=/var/lib/ty \
    TY_LOG_FORMAT=json
USER 10001:10001
WORKDIR /var/lib/ty
VOLUME /var/lib/ty
# webserver, serving, code server, and every role's health
EXPOSE 3333 8484 4266 9330
STOPSIGNAL SIGTERM
# Ready is healthy: what is not ready is given no work, and whether to start it again is for its manager to say.
HEALTHCHECK --interval=15s --timeout=12s --start-period=120s --retries=4 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:9330/readyz', timeout=10)"]
ENTRYPOINT ["ty", "service", "--host", "0.0.0.0", "--health-port", "9330"]
CMD ["webserver"]
