#!/usr/bin/env bash
# markitdown 0.1.9: the numbers and texts of an Excel sheet come out changed. The country code NA (Namibia) is "NaN", an order number in a
# column with an empty cell gets a decimal point, one of 15 digits becomes 1.234568e+14, a small amount loses its digits after the
# sixth, and True is 1.0. Each sheet goes through pandas with its usual guesses, then through HTML with the usual precision of a printed
# table. "Convert various files to Markdown" for language models (https://github.com/microsoft/markitdown) lets one expect what
# stands in the cells; the same table as a CSV file, converted by the same package, is right in every cell.
# Seen on 2026-12-01, Linux, Python 3.11:
#     .csv
#     | country | order | account | rate | paid |
#     | NA | 10000001 | 123456789012345 | 0.0000123456 | True |
#     | DE |  |  | 1.5 |  |
#     .xlsx
#     | country | order | account | rate | paid |
#     | NaN | 10000001.0 | 1.234568e+14 | 0.000012 | 1.0 |
#     | DE | NaN | NaN | 1.500000 | NaN |
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --no-compile --disable-pip-version-check 'markitdown[xlsx]==0.1.9'

expected=$(cat <<'OUT'
.csv
| country | order | account | rate | paid |
| NA | 10000001 | 123456789012345 | 0.0000123456 | True |
| DE |  |  | 1.5 |  |
.xlsx
| country | order | account | rate | paid |
| NaN | 10000001.0 | 1.234568e+14 | 0.000012 | 1.0 |
| DE | NaN | NaN | 1.500000 | NaN |
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import io

import openpyxl
from markitdown import MarkItDown

ROWS = [
    ["country", "order", "account", "rate", "paid"],
    ["NA", 10000001, 123456789012345, 0.0000123456, True],
    ["DE", None, None, 1.5, None],
]
book = openpyxl.Workbook()
for row in ROWS:
    book.active.append(row)
sheet = io.BytesIO()
book.save(sheet)
lines = "\n".join(",".join("" if cell is None else f"{cell:.10f}" if cell == ROWS[1][3] else str(cell) for cell in row) for row in ROWS)
for name, data in [(".csv", io.BytesIO(lines.encode())), (".xlsx", io.BytesIO(sheet.getvalue()))]:
    table = MarkItDown().convert_stream(data, file_extension=name).markdown
    print(name)
    print("\n".join(line for line in table.splitlines() if "|" in line and "---" not in line))
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
