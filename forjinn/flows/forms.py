from __future__ import annotations

import json

from wtforms import BooleanField, SelectMultipleField, StringField, TextAreaField

from forjinn.errors import Refused
from forjinn.flows.models import Flow, Variable
from forjinn.forms import LONGEST_TEXT, Form, Longest


class Refusable(Form):
    """Shows a refusal of the domain beside the field that it names."""

    def refuse(self, refused: Refused) -> None:
        self[refused.field].errors = [str(refused)]


class Access(Refusable):
    """Who may call a flow, and which of its inputs a call may change."""

    is_public = BooleanField("Public")
    origins = TextAreaField("Origins", [Longest(LONGEST_TEXT)])
    # Which there are depends on the flow; its service says which are none.
    overridable = SelectMultipleField("Inputs", choices=[], validate_choice=False)

    @classmethod
    def of(cls, flow: Flow) -> Access:
        return cls(
            formdata=None,
            is_public=flow.is_public,
            origins=flow.origins,
            overridable=json.loads(flow.overridable),
        )


class Recording(Form):
    record_texts = BooleanField("Keep texts")


class SetVariable(Refusable):
    name = StringField("Name")
    value = TextAreaField("Value", [Longest(LONGEST_TEXT)])
    is_secret = BooleanField("Secret")

    @classmethod
    def of(cls, variable: Variable | None) -> SetVariable:
        if variable is None:
            return cls(formdata=None)
        return cls(formdata=None, name=variable.name, value=variable.value, is_secret=variable.is_secret)
