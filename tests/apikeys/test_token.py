"""What a key looks like (INTERFACES, “API keys”)."""

from __future__ import annotations

import re
import string

import pytest

from forjinn.apikeys import token
from tests.apikeys.screen import Screen


def test_a_key_is_fj_and_38_letters_and_digits(screen: Screen) -> None:
    assert re.fullmatch(r"fj_[0-9A-Za-z]{38}", screen.create("CI integration"))


def test_a_gateway_key_differs_in_its_prefix_alone() -> None:
    assert re.fullmatch(r"fjgw_[0-9A-Za-z]{38}", token.new(token.GATEWAY_PREFIX))


def test_no_two_keys_are_the_same_and_every_letter_occurs() -> None:
    keys = [token.new() for _ in range(1000)]
    assert len(set(keys)) == 1000
    # By chance a letter would be missing once in 10^200 runs.
    assert set("".join(key[3:35] for key in keys)) == set(string.ascii_letters + string.digits)


@pytest.mark.parametrize(
    ("body", "checksum"),
    [
        # CRC-32 written in base62, by hand: 3421780262 is the check value of "123456789".
        ("123456789", "3jZRME"),
        ("fj_" + "0" * 32, "2UnIOz"),
        ("", "000000"),
    ],
)
def test_the_checksum_is_crc32_in_base62(body: str, checksum: str) -> None:
    assert token.checksum(body) == checksum


def test_a_key_that_was_mistyped_or_cut_off_fails_its_checksum() -> None:
    key = token.new()
    assert token.has_right_checksum(key)
    for place in range(len(key)):
        other = "1" if key[place] == "0" else "0"
        assert not token.has_right_checksum(key[:place] + other + key[place + 1 :])
    assert not token.has_right_checksum(key[:-1])


def test_the_hint_is_the_first_seven_and_the_last_four_characters(screen: Screen) -> None:
    secret = screen.create("CI integration")
    assert screen.row("CI integration").hint == f"{secret[:7]}…{secret[-4:]}"
