"""What metrics say, read by the parsers of Prometheus' own client.

openmetrics.py FILE prints FILE, which is OpenMetrics, as JSON: an array of
{"family", "type", "unit", "help", "name", "labels", "value"}, a sample each. A
value that is no finite number is a text. With --prometheus, FILE is in the older
text format, whose parser knows no unit.

openmetrics.py --silent PORT N connects N times, says nothing, and waits for the
end of its standard input; with --trickle PORT it goes on with one request, byte by
byte, until the other side has enough, and says "ended".
"""

import json
import math
import socket
import sys
import time


def samples(path, parser):
    with open(path, encoding="utf-8") as file:
        families = list(parser(file.read()))
    return [
        {
            "family": family.name,
            "type": family.type,
            "unit": family.unit,
            "help": family.documentation,
            "name": sample.name,
            "labels": sample.labels,
            "value": sample.value if math.isfinite(sample.value) else str(sample.value),
        }
        for family in families
        for sample in family.samples
    ]


def trickle(address):
    try:
        with socket.create_connection(address) as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
            while True:
                connection.sendall(b"x")
                time.sleep(0.1)
    except OSError:
        print("ended", flush=True)


def main(arguments):
    if arguments[0] == "--silent":
        address = ("127.0.0.1", int(arguments[1]))
        silent = [socket.create_connection(address) for _ in range(int(arguments[2]))]
        print(len(silent), flush=True)
        sys.stdin.read()
    elif arguments[0] == "--trickle":
        trickle(("127.0.0.1", int(arguments[1])))
    elif arguments[0] == "--prometheus":
        from prometheus_client.parser import text_string_to_metric_families

        print(json.dumps(samples(arguments[1], text_string_to_metric_families)))
    else:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families

        print(json.dumps(samples(arguments[0], text_string_to_metric_families)))


main(sys.argv[1:])
