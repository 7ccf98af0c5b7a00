"""To machines of the public internet, by https, under the name that was checked, and to nothing else."""

import asyncio
import datetime
import socket
import ssl
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.services import outbound
from accounts.services.outbound import AddressRefused, UnknownHost, may_be_asked, post
from tests.accounts.receiving import Receiver, receiving

INTERNAL = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.2.0/24 192.168.0.0/16
    198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
    ::/127 fc00::/7 fe80::/10 fec0::/10 ff00::/8 2001:db8::/32
"""
INTERNAL_NETWORKS = [ip_network(network) for network in INTERNAL.split()]


def inside(network) -> st.SearchStrategy:
    size = network.num_addresses
    return st.integers(0, size - 1).map(lambda number: network[number])


internal = st.sampled_from(INTERNAL_NETWORKS).flatmap(inside)


@given(address=internal, scheme=st.sampled_from(["http", "https"]))
def test_no_internal_address_may_be_asked(address: IPv4Address | IPv6Address, scheme: str) -> None:
    assert not may_be_asked(str(address), scheme=scheme)


@given(address=internal.filter(lambda address: address.version == 4))
def test_nor_one_that_is_wrapped_in_another(address: IPv4Address) -> None:
    number = int(address)
    for wrapped in (
        IPv6Address((0xFFFF << 32) | number),  # mapped
        IPv6Address((0x0064FF9B << 96) | number),  # translated
        IPv6Address((0x2002 << 112) | (number << 80)),  # 6to4
        IPv6Address(number),  # compatible
    ):
        assert not may_be_asked(str(wrapped), scheme="https"), wrapped


@given(address=st.ip_addresses())
def test_what_python_calls_not_global_may_never_be_asked(address: IPv4Address | IPv6Address) -> None:
    if not address.is_global:
        assert not may_be_asked(str(address), scheme="https")
    assert not may_be_asked(str(address), scheme="http")


@settings(max_examples=50)
@given(text=st.text())
def test_what_is_no_address_may_not_be_asked(text: str) -> None:
    try:
        ip_address(text)
    except ValueError:
        assert not may_be_asked(text, scheme="https")


def test_public_addresses_may_be_asked_by_https_alone() -> None:
    for address in ("1.1.1.1", "93.184.215.14", "2606:4700::1111", "64:ff9b::0101:0101"):
        assert may_be_asked(address, scheme="https")
        assert not may_be_asked(address, scheme="http")


def test_listed_networks_may_be_asked_by_both_and_nothing_beside_them(settings) -> None:
    settings.WEBHOOK_NETWORKS = [ip_network("10.1.2.0/24")]
    for scheme in ("http", "https"):
        assert may_be_asked("10.1.2.3", scheme=scheme)
        assert may_be_asked("::ffff:10.1.2.3", scheme=scheme)
        assert not may_be_asked("10.1.3.3", scheme=scheme)
        assert not may_be_asked("127.0.0.1", scheme=scheme)


# --- On the wire --------------------------------------------------------------
def ask(address: str) -> int:
    return asyncio.run(post(address, content=b"{}", headers={"content-type": "application/json"}))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"])
def test_this_machine_is_not_asked_however_it_is_written(receiver: Receiver, host: str) -> None:
    for scheme in ("http", "https"):
        with pytest.raises(AddressRefused):
            ask(f"{scheme}://{host}:{receiver.port}/")
    assert receiver.received == []


class Names:
    """A name server whose answers change with each question."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(self, host: str) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0)


def test_one_internal_address_among_public_ones_is_enough(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "resolve", Names(["1.1.1.1", "127.0.0.1"]).resolve)
    with pytest.raises(AddressRefused):
        ask(f"https://rebound.example:{receiver.port}/")
    assert receiver.received == []


def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, settings
) -> None:
    """Looked up a second time by whatever connects, the name would lead elsewhere: the tests' network forbids that."""
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.1/32")]
    names = Names(["127.0.0.1"])
    monkeypatch.setattr(outbound, "resolve", names.resolve)
    assert ask(f"http://rebound.example:{receiver.port}/path?q=1") == 204
    assert names.asked == ["rebound.example"]
    [got] = receiver.received
    assert (got.headers["host"], got.path) == (f"rebound.example:{receiver.port}", "/path?q=1")


def test_the_next_address_is_tried_where_nobody_listens(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, settings
) -> None:
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    monkeypatch.setattr(outbound, "resolve", Names(["127.0.0.9", "127.0.0.1"]).resolve)
    assert ask(f"http://two.example:{receiver.port}/") == 204
    assert len(receiver.received) == 1


def test_a_name_that_nobody_has_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_answer(*args: object, **options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_answer)
    with pytest.raises(UnknownHost):
        ask("https://nobody.example/")


def test_a_long_answer_is_not_read_and_a_slow_one_not_waited_for(
    receiver: Receiver, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    receiver.body = b"x" * 50_000_000
    assert ask(receiver.address) == 204
    receiver.statuses = [None]
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.3)
    with pytest.raises((TimeoutError, httpx.TimeoutException)):
        ask(receiver.address)


# --- TLS ----------------------------------------------------------------------
def certificate_for(name: str, folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / f"{name}.pem"
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def test_the_certificate_is_checked_for_the_name_and_not_for_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings
) -> None:
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    file = certificate_for("hooks.example", tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    monkeypatch.setattr(outbound, "certificates", lambda: ssl.create_default_context(cafile=file))
    monkeypatch.setattr(outbound, "resolve", Names(["127.0.0.1"], ["127.0.0.1"]).resolve)
    with receiving(server) as receiver:
        assert ask(f"https://hooks.example:{receiver.port}/") == 204
        assert receiver.names == ["hooks.example"]
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            ask(f"https://other.example:{receiver.port}/")
        assert len(receiver.received) == 1


def test_an_unknown_certificate_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings) -> None:
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate_for("hooks.example", tmp_path))
    monkeypatch.setattr(outbound, "resolve", Names(["127.0.0.1"]).resolve)
    with receiving(server) as receiver, pytest.raises(httpx.ConnectError):
        ask(f"https://hooks.example:{receiver.port}/")
    assert receiver.received == []
