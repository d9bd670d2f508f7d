"""What tells and what sends, made from the configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping
from datetime import datetime

from checks.config import Config
from checks.history import History
from checks.incidents import Around
from checks.incidents.masked import Hidden, masked
from checks.notify.channels import Audience, audience_of, channels_of
from checks.notify.sender import Sender
from checks.notify.telling import Teller
from checks.notify.writing import Writer
from checks.records import Incident


def wired(
    config: Config,
    history: History,
    around: Around,
    clock: Callable[[], datetime],
    troubles: MutableMapping[str, str],
) -> tuple[Teller, Sender]:
    """What writes messages for changes of incidents, and what delivers them."""
    channels, default = channels_of(config), config.notify.default

    def audience(incident: Incident) -> Audience:
        return audience_of(incident, around.datasets(), around.graph())

    def shown(incidents: Iterable[Incident]) -> list[Incident]:
        hidden = Hidden.of(around.datasets())
        return [masked(each, hidden) for each in incidents]

    writer = Writer(history, channels, audience, default, config.app.base_url, shown)
    teller = Teller(channels, default, audience, history.channels_told)
    return teller, Sender(history, channels, writer, clock, troubles)
