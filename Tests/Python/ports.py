"""Ports for programs whose address has to be known before they start.

Outside of the range that the system gives out by itself, so that no connection and no other program takes one."""

import itertools
import os
import socket

RANGE = range(20_000, 32_000)
_ports = itertools.cycle(RANGE)
for _ in range(os.getpid() * 37 % len(RANGE)):
    next(_ports)


def free_port():
    while True:
        port = next(_ports)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def free_addresses(count):
    return [f"127.0.0.1:{free_port()}" for _ in range(count)]
