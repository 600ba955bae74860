"""A large text cut into pieces reads as it would in one piece, wherever the cuts fall."""

import csv
import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.ingest import parsing
from kpi.ingest.dialect import Dialect
from kpi.ingest.encodings import Encoding
from kpi.ingest.grid import AwkwardError
from kpi.ingest.parsing import Stretch, body_of, utf8_of

CELLS = st.text(st.sampled_from('ab1 ;"\n\r\tß€'), max_size=6)
"""What breaks a parser: separators, quotes and line ends inside cells, blanks, other scripts."""


def read(text, width, size, monkeypatch, *, encoding="utf-8"):
    """Rows as numbers and cells, blank rows left out, and the numbers of refused ones."""
    monkeypatch.setattr(parsing, "SLICE", size)
    data = text.encode(encoding).rstrip(b"\r\n\x1a \t")
    body = body_of(Stretch(data, 0, len(data), Encoding(encoding), Dialect(";"), width), 0)
    rows = list(zip(*(column.to_pylist() for column in body.columns), strict=True))
    kept = [(int(n), row) for n, row in zip(body.rows, rows, strict=True) if any(row)]
    return kept, [r.row for r in body.refused], list(body.short), dict(body.together)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=30), st.data())
def test_every_cell_of_a_well_written_table_comes_back(rows, data):
    rows = [row for row in rows if any(row)]
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([*rows, ["end", "end", "end"]])
    with pytest.MonkeyPatch.context() as patch:
        kept, refused, short, _ = read(out.getvalue(), 3, data.draw(st.integers(1, 80)), patch)
    assert [row for _, row in kept[:-1]] == [tuple(cell or None for cell in row) for row in rows]
    assert (refused, short) == ([], [])


LINES = st.sampled_from(
    ["a;b;c", "", '"x;y";2;3', '5" pipe;6" pipe;7', "1;2", "1;2;3;4", ";;", '"a\nb";2;3',
     'open;"quote;3', 'a;b;"two\nlines"', 'a;b;"ends\nx;y;z"', "\r", 'a;"say ""so""";c', " ; ;x"]
)  # fmt: skip


@given(st.lists(LINES, min_size=1, max_size=40), st.integers(5, 60))
def test_where_the_cuts_fall_changes_nothing(lines, size):
    text = "\n".join(["first;row;here", *lines, "last;row;here"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kpi.ingest.lines.MENDED_SHARE", 1.0)
        whole = read(text, 3, 1 << 20, patch)
        cut = read(text, 3, size, patch)
    assert cut == whole


@pytest.mark.parametrize(
    "cell", ["three\nx;y;z", "three\n\n\nfour", "three\nx;y;z\nu;v;w", '5"\n\n6"']
)
def test_a_cell_that_runs_over_a_cut_is_one_cell(monkeypatch, cell):
    """Wherever the cut falls: on a blank line within the cell, on one that looks like a record."""
    out = io.StringIO()
    rows = [("a", "b", "c"), ("1", "2", cell), ("4", "5", "6")]
    csv.writer(out, delimiter=";", lineterminator="\n").writerows(rows)
    for size in range(1, len(out.getvalue())):
        kept, refused, _, _ = read(out.getvalue(), 3, size, monkeypatch)
        assert [row for _, row in kept] == rows, size
        assert refused == []


def test_one_bad_row_costs_its_piece_only(monkeypatch):
    seen = []
    real = parsing.mended
    monkeypatch.setattr(
        parsing,
        "mended",
        lambda data, *args, **more: seen.append(len(data)) or real(data, *args, **more),
    )
    lines = [f"{n};b;c" for n in range(5_000)]
    lines[2_500] = "2500;too;many;cells"
    lines[4_000] = '4000;"never closed;c'
    text = "\n".join(lines)
    kept, refused, _, _ = read(text, 3, 4_000, monkeypatch)
    assert refused == [2_501, 4_001]
    assert len(kept) == 4_998
    assert sum(seen) < len(text) / 4


def test_blank_lines_keep_their_numbers(monkeypatch):
    kept, _, _, _ = read("a;b\n\n\r\nc;d\n\ne;f\n", 2, 1 << 20, monkeypatch)
    assert kept == [(1, ("a", "b")), (4, ("c", "d")), (6, ("e", "f"))]


def test_columns_of_many_texts_are_not_kept_as_dictionaries(monkeypatch):
    monkeypatch.setattr(parsing, "SLICE", 1 << 14)
    data = "\n".join(f"{n};L{n % 7}" for n in range(20_000)).encode()
    body = body_of(Stretch(data, 0, len(data), Encoding("utf-8"), Dialect(";"), 2), 0)
    ids, lines = body.columns
    assert pa.types.is_string(ids.type)
    assert pa.types.is_dictionary(lines.type)
    assert len(lines.dictionary) == 7
    assert ids.to_pylist()[-1] == "19999"


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "latin-1", "cp1250"])
def test_bytes_beyond_ascii_are_decoded(monkeypatch, encoding):
    text = "Größe;Maß\n" + "Früh;ä\nSpät;\n" * 50
    kept, _, _, _ = read(text, 2, 64, monkeypatch, encoding=encoding)
    assert kept[0] == (1, ("Größe", "Maß"))
    assert kept[-1] == (101, ("Spät", None))


def test_bytes_an_encoding_does_not_know_are_marked():
    assert utf8_of(pa.array([b"a\x81b", b"", None]), "cp1252").to_pylist() == ["a\ufffdb", "", None]


def test_a_slice_of_an_array_is_decoded_by_itself():
    texts = pa.array([b"x", b"\xe4", None, b"\xf6"], pa.binary()).slice(1)
    assert utf8_of(texts, "cp1252").to_pylist() == ["ä", None, "ö"]


def test_a_table_with_many_bad_rows_is_read_another_way(monkeypatch):
    with pytest.raises(AwkwardError):
        read("a;b\n" + "1;2;3\n" * 20 + "x;y\n", 2, 1 << 20, monkeypatch)
