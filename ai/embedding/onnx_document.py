"""Writing the few parts of an ONNX document that a drawn graph needs.

ONNX is written in protocol buffers: numbered fields, each a number, four bytes or a counted run of bytes. The
package that writes all of it weighs 27 MB; the numbers below are those of the published ``onnx.proto3``.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Final

FLOAT: Final = 1
INT32: Final = 6
RUNTIME: Final = "com.microsoft"
"""The set of onnxruntime's own operators; "" is the standard's."""

_FORMAT_VERSION: Final = 8
_OPERATORS: Final = {"": 17, RUNTIME: 1}
_IN_ANOTHER_FILE: Final = 1
_IS_FLOAT, _IS_INTEGER = 1, 2


def model(
    *, nodes: Sequence[bytes], tensors: Sequence[bytes], inputs: Sequence[bytes], outputs: Sequence[bytes]
) -> bytes:
    """A whole document."""
    graph = b"".join(
        [*_each(1, nodes), _text(2, "graph"), *_each(5, tensors), *_each(11, inputs), *_each(12, outputs)]
    )
    editions = [_text(1, domain) + _number(2, edition) for domain, edition in _OPERATORS.items()]
    return b"".join([_number(1, _FORMAT_VERSION), *_each(8, editions), _bytes(7, graph)])


def node(
    operator: str, inputs: Iterable[str], outputs: Iterable[str], *, domain: str = "", **attributes: float
) -> bytes:
    """One step; an attribute is a float or an int as Python has it."""
    names = [_text(1, name) for name in inputs] + [_text(2, name) for name in outputs]
    said = _each(5, [_attribute(name, value) for name, value in attributes.items()])
    return b"".join([*names, _text(4, operator), *said, _text(7, domain)])


def tensor_elsewhere(name: str, file: str, shape: Sequence[int], offset_bytes: int, length_bytes: int) -> bytes:
    """A tensor of 32-bit floats that lies in another file."""
    place = {"location": file, "offset": str(offset_bytes), "length": str(length_bytes)}
    said = _each(13, [_text(1, key) + _text(2, value) for key, value in place.items()])
    sizes = [_number(1, size) for size in shape]
    return b"".join([*sizes, _number(2, FLOAT), _text(8, name), *said, _number(14, _IN_ANOTHER_FILE)])


def values(name: str, kind: int, *sizes: str) -> bytes:
    """An input or output: a name for each of its sizes, of which the document knows none beforehand."""
    shape = b"".join(_bytes(1, _text(2, size)) for size in sizes)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))


def _attribute(name: str, value: float) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _IS_INTEGER)
    return _text(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, _IS_FLOAT)


def _each(field: int, parts: Iterable[bytes]) -> list[bytes]:
    return [_bytes(field, part) for part in parts]


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; all but the last are marked."""
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])
