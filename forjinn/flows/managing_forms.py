from __future__ import annotations

from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired

from forjinn.flows.forms import Refusable
from forjinn.flows.starting_points import ADDRESS, FAQ, POINTS
from forjinn.forms import LONGEST_TEXT, Longest, UploadForm

TYPE_CHOICES = [SelectChoice("chatflow", "Chatflow"), SelectChoice("agentflow", "Agentflow")]


class NewFlow(Refusable):
    name = StringField("Name")
    start = RadioField(
        "Starting point",
        [InputRequired("Choose what to start from.")],
        choices=[SelectChoice(name, point.title) for name, point in POINTS.items()],
    )
    model = SelectField("Model", validate_choice=False)
    system = TextAreaField("System prompt", [Longest(LONGEST_TEXT)], default=FAQ)
    address = StringField("Address of the API", default=ADDRESS)


class Name(Refusable):
    name = StringField("Name")


class ImportFlow(UploadForm):
    file = FileField("Agentflow file", [FileRequired("Choose a file.")])
    name = StringField("Name")
    type = RadioField("Keep it as", choices=TYPE_CHOICES, default="agentflow")
    # The digest of the file whose lacks the person has seen.
    seen = HiddenField()
