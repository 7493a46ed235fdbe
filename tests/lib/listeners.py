#!/usr/bin/env python3
"""A group of TCP listeners on 127.0.0.1, each of a process of its own, until it is ended.

    listeners.py PORT COUNT [OPTION..]

An OPTION is any of:
    backlog=N   of each; 5 by default
    takes=N     each accepts so many connections, keeps them, and then no more

Prints the pid of each in the order of their slots, and then "ready". Without "takes", each accepts
all that comes, reads on it and closes it when the other side does.
"""

import ctypes
import os
import selectors
import signal
import socket
import sys

PR_SET_PDEATHSIG = 1


def open_member(port, backlog):
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind(("127.0.0.1", port))
    made.listen(backlog)
    return made


def serve(made):
    wait = selectors.DefaultSelector()
    wait.register(made, selectors.EVENT_READ)
    while True:
        for key, _ in wait.select():
            if key.fileobj is made:
                wait.register(made.accept()[0], selectors.EVENT_READ)
            elif not key.fileobj.recv(4096):
                wait.unregister(key.fileobj)
                key.fileobj.close()


def take(made, count):
    kept = [made.accept() for _ in range(count)]
    while kept:
        signal.pause()


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    options = dict(word.partition("=")[::2] for word in sys.argv[3:])
    members = [open_member(port, int(options.get("backlog", 5))) for _ in range(count)]
    for made in members:
        pid = os.fork()
        if pid == 0:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            for other in members:
                if other is not made:
                    other.close()
            if "takes" in options:
                take(made, int(options["takes"]))
            serve(made)
        print(pid)
    for made in members:
        made.close()
    print("ready", flush=True)
    while True:
        signal.pause()


main()
