#!/usr/bin/env python3
"""Opens COUNT connections to 127.0.0.1:PORT, one after the other, and keeps them until it is ended.

    callers.py PORT COUNT [chatter]

Prints "open N" when all have been tried: so many were established, each within 0.2 s. Then a line
"reset N" whenever one was reset: so many of them are. "chatter": each sends a byte now and then.
"""

import select
import socket
import sys


def main():
    port, count, chatter = int(sys.argv[1]), int(sys.argv[2]), "chatter" in sys.argv[3:]
    wait = select.poll()
    made = {}
    for _ in range(count):
        one = socket.socket()
        one.settimeout(0.2)
        try:
            one.connect(("127.0.0.1", port))
            made[one.fileno()] = one
            wait.register(one, select.POLLIN)
        except TimeoutError:
            one.close()
    print("open", len(made), flush=True)
    resets = 0
    while True:
        for number, events in wait.poll(20 if chatter else None):
            wait.unregister(number)
            resets += bool(events & select.POLLERR)
            print("reset", resets, flush=True)
        if chatter:
            for one in made.values():
                one.send(b"x")


main()
