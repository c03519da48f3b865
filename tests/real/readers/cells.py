"""What LibreOffice made of a file: WORKBOOK. Prints a line for each cell that is a formula, then the cells of text
as a JSON array."""

import json
import sys

import openpyxl

texts = []
for sheet in openpyxl.load_workbook(sys.argv[1]):
    for row in sheet.iter_rows():
        for cell in row:
            # LibreOffice saves booleans in this way.
            if cell.data_type == "f" and cell.value not in ("=TRUE()", "=FALSE()"):
                print(f"formula {sheet.title} {cell.coordinate}: {cell.value!r}")
            elif isinstance(cell.value, str):
                texts.append(cell.value)
print(json.dumps(texts))
