"""Who may come in, as what and in which plants; clients of the HTTP API; and what changed in that."""

from kpi.access import EVERY_PLANT, Permission
from pages.shared import inputs, people
from pages.shared.frame import frame

with frame("Users", filtered=False, needs=Permission.ADMINISTER, plants=(EVERY_PLANT,)):
    tab = inputs.tabs(
        "users", {"people": "People", "clients": "API clients", "changes": "What changed"}
    )
    with tab["people"]:
        people.everybody()
        people.change()
        people.invite()
    with tab["clients"]:
        people.clients()
    with tab["changes"]:
        people.changes()
