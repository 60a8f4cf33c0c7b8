from __future__ import annotations

import secrets

from wtforms import BooleanField, HiddenField, PasswordField, SelectMultipleField, StringField
from wtforms.validators import Regexp

from forjinn.forms import LONGEST_TEXT, Form, Longest
from forjinn.gateway.models import EMBEDDED, LITELLM, OPENAI

KINDS = (
    (OPENAI, "OpenAI-compatible URL"),
    (LITELLM, "LiteLLM proxy"),
    (EMBEDDED, "The model inside this server"),
)


class NewModel(Form):
    name = StringField("Name")
    # One of KINDS.
    kind = StringField("Kind", default=OPENAI)
    base_url = StringField("Base URL")
    upstream = StringField("Upstream model ID")
    # Never filled in again: what was entered is not shown.
    credential = PasswordField("Credential", [Longest(LONGEST_TEXT)])
    input_price = StringField("Price of a million input tokens")
    output_price = StringField("Price of a million output tokens")
    # Names, with spaces or commas between them.
    allowed_members = StringField("Further members")


class Upstream(Form):
    upstream = StringField("Upstream model ID")
    input_price = StringField("Price of a million input tokens")
    output_price = StringField("Price of a million output tokens")
    allowed_members = StringField("Further members")


class Configuration(Form):
    name = StringField("Name")
    # "all", or "some": those in `models`.
    offers = StringField("Models", default="all")
    models = SelectMultipleField("Models", validate_choice=False)
    record_texts = BooleanField("Record texts")


class Credential(Form):
    credential = PasswordField("Credential", [Longest(LONGEST_TEXT)])


class NewGatewayKey(Form):
    """`once` makes it count once: sent again by reload, Back or a double click, it makes no second key."""

    name = StringField("Label")
    # The name of one.
    configuration = StringField("Configuration")
    models = SelectMultipleField("Models", validate_choice=False)
    requests_per_minute = StringField("Requests per minute")
    tokens_per_minute = StringField("Tokens per minute")
    budget_tokens = StringField("Budget in tokens")
    budget_money = StringField("Budget in dollars")
    expires = StringField("Expires")
    once = HiddenField(validators=[Regexp(r"[A-Za-z0-9_-]{20,64}\Z")])

    @classmethod
    def fresh(cls, configuration: str) -> NewGatewayKey:
        return cls(formdata=None, once=secrets.token_urlsafe(24), configuration=configuration)
