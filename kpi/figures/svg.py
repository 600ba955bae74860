"""A drawing as a picture that an ``img`` shows, in the colours of the reader's theme."""

from base64 import b64encode

from kpi.figures.theme import COLOURS, DARK, LIGHT, Palette, variable


def svg(content: str, width: int, height: int) -> str:
    """The drawing as SVG. Where it is drawn with ``BOTH``, it carries the colours of both themes.

    An ``img`` takes the colour scheme of the element it stands in, so the picture follows a
    change of theme by itself.
    """
    used = [name for name in COLOURS if f"var({variable(name)})" in content]
    style = ""
    if used:
        style = (
            f"<style>{_colours(LIGHT, used)}"
            f"@media(prefers-color-scheme:dark){{{_colours(DARK, used)}}}</style>"
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">{style}{content}</svg>'
    )


def _colours(palette: Palette, names: list[str]) -> str:
    return f":root{{{''.join(f'{variable(n)}:{getattr(palette, n)};' for n in names)}}}"


def data_uri(picture: str) -> str:
    """The picture as an address that an ``img`` takes; nothing is fetched."""
    return f"data:image/svg+xml;base64,{b64encode(picture.encode()).decode()}"
