"""POST to an address that somebody has typed: to machines of the public internet, by https, and to nothing else.

Every address that a name has is checked each time just before connecting, and then it is that address which is
connected to, while the name goes on standing in the Host header, the TLS handshake and the check of the certificate.
So a name that means something else the second time it is looked up (DNS rebinding) leads nowhere.
"""

import asyncio
import socket
import ssl
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx
from django.conf import settings

TOTAL_SECONDS = 10.0
# Of the addresses of one name, so many are tried.
MOST_ADDRESSES = 3
# Behind these stands an IPv4 address (RFC 6052).
TRANSLATED = IPv6Network("64:ff9b::/96")


class AddressRefused(Exception):
    """The address, or one of those that its name has, is none that may be asked."""


class UnknownHost(Exception):
    """The name has no address."""


async def post(address: str, *, content: bytes, headers: dict[str, str]) -> int:
    """The status of the answer, of which nothing else is read: neither its body nor where it redirects to.

    Raises AddressRefused, UnknownHost, TimeoutError after TOTAL_SECONDS in all, and httpx.HTTPError.
    """
    async with (
        asyncio.timeout(TOTAL_SECONDS),
        httpx.AsyncClient(transport=GuardedTransport(), timeout=TOTAL_SECONDS, trust_env=False) as client,
        client.stream("POST", address, content=content, headers=headers, follow_redirects=False) as answer,
    ):
        return answer.status_code


class GuardedTransport(httpx.AsyncBaseTransport):
    """Connects to the addresses that it has checked, under the name that was asked for."""

    def __init__(self) -> None:
        self._transport = httpx.AsyncHTTPTransport(verify=certificates(), trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.raw_host.decode("ascii")
        addresses = await resolve(host)
        # One forbidden address is enough: who mixes them wants us to take the wrong one.
        if not all(may_be_asked(address, scheme=request.url.scheme) for address in addresses):
            raise AddressRefused
        request.extensions = {**request.extensions, "sni_hostname": host}
        return await self._first_that_answers(request, addresses[:MOST_ADDRESSES])

    async def _first_that_answers(self, request: httpx.Request, addresses: list[str]) -> httpx.Response:
        *first, last = addresses
        for address in first:
            request.url = request.url.copy_with(host=address)
            try:
                return await self._transport.handle_async_request(request)
            except httpx.ConnectError:
                continue  # no byte was sent
        request.url = request.url.copy_with(host=last)
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._transport.aclose()


@cache
def certificates() -> ssl.SSLContext:
    """Reading them takes longer than all the rest of a call."""
    return httpx.create_ssl_context(trust_env=False)


async def resolve(host: str) -> list[str]:
    """All addresses of a name. Raises UnknownHost."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise UnknownHost from exc
    return list(dict.fromkeys(str(address[0]) for *_rest, address in found))


def may_be_asked(address: str, *, scheme: str) -> bool:
    """By https whatever is public; what WEBHOOK_NETWORKS lists also by http. False for what is no IP address."""
    try:
        found = meant_by(ip_address(address))
    except ValueError:
        return False
    if any(found in network for network in settings.WEBHOOK_NETWORKS):
        return True
    return scheme == "https" and is_public(found)


def meant_by(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Neither loopback, private, link-local, shared, multicast, nor reserved for anything."""
    if isinstance(address, IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
