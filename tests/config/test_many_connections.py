import socket
from contextlib import ExitStack

from tests.stack import Stack

# Granian's own limit would be 1,023.
CONNECTIONS = 1100
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def test_more_than_a_thousand_browsers_may_stay_connected(parley_server: Stack) -> None:
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", parley_server.port), timeout=5))
            connection.sendall(REQUEST)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
