"""All settings: one typed, frozen object made from the environment at start. `docs/settings.md` lists the same.

The web server reads them before gevent patches sockets, so nothing that waits on sockets may be imported here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from gis.errors import InvalidInput

PROJECT = Path(__file__).resolve().parent.parent
PART = "CITY_PART"  # what the supervisor marks its processes with; nothing to set
SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")


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
    tile_cache_mb: int = Field(
        default=64, ge=0, le=16384, description="Megabytes of finished tiles that each web process keeps; 0: none"
    )
    session_hours: float = Field(default=12, gt=0, le=168, description="Hours after which an idle login ends")
    upload_max_mb: int = Field(default=20, ge=1, le=2000, description="Largest upload, in megabytes")
    layer_max_mb: int = Field(
        default=500, ge=1, le=20000, description="Largest file that may become a layer, in megabytes"
    )
    language: Literal["", "zh", "en"] = Field(
        default="", description="Language of pages; empty: that of the city's profile"
    )
    open311_contact: str = Field(
        default="", description="Whom developers of outside applications ask for a key; shown in the Open311 discovery"
    )
    public_reports: bool = Field(
        default=True, description="The page where anyone reports without an account, and the base map that it shows"
    )
    public_url: str = Field(
        default="", description="Address of this city as people reach it, for links in e-mails; empty: host and port"
    )
    smtp_host: str = Field(default="", description="Mail server that takes the e-mails; empty: none are sent")
    smtp_port: int = Field(default=25, ge=1, le=65535, description="Port of the mail server")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        default="none", description="How the way to the mail server is protected"
    )
    smtp_user: str = Field(default="", description="Name at the mail server; empty: it asks for none")
    smtp_password: str = Field(default="", description="Password at the mail server")
    smtp_from: str = Field(default="citygrid@localhost", description="Sender of the e-mails")
    smtp_ca: str = Field(
        default="", description="File of certificates that prove the mail server's; empty: those of the system"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="What goes into the logs"
    )

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: str | None) -> str | None:
        """The URL, if it is PostgreSQL's and well formed. It holds a password, so no reason repeats any of it."""
        if url is None:
            return None
        if url.partition("://")[0] not in SCHEMES:
            raise ValueError("it has to begin with postgresql://")
        try:
            is_whole = urlsplit(url).port != 0 and url.split() == [url]
        except ValueError:
            is_whole = False
        if not is_whole:
            raise ValueError("in a name or password, @ : / % and blanks have to be written %40 %3A %2F %25 %20")
        return url

    @field_validator("public_url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc):
            raise ValueError("it has to begin with http:// or https://")
        return url.rstrip("/")

    @property
    def address(self) -> str:
        """How people reach this city."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def run_dir(self) -> Path:
        """Sockets, process ids and generated configuration."""
        return self.home / "run"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process; InvalidInput names the variable that is wrong."""
    values = dict(os.environ if environ is None else environ)
    known = {name: given for name in Settings.model_fields if (given := values.get(variable(name)))}
    try:
        settings = Settings.model_validate(known)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        told = variable(field) if field == "database_url" else f"{variable(field)}={first['input']}"
        reason = first["msg"].removeprefix("Value error, ")
        raise InvalidInput("The setting {told} is wrong: {reason}.", told=told, reason=reason) from error
    return settings.model_copy(update={"home": settings.home.expanduser().resolve()})


def variable(field: str) -> str:
    """The environment variable of a setting."""
    return "DATABASE_URL" if field == "database_url" else f"CITY_{field.upper()}"


def unknown_settings(environ: Mapping[str, str] | None = None) -> list[str]:
    """Variables that look like settings and are none: mistyped ones, mostly."""
    known = {variable(name) for name in Settings.model_fields} | {PART}
    return sorted(name for name in (environ or os.environ) if name.startswith("CITY_") and name not in known)
