"""One value of one field, from whatever a person typed or a program handed over. Made from the field alone."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from hepatica.patient.fields import FLAGS, NONE, UNKNOWN, Field, Value
from hepatica.patient.numbers import DECIMALS, NUMBER, SIGN, TO, TWO_WAYS, Amount, Interval, chosen, digits, parsed, unit_key
from hepatica.patient.profile import canonical
from hepatica.patient.text import LONGEST_TEXT, compiled, framed, is_missing, looks_like, one_of, plain, squashed
from hepatica.problems import quote, suggestion

LONGEST_LIST = 50
MOST_REMEMBERED = 2000
MOST_LOOKED_UP = 100
MOST = 10**15
BETWEEN = r"\s*(?:,\s*and\s+|[,;|/+&\n]|\s+and\s+)\s*"
_BETWEEN = re.compile(BETWEEN, re.IGNORECASE)
Place = tuple[int | str, ...]


class Reading(NamedTuple):
    """A value, and the words for it where they are not what was typed (else empty)."""

    value: Value | None
    understood: str = ""


class Refused(Exception):
    """A value that cannot be read: (place within the value, code, message) for everything that is wrong with it."""

    def __init__(self, code: str, message: str, place: Place = ()) -> None:
        self.parts: list[tuple[Place, str, str]] = [(place, code, message)]
        super().__init__(message)


NOT_KNOWN = Reading(None)


def read_value(field: Field, typed: object) -> Reading:
    """The value of a field; raises `Refused` where it cannot be read, or could be read in several ways."""
    return reader_of(field).read(typed)


@lru_cache(maxsize=512)
def reader_of(field: Field) -> ValueReader:
    """The reader of a field."""
    return _READERS[field.kind](field)


class ValueReader:
    """Reads the values of one field. The exact tokens are looked up; everything else is worked out by the kind."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.exact: dict[str, Reading] = {"": NOT_KNOWN, UNKNOWN: NOT_KNOWN}
        self.longest = LONGEST_TEXT

    def read(self, typed: object) -> Reading:
        """The value in a text, a number, a list ...; None and every word for "missing" is not known."""
        if isinstance(typed, str):
            return self.exact.get(typed) or self._remembered(typed)
        if typed is None:
            return NOT_KNOWN
        if isinstance(typed, (list, tuple)) and len(typed) == 1 and isinstance(typed[0], str) and is_missing(typed[0]):
            return NOT_KNOWN  # YAML makes a list of [Not Available]
        if isinstance(typed, float) and math.isnan(typed):
            return NOT_KNOWN
        if isinstance(typed, int) and abs(typed) > MOST:
            raise Refused("out-of-range", f"{self.field.name} is too large a number")
        return self.native(_plain_python(typed))

    def _remembered(self, typed: str) -> Reading:
        reading = self._understood(typed)
        # A column of a table repeats its few spellings; the bound keeps a long run of numbers from being kept.
        if len(self.exact) < MOST_REMEMBERED:
            self.exact[typed] = reading
        return reading

    def native(self, typed: Any) -> Reading:
        """The value in what a program handed over."""
        if isinstance(typed, (Mapping, list, tuple)):
            found = "a mapping" if isinstance(typed, Mapping) else "a list"
            raise Refused("wrong-type", f"{self.field.name} is {expected(self.field)}, not {found}")
        return self.read(FLAG_WORDS[typed] if isinstance(typed, bool) else str(typed))

    def _understood(self, typed: str) -> Reading:
        if len(typed) > self.longest:
            raise Refused("too-long", f"{self.field.name} is longer than {self.longest} characters: {quote(typed)}")
        text = plain(typed)
        if is_missing(text):
            return NOT_KNOWN
        value = self.text(text)
        return Reading(value, "" if value is None or self._says(text, value) else self.field.shown(value))

    def _says(self, text: str, value: Value) -> bool:
        """True where the text is the value's own words, so that nothing need be said of how it was read."""
        known = self.field
        return squashed(text) in {squashed(spelled) for spelled in (known.shown(value), known.show(value), known.written(value))}

    def text(self, text: str) -> Value | None:
        """The value in a text that is not missing."""
        raise NotImplementedError

    def refused(self, typed: str, code: str = "unknown-value") -> Refused:
        """Why a text is refused: because it reads several ways, is in another alphabet, or is none of what is allowed."""
        name = self.field.name
        reason = self._reason(typed)
        if reason:
            return Refused("unclear", f"{name} cannot be {quote(typed)}: {reason}")
        latin = looks_like(typed)
        if latin is not None:
            return Refused(
                code, f"{name} cannot be {quote(typed)}: it holds Cyrillic or Greek letters; retype it as {quote(latin)}"
            )
        allowed = allowed_words(self.field)
        near = suggestion(typed, allowed) if allowed else f"allowed: {expected(self.field)}, or {UNKNOWN}"
        return Refused(code, f"{name} cannot be {quote(typed)}; {near}")

    @cached_property
    def _reasons(self) -> Mapping[str, str]:
        return {squashed(word): reason for reason, words in self.field.unclear.items() for word in words}

    def _reason(self, typed: str) -> str | None:
        exact = self._reasons.get(squashed(typed))
        if exact or not self._reasons:
            return exact
        found = self._unclear.fullmatch(typed)
        return self._reasons.get(squashed(found[1])) if found else None

    @cached_property
    def _unclear(self) -> re.Pattern[str]:
        return compiled(framed(one_of(word for words in self.field.unclear.values() for word in words), self.field.noise))


FLAG_WORDS = {True: "yes", False: "no"}


class WordReader(ValueReader):
    """Choices, flags and sets: words of a vocabulary, among words that say nothing more."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.tokens: Mapping[str, Value] = self._tokens()
        self.exact |= {token: Reading(value) for token, value in self.tokens.items()}

    def _tokens(self) -> Mapping[str, Value]:
        return FLAGS if self.field.kind == "flag" else {value: value for value in self.field.values}

    @cached_property
    def vocabulary(self) -> Mapping[str, Value | None]:
        """Values by every squashed word for them."""
        known = self.field
        spelled: dict[str, Value | None] = {squashed(token): value for token, value in self.tokens.items()}
        spelled |= {squashed(title): self._value_of(token) for token, title in known.value_titles.items()}
        return spelled | {squashed(word): self._value_of(token) for token, words in known.synonyms.items() for word in words}

    def _value_of(self, tokens: str) -> Value | None:
        return None if tokens == UNKNOWN else self.tokens[tokens]

    @cached_property
    def words_pattern(self) -> str:
        """A pattern of every way to write one value; its one group is the word."""
        known = self.field
        return framed(
            one_of([*self.tokens, *known.value_titles.values(), *(w for s in known.synonyms.values() for w in s)]), known.noise
        )

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return compiled(self.words_pattern)

    def word(self, text: str) -> Value | None:
        """The value of one word; raises `Refused` for any other."""
        found = self._pattern.fullmatch(text)
        if found is None:
            raise self.refused(text)
        return self.vocabulary[squashed(found[1])]

    def _says(self, text: str, value: Value) -> bool:
        found = self._pattern.fullmatch(text)
        return super()._says(found[1] if found else text, value)

    def text(self, text: str) -> Value | None:
        """The value of the one word that the text is."""
        return self.word(text)


class SetReader(WordReader):
    """Several words of a vocabulary, as a list or joined in one text; `none` is the empty set."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.longest = 5 * LONGEST_TEXT
        self.exact[NONE] = Reading(())

    def _tokens(self) -> Mapping[str, Value]:
        return {value: (value,) for value in self.field.values}

    def _value_of(self, tokens: str) -> Value | None:
        return () if tokens == NONE else canonical(self.field, tokens.split(", "))

    @cached_property
    def none_pattern(self) -> str:
        """A pattern of every way to write the empty set."""
        return framed(one_of((NONE, "[]", *self.field.synonyms.get(NONE, ()))), self.field.noise)

    @cached_property
    def _none(self) -> re.Pattern[str]:
        return compiled(self.none_pattern)

    def native(self, typed: Any) -> Reading:
        """The value in a list of words."""
        if isinstance(typed, Mapping):
            raise Refused("wrong-type", f"{self.field.name} is {expected(self.field)}, not a mapping")
        if not isinstance(typed, (list, tuple)):
            return super().native(typed)
        words = [self._member(word, place) for place, word in enumerate(typed[: LONGEST_LIST + 1])]
        value = self._joined(words)
        plainly = tuple(typed) == value or all(squashed(str(word)) in self._members(value) for word in typed)
        return Reading(value, "" if plainly else self.field.show(value))

    def _members(self, value: tuple[str, ...]) -> set[str]:
        return {squashed(spelled) for token in value for spelled in (token, self.field.title_of(token))}

    def _says(self, text: str, value: Value) -> bool:
        tokens = value if isinstance(value, tuple) else ()
        return re.sub(r"[\s,]", "", text).lower() == "".join(tokens) or super()._says(text, value)

    def text(self, text: str) -> Value | None:
        """The set that the text names: as one phrase, or word by word."""
        if self._none.fullmatch(text):
            return ()
        found = self._pattern.fullmatch(text)
        if found is not None:
            return self.vocabulary[squashed(found[1])]
        parts = _BETWEEN.split(text)
        if not all(parts) or len(parts) == 1 or self._reason(text):
            raise self.refused(text)
        return self._joined([self._member(part, None) for part in parts[: LONGEST_LIST + 1]])

    def _member(self, word: object, place: int | None) -> tuple[str, ...] | Refused:
        try:
            if not isinstance(word, str):
                raise Refused("wrong-type", f"{self.field.name} is {expected(self.field)}")
            text = plain(word)
            if is_missing(text) or self._none.fullmatch(text):
                alone = UNKNOWN if is_missing(text) else "[]"
                raise Refused("unknown-value", f"{quote(text)} does not go beside other values; write {self.field.name}: {alone}")
            value = self.exact[text].value if text in self.exact else self.word(text)
        except Refused as refused:
            refused.parts = [(() if place is None else (place,), code, message) for _, code, message in refused.parts]
            return refused
        return value if isinstance(value, tuple) else ()

    def _joined(self, members: list[tuple[str, ...] | Refused]) -> tuple[str, ...]:
        """The members' union; raises everything that was wrong with any of them."""
        if len(members) > LONGEST_LIST:
            raise Refused("too-many", f"{self.field.name} has more than {LONGEST_LIST} values")
        wrong = [member for member in members if isinstance(member, Refused)]
        if wrong:
            wrong[0].parts = list(dict.fromkeys(part for refused in wrong for part in refused.parts))
            raise wrong[0]
        return canonical(self.field, (token for member in members if isinstance(member, tuple) for token in member))


class NumberReader(ValueReader):
    """A number in one of the field's units, exact or within bounds."""

    decimals = DECIMALS
    unit_needed = False

    @cached_property
    def units(self) -> Mapping[str, tuple[float, float]]:
        """Lowest and highest factor to the field's unit, by the key of each unit that is read; no unit is the field's own."""
        given = {"": 1.0, self.field.unit: 1.0, **self.field.units}
        return {unit_key(unit): factor if isinstance(factor, tuple) else (factor, factor) for unit, factor in given.items()}

    def native(self, typed: Any) -> Reading:
        """The value of a number, which is exact, or of an interval."""
        if isinstance(typed, Interval):
            return Reading(self.bounded(typed, str(typed)))
        if isinstance(typed, bool) or not isinstance(typed, (int, float)):
            return super().native(typed)
        return Reading(self.bounded(float(typed), repr(typed)))

    def text(self, text: str) -> Value | None:
        """The number, or the interval, that the text names."""
        bare = self._bare(text)
        amount = parsed(bare)
        if amount is None:
            raise self.refused(text, "not-a-number")
        factors = self.units.get(unit_key(amount.unit))
        if factors is None:
            if self._reason(text):
                raise self.refused(text)
            units = ", ".join(dict.fromkeys((self.field.unit, *self.field.units)))
            raise Refused("unit", f"{self.field.name} has no unit {quote(amount.unit)}; allowed: {units or 'no unit'}")
        return self.bounded(self.value_of(amount, factors, (self.field.low, self.field.high), text), text)

    def _says(self, text: str, value: Value) -> bool:
        return re.fullmatch(r"\d+(\.\d*)?", text) is not None or super()._says(text, value)

    def _bare(self, text: str) -> str:
        found = self._framed.fullmatch(text)
        return found[1] if found else text

    @cached_property
    def _framed(self) -> re.Pattern[str]:
        return compiled(framed(r"[^\s].*?" if self.field.noise else ".+", self.field.noise))

    def value_of(self, amount: Amount, factors: tuple[float, float], bounds: tuple[float, float], text: str) -> float | Interval:
        """The value in the canonical unit; raises `Refused` for a number that reads two ways within `bounds`."""
        ends: list[tuple[str, float]] = []
        for sign, number in amount.ends:
            value = chosen(number, bounds[0] / factors[1], bounds[1] / factors[0])
            if isinstance(value, tuple):
                one, other = (digits(reading) for reading in value)
                raise Refused("two-readings", f"{self.field.name} of {quote(text)} reads two ways: write {one} or {other}")
            ends.append((sign, value))
        if len(ends) == 1 and ends[0][0] == "=":
            return _between(ends[0][1] * factors[0], ends[0][1] * factors[1])
        low, high, low_in, high_in = -math.inf, math.inf, False, False
        for sign, value in ends:
            if sign[0] == ">":
                low, low_in = value * factors[0], sign == ">="
            else:
                high, high_in = value * factors[1], sign == "<="
        if low > high or (low == high and not (low_in and high_in)):
            raise Refused("out-of-range", f"{self.field.name} cannot be {quote(text)}: no number lies between")
        return low if low == high else Interval(round(low, DECIMALS), round(high, DECIMALS), low_in, high_in)

    def bounded(self, value: float | Interval, text: str) -> float | Interval | None:
        """The value where it lies within the field's bounds; None for an interval that says no more than they do."""
        least, most = self.field.low, self.field.high
        if not isinstance(value, Interval):
            if least <= value <= most:
                return round(value, self.decimals) + 0.0
            raise self._outside(text)
        low, low_in = (least, True) if value.low == -math.inf else (value.low, value.low_included)
        high, high_in = (most, True) if value.high == math.inf else (value.high, value.high_included)
        if not least <= low <= high <= most or (low == high and not (low_in and high_in)):
            raise self._outside(text)
        if low == high:
            return low
        from_least, to_most = low == least and low_in, high == most and high_in
        if from_least and to_most:
            return None
        if from_least:
            return Interval(-math.inf, high, False, high_in)
        return Interval(low, math.inf, low_in, False) if to_most else Interval(low, high, low_in, high_in)

    def _outside(self, text: str) -> Refused:
        reason = self._reason(text)
        if reason:
            return self.refused(text)
        span = f"{self.field.low:,.10g} to {self.field.high:,.10g} {self.field.unit}".strip()
        return Refused("out-of-range", f"{self.field.name} cannot be {quote(text)}; allowed: {span}")

    @cached_property
    def words_pattern(self) -> str:
        """A pattern of the amounts that are read; bounds in a text cannot be said in it."""
        spelled = {_unit_pattern(unit) for unit in (self.field.unit, *self.field.units) if unit}
        number = NUMBER if self.field.high < 1000 else rf"(?!{TWO_WAYS}){NUMBER}"
        one, span = rf"(?:(?:{SIGN})\s*)?[+]?{number}", rf"{number}{TO}{number}"
        both = rf"(?:{SIGN})\s*{number}\s*and\s*(?:{SIGN})\s*{number}"
        unit = rf"\s*(?:{'|'.join(sorted(spelled, key=len, reverse=True))}){'' if self.unit_needed else '?'}" if spelled else ""
        return framed(rf"(?:{both}|{span}|{one}){unit}", self.field.noise)


class WholeReader(NumberReader):
    """A whole number within bounds; where there are few of them, each is looked up."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.few = range(int(field.low), int(field.high) + 1) if field.high - field.low <= MOST_LOOKED_UP else range(0)
        self.exact |= {str(value): Reading(value) for value in self.few}

    def bounded(self, value: float | Interval, text: str) -> int:
        """The value where it is whole and lies within the field's bounds."""
        if isinstance(value, Interval) or not value.is_integer() or not self.field.low <= value <= self.field.high:
            raise self.refused(text, "out-of-range")
        return int(value)

    @cached_property
    def words_pattern(self) -> str:
        """A pattern of the numbers allowed, where they are few."""
        if not self.few:
            return super().words_pattern
        return framed(rf"(?:{'|'.join(map(str, reversed(self.few)))})(?:[.,]0{{0,3}})?", self.field.noise)


_READERS: Mapping[str, type[ValueReader]] = {
    "choice": WordReader,
    "flag": WordReader,
    "set": SetReader,
    "integer": WholeReader,
    "number": NumberReader,
}


def allowed_words(field: Field) -> tuple[str, ...]:
    """The words that a field takes, `unknown` last; none for a number."""
    words = {"choice": field.values, "set": field.values, "flag": ("yes", "no")}.get(field.kind)
    return (*words, UNKNOWN) if words else ()


def expected(field: Field) -> str:
    """What a field takes, in words."""
    if field.kind == "number":
        return f"a number in {field.unit}" if field.unit else "a number"
    if field.kind == "integer":
        return f"a whole number from {field.low:g} to {field.high:g}"
    return {"choice": f"one of {', '.join(field.values)}", "flag": "yes or no"}.get(field.kind, "a list of words")


def with_unit(typed: Any, unit: str) -> Any:
    """An amount with the unit that its heading names, where it brings none of its own."""
    bare = isinstance(typed, (int, float)) or (isinstance(typed, str) and typed.strip()[-1:].isdigit())
    return f"{typed} {unit}" if unit and bare else typed


def _plain_python(typed: Any) -> Any:
    """A number of NumPy's as Python's own."""
    try:
        return typed.item() if hasattr(typed, "item") else typed
    except (TypeError, ValueError):
        return typed


def _between(low: float, high: float) -> float | Interval:
    return low if low == high else Interval(round(low, DECIMALS), round(high, DECIMALS), True, True)


def _unit_pattern(unit: str) -> str:
    return re.sub("[µμ]", "(?:µ|μ|u|mc|micro)", one_of([unit]))
