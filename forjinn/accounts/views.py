from __future__ import annotations

from uuid import UUID

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user

from forjinn import callers
from forjinn.accounts import devices, places, service, sessions, throttle
from forjinn.accounts.forms import ChangePassword, Name, SignIn
from forjinn.accounts.hashing import TryLater, let_in, pause, turn
from forjinn.accounts.models import User
from forjinn.errors import NotFound, Refused
from forjinn.guards import public, signed_in

bp = Blueprint("accounts", __name__)

WRONG = "This e-mail and password do not belong together."


def local_path(target: str | None) -> str:
    """The target if it is a path of this site, else the start page: nobody is sent away from here."""
    # `//host` and `/\host` are other sites to a browser, also with a tab or line break in between.
    if not target or not target.startswith("/") or target.startswith("//"):
        return "/"
    return "/" if any(ord(letter) <= 32 or letter == "\\" for letter in target) else target


@bp.route("/login", methods=["GET", "POST"])
@public
def login() -> ResponseReturnValue:
    form = SignIn()
    if request.method == "GET":
        form.next.data = local_path(request.args.get("next"))
        if current_user.is_authenticated:
            return redirect(form.next.data, 303)
        return render_template("accounts/login.html", form=form, error=None)
    if not form.validate():
        return render_template("accounts/login.html", form=form, error=None), 422
    try:
        with let_in(has_device=devices.shown() is not None):
            return _sign_in(form)
    except TryLater as later:
        return _later(later, str(later))


def _sign_in(form: SignIn) -> ResponseReturnValue:
    """What is answered to a form that is filled in. Raises TryLater when nobody can look at it now."""
    try:
        user = _authenticated(form.email.data or "", form.password.data or "")
    except TryLater as later:
        pause()
        return _later(later, render_template("accounts/login.html", form=form, error=str(later)))
    if user is None:
        return render_template("accounts/login.html", form=form, error=WRONG), 401
    # A session id or token from before the sign-in must not live on in it.
    session.clear()
    sessions.begin(user, address=callers.address(), user_agent=request.user_agent.string)
    return devices.remember(user, make_response(redirect(local_path(form.next.data), 303)))


def _later(later: TryLater, page: str) -> Response:
    return make_response(page, 429, {"Retry-After": str(later.retry_after)})


def _authenticated(email: str, password: str) -> User | None:
    """The user, or None. Raises TryLater."""
    place = places.place_of(service.email_key(email), devices.shown(), callers.address())
    with turn(is_known=place.is_known):
        throttle.begin_attempt(email, place)
        user = service.authenticate(email, password)
    if user is not None:
        throttle.forget(email, place)
    return user


@bp.post("/logout")
@signed_in
def logout() -> ResponseReturnValue:
    sessions.end(current_user, current_user.signed_in_with.id)
    logout_user()
    session.clear()
    return redirect(url_for("accounts.login"), 303)


@bp.get("/profile")
@signed_in
def profile() -> ResponseReturnValue:
    return _profile(Name(name=current_user.name), ChangePassword())


@bp.post("/profile/name")
@signed_in
def change_name() -> ResponseReturnValue:
    form = Name()
    if form.validate():
        try:
            service.rename(current_user, form.name.data or "")
        except Refused as refused:
            form.name.errors = [str(refused)]
        else:
            flash("Your name was changed.")
            return redirect(url_for("accounts.profile"), 303)
    return _profile(form, ChangePassword(formdata=None), 422)


@bp.post("/profile/password")
@signed_in
def change_password() -> ResponseReturnValue:
    form = ChangePassword()
    if form.validate():
        try:
            with let_in(has_device=True):
                _change_password(form.current.data or "", form.new.data or "")
        except Refused as refused:
            field = form.current if refused.field == "current" else form.new
            field.errors = [str(refused)]
        except TryLater as later:
            form.current.errors = [str(later)]
            page, _status = _profile(Name(formdata=None, name=current_user.name), form)
            return _later(later, page)
        else:
            flash("Your password was changed. All other sessions have ended.")
            return devices.remember(current_user, make_response(redirect(url_for("accounts.profile"), 303)))
    return _profile(Name(formdata=None, name=current_user.name), form, 422)


def _change_password(current: str, new: str) -> None:
    """Raises Refused and TryLater. Each attempt counts, a good one too: it costs the same work."""
    mine = current_user.signed_in_with
    with turn(is_known=True):
        throttle.begin_attempt(current_user.email, places.place_of_session(mine))
        service.change_password(current_user, current, new, keep=mine)


@bp.post("/profile/sessions/<uuid:session_id>/end")
@signed_in
def end_session(session_id: UUID) -> ResponseReturnValue:
    try:
        sessions.end(current_user, session_id)
    except NotFound as gone:
        flash(str(gone))
    else:
        flash("The session was ended.")
    return redirect(url_for("accounts.profile"), 303)


def _profile(name_form: Name, password_form: ChangePassword, status: int = 200) -> tuple[str, int]:
    page = render_template(
        "accounts/profile.html",
        name_form=name_form,
        password_form=password_form,
        sessions=sessions.of(current_user),
    )
    return page, status
