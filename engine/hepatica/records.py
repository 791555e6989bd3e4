"""Immutable records: dataclasses whose methods are shared functions instead of source text compiled for each class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar, dataclass_transform, overload

T = TypeVar("T")

if TYPE_CHECKING:
    Hidden = Annotated[T, "no part of the JSON"]
else:

    class Hidden:
        """`Hidden[T]` types a part of a record that its JSON and schema leave out."""

        def __class_getitem__(cls, kind: Any) -> Any:
            # Annotations stay text until pydantic writes JSON, so that what never does need not load pydantic. Of what is left
            # out it need not know the kind: it would build a schema of all knowledge.
            from pydantic import Field

            return Annotated[Any, Field(exclude=True)]


@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T], /) -> type[T]: ...
@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(*, kw_only: bool = False, eq: bool = True) -> Callable[[type[T]], type[T]]: ...
def record(cls: type[Any] | None = None, /, *, kw_only: bool = False, eq: bool = True) -> Any:
    """A frozen dataclass, for `dataclasses.fields` and `replace` and for pydantic as well. Methods of the class's own stay.

    `@dataclass(frozen=True)` compiles six methods for every class, 55 of which `hepatica evaluate` imports: it takes 1.2 times
    as long with them. Here a class costs 0.13 ms. Making an instance costs about as much as before (14 keywords
    1.6 us against 1.8, five positions 1.0 us against 0.6).
    """
    return partial(_record, kw_only=kw_only, eq=eq) if cls is None else _record(cls, kw_only=kw_only, eq=eq)


def _record(cls: type[Any], *, kw_only: bool, eq: bool) -> type[Any]:
    own = vars(cls)
    made = dataclass(init=False, repr=False, eq=False, kw_only=kw_only)(cls)
    methods = {"__init__": _initialiser(made), "__repr__": _repr, "__setattr__": _refuse, "__delattr__": _refuse}
    if eq:
        methods |= _comparison(tuple(each.name for each in fields(made) if each.compare))
    for name, method in methods.items():
        if name not in own:
            setattr(made, name, method)
    return made


def _initialiser(cls: type[Any]) -> Callable[..., None]:
    """Takes arguments by place and by name, as a dataclass does; what is not given is read from the class."""
    every = fields(cls)
    positional = tuple(each.name for each in every if not each.kw_only)
    known = frozenset(each.name for each in every)
    factories = tuple((each.name, each.default_factory) for each in every if each.default_factory is not MISSING)
    needed = frozenset(each.name for each in every if each.default is MISSING and each.default_factory is MISSING)
    sound: set[tuple[str, ...]] = set()

    def completed(given: dict[str, Any]) -> dict[str, Any]:
        # Few combinations of names occur, so each is compared once: comparing them for every record is 40 % of a load.
        if (names := tuple(given)) not in sound:
            wrong = sorted(needed.difference(names)) or sorted(set(names) - known)
            if wrong:
                raise TypeError(f"{cls.__name__} needs, or does not know: {', '.join(wrong)}")
            sound.add(names)
        for name, factory in factories:
            if name not in given:
                given[name] = factory()
        return given

    def initialise(self: Any, /, *args: Any, **given: Any) -> None:
        if args:
            placed = dict(zip(positional, args))  # noqa: B905 -- how many there are is checked below, for less
            if len(placed) < len(args) or (given and not placed.keys().isdisjoint(given)):
                raise TypeError(f"{cls.__name__} was given too many arguments, or one of them twice")
            given = placed | given if given else placed
        # At once and as it is: `__setattr__` of a record refuses, and setting part by part takes three times as long.
        _set(self, "__dict__", completed(given))

    cls.__completed__ = staticmethod(completed)
    return initialise


def made_of(cls: type[T], parts: dict[str, Any]) -> T:
    """As `cls(**parts)`, which keeps `parts` itself: for the thousands that a ruleset is made of."""
    made = cls.__new__(cls)
    _set(made, "__dict__", cls.__completed__(parts))  # type: ignore[attr-defined]
    return made


_set = object.__setattr__


def _comparison(names: tuple[str, ...]) -> dict[str, Callable[..., Any]]:
    """Equal are two of one class with equal parts, those that are compared."""
    parts = attrgetter(*names)

    def equal(self: Any, other: object) -> Any:
        return parts(self) == parts(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: Any) -> int:
        return hash(parts(self))

    return {"__eq__": equal, "__hash__": hashed}


def _repr(self: Any) -> str:
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(self: Any, name: str, *_: Any) -> NoReturn:
    raise FrozenInstanceError(f"cannot change {name!r} of {type(self).__name__}")
