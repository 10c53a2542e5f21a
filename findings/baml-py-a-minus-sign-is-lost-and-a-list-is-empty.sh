#!/usr/bin/env bash
# baml-py 0.226.3 (BAML, which reads a model's prose as a declared type): a number loses its sign where the minus is the typographic one: "−5" is 5.0, as
# "about −5 degrees" is, while "-5" is -5.0. Of "1,5" the comma is taken out: 15.0. A list of numbers in prose, "1, 2, 3", is an empty
# list, and of [1, two, 3] the second is left out. What stands around a number is looked past, so that a sign that is not known is one more thing to
# look past; in a list, what cannot be read is dropped. One would expect an error where a number is not read whole, as there is for "2-3"
# and "1.250,75", so that the call is tried again: models write the typographic sign in tables and in prose, and many languages a comma.
# Seen on 2026-12-01, Linux, Python 3.11:
#     Number: '-5' -> -5.0
#     Number: '−5' -> 5.0
#     Number: 'about -5 degrees' -> -5.0
#     Number: 'about −5 degrees' -> 5.0
#     Number: '1.5' -> 1.5
#     Number: '1,5' -> 15.0
#     Number: '1,250.75' -> 1250.75
#     Number: '1.250,75' -> BamlError
#     Number: '2-3' -> BamlError
#     Number: 'none' -> BamlError
#     Numbers: '[1, 2, 3]' -> [1, 2, 3]
#     Numbers: '1, 2, 3' -> []
#     Numbers: '[1, two, 3]' -> [1, 3]
#     Numbers: '[]' -> []
#     Numbers: 'none' -> []
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'baml-py==0.226.3' 'pydantic==2.14.4'

expected=$(cat <<'OUT'
Number: '-5' -> -5.0
Number: '−5' -> 5.0
Number: 'about -5 degrees' -> -5.0
Number: 'about −5 degrees' -> 5.0
Number: '1.5' -> 1.5
Number: '1,5' -> 15.0
Number: '1,250.75' -> 1250.75
Number: '1.250,75' -> BamlError
Number: '2-3' -> BamlError
Number: 'none' -> BamlError
Numbers: '[1, 2, 3]' -> [1, 2, 3]
Numbers: '1, 2, 3' -> []
Numbers: '[1, two, 3]' -> [1, 3]
Numbers: '[]' -> []
Numbers: 'none' -> []
OUT
)
seen=$(BAML_LOG=off "$folder/venv/bin/python" -I - <<'CODE'
import types

from baml_py import BamlRuntime

SOURCE = """
client<llm> Model {
  provider openai
  options {
    model "model"
    api_key "none"
  }
}

function Number(question: string) -> float {
  client Model
  prompt #"{{ question }}"#
}

function Numbers(question: string) -> int[] {
  client Model
  prompt #"{{ question }}"#
}
"""
runtime = BamlRuntime.from_files("baml_src", {"baml_src/main.baml": SOURCE}, {})
made = types.ModuleType("made")


def read(function: str, answer: str) -> str:
    context = runtime.create_context_manager()
    try:
        return repr(runtime.parse_llm_response(function, answer, made, made, made, False, context, None, None, {}))
    except Exception as error:
        return type(error).__name__


ANSWERS = {
    "Number": ["-5", "\u22125", "about -5 degrees", "about \u22125 degrees", "1.5", "1,5", "1,250.75", "1.250,75", "2-3", "none"],
    "Numbers": ["[1, 2, 3]", "1, 2, 3", "[1, two, 3]", "[]", "none"],
}
for function, answers in ANSWERS.items():
    for answer in answers:
        print(f"{function}: {answer!r} -> {read(function, answer)}")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
