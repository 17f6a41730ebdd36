"""A local HTTP server that answers as SearXNG's search API is documented, with the faults that instances have.

`/search?q=..&format=json` gives {"query", "number_of_results", "results": [{"url", "title", "content", "engine", ...}],
"answers", "suggestions", "unresponsive_engines"}. An instance without json in search.formats answers 403; its limiter
answers 429; without format=json it answers a page.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class SearxngServer:
    """results: by a part of the query, (title, content) pairs. faults: by their order, one for each request."""

    def __init__(self, results: dict[str, list[tuple[str, str]]] | None = None, *faults: str) -> None:
        self.results, self.faults = results or {}, list(faults)
        self.queries: list[str] = []
        self.seen: list[str] = []  # whole paths, as they came
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.seen.append(self.path)
                fault = server.faults.pop(0) if server.faults else ""
                status, kind, body = server.answer(self.path, fault)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def answer(self, path: str, fault: str) -> tuple[int, str, bytes]:
        parts = urlsplit(path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        page = b"<!doctype html><html><title>SearXNG</title></html>"
        if fault == "429":
            return 429, "text/html", b"Too Many Requests"
        if fault == "forbidden":
            return 403, "text/html", b"<!doctype html><title>403 Forbidden</title>"
        if fault == "slow":
            time.sleep(1.5)
        if fault == "list":
            return 200, "application/json", b"[]"
        if parts.path != "/search" or asked.get("format") != "json" or fault == "html":
            return 200, "text/html", page
        self.queries.append(asked["q"])
        found = next((found for part, found in self.results.items() if part in asked["q"]), [])
        told = {
            "query": asked["q"],
            "number_of_results": len(found),
            "results": [
                {"url": "https://example.org/", "title": title, "content": content, "engine": "test", "score": 1.0}
                for title, content in found
            ],
            "answers": [],
            "suggestions": [],
            "unresponsive_engines": [["engine", "timeout"]],
        }
        return 200, "application/json", json.dumps(told).encode()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
