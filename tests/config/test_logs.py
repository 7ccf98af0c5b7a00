import io
import json
import logging
import logging.config
import secrets
from collections.abc import Callable, Iterator

import pytest
import structlog
from django.utils.log import DEFAULT_LOGGING

from config.logs import MASK, MaskingHandler, logging_config, mask_keys

KEY = "SG_5a0123456789abcd"

type Lines = Callable[[], str]


@pytest.fixture(params=[True, False], ids=["json", "plain"])
def lines(request: pytest.FixtureRequest) -> Iterator[Lines]:
    """What a logger of ours, in either format, has written so far."""
    formatter = logging_config(json_lines=request.param, level="INFO")["formatters"]["line"]
    stream = io.StringIO()
    handler = MaskingHandler(stream)
    handler.setFormatter(formatter.pop("()")(**formatter))
    logger = logging.getLogger("somewhere")
    logger.addHandler(handler)
    yield stream.getvalue
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    "text",
    [KEY, f"x-api-key: {KEY}", f"'{KEY}'", f"{KEY},{KEY}", f"token{KEY}", "SG_older-keys_may_differ", f"%22{KEY}%22"],
)
def test_mask_keys_leaves_nothing_of_a_key(text: str) -> None:
    masked = mask_keys(text)
    assert MASK in masked
    assert "5a01" not in masked
    assert "older" not in masked


@pytest.mark.parametrize("text", ["", "SG_", "SG 5a0123456789abcd", "MSG_TYPE", "a reply about SG"])
def test_mask_keys_leaves_other_text_alone(text: str) -> None:
    assert mask_keys(text) == text


def test_key_in_a_message_is_masked(lines: Lines) -> None:
    logging.getLogger("somewhere.else").warning(f"refused: {KEY}")  # noqa: G004 - what must not happen, but might
    assert f"refused: {MASK}" in lines()
    assert KEY not in lines()


def test_key_in_arguments_is_masked(lines: Lines) -> None:
    logging.getLogger("somewhere.else").warning("refused: %s %r", KEY, {"key": KEY})
    assert MASK in lines()
    assert KEY not in lines()


def test_key_in_fields_of_structlog_is_masked(lines: Lines) -> None:
    structlog.get_logger("somewhere.ours").warning("refused", key=KEY, nested={"header": [KEY]})
    assert MASK in lines()
    assert KEY not in lines()


def test_key_in_a_traceback_is_masked_and_local_variables_are_not_shown(lines: Lines) -> None:
    def call() -> None:
        prompt = "a private question"
        raise ValueError(f"bad header {KEY} for {len(prompt)} characters")

    try:
        call()
    except ValueError:
        logging.getLogger("somewhere.else").exception("call failed")
        structlog.get_logger("somewhere.ours").exception("call failed")
    assert lines().count(f"bad header {MASK} for 18 characters") == 2
    assert KEY not in lines()
    assert "private question" not in lines()


def test_key_in_a_call_that_logging_itself_cannot_format_is_masked() -> None:
    stream = io.StringIO()
    MaskingHandler(stream).handle(logging.LogRecord("somewhere", logging.INFO, "", 1, f"{KEY} %d", (KEY,), None))
    assert "TypeError" in stream.getvalue()
    assert KEY not in stream.getvalue()


@pytest.mark.parametrize("name", [*DEFAULT_LOGGING["loggers"], "_granian"])
def test_no_logger_keeps_a_handler_past_the_mask(name: str) -> None:
    loggers = logging_config(json_lines=True, level="INFO")["loggers"]
    assert loggers[name] == {"handlers": [], "propagate": True}


def test_json_line_is_one_object_with_time_level_and_logger() -> None:
    formatter = logging_config(json_lines=True, level="INFO")["formatters"]["line"]
    record = logging.LogRecord("chat.delivery", logging.INFO, "", 1, "reply %s\nstored", ("r1",), None)
    line = formatter.pop("()")(**formatter).format(record)
    event = json.loads(line)
    assert "\n" not in line
    assert event["event"] == "reply r1\nstored"
    assert (event["level"], event["logger"]) == ("info", "chat.delivery")
    assert event["timestamp"].endswith("Z")


@pytest.mark.parametrize("path", ["/s/%s/", "/s/%s/copy/", "/accounts/login/?next=%%2Fs%%2F%s%%2F"])
def test_the_address_of_a_shared_conversation_is_masked(lines: Lines, path: str) -> None:
    token = secrets.token_urlsafe(32)
    logging.getLogger("somewhere.else").warning("Not Found: %s", path % token)
    assert "(masked)" in lines()
    assert token not in lines()


def test_the_secret_of_an_invitations_link_is_masked(lines: Lines) -> None:
    """Django's own line about a request that was answered with an error names its path."""
    logging.getLogger("somewhere.else").warning("Unprocessable Content: %s", "/invitations/q_7-Zk3/")
    assert "/invitations/(masked)/" in lines()
    assert "q_7-Zk3" not in lines()
