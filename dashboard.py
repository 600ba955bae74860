"""The web application: the dashboard and ``/health``. Start it with ``streamlit run dashboard.py``."""

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from pages.shared import failure, settled
from pages.shared.headers import SecurityHeaders


async def health(_request: Request) -> JSONResponse:
    """The process lives and answers. Says nothing about what it holds."""
    return JSONResponse({"status": "live"}, headers={"Cache-Control": "no-store"})


settled.serve()

app = st.App(
    "pages/navigation.py",
    routes=[Route("/health", health, methods=["GET"])],
    middleware=[Middleware(SecurityHeaders)],
    on_script_error=failure.told,
)
