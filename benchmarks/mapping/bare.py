"""msgspec's bare decode and encode: each line of standard input to Python values, exact, and back."""

from __future__ import annotations

import sys
from decimal import Decimal

import msgspec

if __name__ == "__main__":
    decode = msgspec.json.Decoder(float_hook=Decimal).decode
    encode = msgspec.json.Encoder(decimal_format="number").encode
    write = sys.stdout.buffer.write
    for line in sys.stdin.buffer:
        write(encode(decode(line)) + b"\n")
