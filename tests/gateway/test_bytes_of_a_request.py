"""A request's text counts by its bytes; images, recordings and files do not."""

from __future__ import annotations

import base64
import json

import pytest

from tests.calls import Sql
from tests.gateway.calling import Gateway, spent
from tests.providers import Provider

IMAGE = base64.b64encode(bytes(range(256)) * 2000).decode()
MEDIA = [
    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}},
    {"type": "image_url", "image_url": f"data:image/png;base64,{IMAGE}"},
    {"type": "input_image", "image_url": f"DATA:image/png;base64,{IMAGE}"},
    {"type": "input_audio", "input_audio": {"data": IMAGE, "format": "wav"}},
    {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{IMAGE}"}},
    {"type": "input_file", "filename": "a.pdf", "file_data": IMAGE},
]


def test_images_recordings_and_files_do_not_count_by_their_bytes(
    gateway: Gateway, provider: Provider, sql: Sql, subtests: pytest.Subtests
) -> None:
    gateway.add("small", provider.url)
    key = gateway.new_key("Pictures", budget_tokens=1 << 40)
    provider.says({"choices": []})
    for part in MEDIA:
        for path, member in (("chat/completions", "messages"), ("responses", "input")):
            with subtests.test(f"{path} {str(part)[:50]}"):
                before = spent(sql, "Pictures")
                talk = [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, part]}]
                body = {"model": "small", member: talk}
                assert (
                    gateway.send(json.dumps(body).encode(), path, Authorization=f"Bearer {key}").status_code
                    == 200
                )
                assert 0 < spent(sql, "Pictures") - before < 100


def test_a_text_counts_whatever_it_says_it_is(gateway: Gateway, provider: Provider, sql: Sql) -> None:
    gateway.add("small", provider.url)
    key = gateway.new_key("Texts", budget_tokens=1 << 40)
    provider.says({"choices": []})
    long = f"data:image/png;base64,{IMAGE}"
    for content in (long, [{"type": "text", "text": long}], [{"type": "text", "text": "x", "data": long}]):
        before = spent(sql, "Texts")
        assert gateway.post(key=key, messages=[{"role": "user", "content": content}]).status_code == 200
        assert spent(sql, "Texts") - before >= len(IMAGE) // 4


def test_bytes_count_and_not_characters(gateway: Gateway, provider: Provider, sql: Sql) -> None:
    gateway.add("small", provider.url)
    key = gateway.new_key("Bytes", budget_tokens=1 << 40)
    provider.says({"choices": []})
    body = json.dumps(
        {"model": "small", "messages": [{"role": "user", "content": "漢" * 4000}]}, ensure_ascii=False
    )
    assert gateway.send(body.encode(), Authorization=f"Bearer {key}").status_code == 200
    assert spent(sql, "Bytes") == len(body.encode()) // 4
