import io
import logging
import logging.config

import pytest

from config.logs import is_news, logging_config


@pytest.fixture
def lines():
    """What the product's formatter writes."""
    stream = io.StringIO()
    config = logging_config("INFO")
    formatter = config["formatters"]["logfmt"]
    handler = logging.StreamHandler(stream)
    factory = dict(formatter)
    handler.setFormatter(factory.pop("()")(**factory))
    logger = logging.getLogger("tests.logs")
    logger.propagate = False
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


def test_it_leaves_out_the_token_of_a_personal_link(lines):
    logging.getLogger("tests.logs").warning("Gone: %s", "/r/abcDEF123456/unsubscribe/")

    assert "abcDEF123456" not in lines.getvalue()
    assert "/r/…/unsubscribe/" in lines.getvalue()


@pytest.mark.parametrize("path", ["/r/ {}/", "/R/{}/", "/r//{}/", "/r/{}", "/r/{}?nps=9"])
def test_it_leaves_out_the_token_of_a_link_that_was_spoilt_on_its_way(lines, path):
    logging.getLogger("tests.logs").warning("Not Found: %s", path.format("abcDEF123456"))

    assert "abcDEF123456" not in lines.getvalue()


def test_it_leaves_out_the_token_in_a_traceback(lines):
    try:
        raise ValueError("/r/abcDEF123456/")
    except ValueError:
        logging.getLogger("tests.logs").exception("broken")

    assert "Traceback" in lines.getvalue()
    assert "abcDEF123456" not in lines.getvalue()


def test_a_line_end_from_outside_forges_no_line(lines):
    logging.getLogger("tests.logs").warning("Not Found: %s", "/x\n2026-01-01 level=critical fake")

    assert lines.getvalue().count("\n") == 1


@pytest.mark.parametrize(("path", "is_told"), [("/readyz", False), ("/admin/", True)])
def test_an_unready_probe_is_not_told_twice(rf, path, is_told):
    record = logging.makeLogRecord({"status_code": 503, "request": rf.get(path)})

    assert is_news(record) is is_told
