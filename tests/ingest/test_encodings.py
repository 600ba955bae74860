"""Which encoding a text is in: by its mark, its zeros, or the words it makes."""

import pytest

from kpi.ingest.encodings import decode, encoding_of
from kpi.ingest.text import SMALL_BYTES, grid_of_bytes

TEXTS = {
    "de": "Datum;Stückzahl;Grund\n01.02.2026;5;Lunker an der Außenfläche\n02.02.2026;6;Überlauf\n",
    "fr": "Date;Quantité;Défaut\n01/02/2026;5;Fêlure à l’arrière\n02/02/2026;6;Pièce brûlée\n",
    "es": "Fecha;Línea;Motivo\n01/02/2026;Inyección;Grieta según diseño\n02/02/2026;Montaje;Tamaño\n",
    "it": "Data;Quantità;Difetto\n01/02/2026;5;Porosità perché umidità\n02/02/2026;6;così è più\n",
    "pt": "Data;Produção;Peças\n01/02/2026;5;Rejeição, não\n02/02/2026;6;Injeção\n",
    "sv": "Datum;Antal;Orsak\n2026-01-02;5;Spricka på ytan\n2026-01-03;6;Överskott, för lågt\n",
    "pl": "Data;Ilość;Przyczyna\n2026-01-02;5;Pęknięcie powłoki\n2026-01-03;6;Zarysowania, wżery\n",
    "cs": "Datum;Množství;Příčina\n02.01.2026;5;Prasklý díl, řídký nátěr\n03.01.2026;6;Vměstky\n",
    "hu": "Dátum;Mennyiség;Műszak\n2026.01.02;5;törött fül, délelőtt\n2026.01.03;6;Fröccsöntési\n",
    "tr": "Tarih;Üretim;Hurda\n01.02.2026;5;Çatlak gövde şişme\n02.02.2026;6;Döküm boşluğu\n",
    "ru": "Дата;Количество;Причина\n02.01.2026;5;Трещина на корпусе\n03.01.2026;6;Облой\n",
    "zh": "日期,产线,产量,报废数量\n2026-01-02,一号线,500,5\n2026-01-03,二号线,600,6\n",
    "tw": "日期,產線,產量,報廢數量\n2026-01-02,一號線,500,5\n2026-01-03,二號線,600,6\n",
    "ja": "日付,ライン,生産数,不良数\n2026-01-02,一号ライン,500,5\n2026-01-03,二号ライン,600,6\n",
    "ko": "날짜,라인,생산 수량,불량 수량\n2026-01-02,일호기,500,5\n2026-01-03,이호기,600,6\n",
}
PAGES = [
    *[(language, "cp1252") for language in ("de", "fr", "es", "it", "pt", "sv")],
    *[(language, "mac-roman") for language in ("de", "sv")],
    *[(language, "cp850") for language in ("de", "es", "sv")],
    *[(east, page) for east in ("pl", "cs", "hu") for page in ("cp1250", "iso8859-2", "cp852")],
    ("de", "cp437"),
    ("tr", "cp1254"),
    *[("ru", page) for page in ("cp1251", "koi8-r", "cp866")],
    ("zh", "gb18030"),
    ("tw", "big5"),
    ("ja", "shift_jis"),
    ("ja", "euc_jp"),
    ("ko", "euc_kr"),
]
WIDE = ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]


def read(data):
    return decode(data, encoding_of(data))


@pytest.mark.parametrize(("language", "page"), PAGES)
def test_old_pages_are_told_by_their_words(language, page):
    text = TEXTS[language]
    assert read(text.encode(page)) == text


@pytest.mark.parametrize(("language", "page"), [p for p in PAGES if p[1] != "mac-roman"])
def test_a_heading_alone_is_enough(language, page):
    text = TEXTS[language].splitlines()[0] + "\n" + "2026-01-02;Part number ABC;5\n" * 20
    assert read(text.encode(page)) == text


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize("language", ["de", "ru", "zh"])
def test_wide_encodings_with_and_without_mark(language, encoding):
    text = TEXTS[language]
    assert read(text.encode(encoding)) == text


@pytest.mark.parametrize("page", ["cp1252", "cp850"])
@pytest.mark.parametrize("heading", ["DÉBUT ARRÊT;FIN ARRÊT;DURÉE", "STÖRUNG;GRÖSSE", "AÑO;LÍNEA"])
def test_capitals_with_accents_are_no_chinese(heading, page):
    text = heading + "\n2026-01-02;Part number ABC;5\n"
    assert read(text.encode(page)) == text


def test_what_is_not_the_usual_page_is_said():
    note = encoding_of(TEXTS["pl"].encode("cp1250")).note
    assert note == "Read as cp1250, by the look of its words."
    assert encoding_of(TEXTS["de"].encode("cp1252")).note == ""


def test_signs_beside_words_do_not_speak_for_another_page():
    text = "Date;Ø mm;Temp °C;Cost €;Note\n01/02/2026;5;20 °C;3 €;“as is” – ±5 µm, 3 m³\n"
    assert read(text.encode("cp1252")) == text


def test_utf8_taken_for_windows_and_encoded_again_is_read_back():
    text = TEXTS["de"]
    twice = text.encode().decode("cp1252").encode()
    encoding = encoding_of(twice)
    assert decode(twice, encoding) == text
    assert "again" in encoding.note


def test_a_name_with_such_letters_is_left_alone():
    text = "Name;Qty\nÃlvaro;5\nMüller;6\n"
    assert read(text.encode()) == text


def test_a_large_file_in_an_eastern_page_is_read_as_columns():
    lines = ["Data;Przyczyna;Ilość\n"]
    lines += [f"2026-01-{i % 28 + 1:02d};Pęknięcie {i % 7};{i}\n" for i in range(60_000)]
    data = "".join(lines).encode("cp1250")
    assert len(data) > SMALL_BYTES
    grid = grid_of_bytes(data)
    assert list(grid.rows[0]) == ["Data", "Przyczyna", "Ilość"]
    assert grid.rest(1).columns[1][-1].as_py() == "Pęknięcie 2"
