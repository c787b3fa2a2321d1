"""What the scripted Liaobots says."""

from __future__ import annotations

PARAGRAPHS = """\
Here is what **Liaobots** would say, if this were Liaobots: a few paragraphs of \
*Markdown*, in small pieces.

1. A list, with `code` in it.
2. A link: [the specification](https://spec.commonmark.org/).
3. Some words of others: Привет, 你好, こんにちは, 🙂 and 👩‍👩‍👧.

> What is said twice is not truer.

The last paragraph says nothing, and takes its time to say it.
"""

CODE = """\
A function and how to call it:

```python
def greet(name: str) -> str:
    \"\"\"Say hello.\"\"\"
    return f"Hello, {name}! <script>alert('no')</script>"


print(greet("world"))
```

The same in a shell:

```sh
$ printf 'Hello, %s!\\n' world
```

And a fence without a language:

```
plain & simple
```
"""

TABLE = """\
| model | characters | tokens |
| :--- | ---: | ---: |
| GPT-3.5 | 12000 | 4000 |
| GPT-4 | 24000 | 8000 |
| a name that is so long that it does not fit a narrow window | 0 | 0 |

The rest is silence.
"""

MATH = """\
The roots of $ax^2 + bx + c$ are

$$
x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}
$$

and \\(e^{i\\pi} + 1 = 0\\), while 5 $ and 7 $ are prices.
"""

CHARACTERS = "é ж 中 🙂 👩‍👩‍👧 🇪🇺 à ﷽ — end."

HTML = """\
<!DOCTYPE html>
<html lang="en"><head><title>Just a moment...</title></head>
<body><h1>Verify that you are human</h1><script>alert(1)</script></body></html>
"""


def numbered(count: int) -> str:
    """Text that shows every loss, doubling and swap: 0000001 🙂 0000002 中 …"""
    marks = "🙂中é"
    return "".join(f"{number:07d} {marks[number % 3]} " for number in range(1, count + 1))


def long_document(sections: int) -> str:
    return "".join(
        f"## Section {number}\n\n{PARAGRAPHS}\n{CODE}\n{TABLE}\n{MATH}\n"
        for number in range(1, sections + 1)
    )
