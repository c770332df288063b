"""All settings: one typed, frozen object made from the environment at start. `docs/settings.md` lists the same."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gis.errors import InvalidInput

PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseModel):
    """What the operator can set. Names of variables are the field names in capitals after ``CITY_``."""

    model_config = ConfigDict(frozen=True)

    home: Path = Field(default=PROJECT / "var", description="Folder of this city: cluster, uploads, keys, logs")
    database_url: str | None = Field(
        default=None,
        description="PostgreSQL server to use instead of the private cluster, for example postgresql://user@host/city",
    )
    host: str = Field(default="127.0.0.1", description="Address that the web server listens on")
    port: int = Field(default=8000, ge=1, le=65535, description="Port that the web server listens on")
    web_processes: int = Field(default=2, ge=1, le=64, description="Web server processes")
    secure_cookies: bool = Field(
        default=False, description="Send cookies over HTTPS only; set it when a proxy with TLS stands in front"
    )
    session_hours: float = Field(default=12, gt=0, le=168, description="Hours after which an idle login ends")
    upload_max_mb: int = Field(default=20, ge=1, le=2000, description="Largest upload, in megabytes")
    language: Literal["", "zh", "en"] = Field(
        default="", description="Language of pages; empty: that of the city's profile"
    )
    open311_contact: str = Field(
        default="", description="Whom developers of outside applications ask for a key; shown in the Open311 discovery"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="What goes into the logs"
    )

    @property
    def run_dir(self) -> Path:
        """Sockets, process ids and generated configuration."""
        return self.home / "run"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process; InvalidInput names the variable that is wrong."""
    values = dict(os.environ if environ is None else environ)
    known = {
        name: values[f"CITY_{name.upper()}"] for name in Settings.model_fields if values.get(f"CITY_{name.upper()}")
    }
    if values.get("DATABASE_URL"):
        known["database_url"] = values["DATABASE_URL"]
    try:
        settings = Settings.model_validate(known)
    except ValidationError as error:
        first = error.errors()[0]
        name = "CITY_" + str(first["loc"][0]).upper()
        raise InvalidInput("The setting {name} is wrong: {reason}", name=name, reason=first["msg"]) from error
    return settings.model_copy(update={"home": settings.home.expanduser().resolve()})
