"""How many tokens a body may take, and an answer has taken, when nobody told: made of bytes.

What an image, a recording or a file takes has nothing to do with its bytes, so these are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forjinn.bounds import bound

# Taken for the output of a request that names no maximum.
UNSAID_OUTPUT = 16_384
MOST_OUTPUT = bound("Output tokens that one call sets aside of a budget", 100_000_000, "tokens")
# How the largest output is told: OpenAI's three, then those of servers that speak its protocol.
MAXIMA = (
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "max_new_tokens",
    "min_tokens",
    "n_predict",
    "num_predict",
)
CHOICES = ("n", "best_of")
# The parts of a message that carry bytes, and where in them the bytes stand.
MEDIA = frozenset(
    {"image_url", "input_image", "input_audio", "audio_url", "input_file", "file", "video_url", "image"}
)
HOLDERS = frozenset({"image_url", "input_audio", "audio_url", "file", "video_url", "image", "source"})
BYTES = frozenset({"image_url", "url", "data", "file_data", "audio_url", "video_url"})
# Of an answer: what names, and not what was generated.
NAMES = frozenset(
    {"id", "call_id", "item_id", "object", "type", "role", "finish_reason", "status", "model", "b64_json"}
)


def input_bytes(size: int, members: dict[str, Any]) -> int:
    """Of a body of this size, without the bytes of images, recordings and files."""
    return max(1, size - sum(_media_bytes(members.get(name)) for name in ("messages", "input")))


def most_output(members: dict[str, Any]) -> int:
    """The most tokens that may be generated: of all choices of all prompts."""
    # Twice told is by the larger one; below zero many servers have no limit.
    told = [int(members[name]) for name in MAXIMA if members.get(name) is not None]
    each = max(value if value > 0 else UNSAID_OUTPUT for value in told) if told else UNSAID_OUTPUT
    choices = max([1, *(int(members[name]) for name in CHOICES if members.get(name) is not None)])
    return min(each * choices * _prompts(members.get("prompt")), MOST_OUTPUT)


def _prompts(prompt: Any) -> int:
    """A list of texts or of lists of tokens is many; a list of tokens is one."""
    many = isinstance(prompt, list) and any(isinstance(item, (str, list)) for item in prompt)
    return len(prompt) if many else 1


def _media_bytes(value: Any) -> int:
    size, waiting = 0, [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += (item for item in value if isinstance(item, (list, dict)))
        elif isinstance(value, dict):
            if isinstance(kind := value.get("type"), str) and kind in MEDIA:
                size += sum(map(len, _data(value)))
            else:
                waiting += (value.get("content"), value.get("output"))
    return size


def _data(part: dict[str, Any]) -> Iterator[str]:
    """The bytes that a part carries: a data URL, or base64 alone."""
    inner = [part, *(part[name] for name in HOLDERS if isinstance(part.get(name), dict))]
    for holder in inner:
        for name, value in holder.items():
            if name in BYTES and isinstance(value, str) and _is_data(name, value):
                yield value


def _is_data(name: str, value: str) -> bool:
    if value[:5].casefold() == "data:":
        return True
    # Base64 has no spaces; a text in its place would be no file to anybody.
    return name in ("data", "file_data") and value.isascii() and " " not in value


def generated_bytes(answer: dict[str, Any]) -> int:
    """Of a whole answer, in either of OpenAI's formats."""
    size, waiting = 0, [answer.get("choices"), answer.get("output")]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            size += len(value.encode("utf-8", "surrogatepass"))
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += (inner for name, inner in value.items() if name not in NAMES)
    return size
