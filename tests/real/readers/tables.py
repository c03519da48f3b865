"""The tables as Python reads them: DATABASE EXPORTS.

CSV files hold what the views of the database hold, and the workbook what the CSV files hold, each cell with
its type. Prints what differs; nothing is good.
"""

import csv
import datetime
import json
import re
import sqlite3
import sys
import unicodedata

import openpyxl

csv.field_size_limit(1 << 30)
TIMES = {"Started", "First Failed", "Last Failed", "Last OK", "Crawl Timestamp", "Since"}
BOOLEANS = {"In Sitemap", "Connection Reused", "Follow"}
SHARES = {"Cause Confidence", "Confidence", "Error Rate", "Error Rate Low 95%", "Error Rate High 95%"}
LONGEST = 32767


def plain(text):
    """A text as CSV files have it: no formula, no control characters."""
    text = "".join("\ufffd" if unicodedata.category(c) == "Cc" and c not in "\t\n\r" else c for c in text)
    text = re.sub(r'([;\t\n\r][ "]*)(?=[=+\-@])', r"\1'", text)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def written(value):
    if value is None:
        return ""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)


def stored(database, table):
    """The rows of the newest run as CSV should have them, in any order."""
    cursor = database.execute(f"SELECT * FROM {table} WHERE run = (SELECT max(id) FROM run)")
    names = [column[0] for column in cursor.description][1:]
    rows = [list(row)[1:] for row in cursor]
    if names[-1] == "Selected":
        names.pop()
        rows = [row[:-1] + (json.loads(row[-1]) if row[-1] else []) for row in rows]
    return names, rows


def equal(name, a, b):
    """Numbers may be written differently: 0.1 and 0.10. Halves of a tenth of a millisecond are rounded up by one
    version of SQLite and down by another, and this one is Python's."""
    if a == b:
        return True
    try:
        return abs(float(a) - float(b)) < (0.11 if name.endswith("(ms)") else 1e-9)
    except ValueError:
        return False


VISITS = ("Clicks", "Impressions", "Sessions", "Visits", "Clicks At Risk", "Clicks At Risk Low 95%", "Clicks At Risk High 95%")


def check_csv(database, table, header, rows):
    names, expected = stored(database, table)
    # Columns of visits are left out of exports without any.
    kept = [at for at, name in enumerate(names) if name in header or name not in VISITS]
    expected = [[row[at] for at in kept] + row[len(names) :] for row in expected]
    names = [names[at] for at in kept]
    if header[: len(names)] != names:
        yield f"{table}.csv: columns {header} and not {names}"
    if len(rows) != len(expected):
        yield f"{table}.csv: {len(rows)} rows and not {len(expected)}"
        return
    expected = [[written(value) for value in row] for row in expected]
    # Cells of --select are absent in the database where nothing was fetched.
    expected = [row + [""] * (len(header) - len(row)) for row in expected]
    for row, wanted in zip(sorted(rows), sorted(expected)):
        if not all(map(equal, header, row, wanted)):
            yield f"{table}.csv: {row} and not {wanted}"


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", ""))


def in_workbook(name, text):
    """What a cell of the workbook should hold where a CSV file has this text."""
    if text == "":
        return None
    if name in TIMES:
        return moment(text)
    if name in BOOLEANS:
        return text == "true"
    text = bare(text).replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


def bare(text):
    """Without the apostrophes that keep a CSV cell from being a formula."""
    text = re.sub(r"""([;\t\n\r][ "]*)'(?=[=+\-@])""", r"\1", text)
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@", "\t", "\r") else text


def same(cell, expected):
    if isinstance(expected, datetime.datetime):
        return isinstance(cell, datetime.datetime) and abs(cell - expected) < datetime.timedelta(milliseconds=1)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return float(expected) == cell
    # What looks like Excel's escapes is escaped itself; openpyxl leaves that as it is.
    return (cell.replace("_x005F_", "_") if isinstance(cell, str) else cell) == expected


def arranged(header, rows):
    """Verdict and cause stand beside the address, if a table has both."""
    if header[0] == "Address" and {"Verdict", "Probable Cause"} <= set(header):
        first = [0, header.index("Verdict"), header.index("Probable Cause")]
        order = first + [at for at in range(len(header)) if at not in first]
        return [[row[at] for at in order] for row in [header, *rows]], "D2"
    return [header, *rows], None


def check_hidden(sheet, header):
    """If a filter is set, exactly the rows that it leaves out are hidden, and it leaves some."""
    hidden = {row for row, shape in sheet.row_dimensions.items() if shape.hidden}
    chosen = {}
    for column in sheet.auto_filter.filterColumn:
        chosen[column.colId] = set(column.filters.filter)
    out = set()
    for row in sheet.iter_rows(min_row=2):
        if any(row[at].value not in shown for at, shown in chosen.items()):
            out.add(row[0].row)
    if hidden != out:
        yield f"{sheet.title}: rows {sorted(hidden)[:9]} are hidden and not {sorted(out)[:9]}"
    if chosen and len(out) == sheet.max_row - 1:
        yield f"{sheet.title}: the filter hides all"
    if sheet.title == "pages" and [header[at] for at in chosen] != ["Verdict"]:
        yield f"pages: the filter is on {chosen}"


def check_sheet(sheet, table, header, rows):
    (header, *rows), frozen = arranged(header, rows)
    yield from check_hidden(sheet, header)
    # The column of addresses stays as well, where there is one.
    if sheet.freeze_panes not in ((frozen,) if frozen else ("A2", "B2")):
        yield f"{table}: not frozen below the header but at {sheet.freeze_panes}"
    if sheet.auto_filter.ref != f"A1:{openpyxl.utils.get_column_letter(len(header))}{len(rows) + 1}":
        yield f"{table}: the filter is on {sheet.auto_filter.ref}"
    found = list(sheet.iter_rows())
    if [cell.value for cell in found[0]] != [bare(name) for name in header]:
        yield f"{table}: columns {[cell.value for cell in found[0]]}"
    if not all(cell.font.bold for cell in found[0]):
        yield f"{table}: the header is not bold"
    if len(found) != len(rows) + 1:
        yield f"{table}: {len(found) - 1} rows and not {len(rows)}"
    for cells, row in zip(found[1:], rows):
        for cell, name, text in zip(cells, header, row):
            link = cell.hyperlink and cell.hyperlink.target
            is_address = cell.column == 1 and name == header[0] and str(link).startswith("http")
            if cell.data_type == "f" or (cell.hyperlink and not is_address):
                yield f"{table} {cell.coordinate}: a formula or link {cell.value!r}"
            if not same(cell.value, in_workbook(name, text)):
                yield f"{table} {cell.coordinate} {name}: {cell.value!r} and not {text!r}"
            if name in SHARES and cell.value is not None and cell.number_format != "0.00%":
                yield f"{table} {cell.coordinate}: no percentage"
            if cell.value is not None and name in NUMBERS.get(table, ()) and cell.data_type != "n":
                yield f"{table} {cell.coordinate} {name}: no number but {cell.value!r}"


NUMBERS = {
    "pages": ("Status Code", "Size (bytes)", "Inlinks", "Response Time", "Attempts", "Error Rate", "Priority"),
    "attempts": ("Attempt", "Status Code", "Total (ms)", "Bytes", "In Flight"),
    "sections": ("URLs", "Failing", "Error Rate"),
}


def main(path, exports):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    book = openpyxl.load_workbook(f"{exports}/gatecrawl.xlsx")
    tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'view'")]
    tables = [name for name in book.sheetnames if name in tables]
    faults = []
    if book.sheetnames[0] != "summary" or len(tables) != 10 or len(book.sheetnames) != 11:
        faults.append(f"sheets {book.sheetnames}")
    for table in tables:
        with open(f"{exports}/{table}.csv", encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file, strict=True)
        faults += check_csv(database, table, header, rows)
        faults += check_sheet(book[table], table, header, rows)
    print("\n".join(faults[:20]))
    return 1 if faults else 0


sys.exit(main(*sys.argv[1:]))
