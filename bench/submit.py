"""POST of a ten-question response through the real server against a bare WSGI + psycopg insert."""

import json
import statistics
import subprocess
import sys

from bench.arena import ANSWERS, Server, bare_server, published_survey

ROUNDS, REQUESTS, CONNECTIONS = 5, 3200, 32


def run() -> list[tuple[str, str, str]]:
    """Return the ratios of CPU per request and of throughput: Earshot over bare, medians of paired rounds."""
    survey, version, collector = published_survey("submit")
    with Server("config.wsgi:application") as ours, bare_server(survey, version, collector) as bare:
        fields = {**ANSWERS, "_version": str(version.pk), "_language": "en"}
        for server in (ours, bare):
            load(f"{server.url}/s/submit/", fields, requests=320)
        cpu, throughput, statuses = [], [], set()
        for _ in range(ROUNDS):
            mine, theirs = (measured(server, fields) for server in (ours, bare))
            cpu.append(mine["cpu_ms"] / theirs["cpu_ms"])
            throughput.append(mine["rps"] / theirs["rps"])
            statuses |= set(mine["statuses"]) | set(theirs["statuses"])
    if statuses != {"302"}:
        raise RuntimeError(f"not every post was taken: {statuses}")
    return [
        ("POST, CPU per request / bare insert", f"{statistics.median(cpu):.2f}×", "≤ 2.5×, then ≤ 1.7×"),
        ("POST, requests/s at 32 connections / bare", f"{statistics.median(throughput):.2f}×", ""),
        ("POST, CPU per request", f"{mine['cpu_ms']:.2f} ms", ""),
    ]


def measured(server: Server, fields: dict) -> dict:
    before = server.cpu_seconds()
    outcome = load(f"{server.url}/s/submit/", fields, requests=REQUESTS)
    outcome["cpu_ms"] = (server.cpu_seconds() - before) * 1000 / REQUESTS
    return outcome


def load(url: str, fields: dict, *, requests: int) -> dict:
    command = [sys.executable, "-m", "bench.load", url, json.dumps(fields), "--requests", str(requests)]
    command += ["--connections", str(CONNECTIONS)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=300).stdout)
