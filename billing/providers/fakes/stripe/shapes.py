"""Whether a request is one that Stripe takes, and an answer one that Stripe gives: by the SDK's own types.

Requests are validated by ``stripe.params`` (closed dictionaries), answers by the annotations of the SDK's classes.
The SDK writes enumerations as "these words, or any other": the other is taken off, for a wrong word is a mistake.
"""

import ast
import importlib
import inspect
import sys
import types
import typing
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final, Literal, Union

import stripe
import typing_extensions
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, create_model
from stripe._object_classes import get_object_class
from stripe._request_options import RequestOptions
from stripe._stripe_object import StripeObject, UntypedStripeObject

_CLOSED: Final = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


class Misshapen(Exception):
    """What does not fit the SDK's types.

    :param place: the field, as Stripe names it in an error: ``line_items[0][quantity]``
    """

    def __init__(self, place: str, says: str) -> None:
        super().__init__(f"{place}: {says}")
        self.place = place
        self.says = says


def demand(params: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """A request's fields, numbers as numbers.

    :param params: the name of the typed dictionary, as ``stripe.params`` knows it: ``checkout.SessionCreateParams``
    :raises Misshapen: Stripe would refuse it
    """
    try:
        return _dictionary(_params(params)).model_validate(told).model_dump(exclude_unset=True)
    except ValidationError as error:
        raise _misshapen(error) from error


def answer(told: dict[str, Any]) -> dict[str, Any]:
    """An answer with null for all that is told as nothing.

    :raises Misshapen: Stripe would not give it
    """
    kind = told.get("object")
    if kind == "list":
        return {**told, "data": [answer(one) for one in told["data"]]}
    try:
        whole = _named(str(kind)).model_validate(told).model_dump(mode="json")
    except ValidationError as error:
        raise _misshapen(error) from error
    return {name: value for name, value in whole.items() if name in told or name not in _ASKED_FOR}


_ASKED_FOR: Final = frozenset(
    {"deleted", "line_items", "payments", "refunds", "sources", "subscriptions", "tax_ids"}
)
"""What is not told, not even as null, unless it is asked for."""


def _misshapen(error: ValidationError) -> Misshapen:
    first = error.errors()[0]
    head, *rest = [str(part) for part in first["loc"] if not str(part).startswith(("function-", "dict[", "list["))]
    return Misshapen(head + "".join(f"[{part}]" for part in rest), first["msg"])


def _params(name: str) -> type:
    found: Any = importlib.import_module("stripe.params")
    for part in name.split("."):
        found = getattr(found, part)
    return typing.cast("type", found)


@cache
def _dictionary(shape: type) -> type[BaseModel]:
    """A closed dictionary."""
    fields: dict[str, Any] = {}
    for name, told in _hints(shape).items():
        is_required, hint = True, told
        if typing.get_origin(hint) in (typing_extensions.NotRequired, typing.NotRequired):
            is_required, hint = False, typing.get_args(hint)[0]
        fields[name] = (_strict(hint), ... if is_required else None)
    return create_model(shape.__name__, __config__=_CLOSED, **fields)


@cache
def _named(kind: str) -> type[BaseModel]:
    return _object(get_object_class("V1", kind))


def _object(kind: Any) -> type[BaseModel]:
    """An object; what may be null may also be absent, as it is where it must be asked for."""
    fields: dict[str, Any] = {}
    for name, hint in _hints(kind).items():
        if typing.get_origin(hint) is typing.ClassVar or name.startswith("_") or name in _INNER:
            continue
        may_be_null = type(None) in typing.get_args(hint)
        fields[name] = (_strict(hint), None if may_be_null else ...)
    return create_model(kind.__name__, __config__=_CLOSED, **fields)


_INNER: Final = frozenset({"OBJECT_NAME", "inner_class_types", "inner_class_dicts"})


def _strict(hint: Any) -> Any:
    """The type to validate with."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return Union[tuple(_strict(one) for one in _without_any_word(arguments))]  # noqa: UP007 - made of a tuple
    if origin is stripe.ListObject:
        return Annotated[dict[str, Any], AfterValidator(_whole_list)]
    if origin is UntypedStripeObject:
        return dict[str, arguments[0]]  # type: ignore[valid-type]
    if origin in (list, dict):
        return origin[tuple(_strict(one) for one in arguments)]
    if hint is Decimal or not isinstance(hint, type):
        return hint
    return _strict_class(hint)


def _strict_class(hint: type) -> Any:
    if typing_extensions.is_typeddict(hint):
        return _dictionary(hint)
    if not issubclass(hint, StripeObject):
        return hint
    if hint is StripeObject or hint is UntypedStripeObject:
        return dict[str, Any]
    if hasattr(hint, "OBJECT_NAME"):
        return Annotated[dict[str, Any], AfterValidator(_whole)]
    return _object(hint)


def _without_any_word(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    # Literal[""] is no enumeration: nothing said, which takes back what was said before.
    if str in arguments and any(
        typing.get_origin(one) is Literal and any(typing.get_args(one)) for one in arguments
    ):
        return tuple(one for one in arguments if one is not str)
    return arguments


def _whole(told: dict[str, Any]) -> dict[str, Any]:
    """An object inside another."""
    try:
        return answer(told)
    except Misshapen as error:
        raise ValueError(str(error)) from error


def _whole_list(told: dict[str, Any]) -> dict[str, Any]:
    if told.get("object") != "list":
        raise ValueError("no list")
    return _whole(told)


def _hints(shape: type) -> dict[str, Any]:
    """A class's own annotations, resolved where they were written; the options of a request are none of them."""
    is_dictionary = typing_extensions.is_typeddict(shape)
    told = {
        name: hint.__forward_arg__ if isinstance(hint, typing.ForwardRef) else hint
        for base in reversed(shape.__mro__)
        if base.__module__.startswith("stripe.") and base not in (StripeObject, stripe.StripeObject)
        for name, hint in inspect.get_annotations(base).items()
        if not is_dictionary or name not in RequestOptions.__annotations__
    }
    names: dict[str, Any] = {}
    for base in reversed(shape.__mro__):
        if base.__module__.startswith("stripe."):
            names.update(_names(base.__module__))
    carrier = type("Carrier", (), {"__annotations__": told})
    return typing_extensions.get_type_hints(carrier, globalns={**names, **vars(shape)}, include_extras=True)


@cache
def _names(module_name: str) -> dict[str, Any]:
    """What a module's annotations may name: also what it imports for type checkers alone."""
    module = sys.modules[module_name]
    names = {**vars(typing), **vars(module)}
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            for line in node.body:
                if isinstance(line, ast.ImportFrom) and line.module:
                    found = importlib.import_module(line.module)
                    names.update({one.asname or one.name: getattr(found, one.name) for one in line.names})
    return names
