"""The tab Usage."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from forjinn.gateway.configurations import service as configurations
from forjinn.gateway.models import GatewayConfiguration
from forjinn.gateway.usage import chart, report
from forjinn.rendering import partial_or_page
from forjinn.workspaces.guard import requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("gateway_usage", __name__, url_prefix="/w/<slug>/gateway/usage")
PERIODS = (7, 30, 90)
MOST_ROWS = 300


@bp.get("")
@requires("gateway:view", "gateway:manage")
def index(workspace: Workspace) -> ResponseReturnValue:
    days, shown = _days(), _shown(workspace)
    rows = report.rows(workspace, days, shown)
    context: dict[str, Any] = {
        "configurations": configurations.of(workspace),
        "shown": shown,
        "days": days,
        "periods": PERIODS,
        "rows": rows[:MOST_ROWS],
        "left_out": max(0, len(rows) - MOST_ROWS),
        "total": report.total(rows),
        "bars": chart.bars(report.by_day(rows, days)),
    }
    return partial_or_page("gateway/_usage.html", "gateway/usage.html", **context)


@bp.get("/usage.csv")
@requires("gateway:view", "gateway:manage")
def as_csv(workspace: Workspace) -> ResponseReturnValue:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(report.COLUMNS)
    for row in report.rows(workspace, _days(), _shown(workspace)):
        writer.writerow([_inert(row.key), _inert(row.model)] + [getattr(row, n) for n in report.COLUMNS[2:]])
    response = Response(out.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="gateway-usage-{workspace.slug}.csv"'
    return response


def _inert(text: str) -> str:
    """A spreadsheet takes what begins so for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text


def _shown(workspace: Workspace) -> GatewayConfiguration | None:
    """Which the address names; None for all."""
    name = request.args.get("configuration", "")
    return configurations.named(workspace, name) if name else None


def _days() -> int:
    asked = request.args.get("days", "")
    return int(asked) if asked in map(str, PERIODS) else 30
