"""An error nobody foresaw, outside the pages: a reference number for whoever asked, the rest logged."""

from kpi import logs
from web.asgi import Application, Message, Receive, Send, answer


class Unexpected:
    """ASGI middleware that answers 500 with a reference, and never with a traceback."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on; an error is logged, and told where nothing was sent yet."""
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            if scope["type"] != "http":
                raise
            reference = logs.unexpected(error)
            if not begun:
                await answer(
                    send, 500,
                    f"Something failed here that was not foreseen. Reference {reference}: the "
                    "server's log tells what.",
                )  # fmt: skip
