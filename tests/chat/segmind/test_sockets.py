"""What only a real connection can do to us."""

import gzip
import json
import logging
import ssl
import time
import tracemalloc
from pathlib import Path

import pytest

from chat.segmind import Billed, NotAccepted, OutcomeUnknown, UnusableAnswer
from chat.segmind.bodies import MAX_BODY_BYTES
from tests.chat.segmind.certificates import self_signed
from tests.chat.segmind.sockets import Behaviour, Served, answering, sending, serving, silence, until
from tests.chat.segmind.wire import HELLO, KEY, KEY_TEXT, OPENAI, REQUEST_ID

pytestmark = pytest.mark.asyncio
GOOD = json.dumps(OPENAI).encode()
HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2000000000\r\nx-request-id: r-1\r\n"
# For about ten seconds, far beyond every deadline here.
DRIP = sending(HEAD + b"\r\n", then=b" ", times=1000, seconds=0.01)
DRIPPING_HEADERS = sending(HEAD, then=b"x-a: b\r\n", times=1000, seconds=0.01)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return self_signed(tmp_path / "certificate.pem")


@pytest.mark.parametrize("behave", [DRIP, DRIPPING_HEADERS, silence], ids=["body", "headers", "nothing"])
async def test_a_drip_ends_at_the_deadline(behave: Behaviour) -> None:
    async with serving(behave) as served, served.client(total=0.3) as client:
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown) as caught:
            await client.complete(key=KEY, request=HELLO)
        assert 0.25 < time.monotonic() - started < 3
        assert "TimeoutError" in caught.value.raw


async def test_a_get_has_a_deadline_of_its_own() -> None:
    async with serving(DRIP) as served, served.client(total=60, total_of_get=0.2) as client:
        started = time.monotonic()
        with pytest.raises(NotAccepted) as caught:
            await client.progress(key=KEY, request_id=REQUEST_ID)
        assert (caught.value.kind, caught.value.billed) == ("unreachable", Billed.UNKNOWN)
        assert time.monotonic() - started < 3


async def test_what_arrived_of_a_lost_answer_is_known() -> None:
    async with serving(sending(HEAD + b"\r\n{")) as served, served.client() as client:
        with pytest.raises(OutcomeUnknown) as caught:
            await client.complete(key=KEY, request=HELLO)
        assert (caught.value.status, caught.value.request_id) == (200, "r-1")


@pytest.mark.parametrize(
    "start", [b"", b"HTTP/1.1", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 50_000], ids=repr
)
async def test_no_answer_is_an_unknown_outcome(start: bytes) -> None:
    async with serving(sending(start)) as served, served.client() as client:
        with pytest.raises(OutcomeUnknown):
            await client.complete(key=KEY, request=HELLO)
        assert len(served.heads) == 1


async def test_a_body_without_end_is_read_no_further_than_the_cap() -> None:
    chunk = b" " * 1_000_000
    async with serving(sending(HEAD + b"\r\n", then=chunk, times=100)) as served, served.client() as client:
        tracemalloc.start()
        with pytest.raises(UnusableAnswer) as caught:
            await client.complete(key=KEY, request=HELLO)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < MAX_BODY_BYTES * 4
        assert (caught.value.billed, caught.value.request_id) == (Billed.YES, "r-1")
        await until(lambda: served.ended)


async def test_a_bomb_does_not_go_off() -> None:
    bomb = gzip.compress(b'"' + b"0" * (MAX_BODY_BYTES * 8) + b'"')
    async with serving(answering(bomb, "content-encoding: gzip")) as served, served.client() as client:
        tracemalloc.start()
        with pytest.raises(UnusableAnswer) as caught:
            await client.complete(key=KEY, request=HELLO)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < MAX_BODY_BYTES * 4
        assert caught.value.billed == Billed.YES


async def test_a_compressed_answer_is_not_lost() -> None:
    async with serving(answering(gzip.compress(GOOD), "content-encoding: gzip")) as served, served.client() as client:
        assert (await client.complete(key=KEY, request=HELLO)).text == "Hi!"


async def test_a_redirect_to_the_same_place_is_not_followed() -> None:
    redirect = answering(b"", "location: /v1/claude-3-haiku", status="307 Temporary Redirect")
    async with serving(redirect) as served, served.client() as client:
        with pytest.raises(UnusableAnswer):
            await client.complete(key=KEY, request=HELLO)
        assert len(served.heads) == 1


async def test_a_refused_connection_was_never_sent() -> None:
    async with serving(silence) as served:
        pass
    async with served.client() as client:
        with pytest.raises(NotAccepted) as caught:
            await client.complete(key=KEY, request=HELLO)
        assert (caught.value.kind, caught.value.billed) == ("unreachable", Billed.NO)


async def complete_by_tls(served: Served, *, connect: float = 5) -> NotAccepted:
    async with served.client(scheme="https", connect=connect) as client:
        with pytest.raises(NotAccepted) as caught:
            await client.complete(key=KEY, request=HELLO)
        assert served.heads == []
        return caught.value


async def test_a_bad_certificate_is_refused_and_nothing_is_sent(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    # Not even the environment can make us trust it.
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with serving(answering(GOOD), certificate=context) as served:
        error = await complete_by_tls(served)
        assert (error.kind, error.billed) == ("unreachable", Billed.NO)
        assert "CERTIFICATE_VERIFY_FAILED" in error.raw


async def test_a_server_without_tls_gets_no_key() -> None:
    async with serving(answering(GOOD)) as served:
        assert (await complete_by_tls(served, connect=0.2)).kind == "unreachable"


async def test_no_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(answering(GOOD)) as served, serving(answering(GOOD)) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://localhost:{proxy.port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        async with served.client() as client:
            await client.complete(key=KEY, request=HELLO)
        assert (len(served.heads), len(proxy.heads)) == (1, 0)


async def test_no_log_of_the_connection_has_the_key(caplog: pytest.LogCaptureFixture) -> None:
    for logger in ("httpx", "httpcore", "asyncio"):
        caplog.set_level(logging.DEBUG, logger)
    async with serving(answering(GOOD)) as served, served.client() as client:
        await client.complete(key=KEY, request=HELLO)
        assert KEY_TEXT.encode() in served.heads[0]
    assert "send_request_headers" in caplog.text
    assert KEY_TEXT[4:12] not in caplog.text
