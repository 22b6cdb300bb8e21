"""The yardstick: a WSGI application that only parses a form and inserts the row that Earshot would insert."""

import json
import os
import secrets
import threading
import uuid
from urllib.parse import parse_qs

import psycopg

local = threading.local()
SURVEY, VERSION, COLLECTOR = (int(number) for number in os.environ["BENCH_IDS"].split(","))
INSERT = """
INSERT INTO surveys_response (public_id, survey_id, version_id, collector_id, submission_key, started_at,
    submitted_at, changed_at, revision, language, channel, answers, hidden, is_test, flags)
VALUES (%s, %s, %s, %s, %s, now(), now(), now(), 1, 'en', 'link', %s, '{}', false, '{}')
"""


def connection() -> psycopg.Connection:
    """One connection a thread, kept."""
    if not hasattr(local, "connection"):
        local.connection = psycopg.connect(os.environ["BENCH_DSN"])
    return local.connection


def application(environ, start_response):
    """Insert one response and send the browser on."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    fields = parse_qs(body.decode())
    answers = {key: values[0] for key, values in fields.items() if not key.startswith("_")}
    key = fields.get("_key", [secrets.token_hex(16)])[0]
    with connection().transaction():
        connection().execute(INSERT, (uuid.uuid4(), SURVEY, VERSION, COLLECTOR, key, json.dumps(answers)))
    start_response("302 Found", [("Location", "/thanks/"), ("Content-Length", "0")])
    return [b""]
