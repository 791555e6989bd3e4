"""One value of one field, from whatever a person typed or a program handed over. Made from the field alone."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, TypeVar

from hepatica.patient import text as texts
from hepatica.patient.fields import FLAGS, NONE, UNKNOWN, Field, Fields, Value
from hepatica.patient.text import DECIMALS, Amount, Interval, compiled, framed, is_missing, one_of, plain, squashed, unit_key
from hepatica.problems import quote, suggestion

LONGEST_LIST = 50
MOST_REMEMBERED = 2000
MOST_LOOKED_UP = 100
MOST = 10**15
BETWEEN = r"\s*(?:,\s*and\s+|[,;|/+&\n]|\s+and\s+)\s*"
FLAG_WORDS = {True: "yes", False: "no"}
Place = tuple[int | str, ...]
JsonSchema = dict[str, Any]
T = TypeVar("T")
R = TypeVar("R")


class Reading(NamedTuple):
    """A value, and the words for it where they are not what was typed (else empty)."""

    value: Any
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


def each_read(items: Iterable[tuple[Place, T]], read: Callable[[T], R]) -> list[R]:
    """What `read` gives for every item; raises one `Refused` with all that is wrong, each thing at its item's place."""
    found: list[R] = []
    wrong: list[Refused] = []
    for place, item in items:
        try:
            found.append(read(item))
        except Refused as refused:
            refused.parts = [((*place, *inner), code, said) for inner, code, said in refused.parts]
            wrong.append(refused)
    if wrong:
        wrong[0].parts = list(dict.fromkeys(part for refused in wrong for part in refused.parts))
        raise wrong[0]
    return found


def read_parts(typed: Mapping[Any, Any], parts: Fields, whole: str, read: Callable[[Field, Any], R]) -> dict[str, R]:
    """What `read` gives for each part of a measurement; raises `Refused` with all that is wrong in it."""

    def entry(item: tuple[Any, Any]) -> tuple[str, R]:
        name, unit = parts.find_with_unit(str(item[0]))
        if name is None:
            raise Refused("unknown-field", f"unknown part {quote(item[0])} of {whole}; {suggestion(item[0], parts)}")
        return name, read(parts[name], with_unit(item[1], unit))

    if len(typed) > LONGEST_LIST:
        raise Refused("too-many", f"{whole} has more than {LONGEST_LIST} entries")
    return dict(each_read((((str(key),), (key, value)) for key, value in typed.items()), entry))


def text_schema(pattern: str) -> JsonSchema:
    """The JSON Schema of a text that fits a pattern, whatever the case."""
    return {"type": "string", "pattern": texts.either_case(pattern)}


def missing_schema() -> list[JsonSchema]:
    """The JSON Schemas of a value that is not known."""
    missing = text_schema(texts.missing_pattern())
    return [missing, {"type": "array", "items": missing, "minItems": 1, "maxItems": 1}, {"type": "null"}]


def parts_schema(parts: Fields, reader: Callable[[Field], ValueReader]) -> JsonSchema:
    """The JSON Schema of a measurement: every part, under each way to write its name, as its reader takes it."""
    shown = {name: {"anyOf": [*reader(part).schema(), *missing_schema()]} for name, part in parts.items()}
    spelled = {pattern: shown[name] for name, pattern in parts.patterns().items()}
    return {"type": "object", "properties": shown, "patternProperties": spelled, "additionalProperties": False}


class ValueReader:
    """Reads the values of one field. The exact tokens are looked up; everything else is worked out by the kind."""

    longest = texts.LONGEST_TEXT

    def __init__(self, field: Field) -> None:
        self.field = field
        self.exact: dict[str, Reading] = {"": NOT_KNOWN, UNKNOWN: NOT_KNOWN}
        # A column of a table repeats its few spellings.
        self._remembered = lru_cache(maxsize=MOST_REMEMBERED)(self._understood)

    def read(self, typed: Any) -> Reading:
        """The value in a text, a number, a list ...; None and every word for "missing" is not known."""
        if isinstance(typed, str):
            # Tokens first: a table of a million rows holds hardly anything else.
            return self.exact.get(typed) or self._remembered(typed)
        if typed is None or (isinstance(typed, float) and math.isnan(typed)):
            return NOT_KNOWN
        if isinstance(typed, (list, tuple)) and len(typed) == 1 and isinstance(typed[0], str) and is_missing(typed[0]):
            return NOT_KNOWN  # YAML makes a list of [Not Available]
        # Before it is made a text: writing out an integer of a million digits takes seconds.
        if isinstance(typed, int) and abs(typed) > MOST:
            raise Refused("out-of-range", f"{self.field.title} is too large a number")
        with suppress(TypeError, ValueError):  # a number of NumPy's as Python's own
            typed = typed.item() if hasattr(typed, "item") else typed
        if isinstance(typed, (set, frozenset)):
            typed = sorted(typed, key=str)
        return self._native(typed)

    def _native(self, typed: Any) -> Reading:
        if isinstance(typed, (Mapping, list, tuple)):
            found = "a mapping" if isinstance(typed, Mapping) else "a list"
            raise Refused("wrong-type", f"{self.field.title} is {expected(self.field)}, not {found}")
        return self.read(FLAG_WORDS[typed] if isinstance(typed, bool) else str(typed))

    def _understood(self, typed: str) -> Reading:
        if len(typed) > self.longest:
            raise Refused("too-long", f"{self.field.title} is longer than {self.longest} characters: {quote(typed)}")
        text = plain(typed)
        return NOT_KNOWN if is_missing(text) else self._reading(text)

    def _reading(self, text: str) -> Reading:
        value = self._text(text)
        return Reading(value, "" if value is None or self._says(text, value) else self.field.shown(value))

    def _text(self, text: str) -> Value | None:
        raise NotImplementedError

    def _says(self, text: str, value: Value) -> bool:
        """True where the text is the value's own words, so that nothing need be said of how it was read."""
        known = self.field
        return squashed(text) in map(squashed, (known.shown(value), known.show(value), known.written(value)))

    def schema(self) -> list[JsonSchema]:
        """The JSON Schemas of what is read: tokens first, for editors; then every other text that is understood."""
        raise NotImplementedError

    def _refused(self, typed: str, code: str = "unknown-value") -> Refused:
        """Why a text is refused: because it reads several ways, is in another alphabet, or is none of what is allowed."""
        reason, latin, known = self._reason(typed), texts.looks_like(typed), self.field
        # As a reader sees them; of a number there are none.
        allowed = ("yes", "no") if known.kind == "flag" else tuple(map(known.title_of, known.values))
        refusal = f"{known.title} cannot be {quote(typed)}"
        if reason:
            return Refused("unclear", f"{refusal}: {reason}")
        if latin is not None:
            return Refused(code, f"{refusal}: it holds Cyrillic or Greek letters; retype it as {quote(latin)}")
        near = suggestion(typed, (*allowed, UNKNOWN)) if allowed else f"allowed: {expected(known)}, or {UNKNOWN}"
        return Refused(code, f"{refusal}; {near}")

    def _reason(self, typed: str) -> str | None:
        reasons = {word: reason for reason, words in self.field.unclear.items() for word in words}
        found = compiled(framed(one_of(reasons), self.field.noise)).fullmatch(typed) if reasons else None
        word = squashed(found[1] if found else typed)
        return next((reason for other, reason in reasons.items() if squashed(other) == word), None)


class WordReader(ValueReader):
    """Choices and flags: words of a vocabulary, among words that say nothing more."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        values = {value: (value,) if field.kind == "set" else value for value in field.values}
        self.tokens: Mapping[str, Value] = FLAGS if field.kind == "flag" else values
        self.exact |= {token: Reading(value) for token, value in self.tokens.items()}

    @cached_property
    def _words(self) -> Mapping[str, Value | None]:
        known, single = self.field, {UNKNOWN: None, **self.tokens}
        meanings = {title: token for token, title in known.value_titles.items()}
        meanings |= {word: meaning for meaning, words in known.synonyms.items() for word in words}
        several = known.kind == "set"
        meant = {word: canonical(known, said.split(", ")) if several else single[said] for word, said in meanings.items()}
        return {**self.tokens, **meant}

    @cached_property
    def _vocabulary(self) -> Mapping[str, Value | None]:
        return {squashed(word): value for word, value in self._words.items()}

    @cached_property
    def words_pattern(self) -> str:
        """A pattern of every way to write one value; its one group is the word."""
        return framed(one_of(word for word, value in self._words.items() if value != ()), self.field.noise)

    def _text(self, text: str) -> Value | None:
        found = compiled(self.words_pattern).fullmatch(text)
        if found is None:
            raise self._refused(text)
        return self._vocabulary[squashed(found[1])]

    def _says(self, text: str, value: Value) -> bool:
        found = compiled(self.words_pattern).fullmatch(text)
        return super()._says(found[1] if found else text, value)

    def schema(self) -> list[JsonSchema]:
        """The tokens, and every text that is understood."""
        return [{"enum": [*self.tokens, *self._bare_words()]}, text_schema(self.words_pattern)]

    def _bare_words(self) -> list[bool | int]:
        # YAML has made a number of `1` and a flag of `yes` before any reader sees them.
        flags = [flag for flag, word in FLAG_WORDS.items() if word in self._vocabulary]
        return [*flags, *(int(word) for word in self._vocabulary if word.isdecimal())]


class SetReader(WordReader):
    """Several words of a vocabulary, as a list or joined in one text; `none` is the empty set."""

    longest = 5 * texts.LONGEST_TEXT

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.exact[NONE] = Reading(())

    @cached_property
    def _none(self) -> str:
        return framed(one_of((NONE, "[]", *self.field.synonyms.get(NONE, ()))), self.field.noise)

    def _native(self, typed: Any) -> Reading:
        if not isinstance(typed, (list, tuple)):
            return super()._native(typed)
        # One member more than is allowed, so that too many are noticed without reading them all.
        value = self._joined([((place,), word) for place, word in enumerate(typed[: LONGEST_LIST + 1])])
        own = tuple(typed) == value or self._spell(typed, value)
        return Reading(value, "" if own else self.field.show(value))

    def _text(self, text: str) -> Value | None:
        """The set that the text names: as one phrase, or word by word."""
        if compiled(self._none).fullmatch(text):
            return ()
        parts = re.split(BETWEEN, text, flags=re.IGNORECASE)
        # A synonym may hold what else parts words ("HBV + HCV"): the whole text is tried first.
        if len(parts) == 1 or compiled(self.words_pattern).fullmatch(text):
            return super()._text(text)
        if not all(parts) or self._reason(text):
            raise self._refused(text)
        return self._joined([((), part) for part in parts[: LONGEST_LIST + 1]])

    def _says(self, text: str, value: Value) -> bool:
        return self._spell(text.split(","), value) or super()._says(text, value)

    def _spell(self, words: Iterable[Any], value: Any) -> bool:
        own = {squashed(spelled) for token in value for spelled in (token, self.field.title_of(token))}
        return all(isinstance(word, str) and squashed(word) in own for word in words)

    def _member(self, word: object) -> tuple[str, ...]:
        if not isinstance(word, str):
            raise Refused("wrong-type", f"{self.field.title} is {expected(self.field)}")
        text = plain(word)
        if text in self.field.values:
            return (text,)
        if is_missing(text) or compiled(self._none).fullmatch(text):
            alone = UNKNOWN if is_missing(text) else "[]"
            raise Refused("unknown-value", f"{quote(text)} does not go beside other values; write {self.field.title}: {alone}")
        value = super()._text(text)
        return value if isinstance(value, tuple) else ()

    def _joined(self, members: list[tuple[Place, object]]) -> tuple[str, ...]:
        if len(members) > LONGEST_LIST:
            raise Refused("too-many", f"{self.field.title} has more than {LONGEST_LIST} values")
        return canonical(self.field, (token for member in each_read(members, self._member) for token in member))

    def schema(self) -> list[JsonSchema]:
        """A list of words, a token, words joined in a text, or a word for the empty set."""
        one = self.words_pattern
        member = {"anyOf": [{"enum": list(self.field.values)}, text_schema(one)]}
        return [
            {"type": "array", "items": member, "maxItems": LONGEST_LIST},
            {"enum": [*self.field.values, NONE, *self._bare_words()]},
            text_schema(rf"{one}(?:{BETWEEN}{one})*"),
            text_schema(self._none),
        ]


class NumberReader(ValueReader):
    """A number in one of the field's units, exact or within bounds."""

    decimals = DECIMALS
    unit_needed = False

    @cached_property
    def _units(self) -> Mapping[str, tuple[float, float]]:
        # Lowest and highest factor to the field's unit, by the key of each unit that is read; no unit is the field's own.
        given = {"": 1.0, self.field.unit: 1.0, **self.field.units}
        return {unit_key(unit): factor if isinstance(factor, tuple) else (factor, factor) for unit, factor in given.items()}

    def _native(self, typed: Any) -> Reading:
        if isinstance(typed, bool) or not isinstance(typed, (int, float, Interval)):
            return super()._native(typed)
        value = typed if isinstance(typed, Interval) else float(typed)
        return Reading(self._bounded(value, str(value)))

    def _text(self, text: str) -> Value | None:
        amount = self._amount(text)
        if amount is None:
            raise self._refused(text, "not-a-number")
        factors = self._units.get(unit_key(amount.unit))
        if factors is None:
            if self._reason(text):
                raise self._refused(text)
            units = ", ".join(self.field.every_unit) or "no unit"
            raise Refused("unit", f"{self.field.title} has no unit {quote(amount.unit)}; allowed: {units}")
        return self._bounded(self._value_of(amount, factors, (self.field.low, self.field.high), text), text)

    def _says(self, text: str, value: Value) -> bool:
        return re.fullmatch(r"\d+(\.\d*)?", text) is not None or super()._says(text, value)

    def _amount(self, text: str) -> Amount | None:
        if amount := texts.simple(text, (self.field.unit, *self.field.units)):
            return amount
        found = compiled(framed(r"\S.*?", self.field.noise)).fullmatch(text)
        return texts.parsed(found[1] if found else text)

    def _value_of(self, amount: Amount, factors: tuple[float, float], bounds: tuple[float, float], text: str) -> float | Interval:
        """The value in the canonical unit; raises `Refused` for a number that reads two ways within `bounds`."""
        low, high, low_in, high_in = -math.inf, math.inf, False, False
        for sign, number in amount.ends:
            value = texts.chosen(number, bounds[0] / factors[1], bounds[1] / factors[0])
            if isinstance(value, tuple):
                one, other = (texts.digits(reading) for reading in value)
                raise Refused("two-readings", f"{self.field.title} of {quote(text)} reads two ways: write {one} or {other}")
            # A factor that is known as a range only makes an interval of any number, exact ones too.
            if sign[0] != "<":
                low, low_in = value * factors[0], sign != ">"
            if sign[0] != ">":
                high, high_in = value * factors[1], sign != "<"
        if low > high or (low == high and not (low_in and high_in)):
            raise Refused("out-of-range", f"{self.field.title} cannot be {quote(text)}: no number lies between")
        return low if low == high else Interval(round(low, DECIMALS), round(high, DECIMALS), low_in, high_in)

    def _bounded(self, value: float | Interval, text: str) -> float | Interval | None:
        """The value where it lies within the field's bounds; None for an interval that says no more than they do."""
        least, most = self.field.low, self.field.high
        if not isinstance(value, Interval):
            if least <= value <= most:
                # Adding 0.0 turns -0.0, which equals 0 and prints otherwise, into 0.0.
                return round(value, self.decimals) + 0.0
            raise self._refused(text, "out-of-range")
        low, low_in = (least, True) if value.low == -math.inf else (value.low, value.low_included)
        high, high_in = (most, True) if value.high == math.inf else (value.high, value.high_included)
        if not least <= low <= high <= most or (low == high and not (low_in and high_in)):
            raise self._refused(text, "out-of-range")
        if low == high:
            return low
        # An end that every value of the field has says nothing.
        low, low_in = (-math.inf, False) if low_in and low == least else (low, low_in)
        high, high_in = (math.inf, False) if high_in and high == most else (high, high_in)
        return None if (low, high) == (-math.inf, math.inf) else Interval(low, high, low_in, high_in)

    @cached_property
    def words_pattern(self) -> str:
        """A pattern of the amounts that are read; bounds in a text cannot be said in it."""
        spelled = {re.sub("[µμ]", "(?:µ|μ|u|mc|micro)", one_of([unit])) for unit in (self.field.unit, *self.field.units) if unit}
        # Where no value reaches 1000, three decimals cannot be a group of digits.
        number = texts.NUMBER if self.field.high < 1000 else rf"(?!{texts.TWO_WAYS}){texts.NUMBER}"
        one, span = rf"(?:(?:{texts.SIGN})\s*)?[+]?{number}", rf"{number}{texts.TO}{number}"
        both = rf"(?:{texts.SIGN})\s*{number}\s*and\s*(?:{texts.SIGN})\s*{number}"
        any_unit = "|".join(sorted(spelled, key=lambda text: (-len(text), text)))
        unit = rf"\s*(?:{any_unit}){'' if self.unit_needed else '?'}" if spelled else ""
        return framed(rf"(?:{both}|{span}|{one}){unit}", self.field.noise)

    def schema(self) -> list[JsonSchema]:
        """An amount in a text, or a number."""
        kind = "number" if self.field.kind == "number" else "integer"
        number = {"type": kind, "minimum": self.field.low, "maximum": self.field.high}
        return [*([] if self.unit_needed else [number]), text_schema(self.words_pattern)]


class WholeReader(NumberReader):
    """A whole number within bounds; where there are few of them, each is looked up."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self._few = range(int(field.low), int(field.high) + 1) if field.high - field.low <= MOST_LOOKED_UP else range(0)
        self.exact |= {str(value): Reading(value) for value in self._few}

    def _bounded(self, value: float | Interval, text: str) -> int:
        if isinstance(value, Interval) or not value.is_integer() or not self.field.low <= value <= self.field.high:
            raise self._refused(text, "out-of-range")
        return int(value)

    def _text(self, text: str) -> Value | None:
        """As of any number; where few are allowed, no other spelling is one (',0', '1e0')."""
        value = super()._text(text)
        if self._few and not compiled(self.words_pattern).fullmatch(text):
            raise self._refused(text, "not-a-number")
        return value

    @cached_property
    def words_pattern(self) -> str:
        """A pattern of the numbers allowed, where they are few."""
        if not self._few:
            return super().words_pattern
        unit = rf"(?:\s*(?:{one_of([self.field.unit])}))?" if self.field.unit else ""
        return framed(rf"[+]?0?(?:{'|'.join(map(str, reversed(self._few)))})(?:[.,]0{{0,3}})?{unit}", self.field.noise)


_READERS: Mapping[str, type[ValueReader]] = {
    "choice": WordReader,
    "flag": WordReader,
    "set": SetReader,
    "integer": WholeReader,
    "number": NumberReader,
}


def canonical(known: Field, tokens: Iterable[str]) -> tuple[str, ...]:
    """The tokens once each, in the field's order: two lists that mean the same become equal."""
    wanted = set(tokens)
    return tuple(value for value in known.values if value in wanted)


def expected(field: Field) -> str:
    """What a field takes, in words."""
    if field.kind in ("choice", "flag"):
        return f"one of {', '.join(map(field.title_of, field.values))}" if field.values else "yes or no"
    if field.kind == "set":
        return "a list of words"
    whole, unit = ("whole ", "") if field.kind == "integer" else ("", field.unit)
    return f"a {whole}number from {field.low:,.10g} to {field.high:,.10g} {unit}".rstrip()


def with_unit(typed: Any, unit: str) -> Any:
    """An amount with the unit that its heading names, where it brings none of its own."""
    bare = isinstance(typed, (int, float)) or (isinstance(typed, str) and typed.strip()[-1:].isdigit())
    return f"{typed} {unit}" if unit and bare else typed
