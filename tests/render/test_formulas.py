"""Formulas become MathML; those that would harm the server are shown as their source."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests.render import corpus
from tests.render.page import Page
from webapp.render import StreamingRenderer, render_blocks
from webapp.render.formulas import mathml

# Runs in a process and a stack of its own: a crash there is a failed test here.
RUNNER = """
import sys, threading
threading.stack_size(512 * 1024)
from webapp.render.formulas import mathml
def run():
    for line in sys.stdin:
        mathml(eval(line), display=True)
thread = threading.Thread(target=run)
thread.start()
thread.join()
print("survived")
"""

COMMAND_LIST = (
    r"{ } ( ) [ ] | ^ _ ' & $ ~ x 1 < > \\ \{ \} \( \) \[ \] \| \, \frac \dfrac \sqrt "
    r"\sqrt[3] \binom \left( \left. \left[ \right) \right. \middle| \big( \Big| \text{ "
    r"\mathbf \mathrm{ \hat \overline \underbrace{ \overset \stackrel \not \color{red} "
    r"\boxed{ \langle \rangle \lfloor \rceil \lbrack \lvert \lgroup \ulcorner \over "
    r"\choose \limits \sum \int \prime \displaystyle \begin{matrix} \end{matrix} "
    r"\begin{aligned} \end{aligned} \begin{array}{c} \end{array} \substack{ \ce{ \smash{ "
    r"\phantom{ \operatorname{ \xrightarrow{ \cancel{ \tag{1} \mathchoice \sideset "
    r"\newcommand{\a}{ \a \def\a{ \a\a"
)
COMMANDS = tuple(COMMAND_LIST.split())


def survives(formulas, seconds=40):
    result = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input="".join(f"{formula!r}\n" for formula in formulas),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return "survived" in result.stdout


def test_no_repeated_construct_crashes_or_hangs_the_process():
    pairs = [f"{first} {second} " for first in COMMANDS for second in ("", "x", "1", "{", "^", "(")]

    formulas = [part * count for part in pairs for count in (8, 30, 45, 200)]
    assert survives(formulas)


def test_no_random_formula_crashes_or_hangs_the_process():
    chance = corpus.chance_of(1)

    def formula():
        few = chance.sample(COMMANDS, chance.randint(1, 6))
        return " ".join(chance.choices(few, k=chance.randint(1, 120)))

    assert survives([formula() for _ in range(3000)])


def test_the_check_itself_notices_a_crash():
    unguarded = RUNNER.replace(
        "from webapp.render.formulas import mathml",
        "from math_core import LatexToMathML\n"
        "def mathml(latex, display):\n"
        "    LatexToMathML().convert_with_local_state(latex, displaystyle=display)",
    )

    result = subprocess.run(
        [sys.executable, "-c", unguarded],
        input=repr("{" * 5000),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode < 0
    assert "survived" not in result.stdout


@pytest.mark.parametrize(
    "latex",
    [
        "{" * 1000,
        "(" * 40,
        r"\langle " * 40,
        r"(\sqrt{)}" * 60,
        r"\frac a" * 300,
        r"\sqrt" * 500,
        r"\newcommand{\a}{\sqrt\a}\a",
        r"\left(" * 99,
        r"\begin{matrix}" * 99,
        "x" * 5000,
    ],
)
def test_a_formula_that_could_harm_is_refused_at_once(latex):
    before = time.monotonic()

    assert mathml(latex, display=True) is None
    assert time.monotonic() - before < 5


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{a}{b}",
        r"[0,1) \cup (1,2]",
        r"f(g(h(x)))",
        r"\{x \mid x > 0\}",
        r"x'' + x' = 0",
        r"\left( \frac{\left[ a \right]}{b} \right)",
        r"\langle x, y \rangle",
        r"\begin{cases} a & b \\ c & d \end{cases}",
        r"\alpha+\beta+\gamma+\delta+\epsilon+\zeta+\eta+\theta+\iota+\kappa+\lambda+\mu+\nu+\xi+\pi+\rho",
        r"\lim_{n \to \infty} \log \left| \lambda_n \right| \leq \ldots",
        r"\begin{split}a&=b\end{split}",
        r"\begin{pmatrix} 1 & 2 & 3 \\ 4 & 5 & 6 \\ 7 & 8 & 9 \end{pmatrix}",
        r"\substack{a \\ b}",
    ],
)
def test_an_honest_formula_is_drawn(latex):
    assert mathml(latex, display=False).startswith("<math")


def test_style_attributes_become_classes():
    drawn = mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}", display=True)

    assert " style=" not in drawn
    assert 'class="math-right math-flush-end"' in drawn


def test_a_numbered_environment_gets_no_number():
    assert "(1)" not in mathml(r"\begin{align} a &= b \end{align}", display=True)


@pytest.mark.parametrize("text", ["$x$", "$$x$$", r"\(x\)", r"\[x\]"])
def test_each_pair_of_delimiters_makes_a_formula(text):
    assert "<math" in render_blocks(f"so {text} then")


@pytest.mark.parametrize(
    "text",
    [
        "text:\n\\[\nx\n\\]\nmore",
        "- item\n  $$\n  x\n  $$",
        "\\begin{align}\nx &= y\n\\end{align}",
        "> $$x$$",
        "$$x$$.",
    ],
)
def test_a_formula_on_its_own_lines_is_a_block(text):
    assert '<div class="math"><math display="block">' in render_blocks(text)


@pytest.mark.parametrize(
    "text", ["it costs $5 and $6", "US$5 or US$6", "$ x $", "a$b$c", r"\begin{itemize}", "\\$x\\$"]
)
def test_prices_and_other_dollars_are_text(text):
    assert "<math" not in render_blocks(text)


def test_a_formula_that_cannot_be_drawn_shows_its_source():
    assert '<code class="math__source">\\nosuch{x}</code>' in render_blocks(r"$\nosuch{x}$")


def test_a_formula_still_being_written_is_shown_as_pending():
    renderer = StreamingRenderer()
    renderer.feed("$$\n\\frac{a}{")

    page = Page()
    page.apply(renderer.flush())

    assert page.text == r"\frac{a}{"
    assert "math--pending" in renderer.snapshot()


def test_a_formula_that_never_ends_is_text_in_the_end():
    assert Page(render_blocks("$$\nnever")).text == "$$\nnever"
