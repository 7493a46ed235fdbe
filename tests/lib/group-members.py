#!/usr/bin/env python3
"""Opens sockets as told and holds them until it is ended: members for fairport-groups to find.

    group-members.py SPEC...

A SPEC is PROTOCOL,HOST,PORT and any of:
    count=N     so many sockets, each of a process of its own
    one         all of them in one process
    alone       without SO_REUSEPORT
    v6only      or dual: IPV6_V6ONLY
    device=NAME SO_BINDTODEVICE
    peer=PORT   connected to this port of its own host
    backlog=N   of a TCP listener
    busy        UDP: packets are taken out all the time, and as many come in
    flying      no process has it: it is in the queue of another socket

Prints a line "pid cookie" for each socket in the order of their slots, and then "ready".
"""
import ctypes
import os
import signal
import socket
import struct
import sys
import time

SO_COOKIE = 57
PR_SET_PDEATHSIG = 1


def open_socket(protocol, host, port, options):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    made = socket.socket(family, kind)
    if "alone" not in options:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int("v6only" in options))
    if "device" in options:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, options["device"].encode())
    made.bind((host, port))
    if "peer" in options:
        made.connect((host if host != "0.0.0.0" else "127.0.0.1", int(options["peer"])))
    if protocol == "tcp":
        made.listen(int(options.get("backlog", 5)))
    return made


def cookie_of(made):
    return struct.unpack("Q", made.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))[0]


def make_fly(made):
    near, far = socket.socketpair()
    print(0, cookie_of(made))
    socket.send_fds(near, [b"x"], [made.fileno()])
    made.close()
    return near, far


def hold(busy):
    """In a child: stays, and ends with its parent."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if busy:
        other = socket.socket(busy.family, busy.type)
        other.connect(busy.getsockname())
        for _ in range(5):
            other.send(b"again")
    while True:
        if busy:
            other.send(busy.recv(100))
            time.sleep(0.005)
        else:
            signal.pause()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    flying = []
    for spec in sys.argv[1:]:
        protocol, host, port, *rest = spec.split(",")
        options = dict(word.partition("=")[::2] for word in rest)
        if "flying" in options:
            flying.append(make_fly(open_socket(protocol, host, int(port), options)))
            continue
        made = [
            open_socket(protocol, host, int(port), options)
            for _ in range(int(options.get("count", 1)))
        ]
        shares = [made] if "one" in options else [[one] for one in made]
        for share in shares:
            pid = os.fork()
            if pid == 0:
                for other in made:
                    if other not in share:
                        other.close()
                hold(share[0] if "busy" in options else None)
            for one in share:
                print(pid, cookie_of(one))
        for one in made:
            one.close()
    print("ready", flush=True)
    while True:
        signal.pause()


main()
