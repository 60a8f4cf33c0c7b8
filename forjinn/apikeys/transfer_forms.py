from __future__ import annotations

from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired

from forjinn.apikeys.transfer.planning import MODES
from forjinn.forms import Form, UploadForm


class Upload(UploadForm):
    file = FileField("JSON file", [FileRequired("Choose a file.")])
    # None is chosen beforehand: each does something else to keys that exist.
    mode = RadioField(
        "How to handle keys that already exist in the workspace",
        [InputRequired("Choose how to handle keys that already exist.")],
        choices=[SelectChoice(mode, words) for mode, (words, _explained) in MODES.items()],
    )


class Confirm(Form):
    plan = HiddenField()
    workspace = StringField("Workspace")
