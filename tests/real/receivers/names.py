"""A name server at HERE that knows ADDRESS for every name but those that are made up to try it out."""

import socket
import sys

here, address = sys.argv[1], socket.inet_aton(sys.argv[2])
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
line.bind((here, 53))
print("ready", flush=True)
while True:
    query, client = line.recvfrom(1500)
    end = query.index(0, 12) + 5
    name, kind = query[12 : end - 4], query[end - 3]
    made_up = name[1:].startswith(b"gatecrawl-")
    answer = b""
    if kind == 1 and not made_up:
        # The name of the question, A, IN, five seconds, four bytes.
        answer = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04" + address
    code = 3 if made_up else 0
    head = query[:2] + bytes([0x81, 0x80 | code, 0, 1, 0, bool(answer), 0, 0, 0, 0])
    line.sendto(head + query[12:end] + answer, client)
