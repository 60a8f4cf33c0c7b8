from __future__ import annotations

import secrets

from wtforms import HiddenField, StringField
from wtforms.validators import Regexp

from forjinn.forms import Form


class NewKey(Form):
    """`once` makes it count once: sent again by reload, Back or a double click, it makes no second key."""

    name = StringField("Name")
    once = HiddenField(validators=[Regexp(r"[A-Za-z0-9_-]{20,64}\Z")])

    @classmethod
    def fresh(cls) -> NewKey:
        return cls(formdata=None, once=secrets.token_urlsafe(24))


class Rename(Form):
    name = StringField("Name")
