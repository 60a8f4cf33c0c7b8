"""What an import would do, entry by entry, before anything changes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast
from uuid import UUID

from sqlalchemy.orm import Session

from forjinn.apikeys.transfer.entries import Entry
from forjinn.apikeys.transfer.live import Live, all_of, of_gateway_keys, of_value, touched
from forjinn.workspaces.models import Workspace

MODES = {
    "add-new": ("Add new only", "imports only keys that do not exist yet"),
    "overwrite": ("Overwrite if exists", "replaces existing keys with the imported values"),
    "replace-all": ("Replace all", "deletes all existing keys, then imports"),
    "error": ("Error if exists", "aborts the import if any key name already exists"),
}
ADDED, OVERWRITTEN, KEPT, DELETED, REFUSED = ACTIONS = ("added", "overwritten", "kept", "deleted", "refused")


class Row(NamedTuple):
    """One line of a plan. `stops` tells that a value which works now will not work any more."""

    action: str
    why: str
    entry: Entry | None
    key: Live | None
    stops: bool

    @property
    def name(self) -> str:
        return self.entry.name if self.entry else cast(Live, self.key).name


@dataclass(frozen=True)
class Plan:
    mode: str
    rows: Sequence[Row]

    @property
    def totals(self) -> dict[str, int]:
        counted = Counter(row.action for row in self.rows)
        return {action: counted[action] for action in ACTIONS}

    @property
    def stopping(self) -> list[Row]:
        return [row for row in self.rows if row.stops]

    @property
    def refused(self) -> list[Row]:
        """An import with a refused entry does nothing at all."""
        return [row for row in self.rows if row.action == REFUSED]

    @property
    def fingerprint(self) -> str:
        """The same for two plans that would do the same to the same keys."""
        digest = hashlib.sha256(self.mode.encode())
        for row in self.rows:
            said = (
                row.action,
                row.name,
                row.entry and row.entry.digest,
                row.key and (row.key.id, row.key.digest),
            )
            digest.update(repr(said).encode())
        return digest.hexdigest()


def make(
    session: Session, workspace: Workspace, entries: Sequence[Entry], mode: str, *, lock: bool = False
) -> Plan:
    """The plan on the keys as they are now. `lock` holds the keys it touches until the transaction ends."""
    valued, foreign = of_value(session, workspace, entries)
    impossible = dict.fromkeys(foreign, "this key is in use elsewhere on this server")
    impossible |= dict.fromkeys(of_gateway_keys(session, entries), "this is a gateway key, not an API key")
    if mode == "replace-all":
        live = all_of(session, workspace, lock)
    else:
        live = touched(session, workspace, entries, valued, lock)
    by_name = {key.name_key: key for key in live}
    by_digest = {key.digest: key for key in live}
    rows = list(_rows(entries, mode, by_name, by_digest, impossible))
    if mode == "replace-all":
        staying = {row.key.id for row in rows if row.key}
        rows += [Row(DELETED, "not in the file", None, key, True) for key in live if key.id not in staying]
    return Plan(mode, rows)


def _rows(
    entries: Sequence[Entry],
    mode: str,
    by_name: dict[str, Live],
    by_digest: dict[bytes, Live],
    impossible: dict[bytes, str],
) -> Iterator[Row]:
    taken: dict[UUID, Entry] = {}
    by_value = {by_digest[entry.digest].id for entry in entries if entry.digest in by_digest}
    for entry in entries:
        named, valued = by_name.get(entry.name_key), by_digest.get(entry.digest)
        if mode == "replace-all" and named and valued is None and named.id in by_value:
            # Another entry has this key's value and takes it along: its name is free.
            named = None
        row = _row(entry, mode, named, valued, impossible.get(entry.digest))
        if row.key is not None and row.action in (OVERWRITTEN, KEPT):
            other = taken.setdefault(row.key.id, entry)
            if other is not entry and mode != "add-new":
                why = f"entry {other.position} changes the same key “{row.key.name}”"
                row = Row(REFUSED, why, entry, None, False)
        yield row


def _row(entry: Entry, mode: str, named: Live | None, valued: Live | None, refusal: str | None) -> Row:
    """What happens to one entry, whose name is the live key `named` and whose value is `valued`.

    `refusal` is why its value can be no key of this workspace, if so.
    """
    key = named or valued
    if refusal is not None:
        return Row(REFUSED, refusal, entry, None, False)
    if key is None:
        return Row(ADDED, "", entry, None, False)
    if mode in ("error", "add-new"):
        why = "the name exists" if named else f"the key exists under another name, “{key.name}”"
        action = KEPT if mode == "add-new" else REFUSED
        return Row(action, why, entry, key, False)
    if valued is None:
        return Row(OVERWRITTEN, "its value becomes the imported one", entry, key, True)
    if named is not None and named.id != valued.id and mode == "overwrite":
        why = f"the name is one live key and the value another, “{valued.name}”"
        return Row(REFUSED, why, entry, None, False)
    if valued.name == entry.name:
        return Row(KEPT, "unchanged", entry, valued, False)
    return Row(OVERWRITTEN, f"renamed from “{valued.name}”", entry, valued, False)
