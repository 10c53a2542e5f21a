"""Makes the pictures in `screenshots/` from the running program: `python -m tests.support.screenshots`.

The real app on the real engine, with the demo model, headless; what stands on its screen is written as SVG.
"""

from __future__ import annotations

import asyncio
import html
import json
import os
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from textual.pilot import Pilot

from aimltui.bootstrap.screen import startup_from
from aimltui.cli.main import parser
from aimltui.connections.discovery import AIMLAPI_KEY_VARIABLES, OPENAI_KEY_VARIABLE
from aimltui.tui.app import AimltuiApp
from tests.support.chat_server import ChatServer
from tests.support.scenes import Reply, Scene, flat_refusal

FOLDER = Path(__file__).resolve().parents[2] / "screenshots"
PATIENCE_S = 120.0

Act = Callable[["Stage"], Awaitable[None]]

MODELS = {
    "anthropic/claude-opus-5": (1_000_000, "Anthropic", "tools vision reasoning streaming file_input"),
    "anthropic/claude-sonnet-5": (1_000_000, "Anthropic", "tools vision reasoning streaming file_input"),
    "anthropic/claude-haiku-4.5": (200_000, "Anthropic", "tools vision reasoning streaming"),
    "deepseek/deepseek-v4-pro": (1_000_000, "DeepSeek", "tools reasoning streaming"),
    "deepseek/deepseek-v4-flash": (1_000_000, "DeepSeek", "tools reasoning streaming"),
    "google/gemini-3-7-flash": (1_000_000, "Google", "tools vision reasoning streaming file_input"),
    "google/gemini-3-1-pro-preview": (1_000_000, "Google", "tools vision reasoning streaming file_input"),
    "openai/gpt-5.6-luna": (1_050_000, "OpenAI", "tools vision reasoning streaming file_input"),
    "openai/gpt-5.6-terra": (1_050_000, "OpenAI", "tools vision reasoning streaming file_input"),
    "openai/gpt-4o": (128_000, "OpenAI", "tools vision streaming file_input"),
    "openai/gpt-4o-mini": (128_000, "OpenAI", "tools vision streaming"),
    "openai/gpt-mini-latest": (400_000, "OpenAI", "tools vision streaming"),
    "openai/gpt-oss-120b": (128_000, "OpenAI", "tools reasoning streaming"),
    "alibaba/qwen3.8-max": (1_000_000, "Alibaba", "tools reasoning streaming"),
    "alibaba/qwen3.8-27b": (262_000, "Alibaba", "tools streaming"),
    "moonshot/kimi-k2-6": (256_000, "Moonshot", "tools streaming"),
    "x-ai/grok-4-6": (500_000, "xAI", "tools vision reasoning streaming"),
    "zhipu/glm-5.3": (200_000, "Zhipu", "tools reasoning streaming"),
    "mistralai/mistral-medium-3.1": (128_000, "Mistral", "tools vision streaming"),
}
"""Some ids with context, vendor and abilities, as a list of models has them."""


def model_list() -> bytes:
    """The answer to `GET /models`."""
    rows = [
        {
            "id": name,
            "type": "openai/chat-completions",
            "info": {"contextLength": context, "developer": vendor},
            "capabilities": abilities.split(),
        }
        for name, (context, vendor, abilities) in MODELS.items()
    ]
    return json.dumps({"object": "list", "data": rows}).encode()


@dataclass(frozen=True)
class Frame:
    """A picture of a recording."""

    svg: str
    seconds: float


@dataclass
class Stage:
    """The running program and how to use it."""

    app: AimltuiApp
    pilot: Pilot[None]
    frames: list[Frame] = field(default_factory=list)
    """The frames of a recording so far."""

    def frame(self, seconds: float) -> None:
        """Add what is shown now to the recording, for so long."""
        self.frames.append(Frame(self.app.export_screenshot(title="aimltui"), seconds))

    async def say(self, text: str) -> None:
        """Type and send."""
        await self.type(text)
        await self.pilot.press("enter")

    async def type(self, text: str) -> None:
        """Key by key."""
        await self.pilot.press(*("space" if character == " " else character for character in text))

    async def until(self, text: str) -> None:
        """Until a text stands on the screen."""
        async with asyncio.timeout(PATIENCE_S):
            while text not in self.shown():
                await self.pilot.pause(0.05)
        await self.pilot.pause(0.2)

    async def alive(self) -> None:
        """Until the panel in front takes keys."""
        async with asyncio.timeout(PATIENCE_S):
            while getattr(self.app.screen, "is_dead", False):
                await self.pilot.pause(0.05)

    def shown(self) -> str:
        """The screen as text."""
        return html.unescape(re.sub(r"<[^>]+>", "", self.app.export_screenshot())).replace("\xa0", " ")


async def conversation(stage: Stage) -> None:
    """An answer with its receipt, beside a few threads."""
    await stage.until("Message Assistant")
    for text in ("Which keys should I know?", "Solve 3x + 11 = 14", "Show me what Markdown looks like here"):
        await stage.say(text)
        await stage.until("completed")
        await stage.pilot.press("ctrl+n")
        await stage.until("New thread")
    await stage.pilot.press("ctrl+s")
    await stage.until("Open")
    await stage.pilot.press("enter")
    await stage.until("completed")


async def streaming(stage: Stage) -> None:
    """A run at work, a message in the queue."""
    await stage.until("Message Assistant")
    await stage.say("Write a long answer that I can stop")
    await stage.until("1 to 20")
    await stage.say("And thanks.")
    await stage.until("queued")


async def interpreter(stage: Stage) -> None:
    """What the model thought, the code it ran, and what came of it."""
    await stage.until("Message Assistant")
    await stage.say("Solve 3x + 11 = 14 with the code interpreter.")
    await stage.until("completed")
    await stage.pilot.press("ctrl+t", "ctrl+o")
    await stage.until("linear equation")


async def connect(stage: Stage) -> None:
    """The first start, with a key to be entered."""
    await stage.until("Connect to a model")
    await stage.alive()
    await stage.pilot.press("enter")
    await stage.until("paste the key")


async def picker(stage: Stage) -> None:
    """The models of an endpoint that take pictures."""
    await stage.until("Message Assistant")
    await stage.pilot.press("ctrl+l")
    await stage.until("gpt-4o")
    await stage.type("vision")
    await stage.until("luna")


async def failed(stage: Stage) -> None:
    """A refused key: the card stands where it happened."""
    await stage.until("Message Assistant")
    await stage.say("What can you tell me about Oslo?")
    await stage.until("r Retry")


async def settings(stage: Stage) -> None:
    """Every setting, with its value and where it comes from."""
    await stage.until("Message Assistant")
    await stage.pilot.press("f2")
    await stage.until("Colours of the screen")


async def inspector(stage: Stage) -> None:
    """What happened in a run."""
    await interpreter(stage)
    await stage.pilot.press("f4")
    await stage.until("tokens in")


async def tour(stage: Stage) -> None:
    """The recording: a question, the code that ran, the answer, the commands, the themes."""
    await stage.until("Message Assistant")
    stage.frame(1.2)
    question = "Solve 3x + 11 = 14 with Python"
    for end in (8, 18, len(question)):
        await stage.type(question[len(stage.app.screen.prompt.text) : end])  # type: ignore[attr-defined]
        stage.frame(0.5)
    await stage.pilot.press("enter")
    for _ in range(5):
        await stage.pilot.pause(0.7)
        stage.frame(0.7)
    await stage.until("completed")
    stage.frame(2.5)
    await stage.pilot.press("ctrl+o")
    await stage.pilot.pause(0.3)
    stage.frame(2.5)
    await stage.pilot.press("ctrl+p")
    await stage.until("search commands")
    stage.frame(1.0)
    await stage.type("theme")
    await stage.until("Try the themes")
    stage.frame(1.2)
    await stage.pilot.press("enter")
    await stage.until("aimltui-dusk")
    await stage.type("dusk")
    await stage.pilot.pause(0.3)
    stage.frame(1.6)
    await stage.pilot.press("enter")
    await stage.pilot.pause(0.3)
    stage.frame(2.5)


@dataclass(frozen=True)
class Picture:
    """One file in the folder."""

    act: Act
    size: tuple[int, int] = (120, 40)
    theme: str = "aimltui-dark"
    source: Literal["demo", "endpoint", "none"] = "demo"
    """Where models come from."""

    @property
    def name(self) -> str:
        """Its file's name."""
        shade = self.theme.removeprefix("aimltui").removesuffix("-dark")
        return f"{self.act.__name__}-{self.size[0]}x{self.size[1]}{shade}.svg"


PICTURES = (
    Picture(conversation),
    Picture(conversation, theme="aimltui-light"),
    Picture(conversation, size=(80, 24)),
    Picture(conversation, size=(200, 60)),
    Picture(streaming),
    Picture(interpreter),
    Picture(connect, source="none"),
    Picture(picker, source="endpoint"),
    Picture(failed, source="endpoint"),
    Picture(settings),
    Picture(inspector),
    Picture(conversation, theme="aimltui-dusk"),
    Picture(conversation, theme="aimltui-paper"),
    Picture(tour, size=(100, 30)),
)


def empty_file(folder: str) -> str:
    """A configuration that says nothing: the user's own must not show in the pictures."""
    file = Path(folder) / "config.toml"
    file.touch()
    return str(file)


async def take(picture: Picture) -> None:
    """Run the program for one picture."""
    models = Reply(pieces=(model_list(),))
    refusing = Scene((flat_refusal(401, "This request requires a valid API key."),), models=models)
    with tempfile.TemporaryDirectory() as folder:
        async with ChatServer(refusing) as server:
            flags = {
                "demo": ["--demo"],
                "endpoint": ["--base-url", server.base_url, "--model", "openai/gpt-4o"],
                "none": [],
            }[picture.source]
            places = ["--data-dir", folder, "--config", empty_file(folder)]
            options = parser().parse_args([*places, "--theme", picture.theme, *flags])
            app = AimltuiApp(startup_from(options))
            async with app.run_test(size=picture.size) as pilot:
                stage = Stage(app, pilot)
                await picture.act(stage)
                svg = animated(stage.frames) if stage.frames else app.export_screenshot(title="aimltui")
                await app.action_quit()
    (FOLDER / picture.name).write_text(without_fonts(svg))


def animated(frames: Sequence[Frame]) -> str:
    """One picture that shows the frames one after the other, again and again, by CSS alone."""
    total = sum(frame.seconds for frame in frames)
    head = re.match(r"<svg[^>]*>", frames[0].svg)
    assert head is not None
    rules, groups, start = [], [], 0.0
    for number, frame in enumerate(frames):
        first, last = (100 * moment / total for moment in (start, start + frame.seconds))
        start += frame.seconds
        hidden = "0% {visibility: hidden}" if number else ""
        rules.append(
            f"@keyframes f{number} {{{hidden} {first:.2f}% {{visibility: visible}} {last:.2f}% {{visibility: hidden}}}}"
            f" .f{number} {{visibility: hidden; animation: f{number} {total:.1f}s step-end infinite}}"
        )
        inner = compact(frame.svg[frame.svg.index(">") + 1 :].rpartition("</svg>")[0], f"t{number}")
        groups.append(f'<g class="f{number}">{inner}</g>')
    rules.append("rect {shape-rendering: crispEdges}")
    still = "@media (prefers-reduced-motion) {g[class^=f] {animation: none} .f0 {visibility: visible}}"
    return f"{head[0]}<style>{' '.join(rules)} {still}</style>{''.join(groups)}</svg>"


def compact(svg: str, prefix: str) -> str:
    """The same picture in fewer bytes: shorter class names, no clipping, no blank text."""
    svg = re.sub(r' clip-path="[^"]*"| shape-rendering="crispEdges"|<!--.*?-->', "", svg, flags=re.S)
    svg = re.sub(r"<clipPath.*?</clipPath>", "", svg, flags=re.S).replace("&#160;", "\xa0")
    svg = re.sub(r"<text[^>]*>\s*</text>", "", svg)
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"terminal-\d+", prefix, svg))


def without_fonts(svg: str) -> str:
    """The picture without the fonts that it would fetch from elsewhere."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S)
    return svg.replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas")


def main() -> None:
    """Take all, or those whose names begin as the arguments say."""
    FOLDER.mkdir(exist_ok=True)
    for variable in [*AIMLAPI_KEY_VARIABLES, OPENAI_KEY_VARIABLE]:
        os.environ.pop(variable, None)
    for picture in PICTURES:
        if len(sys.argv) == 1 or picture.name.startswith(tuple(sys.argv[1:])):
            asyncio.run(take(picture))
            print(picture.name)


if __name__ == "__main__":
    main()
