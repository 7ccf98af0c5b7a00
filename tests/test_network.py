import socket

import httpx
import pytest

from tests.network import NetworkForbidden


@pytest.mark.parametrize("address", ["https://api.segmind.com/", "http://192.0.2.1/"])
def test_request_to_another_machine_is_refused(address: str) -> None:
    with pytest.raises(NetworkForbidden):
        httpx.get(address)


async def test_request_to_another_machine_is_refused_in_an_event_loop() -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(NetworkForbidden):
            await client.get("https://api.segmind.com/")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_may_be_asked(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = (host, server.getsockname()[1])
        with socket.create_connection(address) as connection:
            assert connection.getpeername()[1] == address[1]
