#!/usr/bin/env python3
"""Opens a socket, which processes take from as told: what fairport-probe is to count.

    taker.py PROTOCOL,HOST,PORT[,OPTION..]

An OPTION is any of:
    dual        of IPv6 and IPv4
    rcvbuf=N    SO_RCVBUF, in bytes
    backlog=N   of a TCP listener
    idle=N      each process first looks N times, without blocking, whether there is something
    takes=N     a process takes so many packets (TCP: connections, which it keeps), then waits to be
                ended; given several times, there is a process for each

Without "takes", one process takes nothing. Prints a line "pid cookie" for each process, and "ready"
when all of them have looked.
"""

import ctypes
import os
import signal
import socket
import struct
import sys

SO_COOKIE = 57
PR_SET_PDEATHSIG = 1


def open_socket(protocol, host, port, options):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int("dual" not in options))
    if "rcvbuf" in options:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(options["rcvbuf"]))
    made.bind((host, port))
    if protocol == "tcp":
        made.listen(int(options.get("backlog", 64)))
    return made


def take(made):
    """One packet, or one connection."""
    if made.type == socket.SOCK_STREAM:
        return made.accept()
    return made.recv(65536)


def look(made, times):
    made.setblocking(False)
    for _ in range(times):
        try:
            take(made)
        except BlockingIOError:
            pass
    made.setblocking(True)


def serve(made, count, looks, looked):
    """What a process does; LOOKED is called when it has looked."""
    look(made, looks)
    looked()
    kept = [take(made) for _ in range(count)]
    while True:
        signal.pause()
        assert len(kept) == count


def fork_one(made, count, looks):
    """Starts a process, and returns its pid when it has looked."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        serve(made, count, looks, lambda: os.write(writer, b"x"))
    os.read(reader, 1)
    return pid


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    protocol, host, port, *rest = sys.argv[1].split(",")
    options = dict(word.partition("=")[::2] for word in rest)
    takes = [int(word.partition("=")[2]) for word in rest if word.startswith("takes=")]
    made = open_socket(protocol, host, int(port), options)
    cookie = struct.unpack("Q", made.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))[0]
    for count in takes or [0]:
        print(fork_one(made, count, int(options.get("idle", 0))), cookie)
    made.close()
    print("ready", flush=True)
    while True:
        signal.pause()


main()
