"""What the spatial framework and the imports say, they say in Chinese too."""

from __future__ import annotations

import pytest
from babel.messages.pofile import read_po

from app.settings import PROJECT
from gis.checks import REASONS
from gis.files.batch import BROKEN

PO = PROJECT / "app/imports/translations/zh/LC_MESSAGES/messages.po"


@pytest.mark.parametrize("text", [*REASONS.values(), *BROKEN.values()])
def test_every_reason_has_its_translation(text):
    with PO.open("rb") as stream:
        assert read_po(stream, locale="zh").get(text).string
