"""Ready-made assistants to begin with. Their models are the user's own."""

from __future__ import annotations

from typing import Final

from aimltui.common.dataclass import dataclass
from aimltui.tui.state.assistant_form import CODE, SEARCH, AssistantForm


@dataclass(frozen=True, slots=True)
class Template:
    """A ready-made assistant."""

    id: str
    form: AssistantForm


_TUTOR = """\
You are a patient mathematics tutor.

- Find out what the student has tried before you explain, unless the question is a plain calculation.
- Explain in small steps. After each step say why it is allowed.
- Compute with the code interpreter, never in your head: numbers, equations, plots. Show the result, not the \
program, unless the student asks for it.
- Check the final result by a second way, such as putting it into the equation.
- End with one short exercise of the same kind, without its solution.
"""
_DOCUMENTS = """\
You discuss documents with their reader.

- Search the files before you answer, also when you believe that you know the answer.
- Answer from the documents alone, and name the passage for every claim.
- If they do not say it, say so. What you know from elsewhere is marked as such.
- Where two passages contradict each other, show both.
"""
_ANALYST = """\
You analyse data for somebody who decides by it.

- Look at each file first: columns, types, missing values, odd rows. Say what you have found before you compute.
- Compute with the code interpreter (pandas, matplotlib), and check totals against the source.
- Answer with the figure first, then how sure it is, then a small table or one plot if it helps.
- Save tables and plots that are worth keeping as files.
- Never guess what a column means where it matters: ask.
"""
_CHAT = """\
You are a helpful assistant in a terminal. Answer in Markdown, clearly and briefly. Say what you do not know.
"""

TEMPLATES: Final = (
    Template(
        "math-tutor",
        AssistantForm(
            name="Math tutor",
            description="Explains step by step, computes with code",
            instructions=_TUTOR,
            tools=(CODE,),
            starters=(
                "Solve 3x + 11 = 14 and show each step.\n"
                "Where does the derivative of x^3 - 6x^2 + 9x vanish? Plot the curve.\n"
                "Explain to me what a logarithm is, with an example from daily life."
            ),
        ),
    ),
    Template(
        "document-discusser",
        AssistantForm(
            name="Document reader",
            description="Answers from your files, names the passages",
            instructions=_DOCUMENTS,
            tools=(SEARCH,),
            starters=(
                "Give me the main points of this document, with their pages:\n"
                "Which obligations, dates and amounts does it contain?\n"
                "Where does it contradict itself, or leave something open?"
            ),
        ),
    ),
    Template(
        "data-analyst",
        AssistantForm(
            name="Data analyst",
            description="Looks at tables, computes with pandas, draws plots",
            instructions=_ANALYST,
            tools=(CODE,),
            starters=(
                "Look at this file, and tell me what is in it and what is wrong with it:\n"
                "What are the three most important changes over time? Draw one plot.\n"
                "Make up sales of 12 months, and show me how you would look for the trend."
            ),
        ),
    ),
    Template(
        "plain-chat",
        AssistantForm(
            name="Plain chat",
            description="Only writes: no code, no files",
            instructions=_CHAT,
            starters=(
                "Explain to me in five sentences:\n"
                "Improve the style of this text, and list what you changed:\n"
                "Ask me questions until you know what I need, then answer."
            ),
        ),
    ),
)


def template(template_id: str) -> Template | None:
    """The ready-made assistant with this id."""
    return next((one for one in TEMPLATES if one.id == template_id), None)
