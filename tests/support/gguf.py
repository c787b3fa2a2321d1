"""Model files as a test wants them: what is said of a model, and no model in it."""

from __future__ import annotations

from pathlib import Path
from struct import pack

_U32, _I64, _F32, _BOOL, _TEXT, _ARRAY, _U64 = 4, 11, 6, 7, 8, 9, 10

Value = str | int | float | bool | list[str] | list[int]

CHAT: dict[str, Value] = {
    "general.architecture": "llama",
    "general.name": "Grey Heron 1B",
    "llama.context_length": 4096,
    "tokenizer.ggml.tokens": ["<s>", "a", "ä"],
    "tokenizer.ggml.token_type": [3, 1, 1],
    "tokenizer.chat_template": "{% for message in messages %}…{% endfor %}",
}
"""What a file with a chat model says."""


def gguf(
    pairs: dict[str, Value] = CHAT, *, version: int = 3, tensors: int = 2, size: int = 64
) -> bytes:
    """Write a file with these pairs, and tensors of zeros with `size` bytes each."""
    head = b"GGUF" + pack("<IQQ", version, tensors, len(pairs))
    for key, value in pairs.items():
        head += _text(key) + _value(value)
    for number in range(tensors):
        head += _text(f"blk.{number}.weight") + pack("<IQIQ", 1, size // 4, 0, number * size)
    return head + bytes(-len(head) % 32) + bytes(tensors * size)


def write_model(folder: Path, name: str, **pairs: Value) -> Path:
    """Put a file with a chat model into a folder; `pairs` replace what it says."""
    file = folder / name
    file.write_bytes(gguf({**CHAT, **{key.replace("__", "."): one for key, one in pairs.items()}}))
    return file


def _value(value: Value) -> bytes:
    match value:
        case bool():
            return pack("<I?", _BOOL, value)
        case int():
            return pack("<II", _U32, value) if value < 2**32 else pack("<IQ", _U64, value)
        case float():
            return pack("<If", _F32, value)
        case str():
            return pack("<I", _TEXT) + _text(value)
    if value and isinstance(value[0], int):
        numbers = b"".join(pack("<q", one) for one in value)
        return pack("<IIQ", _ARRAY, _I64, len(value)) + numbers
    texts = b"".join(_text(str(one)) for one in value)
    return pack("<IIQ", _ARRAY, _TEXT, len(value)) + texts


def _text(text: str) -> bytes:
    return pack("<Q", len(text.encode())) + text.encode()
