#!/usr/bin/env bash
# inspect-ai 0.3.285 (evaluations of models): the scorer `exact()` counts the answer "-5" as right where the target is "5", "C++" where it is
# "C", and "The 5%" as well; `match()`, the usual one, counts "The answer is 112" as right for "12", and "incorrect" for
# "correct". The first takes all punctuation away, the sign of a number and the name of a language included, and articles; the second
# only asks how the answer ends. The documentation of `exact` promises "an exact matching comparison" after the text is normalized,
# and that of `match` does not say that a target may begin within a word or a number (https://inspect.aisi.org.uk/scorers.html). One
# would expect 5 and -5 to be two answers. With `match(numeric=True)` they are. Scores come out too high, in silence.
# Seen on 2026-12-01, Linux, Python 3.11:
#     exact: answer '5', target '5': right
#     exact: answer '-5', target '5': right
#     exact: answer 'C++', target 'C': right
#     exact: answer 'The 5%', target '5': right
#     exact: answer '1.5', target '15': wrong
#     match: answer 'The answer is 12', target '12': right
#     match: answer 'The answer is 112', target '12': right
#     match: answer 'This is incorrect', target 'correct': right
#     match: answer 'Here: -12', target '12': right
#     match numeric: answer 'The answer is 112', target '12': wrong
#     match numeric: answer 'Here: -12', target '12': wrong
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --no-compile --disable-pip-version-check 'inspect-ai==0.3.285'

expected=$(cat <<'OUT'
exact: answer '5', target '5': right
exact: answer '-5', target '5': right
exact: answer 'C++', target 'C': right
exact: answer 'The 5%', target '5': right
exact: answer '1.5', target '15': wrong
match: answer 'The answer is 12', target '12': right
match: answer 'The answer is 112', target '12': right
match: answer 'This is incorrect', target 'correct': right
match: answer 'Here: -12', target '12': right
match numeric: answer 'The answer is 112', target '12': wrong
match numeric: answer 'Here: -12', target '12': wrong
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import asyncio

from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Target, exact, match
from inspect_ai.solver import TaskState

CASES = [
    (exact(), [("5", "5"), ("-5", "5"), ("C++", "C"), ("The 5%", "5"), ("1.5", "15")]),
    (match(), [("The answer is 12", "12"), ("The answer is 112", "12"), ("This is incorrect", "correct"), ("Here: -12", "12")]),
    (match(numeric=True), [("The answer is 112", "12"), ("Here: -12", "12")]),
]


async def main() -> None:
    for name, (scorer, answers) in zip(["exact", "match", "match numeric"], CASES, strict=True):
        for answer, target in answers:
            output = ModelOutput.from_content("model", answer)
            state = TaskState("model", 1, 1, "question", [], output=output)
            score = await scorer(state, Target(target))
            print(f"{name}: answer {answer!r}, target {target!r}: {'right' if score.value == 'C' else 'wrong'}")


asyncio.run(main())
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
