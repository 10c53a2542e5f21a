#!/usr/bin/env bash
# llms-txt 0.0.7 (the reader from the authors of the format): of the parts of an llms.txt file, only the title is required
# (https://llmstxt.org, "An H1 with the name of the project or site. This is the only required section"), and a file that has just that, or
# a title and links, makes `parse_llms_file` raise TypeError. A summary that no further text follows, the commonest kind of file,
# is not the summary: it is put into `info` with its ">" and `summary` is None. An address with parentheses ends at the
# first one, without an error, and its description is lost. One would expect the reader to take what the specification
# allows. A site that is read in this way has no description, or links that lead nowhere.
# Seen on 2026-12-01, Linux, Python 3.11:
#     all parts: summary 'What it is.', info 'Read this first.', links [{'title': 'Use', 'url': 'https://example.org/use', 'desc': 'How to use it'}]
#     title only: TypeError
#     title and links: TypeError
#     no further text: summary None, info '> What it is.', links [{'title': 'Use', 'url': 'https://example.org/use', 'desc': 'How to use it'}]
#     parentheses: summary 'What it is.', info 'Read this first.', links [{'title': 'Use', 'url': 'https://example.org/use_(short', 'desc': None}]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'llms-txt==0.0.7'

expected=$(cat <<'OUT'
all parts: summary 'What it is.', info 'Read this first.', links [{'title': 'Use', 'url': 'https://example.org/use', 'desc': 'How to use it'}]
title only: TypeError
title and links: TypeError
no further text: summary None, info '> What it is.', links [{'title': 'Use', 'url': 'https://example.org/use', 'desc': 'How to use it'}]
parentheses: summary 'What it is.', info 'Read this first.', links [{'title': 'Use', 'url': 'https://example.org/use_(short', 'desc': None}]
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
from llms_txt import parse_llms_file

LINKS = "\n## Docs\n\n- [Use](https://example.org/use): How to use it\n"
FILES = {
    "all parts": "# Site\n\n> What it is.\n\nRead this first.\n" + LINKS,
    "title only": "# Site\n",
    "title and links": "# Site\n" + LINKS,
    "no further text": "# Site\n\n> What it is.\n" + LINKS,
    "parentheses": "# Site\n\n> What it is.\n\nRead this first.\n" + LINKS.replace("/use)", "/use_(short))"),
}
for name, text in FILES.items():
    try:
        site = parse_llms_file(text)
    except Exception as error:
        print(f"{name}: {type(error).__name__}")
    else:
        print(f"{name}: summary {site.summary!r}, info {site.info!r}, links {[dict(link) for link in site.sections.Docs]}")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
