"""Words of the phone desk and the public page."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.channels.models import Channel, Rating
from layers.layer import Words

CHANNELS: dict[Channel, Words] = {Channel.PHONE: _l("By phone"), Channel.WEB: _l("On the public page")}
RATINGS: dict[Rating, Words] = {
    Rating.SATISFIED: _l("Satisfied"),
    Rating.BASICALLY: _l("Basically satisfied"),
    Rating.DISSATISFIED: _l("Dissatisfied"),
    Rating.NOT_REACHED: _l("Nobody answered"),
}
