"""The base of all forms."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import Field

from forjinn.bounds import bound
from forjinn.errors import Refused

LONGEST_FIELD = bound("A field of a form, where nothing else is said", 1000, "characters")
LONGEST_TEXT = bound("A text of several lines in a form", 100_000, "characters")
MOST_VALUES = bound("Values of a field that may be chosen several times", 1000, "values")
# What a page says that stands in the place of the form.
UNCHANGED = "Nothing was changed. Go back, and send less."


class Longest:
    """Says how many characters each value of a field may have, where that is not LONGEST_FIELD.

    It stands among a field's validators. Forms check it themselves, before anything else is done.
    """

    def __init__(self, characters: int) -> None:
        self.field_flags = {"longest": characters}

    def __call__(self, form: FlaskForm, field: Field) -> None:
        """A form that is too long has no fields."""


class TooLong(Refused):
    """A form holds more than its fields may; nothing of it was looked at."""


class _Measured(FlaskForm):
    """A form whose texts are measured before they are filtered, checked, normalised or compared."""

    def process(self, formdata: Any = None, *args: Any, **kwargs: Any) -> None:
        """Raises TooLong."""
        sent = self.meta.wrap_formdata(self, formdata)
        if sent is not None:
            for name, field in self._fields.items():
                _measure(field, sent.getlist(name))
        super().process(formdata, *args, **kwargs)


def _measure(field: Field, values: list[Any]) -> None:
    longest = field.flags.longest or LONGEST_FIELD
    what = field.label.text or field.name
    if len(values) > MOST_VALUES:
        raise TooLong(f"{what}: at most {MOST_VALUES:,} are possible. {UNCHANGED}", field.name)
    for value in values:
        if isinstance(value, str) and len(value) > longest:
            raise TooLong(
                f"{what}: this has {len(value):,} characters; at most {longest:,} are possible. {UNCHANGED}",
                field.name,
            )


class Form(_Measured):
    """Reads what a browser's form sends, and nothing else.

    Flask-WTF would also take JSON and uploaded files, which put numbers, lone surrogates and
    objects where a field's text is expected.
    """

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            return None if formdata is None else request.form or None


class UploadForm(_Measured):
    """A form with a file. Reads no JSON either, and no file where a text is expected."""

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            if formdata is None:
                return None
            taking = [field.name for field in form if isinstance(field, FileField)]
            files = MultiDict((name, file) for name in taking for file in request.files.getlist(name))
            return CombinedMultiDict((files, request.form))
