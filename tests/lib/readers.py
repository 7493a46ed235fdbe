#!/usr/bin/env python3
"""A group of UDP sockets on 127.0.0.1, each read by a process of its own, until it is ended.

    readers.py PORT COUNT [OPTION..]

An OPTION is any of:
    host=ADDRESS  another address than 127.0.0.1
    rcvbuf=N      SO_RCVBUF, in bytes
    pause=N       after each packet, ms
    slow=N        only member N pauses
    always=N      a classic BPF program gives every packet to member N
    connected     the first member is connected to a peer that sends nothing
    dissolved     likewise, and then no more
    to=PORT       a relay: what comes is sent on to 127.0.0.1:PORT, by one socket

Prints "ready", and for a relay a line for each packet.
"""

import ctypes
import os
import signal
import socket
import struct
import sys
import time

SO_ATTACH_REUSEPORT_CBPF = 51
PR_SET_PDEATHSIG = 1


def open_member(host, port, options):
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if "rcvbuf" in options:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(options["rcvbuf"]))
    made.bind((host, port))
    return made


def choose_always(made, member):
    code = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, member))
    program = struct.pack("HL", 1, ctypes.addressof(code))
    made.setsockopt(socket.SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program)


def connect_first(made, options):
    if "connected" in options or "dissolved" in options:
        made.connect(("127.0.0.1", 9))
    if "dissolved" in options:
        # struct sockaddr of AF_UNSPEC
        ctypes.CDLL(None).connect(made.fileno(), bytes(16), 16)


def read(made, options):
    """In a child: reads, and ends with its parent."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    while True:
        packet = made.recv(65536)
        if "to" in options:
            out.sendto(packet, ("127.0.0.1", int(options["to"])))
            print("sent", flush=True)
        if "pause" in options:
            time.sleep(int(options["pause"]) / 1000)


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    options = dict(word.partition("=")[::2] for word in sys.argv[3:])
    members = [open_member(options.get("host", "127.0.0.1"), port, options) for _ in range(count)]
    if "always" in options:
        choose_always(members[0], int(options["always"]))
    connect_first(members[0], options)
    for place, made in enumerate(members):
        if os.fork() == 0:
            if int(options.get("slow", place)) != place:
                options.pop("pause", None)
            for other in members:
                if other is not made:
                    other.close()
            read(made, options)
    for made in members:
        made.close()
    print("ready", flush=True)
    while True:
        signal.pause()


main()
