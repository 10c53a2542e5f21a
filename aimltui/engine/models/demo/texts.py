"""The demo model's prepared texts, in Markdown. `{earlier}` stands for a sentence about the thread."""

GREETING = """\
## Hello

I am the demo of `aimltui`: a script that looks for words in your message and answers with a text about
the program. What I show is real, though: streaming, threads, stopping and saving work with me as they do
with a model.

Ask me about

- **keys**, or what the prompt can do
- **connecting** a real model
- **threads**, **models**, **assistants**, **themes**
- **Markdown**, **tables**, **code**
- **privacy**: what is stored, and who is contacted
"""

UNKNOWN = """\
I found no word in your message that I have a text for. {earlier} I do not understand it: I am a script.

What I can talk about:

| Ask for | and see |
|---|---|
| `keys` | the keys worth knowing |
| `connect` | how to use a real model |
| `markdown`, `tables`, `code` | how answers are shown |
| `threads`, `models`, `themes` | what the program can do |
| `privacy` | what is stored and sent |
| `a long answer` | something to stop with Esc |
| `2x - 5 = 9` | plain algebra, step by step |
"""

THANKS = """\
You are welcome, says the script. When you want real answers, ask me **how to connect a real model**.
"""

KEYS = """\
## Keys

| Key | What it does |
|---|---|
| `Enter` | send the message |
| `Shift+Enter`, `Ctrl+J`, `Alt+Enter` | new line |
| `\\` then `Enter` | new line, in any terminal |
| `Esc` | stop the answer; what is there stays |
| `↑` | in an empty prompt: edit the message that waits in the queue |
| `Ctrl+N` | new thread |
| `Ctrl+L` | choose the model |
| `Ctrl+P` | all commands, by name |
| `F1` | help with every key |
| `Ctrl+C` | copy the selection, else clear the prompt; twice quits |
| `Ctrl+Q` | quit |

Two things that are easy to miss:

1. A paste never sends, however many lines it has.
2. While an answer is being written you can write on:
   - `Enter` puts your message into the queue,
   - `Esc` stops the answer and gives the queued message back to you.
"""

CONNECT = """\
## Connect a real model

The program talks to any server with `/chat/completions`. It takes the key from an environment variable
and writes it nowhere.

### 1. AI/ML API

```bash
export AIMLAPI_API_KEY="your key"   # from https://aimlapi.com/app/keys
aimltui
```

### 2. OpenAI

```bash
export OPENAI_API_KEY="your key"
aimltui --model gpt-4o
```

### 3. A server of your own

A local server usually wants no key:

```bash
aimltui --base-url http://127.0.0.1:11434/v1 --model llama3.2
```

If it does want one, name the variable that holds it with `--api-key-env NAME`.

### To keep it

Put the same into the configuration file:

```toml
[connection]
base_url = "https://api.aimlapi.com/v1"
api_key_env = "AIMLAPI_API_KEY"
model = "gpt-4o"
```

> Start without `--demo` then. Inside, `Ctrl+L` lists the models of that server; an id can also be typed.
"""

MODELS = """\
## Models

`Ctrl+L` opens the list of the models that your server offers.

- Type a few letters in order: `g4o` finds **gpt-4o**.
- An id that is not in the list can be typed and used.
- The choice holds for the thread; other threads keep theirs.

Just now you talk to `demo`, which is no model at all. Ask me how to **connect** a real one.
"""

THREADS = """\
## Threads

Every conversation is a thread, saved while it grows.

1. The list at the side is grouped:
   - *Pinned*
   - *Today*
   - *Yesterday*
   - *Older*
2. A thread's title is the first words of your first message; no model is asked for it. You can rename it.
3. A deleted thread can be brought back for a while.
4. Going to another thread stops nothing: the answer goes on, and it is all there when you return.

- [x] saved as it streams
- [x] opens again as you saw it
- [x] keeps an unsent draft for each thread
"""

ASSISTANTS = """\
## Assistants

An assistant is a name, a model and **instructions** that are sent along with every message. There is a
default one, and each thread can use another of those that are saved.

> Me they do not impress: a script has no use for instructions.
"""

CONVERSE = """\
## Writing

- The prompt grows with your text, up to two fifths of the height.
- `Enter` sends, `Ctrl+J` begins a new line.
- A paste never sends.
- A message sent while an answer is being written **waits in the queue**, and you can see it there:
  - `↑` in the empty prompt takes it back to be changed,
  - `Esc` stops the answer and gives it back.
- What you have not sent is kept for each thread, also when you quit.
"""

STOPPING = """\
## Stopping

Press `Esc` while an answer is being written.

1. The request is broken off at once.
2. The text so far **stays** and is marked as stopped.
3. You can go on in the same thread.

Ask me for *a long answer* to try it.
"""

STREAMING = """\
## Streaming

The text appears as it arrives, and the view follows it. Scroll up and it holds still; a line at the
bottom tells how much is new below and takes you back.

Under each answer stands its receipt: how it ended, how long it took, the tokens in and out, and the cost
if the server told it. **My** token counts are estimates from the length of the texts; a real server
counts.
"""

THEMES = """\
## Themes

- Two of its own, one **dark** and one **light**, and those that come with Textual.
- `auto` follows the background of your terminal.
- `Ctrl+P`, then *theme*, lets you choose; `aimltui --theme NAME` starts with one.
- Your own are TOML files in the configuration directory.
"""

PRIVACY = """\
## What is stored, what is sent

| What | Where |
|---|---|
| Conversations | a SQLite database in your data directory, on this machine |
| Settings | a TOML file that only you can read |
| Your key | stays in the environment variable; never in the file, a log or an error |
| Your messages | go to the one server that you chose, and nowhere else |

- No telemetry, no update check, no hidden request for a title.
- With me nothing leaves this machine: **the demo has no network at all.**
- `--data-dir DIR` puts everything into a directory of your choice.
"""

EXPORT = """\
## Copying

Select with the mouse and press `Ctrl+C` to copy. There is no export to a file in this version; the
conversations are in a SQLite database in your data directory, so they are yours in any case.
"""

TOOLS = """\
## Tools

**The code interpreter** runs Python in a sandbox, on this machine: no network, nothing of your files but what you
attach. It is there wherever a sandbox holds; `aimltui doctor` says which one that is. Ask me to **solve
3x + 11 = 14** and I make a real call: the code, its output and how long it took stand in a panel of their own.
"""

TABLES = """\
## Tables

A narrow one fits:

| Planet | Radius (km) | Moons |
|:---|---:|:---:|
| Mercury | 2,440 | 0 |
| Earth | 6,371 | 1 |
| Mars | 3,390 | 2 |

A wide one has to be dealt with:

| Name | Written with | Number | What to look at |
|---|---|---:|---|
| naïve café | Latin with accents | 1 | letters that are made of two parts |
| 日本語 | wide characters | 22 | columns stay in line although each takes two cells |
| Ελληνικά | Greek | 333 | nothing special, and that is the point |
| `inline code` | **bold** and *italic* | 4,444 | styles inside of cells |
"""

CODE = """\
## Code

Python, with a label and colours:

```python
from collections import Counter


def most_common_words(text: str, count: int = 3) -> list[tuple[str, int]]:
    \"\"\"The words that occur most often, with how often they do.\"\"\"
    words = (word.strip(".,;:!?").lower() for word in text.split())
    return Counter(words).most_common(count)


print(most_common_words("the cat and the hat and the bat"))
```

A shell:

```bash
for file in *.txt; do
    printf '%s: %d lines\\n' "$file" "$(wc -l < "$file")"
done
```

And data:

```json
{
  "model": "demo",
  "is_a_model": false,
  "answers": ["keys", "threads", "themes"],
  "cost_usd": 0.0
}
```

None of this was run: it is text.
"""

MARKDOWN = """\
# Markdown

## Emphasis and links

**Bold**, *italic*, ***both***, ~~struck out~~ and `inline code`. A link is shown with its text and opens
only if you ask for it: [the Textual framework](https://textual.textualize.io).

## Lists

1. Numbered
2. and nested:
   - a bullet
   - another
     - one level deeper
3. and on.

- [x] a task that is done
- [ ] one that is not

## A quote

> Streaming is the art of showing something
> before one knows what it will be.

## A table

| Kind | Written as | Aligned |
|:---|:---:|---:|
| Heading | `# text` | 1 |
| Bold | `**text**` | 22 |
| Code | `` `text` `` | 333 |

## Code

```python
def greet(name: str) -> str:
    return f"Hello, {name}!"
```

---

### The small print

Headings go down to level six, rules part sections, and lines that are longer than the window is wide are
wrapped at words, as this one will be if your terminal is not very wide.
"""
