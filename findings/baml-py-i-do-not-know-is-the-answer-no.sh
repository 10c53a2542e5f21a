#!/usr/bin/env bash
# baml-py 0.226.3 (BAML, which reads a model's prose as a declared type): for an enum of YES and NO, "I do not know" is read as NO, "Nothing is said
# about it" as NO, "Yesterday" as YES, and for colors, "I am bored" as RED. A value is looked for within words too, and one that is found at
# all is the result. One would expect a value to be found in a sentence as a whole word, and an error where none is named, as
# there is for "Perhaps", and for a sentence that names two values once each. What a classifier says when it
# does not know has a "no" or a "not" in it, so that it becomes a NO in silence. A bool takes neither yes nor no, but "untrue" is True.
# Seen on 2026-12-01, Linux, Python 3.11:
#     Ask: 'Yes.' -> Answer.YES
#     Ask: 'It is a yes, I think' -> Answer.YES
#     Ask: 'I do not know' -> Answer.NO
#     Ask: 'Nothing is said about it' -> Answer.NO
#     Ask: 'Unknown' -> Answer.NO
#     Ask: 'Yesterday' -> Answer.YES
#     Ask: 'Perhaps' -> BamlError
#     Ask: 'Not a yes' -> BamlError
#     Paint: 'Red, like a rose' -> Color.RED
#     Paint: 'I am bored' -> Color.RED
#     Check: 'true' -> True
#     Check: 'untrue' -> True
#     Check: 'It is not true' -> True
#     Check: 'no' -> BamlError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'baml-py==0.226.3' 'pydantic==2.14.4'

expected=$(cat <<'OUT'
Ask: 'Yes.' -> Answer.YES
Ask: 'It is a yes, I think' -> Answer.YES
Ask: 'I do not know' -> Answer.NO
Ask: 'Nothing is said about it' -> Answer.NO
Ask: 'Unknown' -> Answer.NO
Ask: 'Yesterday' -> Answer.YES
Ask: 'Perhaps' -> BamlError
Ask: 'Not a yes' -> BamlError
Paint: 'Red, like a rose' -> Color.RED
Paint: 'I am bored' -> Color.RED
Check: 'true' -> True
Check: 'untrue' -> True
Check: 'It is not true' -> True
Check: 'no' -> BamlError
OUT
)
seen=$(BAML_LOG=off "$folder/venv/bin/python" -I - <<'CODE'
import enum
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

enum Answer {
  YES
  NO
}

enum Color {
  RED
  GREEN
}

function Ask(question: string) -> Answer {
  client Model
  prompt #"{{ question }}"#
}

function Paint(question: string) -> Color {
  client Model
  prompt #"{{ question }}"#
}

function Check(question: string) -> bool {
  client Model
  prompt #"{{ question }}"#
}
"""
runtime = BamlRuntime.from_files("baml_src", {"baml_src/main.baml": SOURCE}, {})
made = types.ModuleType("made")
made.Answer = enum.Enum("Answer", {"YES": "YES", "NO": "NO"})
made.Color = enum.Enum("Color", {"RED": "RED", "GREEN": "GREEN"})


def read(function: str, answer: str) -> str:
    context = runtime.create_context_manager()
    try:
        return str(runtime.parse_llm_response(function, answer, made, made, made, False, context, None, None, {}))
    except Exception as error:
        return type(error).__name__


ANSWERS = {
    "Ask": ["Yes.", "It is a yes, I think", "I do not know", "Nothing is said about it", "Unknown", "Yesterday", "Perhaps", "Not a yes"],
    "Paint": ["Red, like a rose", "I am bored"],
    "Check": ["true", "untrue", "It is not true", "no"],
}
for function, answers in ANSWERS.items():
    for answer in answers:
        print(f"{function}: {answer!r} -> {read(function, answer)}")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
