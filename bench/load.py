"""A bounded load on loopback: so many posts over so many kept-alive connections, by a process of its own."""

import argparse
import http.client
import json
import secrets
import threading
import time
from urllib.parse import urlencode, urlsplit


def main() -> None:
    """Post the form `requests` times over `connections` connections and print the outcome as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("fields", help="JSON object of the form's fields; _key is made anew for each post")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--connections", type=int, default=32)
    options = parser.parse_args()
    url, fields = urlsplit(options.url), json.loads(options.fields)
    share = options.requests // options.connections
    statuses: dict[int, int] = {}
    times: list[float] = []
    lock = threading.Lock()

    def post() -> None:
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
        mine, seen = [], []
        for _ in range(share):
            body = urlencode({**fields, "_key": secrets.token_urlsafe(16)}, doseq=True)
            began = time.perf_counter()
            connection.request("POST", url.path, body, {"Content-Type": "application/x-www-form-urlencoded"})
            response = connection.getresponse()
            response.read()
            mine.append(time.perf_counter() - began)
            seen.append(response.status)
        with lock:
            times.extend(mine)
            for status in seen:
                statuses[status] = statuses.get(status, 0) + 1

    threads = [threading.Thread(target=post) for _ in range(options.connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    times.sort()
    print(
        json.dumps(
            {"statuses": statuses, "rps": len(times) / seconds, "p50_ms": times[len(times) // 2] * 1000}
        )
    )


if __name__ == "__main__":
    main()
