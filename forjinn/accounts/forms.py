from __future__ import annotations

from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from forjinn.forms import Form, Longest
from forjinn.limits import LONGEST_TARGET


class SignIn(Form):
    email = EmailField("Email", [InputRequired("Enter your e-mail address.")])
    password = PasswordField("Password", [InputRequired("Enter your password.")])
    next = HiddenField(validators=[Longest(LONGEST_TARGET)])


class Name(Form):
    name = StringField("Name", [InputRequired("Enter your name."), Length(max=100)])


class ChangePassword(Form):
    current = PasswordField("Current password", [InputRequired("Enter your current password.")])
    new = PasswordField("New password", [InputRequired("Enter a new password.")])
    again = PasswordField(
        "New password again",
        [
            InputRequired("Enter the new password again."),
            EqualTo("new", "This differs from the new password."),
        ],
    )
