"""Ports on the loopback address: is one free, and which one to take."""

import random
import socket

HOST = "127.0.0.1"
# Below the range from which Linux takes ports for outgoing connections: in that range a client that
# keeps trying to reach a restarting Redis can connect to itself and so take the port away.
_CHOICE = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Tell whether a server could listen on *port* now."""
    with socket.socket() as probe:
        # As the servers do; without it the closed connections of a former one would count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(preferred: int = 0) -> int:
    """Return *preferred* if it is free, else another free port."""
    if preferred and is_free(preferred):
        return preferred
    return next(port for port in random.sample(_CHOICE, len(_CHOICE)) if is_free(port))
