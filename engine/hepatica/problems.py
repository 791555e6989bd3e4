"""What can be wrong with an input, said where it is wrong. The one shape of every error a user sees."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

MOST_SHOWN = 50
LONGEST_QUOTE = 60
_DENIALS = ("not", "no", "non", "never", "without")
SHORT_WORD = 3
A = TypeVar("A")
B = TypeVar("B")


class Problem(NamedTuple):
    """One finding at `file:line:column` (1-based). `code` is stable; `message` says what is wrong and what is allowed."""

    file: str
    line: int
    column: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.code}: {self.message}"


class InvalidInput(Exception):
    """The input cannot be used. Carries every problem found, sorted by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__(self.problems)

    @classmethod
    def at(cls, file: str, code: str, message: str, line: int = 1) -> "InvalidInput":
        """The one thing that is wrong with a file as a whole, or with one of its lines."""
        return cls([Problem(file, line, 1, code, message)])

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:MOST_SHOWN]]
        left = len(self.problems) - MOST_SHOWN
        if left > 0:
            lines.append(f"... and {left} more")
        return "\n".join(lines)


def not_installed(what: str, extra: str, otherwise: str = "") -> InvalidInput:
    """What needs a package that only an extra brings. No index has Hepatica: it is installed from its folder."""
    message = f"{what} needs the extra '{extra}': pip install '.[{extra}]' in Hepatica's folder{otherwise}"
    return InvalidInput.at("hepatica", "not-installed", message)


def gathered(items: Iterable[A], read: Callable[[A], Iterable[B]]) -> list[B]:
    """All that `read` finds in some items, in order; raises `InvalidInput` with the problems of every one of them."""
    found: list[B] = []
    problems: list[Problem] = []
    for item in items:
        try:
            found.extend(read(item))
        except InvalidInput as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)
    return found


class InternalError(Exception):
    """The program disagrees with itself; no answer is given."""


def quote(value: object) -> str:
    """`value` as one short printable line, safe to put in a message or a terminal."""
    text = value if isinstance(value, str) else repr(value)
    clean = "".join(char if char.isprintable() else "\ufffd" for char in text[: LONGEST_QUOTE + 1])
    return f"'{clean[:LONGEST_QUOTE]}...'" if len(clean) > LONGEST_QUOTE else f"'{clean}'"


def suggestion(word: object, allowed: Iterable[str]) -> str:
    """The allowed words and, where one is near `word`, a question that names it.

    Words of three letters or fewer have no neighbours: hbv and hcv, NA and A are near in letters only. Nor has what is
    denied: "not progressed" is near "progressed" and means the opposite.
    """
    from difflib import get_close_matches

    words = list(allowed)
    listed = f"allowed: {', '.join(words)}" if words else "nothing is allowed here"
    typed = str(word)[:LONGEST_QUOTE].lower()
    spelled = {each.lower(): each for each in words}
    near = [typed] if typed in spelled else []
    denied = typed.split()[:1] in ([word] for word in _DENIALS)
    if len(typed) > SHORT_WORD and not denied:
        near = get_close_matches(typed, [each for each in spelled if len(each) > SHORT_WORD], n=1, cutoff=0.8)
    return f"did you mean '{spelled[near[0]]}'? {listed}" if near else listed
