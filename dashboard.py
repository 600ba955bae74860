"""The web application: pages, health, HTTP API. Start it with ``streamlit run dashboard.py``."""

# ruff: noqa: E402

import streamlit as st
from starlette.middleware import Middleware

from pages.shared import processes

processes.begin()  # before all that follows: it loads and works out its share meanwhile

from kpi.analysis.home import Home, default_home
from pages.shared import cached, failure, menu, settled
from web import left, logs, session, start, wiring
from web.api import Api
from web.cookies import Cookies
from web.headers import SecurityHeaders, https_configured
from web.health import Health
from web.returning import Returning
from web.unexpected import Unexpected


def own_home() -> Home:
    """The user's own home, the one the pages have open."""
    return cached.home(str(default_home()), False)


start.prepare()
logs.set_up()
settled.serve()
left.let_go()

api = Api(own_home, alone=lambda: not session.configured())
health = Health(own_home, wiring.STOPPING.asked)

app = st.App(
    "pages/navigation.py",
    routes=wiring.under_base([*health.routes(), *api.routes()]),
    middleware=[
        Middleware(logs.Logged),
        Middleware(SecurityHeaders, https=https_configured()),
        Middleware(Unexpected),
        Middleware(start.LoopbackOnly),
        wiring.busy(),
        wiring.guard(),
        Middleware(Cookies, https=https_configured(), seconds=session.seconds()),
        Middleware(
            Returning, is_in=session.person_of, pages=menu.ADDRESSES, https=https_configured()
        ),
    ],
    lifespan=wiring.lifespan,
    on_script_error=failure.told,
)
