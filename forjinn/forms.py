"""The base of all forms."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict


class Form(FlaskForm):
    """Reads what a browser's form sends, and nothing else.

    Flask-WTF would also take JSON and uploaded files, which put numbers, lone surrogates and
    objects where a field's text is expected.
    """

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            return None if formdata is None else request.form or None


class UploadForm(FlaskForm):
    """A form with a file. Reads no JSON either."""

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            return None if formdata is None else CombinedMultiDict((request.files, request.form))
