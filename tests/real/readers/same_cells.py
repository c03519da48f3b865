"""Whether Python's csv finds in FILE the cells of a JSON array of rows, EXPECTED."""

import csv
import json
import sys

with open(sys.argv[1], newline="", encoding="utf-8") as file:
    found = list(csv.reader(file, strict=True))
with open(sys.argv[2], encoding="utf-8") as file:
    expected = json.load(file)
for number, (row, wanted) in enumerate(zip(found, expected)):
    if row != wanted:
        sys.exit(f"row {number}: {row!r} instead of {wanted!r}")
if len(found) != len(expected):
    sys.exit(f"{len(found)} rows instead of {len(expected)}")
