"""One incident per cause: what runs find is grouped, worked on by people, and told as one story.

    results of a run  ->  signals  ->  which incident  ->  events  ->  step  ->  one commit: events, state, outbox
    checks.run            pure         pure, on the graph              pure      history.incidents
                                       what people do  ->  events  --^

`desk` drives this and is the only part that changes anything; read `transitions` for what each event does.
"""

from checks.incidents.actions import Action, ActionKind, WrongAction
from checks.incidents.after import work_on, work_on_listing
from checks.incidents.desk import Around, Desk, UnknownIncident
from checks.incidents.evidence import Asking

__all__ = [
    "Action",
    "ActionKind",
    "Around",
    "Asking",
    "Desk",
    "UnknownIncident",
    "WrongAction",
    "work_on",
    "work_on_listing",
]
