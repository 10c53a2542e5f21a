#!/usr/bin/env bash
# poml 0.0.8 (Microsoft's markup for prompts): what is written as an XML entity is not in the prompt at all: "R&amp;D" is sent as "RD", "if a &lt; b" as
# "if a b", "Use &lt;b&gt; tags" as "Use b tags", "&#66;ern" as "ern", without an error or a warning; in a caption, "A &amp; B" stays as it is
# written. The language has its own way to write these signs, #lt; and #amp; (https://microsoft.github.io/poml/stable/language/basic), and calls its
# syntax XML-like; a bare "<" is refused with an error. One would expect the five entities of XML to be read, as any writer of XML makes them, or
# to be refused or left as they are: a condition without its sign is another prompt. Signs that come in by a variable are kept.
# Seen on 2026-12-01, Linux, Python 3.11:
#     <p>R&amp;D</p> -> 'RD'
#     <p>R#amp;D</p> -> 'R&D'
#     <p>if a &lt; b</p> -> 'if a b'
#     <p>if a #lt; b</p> -> 'if a < b'
#     <system-msg>Use &lt;b&gt; tags</system-msg> -> 'Use b tags'
#     <p>&#66;ern</p> -> 'ern'
#     <cp caption="A &amp; B"><p>text</p></cp> -> '# A &amp; B\n\ntext'
#     <p>{{name}}</p> -> 'R&D'
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'poml==0.0.8'

expected=$(cat <<'OUT'
<p>R&amp;D</p> -> 'RD'
<p>R#amp;D</p> -> 'R&D'
<p>if a &lt; b</p> -> 'if a b'
<p>if a #lt; b</p> -> 'if a < b'
<system-msg>Use &lt;b&gt; tags</system-msg> -> 'Use b tags'
<p>&#66;ern</p> -> 'ern'
<cp caption="A &amp; B"><p>text</p></cp> -> '# A &amp; B\n\ntext'
<p>{{name}}</p> -> 'R&D'
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import poml

TEXTS = [
    "<p>R&amp;D</p>",
    "<p>R#amp;D</p>",
    "<p>if a &lt; b</p>",
    "<p>if a #lt; b</p>",
    "<system-msg>Use &lt;b&gt; tags</system-msg>",
    "<p>&#66;ern</p>",
    '<cp caption="A &amp; B"><p>text</p></cp>',
    "<p>{{name}}</p>",
]
for text in TEXTS:
    prompt = poml.poml(f"<poml>{text}</poml>", context={"name": "R&D"})
    print(f"{text} -> {prompt[0]['content']!r}")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
