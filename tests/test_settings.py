from datetime import date, time

import pytest

from kpi.errors import UsageError
from kpi.settings import (
    Delivery,
    Downtime,
    FiscalCalendar,
    PlantSettings,
    Settings,
    Shift,
    load_settings,
    save_settings,
)

FULL = Settings(
    default_plant='Nord "1"',
    company="Müller & Söhne",
    currency="EUR",
    produced="good",
    delivery=Delivery(due_date="request", early_days=2, late_days=1, in_full_tolerance=2.5),
    downtime=Downtime(changeover_is_loss=False, merge_gap_min=1.5),
    fiscal=FiscalCalendar(kind="445", start_month=7, start_weekday=6),
    every_plant=PlantSettings(production_day_start=time(6)),
    plants=(
        PlantSettings(
            name="Süd 2",
            production_day_start=time(6),
            shifts=(Shift("Früh", time(6), time(14)), Shift("Nacht", time(22), time(6), (5, 6))),
            planned_minutes=(960.0,) * 5 + (0.0, 0.0),
            line_minutes=(("L.1", (1440.0,) * 7),),
            closed_days=frozenset({date(2026, 12, 25), date(2026, 1, 1)}),
            time_zone="Europe/Berlin",
            planned_from=date(2025, 1, 1),
        ),
    ),
)


def wrote(home, text):
    (home / "settings.toml").write_text(text, encoding="utf-8")
    return home


def test_nothing_there_is_the_defaults(tmp_path):
    assert load_settings(tmp_path, {}) == Settings()


@pytest.mark.parametrize("settings", [Settings(), FULL], ids=["defaults", "everything set"])
def test_what_is_saved_is_read_again(tmp_path, settings):
    save_settings(tmp_path, settings)
    assert load_settings(tmp_path, {}) == settings
    assert [p.name for p in tmp_path.iterdir()] == ["settings.toml"]


def test_settings_may_be_keys():
    assert len({Settings(), Settings(), FULL}) == 2


def test_the_environment_goes_before_the_file(tmp_path):
    wrote(tmp_path, "[delivery]\nlate_days = 1\nearly_days = 3\n")
    environ = {"KPI_DELIVERY__LATE_DAYS": "2", "KPI_HOME": "elsewhere", "PATH": "x"}
    found = load_settings(tmp_path, environ)
    assert (found.delivery.late_days, found.delivery.early_days) == (2, 3)


def test_a_site_names_the_class_of_its_reasons(tmp_path):
    wrote(tmp_path, '[downtime.reasons]\nMaintenance = "planned"\n"Ajuste, fino" = "changeover"\n')
    found = load_settings(tmp_path, {})
    assert found.downtime.reasons == (("Maintenance", "planned"), ("Ajuste, fino", "changeover"))
    save_settings(tmp_path, found)
    assert load_settings(tmp_path, {}).downtime == found.downtime
    environ = {"KPI_DOWNTIME__REASONS": "Adjustment=no_demand, Jam=unplanned"}
    assert load_settings(tmp_path, environ).downtime.reasons == (
        ("Adjustment", "no_demand"),
        ("Jam", "unplanned"),
    )


def test_a_reason_of_an_unknown_class_is_refused(tmp_path):
    wrote(tmp_path, '[downtime.reasons]\nMaintenance = "plannned"\n')
    with pytest.raises(UsageError, match="expected one of planned, changeover, unplanned"):
        load_settings(tmp_path, {})


def test_a_plant_inherits_what_holds_for_every_plant(tmp_path):
    wrote(
        tmp_path,
        '[every_plant]\nproduction_day_start = "05:00"\n[plants.A]\nclosed_days = [2026-01-01]\n',
    )
    found = load_settings(tmp_path, {"KPI_EVERY_PLANT__PRODUCTION_DAY_START": "06:00"})
    assert found.plant("A").production_day_start == time(6)
    assert found.plant("A").closed_days == {date(2026, 1, 1)}
    assert found.plant("B") == PlantSettings("B", production_day_start=time(6))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "[delivery]\nlate_day = 1",
            "there is no setting delivery.late_day. Did you mean delivery.late_days?",
            id="unknown key",
        ),
        pytest.param(
            "[delivery]\nlate_days = -1",
            "delivery.late_days is -1; expected a number from 0 to 365.",
            id="out of range",
        ),
        pytest.param(
            "[delivery]\nlate_days = 1.5",
            "delivery.late_days is 1.5; expected a whole number.",
            id="half a day",
        ),
        pytest.param(
            '[delivery]\ndue_date = "ship"',
            "delivery.due_date is 'ship'; expected one of promise, request, first_promise.",
            id="not a choice",
        ),
        pytest.param("delivery = 3", "delivery is a table of settings, not 3.", id="no table"),
        pytest.param(
            '[plants.A]\ntime_zone = "Berlin"',
            "plants.A.time_zone is 'Berlin'; expected a time zone such as \"Europe/Berlin\".",
            id="time zone",
        ),
        pytest.param(
            "[plants.A]\nplanned_minutes = [480, 480]",
            "plants.A.planned_minutes is [480, 480]; expected seven numbers, minutes on Monday to "
            "Sunday.",
            id="week of two days",
        ),
        pytest.param(
            '[plants.A]\nproduction_day_start = "25:00"',
            "plants.A.production_day_start is '25:00'; expected a time such as \"06:00\".",
            id="no such hour",
        ),
    ],
)
def test_a_mistake_is_named_with_file_and_key(tmp_path, text, message):
    with pytest.raises(UsageError) as raised:
        load_settings(wrote(tmp_path, text), {})
    assert str(raised.value) == f"{tmp_path / 'settings.toml'}: {message}"


def test_a_mistake_in_a_variable_names_it(tmp_path):
    with pytest.raises(UsageError) as raised:
        load_settings(tmp_path, {"KPI_CURRENCY": "euro"})
    assert str(raised.value) == (
        "KPI_CURRENCY: currency is 'euro'; expected a currency code of three letters, such as EUR."
    )


def test_a_broken_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match="is not a readable settings file"):
        load_settings(wrote(tmp_path, "[delivery"), {})


def test_explain_says_where_a_value_comes_from(tmp_path):
    wrote(tmp_path, "[delivery]\nlate_days = 1\n")
    rows = {k: (v, w) for k, v, w in load_settings(tmp_path, {"KPI_LANGUAGE": "de"}).explain()}
    assert rows["delivery.late_days"] == ("1", "settings.toml")
    assert rows["language"] == ("de", "KPI_LANGUAGE")
    assert rows["delivery.early_days"] == ("not set", "default")


def test_the_signature_follows_what_can_change_a_figure():
    assert Settings().signature() == Settings(language="de", company="X").signature()
    assert Settings().signature() != FULL.signature()
    assert FULL.signature() != Settings().signature()


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        pytest.param(time(6), time(14), 480, id="by day"),
        pytest.param(time(22), time(6), 480, id="over midnight"),
        pytest.param(time(6), time(6), 1440, id="around the clock"),
    ],
)
def test_minutes_of_a_shift(start, end, minutes):
    assert Shift("S", start, end).minutes == minutes


def test_planned_minutes_of_a_line_go_before_the_plants_before_the_shifts():
    by_shift = PlantSettings("A", shifts=(Shift("S", time(6), time(14)),))
    assert by_shift.week() == (480.0,) * 5 + (0.0, 0.0)
    stated = PlantSettings(
        "A",
        shifts=by_shift.shifts,
        planned_minutes=(100.0,) * 7,
        line_minutes=(("L1", (9.0,) * 7),),
    )
    assert stated.week("L2") == (100.0,) * 7
    assert stated.week("L1") == (9.0,) * 7
    assert PlantSettings().week() is None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://kpi:geheim@db.example/nine", "postgresql://kpi@db.example/nine?password=geheim",
        "postgresql://kpi@db.example/nine?sslmode=require&sslpassword=geheim",
    ],
)  # fmt: skip
def test_an_address_that_holds_a_password_is_refused_without_quoting_it(tmp_path, url):
    (tmp_path / "settings.toml").write_text(f'[database]\nurl = "{url}"\n', encoding="utf-8")
    with pytest.raises(UsageError, match="holds a password") as refused:
        load_settings(tmp_path, {})
    assert "geheim" not in str(refused.value)
