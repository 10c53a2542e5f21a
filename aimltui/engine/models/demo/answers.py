"""Chooses the demo model's answer: always the same one for the same question. The texts are in `texts.md`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from importlib import resources

from aimltui.common.patterns import pattern

DISCLAIMER = "*I am a scripted demo: no model runs here, and this answer was prepared.*\n\n"
_LONG_LAST = 200
_NUMBERS = ("one", "two", "three", "four", "five", "six")
_MOST_DICE = 20
_LAST_QUESTIONS = 20
"""The most questions in the demo's summary."""
_EQUATION = pattern(
    r"(?<![\w.])(?P<a>[+-]?\s*\d*)\s*\*?\s*(?P<x>[a-z])\s*(?:(?P<sign>[+-])\s*(?P<b>\d+))?\s*=\s*(?P<c>[+-]?\s*\d+)(?!\d|[.,]\d|\s*[a-z]\b)",
    re.IGNORECASE,
)

_TOPICS: tuple[tuple[str, str], ...] = (
    # Specific phrases come before words that many questions contain.
    (
        r"real model|connect|api.?key|set.?up|key.*(?:environment|variable)|endpoint|base.?url|ollama|openai",
        "connect",
    ),
    (r"shortcut|keyboard|hotkey|binding|\bkeys?\b", "keys"),
    (r"priva|telemetry|secret|secure|offline|where.*(?:stored|saved|data)|database", "privacy"),
    (
        r"code interpreter|run (?:code|python)|tools?\b|file.?search|upload|attach|function call|\bdocuments?\b",
        "tools",
    ),
    (r"export|save as|download|copy", "export"),
    (r"\bstop|cancel|interrupt|\besc", "stopping"),
    (r"stream|live|token|receipt|cost|fast", "streaming"),
    (r"\btables?\b", "tables"),
    (r"markdown|format|heading|what .* look", "markdown"),
    (r"\bcode\b|python|bash|json|script|program a|function", "code"),
    (r"theme|colou?r|dark|light", "themes"),
    (r"thread|conversation|history|sidebar|rename|delete|pin\b", "threads"),
    (r"assistant|instruction|persona", "assistants"),
    (r"model|gpt|claude|gemini|llama", "models"),
    (r"newline|multi.?line|paste|queue|draft|prompt|send", "converse"),
    (r"thank|great|nice|cool|perfect|danke|merci", "thanks"),
    (
        r"^\W*(?:hi|hello|hey|hallo|hola|good (?:morning|evening))\b|who are you|what (?:are|can) you",
        "greeting",
    ),
)


def answer_to(question: str, *, earlier: int = 0, output: str | None = None) -> str:
    """The answer, in Markdown.

    Args:
        question: The user's last message.
        earlier: The number of messages before it.
        output: The output of the code that was run for it; None if none was run.
    """
    text = _choose(question) if output is None else _computed(question, output)
    if earlier:
        return text.replace("{earlier}", f"I received {earlier} earlier messages of this thread with it.")
    return DISCLAIMER + text.replace("{earlier}", "It is the first message of this thread.")


def _choose(question: str) -> str:
    asked = _normal(question)
    special: tuple[Callable[[str], str | None], ...] = (_algebra, _long)
    for attempt in special:
        found = attempt(asked)
        if found is not None:
            return found
    topic = next((topic for pattern, topic in _TOPICS if re.search(pattern, asked)), "unknown")
    return prepared_texts()[topic]


@cache
def prepared_texts() -> Mapping[str, str]:
    """The prepared texts by topic, in Markdown. `{earlier}` in one stands for a sentence about the thread."""
    source = resources.files(__package__).joinpath("texts.md").read_text(encoding="utf-8")
    parts = re.split(r"<!-- topic: (\w+) -->\n", source)[1:]
    return {topic: f"{text.rstrip()}\n" for topic, text in zip(parts[::2], parts[1::2], strict=True)}


def code_for(question: str) -> str | None:
    """Python code that finds the answer; None if the question needs no code."""
    equation = _equation(_normal(question))
    if equation is None:
        return None
    x, a, b, c = equation
    return (
        "from fractions import Fraction\n\n"
        f"# {_term(a, x)}{_signed(b)} = {c}\n"
        f"factor, summand, right = {a}, {b}, {c}\n"
        f"{x} = Fraction(right - summand, factor)\n"
        f'print("{x} =", {x})\n'
        f'print("check:", factor * {x} + summand == right)\n'
    )


def _computed(question: str, output: str) -> str:
    equation = _equation(_normal(question))
    x = equation[0] if equation is not None else "x"
    found = re.search(rf"^{x} = (\S+)$", output, re.MULTILINE)
    printed = f"```text\n{output.strip()}\n```\n"
    if found is None:
        by_hand = _algebra(_normal(question)) or ""
        return f"The code interpreter gave no result. It printed:\n\n{printed}\nSolved by hand:\n\n{by_hand}"
    return (
        f"## Solving for {x}\n\nThe code interpreter solved it. It printed:\n\n{printed}\n"
        f"**{x} = {found[1]}**\n\n> The code ran on this machine; only the text around its output "
        "was prepared. The panel above shows the code.\n"
    )


def dice_in(question: str) -> int:
    """The number of dice that a question wants rolled; 0 if it is about something else."""
    asked = _normal(question)
    if not re.search(r"\broll_dice\b|\broll(?:s|ing)?\b.*\b(?:dice|die)\b", asked):
        return 0
    found = re.search(rf"\b(\d+|{'|'.join(_NUMBERS)})\b", asked)
    number = 3 if found is None else int(found[1]) if found[1].isdigit() else _NUMBERS.index(found[1]) + 1
    return min(max(number, 1), _MOST_DICE)


def summary_of(quoted: str) -> str:
    """The summary of a conversation that is quoted as `User: ...` and `Assistant: ...`, in Markdown."""
    asked = [" ".join(said.split())[:200] for said in re.findall(r"^User: (.+)$", quoted, re.MULTILINE)]
    lines = "\n".join(f"- {said}" for said in asked[-_LAST_QUESTIONS:])
    return f"{DISCLAIMER}The user said:\n\n{lines}\n"


def dice_answer(output: str) -> str:
    """The answer about the output of the demo's function, in Markdown."""
    return (
        f"The call came back with:\n\n```text\n{output.strip()}\n```\n\n> If you approved the call, the function ran on "
        "this machine; only the text around its output was prepared.\n"
    )


def _normal(question: str) -> str:
    return " ".join(question.split()).lower()[:2000]


def _equation(asked: str) -> tuple[str, int, int, int] | None:
    """The variable, factor, summand and right side of an equation."""
    match = _EQUATION.search(asked)
    if match is None:
        return None
    x, a, c = match["x"], _coefficient(match["a"]), int(match["c"].replace(" ", ""))
    b = int((match["sign"] or "+") + (match["b"] or "0"))
    return (x, a, b, c) if a != 0 and max(abs(a), abs(b), abs(c)) <= 10**12 else None


def _algebra(asked: str) -> str | None:
    equation = _equation(asked)
    if equation is None:
        return None
    x, a, b, c = equation
    right, value = c - b, Fraction(c - b, a)
    left = _term(a, x)
    steps = [f"1. The equation: `{left}{_signed(b)} = {c}`"]
    if b:
        verb = "Subtract" if b > 0 else "Add"
        steps.append(f"{len(steps) + 1}. {verb} {abs(b)} on both sides: `{left} = {right}`")
    if a != 1:
        steps.append(f"{len(steps) + 1}. Divide both sides by {a}: `{x} = {value}`")
    product = f"{a} × {_bracketed(value)}" if a != 1 else str(value)
    return (
        "## Solving for " + x + "\n\n" + "\n".join(steps) + f"\n\n**{x} = {value}**\n\n"
        f"Check: `{product}{_signed(b)} = {c}` ✓\n\n"
        "> I can solve equations like `3x + 11 = 14`, because I contain that much algebra. "
        "No code was run and no model was asked.\n"
    )


def _coefficient(text: str) -> int:
    digits = text.replace(" ", "")
    return int(digits + "1") if digits in ("", "+", "-") else int(digits)


def _term(a: int, x: str) -> str:
    return {1: x, -1: f"-{x}"}.get(a, f"{a}{x}")


def _signed(b: int) -> str:
    return "" if b == 0 else f" {'+' if b > 0 else '-'} {abs(b)}"


def _bracketed(value: Fraction) -> str:
    return f"({value})" if value < 0 or value.denominator != 1 else str(value)


def _long(asked: str) -> str | None:
    if not re.search(r"\blong(?:er|est)?\b|essay|novel|story|lots of text", asked):
        return None
    return "".join(_long_sections())


def _long_sections() -> list[str]:
    sections = [
        "# The whole numbers, one by one\n\n"
        "This takes a while, so that you can try a few things: press `Esc` to stop (the text so far stays, "
        "marked as stopped), scroll up to read, write the next message and see it wait in the queue, or "
        "open another thread and come back.\n\n"
    ]
    for start in range(1, _LONG_LAST, 20):
        numbers = range(start, start + 20)
        primes = [number for number in numbers if factors(number) == [number]]
        sections.append(f"## {start} to {start + 19}\n\n")
        sections += [_about(number) for number in numbers]
        listed = ", ".join(map(str, primes)) or "none"
        sections.append(f"\n**Primes here:** {listed}. The sum of all twenty is {sum(numbers)}.\n\n")
    sections.append("---\n\nThat was the whole list.\n")
    return sections


def _about(number: int) -> str:
    parts = factors(number)
    if number == 1:
        nature = "the unit, neither prime nor composite"
    elif len(parts) == 1:
        nature = "a prime"
    else:
        nature = " × ".join(map(str, parts))
    return f"- **{number}** is {nature}; its square is `{number**2}`, in binary it is `{number:b}`.\n"


def factors(number: int) -> list[int]:
    """The prime factors in order; empty for 1."""
    found, divisor = [], 2
    while divisor * divisor <= number:
        while number % divisor == 0:
            found.append(divisor)
            number //= divisor
        divisor += 1
    return found + [number] * (number > 1)
