"""Writers of the containers that only other programs make: HTML, XML spreadsheets, printed lists."""

from datetime import date, datetime
from html import escape


def page_of(rows):
    """A web page with one table."""
    lines = [
        "<tr>" + "".join(f"<td>{escape(str(c)) if c is not None else '&nbsp;'}</td>" for c in row)
        for row in rows
    ]
    return f"<html><body><table border=1>{'</tr>'.join(lines)}</tr></table></body></html>"


def moment(value):
    """A day or moment as XML writes it."""
    whole = value if isinstance(value, datetime) else datetime(*value.timetuple()[:3])
    return whole.isoformat(timespec="seconds")


def spreadsheet_xml(rows):
    """A spreadsheet of Excel 2003."""

    def cell(value):
        if value is None:
            return "<Cell/>"
        if isinstance(value, date):
            return f'<Cell><Data ss:Type="DateTime">{moment(value)}.000</Data></Cell>'
        kind = "String" if isinstance(value, str) else "Number"
        return f'<Cell><Data ss:Type="{kind}">{escape(str(value))}</Data></Cell>'

    name = "urn:schemas-microsoft-com:office:spreadsheet"
    body = "".join(f"<Row>{''.join(map(cell, row))}</Row>" for row in rows)
    return (
        f'<?xml version="1.0"?><Workbook xmlns="{name}" xmlns:ss="{name}">'
        f'<Worksheet ss:Name="Data"><Table>{body}</Table></Worksheet></Workbook>'
    )


def flat_document(rows):
    """An OpenDocument spreadsheet in one piece of XML."""

    def cell(value):
        if value is None:
            return "<table:table-cell/>"
        if isinstance(value, date):
            return (
                f'<table:table-cell office:value-type="date" office:date-value="{moment(value)}"/>'
            )
        if isinstance(value, str):
            text = f"<text:p>{escape(value)}</text:p>"
            return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    names = "urn:oasis:names:tc:opendocument:xmlns:"
    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document xmlns:office="{names}office:1.0" '
        f'xmlns:table="{names}table:1.0" xmlns:text="{names}text:1.0" '
        'office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:body>'
        f'<office:spreadsheet><table:table table:name="Data">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document>"
    )


def printed(rows, style):
    """A list as text: between pipes under rules, or in columns parted by blanks alone."""
    texts = [["" if c is None else str(c) for c in row] for row in rows]
    titles = [row for row in texts if sum(map(bool, row)) < 2]
    width = [
        max((len(row[i]) for row in texts if row not in titles), default=0)
        for i in range(len(texts[0]))
    ]
    lines = []
    for row in texts:
        if row in titles:
            lines.append("".join(row))
        elif style == "pipes":
            lines.append("|" + "|".join(c.ljust(w) for c, w in zip(row, width, strict=True)) + "|")
        else:
            lines.append("  ".join(c.ljust(w) for c, w in zip(row, width, strict=True)).rstrip())
    rule = "-" * (sum(width) + len(width) + 1)
    return "\r\n".join([*lines, rule] if style == "pipes" else lines)
