"""Views, prints and embedded maps as the API tells them."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.printing.kept import address_of
from app.printing.models import Embed, KeptView, PrintJob
from app.printing.service import KEPT


def view_json(view: KeptView, host: str) -> dict[str, Any]:
    """The code, the address that opens the view, and what it opens."""
    return {"code": view.code, "address": f"{host}/v/{view.code}", "opens": address_of(view)}


def print_json(job: PrintJob, view: KeptView) -> dict[str, Any]:
    """State and progress; `failed` names the units of an atlas whose page could not be made."""
    until = None if job.ended_at is None else (job.ended_at + KEPT).isoformat()
    return {
        "key": job.key, "state": job.state.value, "asked": job.asked, "view": view.code,
        "page_count": job.page_count, "pages_done": job.pages_done, "size_bytes": job.size_bytes,
        "failed": job.told.get("failed", []), "error": None if job.error is None else error_json(job.error),
        "asked_at": job.asked_at.isoformat(), "kept_until": until,
        "file": f"/prints/{job.key}.pdf" if job.state == "done" else None,
    }  # fmt: skip


def error_json(kept: dict[str, Any]) -> dict[str, str]:
    """Why something failed, in the reader's language."""
    return {"code": kept["code"], "detail": str(_(str(kept["template"]))).format(**kept["places"])}


def embed_json(embed: Embed) -> dict[str, Any]:
    """An embedded map without its key, which is told once."""
    return {
        "id": embed.id, "title": embed.title, "layers": embed.layers, "areas": embed.prefixes, "origins": embed.origins,
        "expires_at": embed.expires_at.isoformat(), "uses": embed.uses,
        "revoked_at": None if embed.revoked_at is None else embed.revoked_at.isoformat(),
        "last_used_at": None if embed.last_used_at is None else embed.last_used_at.isoformat(),
        "made_at": embed.made_at.isoformat(),
    }  # fmt: skip
