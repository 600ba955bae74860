"""Every sentence of the upload journey is in every catalogue, and is filled in as its language does."""

import re
import string
from datetime import date, datetime
from decimal import Decimal

import pytest
from babel.messages.pofile import read_po

from docs.make_catalogues import DOMAIN, FOLDER, found_in_code
from kpi.settings import FILE_NAME
from kpi.texts import Month, Said, joined, label, said, said_n
from pages.shared.catalogue import LANGUAGES, SOURCE, best_of, catalogue_file, speak, value_in
from tests.pages.made_uploads import XLSX, german_scrap
from tests.pages.test_pages import opened
from tests.pages.test_pages import said as shown

TRANSLATED = [language for language in LANGUAGES if language != SOURCE]


@pytest.fixture(scope="module")
def found():
    return found_in_code()


def messages_of(file):
    with file.open("rb") as text:
        return {
            message.id if isinstance(message.id, tuple) else (message.id, ""): message
            for message in read_po(text)
            if message.id
        }


def places(template):
    return sorted({name for _, name, _, _ in string.Formatter().parse(template) if name})


def test_every_template_is_a_constant(found):
    assert found.unreadable == ()


def test_the_template_of_catalogues_has_the_sentences_of_the_code(found):
    """Run docs/make_catalogues.py where this fails."""
    assert set(messages_of(FOLDER / f"{DOMAIN}.pot")) == set(found.messages)


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_every_sentence_and_no_other(found, language):
    there = messages_of(catalogue_file(language))
    assert set(found.messages) - set(there) == set()
    assert set(there) - set(found.messages) == set()
    missing = [
        key
        for key, message in there.items()
        if message.fuzzy or not all(message.string if key[1] else [message.string])
    ]
    assert missing == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_same_places_for_values(language):
    odd = [
        (key, string_)
        for key, message in messages_of(catalogue_file(language)).items()
        for string_ in (message.string if key[1] else [message.string])
        if string_ and places(string_) not in [places(one) for one in key if one]
    ]
    assert odd == []


WHOLE = [
    ("de", said_n("{n} row.", "{n} rows.", n=1), "1 Zeile."),
    ("de", said_n("{n} row.", "{n} rows.", n=2980), "2.980 Zeilen."),
    ("es", said_n("{n} row.", "{n} rows.", n=2980), "2.980 filas."),
    ("de", said("{day}", day=date(2026, 4, 3)), "3. April 2026"),
    ("es", said("{day}", day=date(2026, 4, 3)), "3 de abril de 2026"),
    ("de", said("{month}", month=Month(2026, 3)), "März 2026"),
    ("de", said("{at}", at=datetime(2026, 4, 3, 6, 40)), "3. April 2026 06:40"),
    ("de", said("Feeds {kpis}.", kpis=(label("Scrap rate"), "OEE")), "Daraus: Ausschussquote, OEE."),
    ("de", joined(said_n("{n} row.", "{n} rows.", n=1), "As the file has it."),
     "1 Zeile. As the file has it."),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "expected"), WHOLE)
def test_a_sentence_reads_as_its_language_writes_it(language, text, expected):
    assert speak(text, language) == expected
    assert speak(text, SOURCE) == str(text)


NOT_OURS = [
    pytest.param("Scrap", id="text of a file, though a catalogue has the word"),
    pytest.param(Said("as told", "{x.__class__}", "", {"x": 1}), id="template of no catalogue"),
    pytest.param(Said("as told", "{n} row.", "", {}), id="values missing"),
    pytest.param(Said("as told", "{n} row.", "{n} rows.", {"n": "two"}), id="no count"),
    pytest.param(Said("as told", "", "", {}), id="nothing at all"),
]


@pytest.mark.parametrize("text", NOT_OURS)
@pytest.mark.parametrize("language", TRANSLATED)
def test_what_no_catalogue_has_reads_as_it_is(language, text):
    assert speak(text, language) in (str(text), "")


def test_braces_in_a_value_are_text():
    hostile = said("{file} holds no rows to store.", file="{file.__class__} {0}.csv")
    assert "{file.__class__} {0}.csv" in speak(hostile, "de")


@pytest.mark.parametrize(
    ("value", "german"),
    [
        (1234567, "1.234.567"),
        (0.1 + 0.2, "0,3"),
        (Decimal("2.40"), "2,40"),
        (Decimal("1234"), "1.234"),
        (-2.5, "-2,5"),
        (True, "True"),
        (None, "None"),
        ("2.5", "2.5"),
    ],
)
def test_values_are_written_as_the_language_does(value, german):
    assert value_in(value, "de") == german


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de-CH", "de"), ("es_MX", "es"), ("EN-us", "en"), ("pl", None), ("", None)],
)
def test_a_locale_asks_for_a_language(locale, language):
    assert best_of(locale) == language


def title(app):
    return app.run().switch_page("upload.py").run().title[0].value


def test_the_setting_of_the_plant_decides_where_nobody_picked_one(empty):
    empty.mkdir(parents=True)
    (empty / FILE_NAME).write_text('language = "de"\n', encoding="utf-8")
    assert title(opened()) == "Hochladen"
    asked = opened()
    asked.query_params["lang"] = "es"
    asked.run()
    asked.query_params["lang"] = "es"
    assert asked.switch_page("upload.py").run().title[0].value == "Subir"


def test_what_is_picked_stays_with_the_session(empty):
    app = opened().run().switch_page("upload.py").run()
    assert app.title[0].value == "Upload"
    app.sidebar.selectbox(key="_choice language").select("de").run()
    assert app.title[0].value == "Hochladen"
    app.switch_page("ledger.py").run()
    assert app.switch_page("upload.py").run().title[0].value == "Hochladen"


def test_no_english_is_left_on_the_way_of_a_german_file(empty):
    app = opened().run().switch_page("upload.py").run()
    app.sidebar.selectbox(key="_choice language").select("de").run()
    app.file_uploader[0].set_value([("Ausschuss.xlsx", german_scrap(spoiled=(3,)), XLSX)])
    app.run()
    seen = [shown(app)]
    for word in ("Bestätigen", "übernehmen", "Rückgängig"):
        next(b for b in app.button if word in b.label).click().run()
        assert not app.exception
        seen.append(shown(app))
    told = re.sub(r"<style>.*?</style>|<[^>]+>", " ", " ".join(seen), flags=re.DOTALL)
    for word in (" the ", " rows", " of ", "column", "Scrap", "rejected", " is ", "heading"):
        assert word not in told, word
