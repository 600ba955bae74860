"""The inputs of a review that registers fill, without the figures of the review itself: for a quick look."""

from dataclasses import replace
from datetime import date

from kpi.analysis import agenda, agenda_own
from kpi.analysis.agenda_results import AgendaInput, Asked
from kpi.analysis.home import Home
from kpi.qms import Slice
from kpi.qms.agenda import LATEST, points


def topic_inputs(
    home: Home, asked: Asked, today: date, edition: str = LATEST
) -> tuple[AgendaInput, ...]:
    """Every input of an edition that is filled from records, under its letter and title."""
    own = agenda.of_plants(home, asked.where)
    out = []
    for point in points(edition):
        if point.key == "previous_actions":
            found = agenda_own.previous_actions_input(own, asked, today=today)
        elif point.key in agenda.TOPICS:
            found = agenda.TOPICS[point.key](own, asked)
        else:
            continue
        out.append(replace(found, key=point.key, letter=point.letter, title=point.title))
    return tuple(out)


def year_up_to(home: Home, where: Slice, today: date) -> Asked:
    """What is looked at without being asked: a year up to today, from the first day of a month on."""
    first = date(today.year - (today.month < 12), today.month % 12 + 1, 1)
    return Asked(agenda.plants_asked(home, where), first, today)
