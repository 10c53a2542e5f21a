from __future__ import annotations

import asyncio
import contextlib
import io
import json
from contextlib import aclosing
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from aimltui.engine.models.base import ChatChunk, ChatRequest
from aimltui.engine.models.demo.answers import answer_to, dice_in, factors, prepared_texts
from aimltui.engine.models.demo.model import DELTAS_PER_S, STARTERS, DemoModel, split
from tests.support.chats import answered, asking, text_in

PROMPTS = [prompt for _, prompt in STARTERS]
UNKNOWN_START = prepared_texts()["unknown"][:30]


@pytest.mark.parametrize("prompt", [*PROMPTS, "asdf", "hello", ""])
async def test_the_first_answer_says_that_no_model_runs_here(prompt: str) -> None:
    text = text_in(await answered(DemoModel(pace=0), asking(prompt)))
    assert "scripted demo: no model runs here" in text


@pytest.mark.parametrize("prompt", PROMPTS)
async def test_each_starter_has_an_answer_of_its_own(prompt: str) -> None:
    answers = {other: answer_to(other) for other in PROMPTS}
    assert UNKNOWN_START not in answers[prompt]
    assert list(answers.values()).count(answers[prompt]) == 1


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Which keys are there?", "Ctrl+L"),
        ("What shortcuts do you have", "Ctrl+L"),
        ("How do I set up my API key?", "AIMLAPI_API_KEY"),
        ("can I use ollama?", "--base-url"),
        ("Which models can I use", "g4o"),
        ("tell me about threads", "Pinned"),
        ("is my data private", "No telemetry"),
        ("how do I change the theme", "--theme"),
        ("show me a table", "|---|"),
        ("write some python", "```python"),
        ("how do I stop you", "`Esc`"),
        ("why does streaming look so smooth", "receipt"),
        ("can you run code interpreter for me", "runs Python in a sandbox"),
        ("export this please", "/export"),
        ("what is an assistant?", "instructions"),
        ("how do I paste a lot", "never sends"),
        ("thanks!", "welcome"),
        ("Hello there", "script"),
        ("who are you?", "script"),
        ("qwertz", "none matched"),
    ],
)
def test_words_lead_to_the_text_about_them(question: str, said: str) -> None:
    assert said in answer_to(question)


@pytest.mark.parametrize(
    ("question", "solution"),
    [
        ("Solve 3x + 11 = 14.", "**x = 1**"),
        ("2x - 5 = 9", "**x = 7**"),
        ("please: -4y=10!", "**y = -5/2**"),
        ("x = 3", "**x = 3**"),
        ("7 * z + 1 = 0", "**z = -1/7**"),
    ],
)
def test_simple_equations_are_solved(question: str, solution: str) -> None:
    text = answer_to(question)
    assert solution in text
    assert "No code was run" in text


@pytest.mark.parametrize("question", ["0x = 3", "max=3", "x = 1.5", "x = 9" + "9" * 30, "e = mc2"])
def test_what_is_no_simple_equation_is_not_solved(question: str) -> None:
    assert "Solving for" not in answer_to(question)


async def test_the_same_question_gets_the_same_deltas() -> None:
    first, second = [await answered(DemoModel(pace=0), asking(PROMPTS[0])) for _ in range(2)]
    assert first == second


def test_deltas_are_small_and_complete() -> None:
    text = answer_to(PROMPTS[0])
    pieces = list(split(text))
    assert "".join(pieces) == text
    assert {len(piece) for piece in pieces[:-1]} == {2, 3, 4, 5, 6}


async def test_usage_is_an_estimate_from_the_lengths() -> None:
    chunks = await answered(DemoModel(pace=0), asking("x" * 40))
    usage = chunks[-1].usage
    assert usage is not None
    assert usage.prompt_tokens == 10
    assert usage.completion_tokens == -(-len(text_in(chunks)) // 4)
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.cost_usd is None


@pytest.mark.parametrize(("title", "prompt"), STARTERS)
async def test_a_starter_s_title_may_be_typed(title: str, prompt: str) -> None:
    typed = await answered(DemoModel(pace=0), asking(f"{title.lower()}."))
    assert text_in(typed) == text_in(await answered(DemoModel(pace=0), asking(prompt)))


async def test_an_unstreamed_answer_is_one_piece() -> None:
    chunks = await answered(DemoModel(pace=0), asking("keys", stream=False))
    assert len(chunks) == 2
    assert chunks[-1].finish_reason == "stop"


async def test_later_answers_are_shorter_about_themselves_and_know_the_count() -> None:
    messages = [
        {"role": "system", "content": "S"},
        {"role": "user", "content": "keys"},
        {"role": "assistant", "content": "..."},
        {"role": "user", "content": "qwertz"},
    ]
    text = text_in(await answered(DemoModel(pace=0), ChatRequest("demo", messages)))
    assert "2 earlier messages" in text
    assert "scripted demo" not in text
    assert "{earlier}" not in text + answer_to("qwertz")


def test_the_long_answer_lasts_more_than_20_seconds() -> None:
    pieces = list(split(answer_to("Write a long answer that I can stop with Esc.")))
    assert len(pieces) / DELTAS_PER_S > 20


def test_the_long_answer_is_true() -> None:
    text = answer_to("a long answer")
    assert "- **97** is a prime; its square is `9409`, in binary it is `1100001`." in text
    assert "- **84** is 2 × 2 × 3 × 7;" in text
    assert factors(1) == []


async def test_the_pace_is_kept_by_the_clock() -> None:
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with aclosing(DemoModel(pace=0.05).stream(asking("keys"))) as chunks:
        count = len([chunk async for chunk in chunks])
    assert loop.time() - started >= 0.05 * (count - 2) / DELTAS_PER_S


def test_the_showcase_shows_all_that_markdown_has() -> None:
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(answer_to(PROMPTS[0]))
    kinds = {token.type for token in tokens} | {
        child.type for token in tokens for child in token.children or ()
    }
    assert kinds >= {
        "heading_open",
        "bullet_list_open",
        "ordered_list_open",
        "blockquote_open",
        "table_open",
        "fence",
        "hr",
        "link_open",
        "code_inline",
        "strong_open",
        "em_open",
        "s_open",
    }


def test_code_comes_in_several_languages() -> None:
    fences = [token.info for token in MarkdownIt().parse(answer_to("code")) if token.type == "fence"]
    assert fences == ["python", "bash", "json"]


async def test_the_demo_offers_itself_only() -> None:
    assert [info.id for info in await DemoModel().list_models()] == ["demo"]


OFFERED = [{"type": "function", "function": {"name": "code_interpreter"}}]


def code_in(chunks: list[ChatChunk]) -> str:
    arguments = "".join(delta.arguments for chunk in chunks for delta in chunk.tool_calls)
    return str(json.loads(arguments)["code"])


@pytest.mark.parametrize(
    ("question", "printed"),
    [("Solve 3x + 11 = 14.", "x = 1"), ("2a - 3 = 8", "a = 11/2"), ("-c = 4", "c = -4")],
)
async def test_with_the_code_interpreter_an_equation_is_a_real_call(question: str, printed: str) -> None:
    chunks = await answered(DemoModel(pace=0), asking(question, tools=OFFERED))
    assert chunks[-1].finish_reason == "tool_calls"
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code_in(chunks), {})  # our own code, from a few lines above
    assert out.getvalue() == f"{printed}\ncheck: True\n"


@pytest.mark.parametrize("output", ["x = 1\ncheck: True", "No sandbox was found."])
async def test_the_answer_after_the_call_holds_what_was_really_printed(output: str) -> None:
    asked = asking("Solve 3x + 11 = 14.", tools=OFFERED)
    called = [{"role": "assistant", "content": None, "tool_calls": []}, {"role": "tool", "content": output}]
    text = text_in(await answered(DemoModel(pace=0), replace(asked, messages=[*asked.messages, *called])))
    assert output in text
    assert "**x = 1**" in text
    assert "scripted demo" in text


async def test_other_questions_are_answered_without_a_call() -> None:
    chunks = await answered(DemoModel(pace=0), asking("Which keys should I know?", tools=OFFERED))
    assert not any(chunk.tool_calls for chunk in chunks)


def test_dice_are_rolled_where_they_are_asked_for() -> None:
    asked = {
        "Roll two dice": 2,
        "please roll a die": 3,
        "roll 99 dice": 20,
        "roll_dice": 3,
        "What is a die-cast model?": 0,
    }
    assert {question: dice_in(question) for question in asked} == asked


async def test_a_summary_names_what_the_user_said_instead_of_explaining_the_program() -> None:
    quoted = "User: How do I connect?\n\nAssistant: Send /connect.\n\nUser: And the keys?"
    request = asking(quoted)
    told = {"role": "system", "content": "Summarize the conversation that the user's message quotes."}
    text = text_in(await answered(DemoModel(pace=0), replace(request, messages=[told, *request.messages])))
    assert text.endswith("- How do I connect?\n- And the keys?\n")
