"""Roles and plants: who may do what, as a table, and as laws that hold for every access."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.access import EVERY_PLANT, LOCAL, NOBODY, Access, AccessDeniedError, Permission, Role

TABLE = [
    # role, see, upload, manage, administer
    (Role.VIEWER, True, False, False, False),
    (Role.CONTRIBUTOR, True, True, False, False),
    (Role.QUALITY_MANAGER, True, True, True, False),
    (Role.ADMINISTRATOR, True, True, True, True),
]

accesses = st.dictionaries(
    st.sampled_from([EVERY_PLANT, "Leipzig", "Brno", "Ostrava"]), st.sampled_from(Role)
).map(Access.of)


@pytest.mark.parametrize(("role", "see", "upload", "manage", "administer"), TABLE)
def test_what_each_role_may(role, see, upload, manage, administer):
    access = Access.of({"Leipzig": role})
    assert [access.may(p, ["Leipzig"]) for p in Permission] == [see, upload, manage, administer]
    assert not any(access.may(p, ["Brno"]) for p in Permission)


def test_the_higher_of_two_roles_counts():
    access = Access.of({EVERY_PLANT: Role.VIEWER, "Brno": Role.QUALITY_MANAGER})
    assert access.role_in("Brno") is Role.QUALITY_MANAGER
    assert access.role_in("Leipzig") is Role.VIEWER
    assert access.plants(Permission.SEE) is None
    assert access.plants(Permission.MANAGE) == ("Brno",)


def test_rows_without_a_plant_belong_to_the_whole_company():
    assert not Access.of({"Brno": Role.ADMINISTRATOR}).may(Permission.SEE, [""])
    assert Access.of({EVERY_PLANT: Role.VIEWER}).may(Permission.SEE, [""])


def test_a_refusal_names_no_foreign_plant():
    with pytest.raises(AccessDeniedError) as refused:
        Access.of({"Brno": Role.CONTRIBUTOR}).require(Permission.UPLOAD, ["Leipzig"])
    assert "Leipzig" not in str(refused.value)
    assert "upload files" in str(refused.value)


def test_nobody_may_nothing_and_the_machines_own_account_everything():
    assert not any(NOBODY.may(p) for p in Permission)
    assert all(LOCAL.may(p, ["anywhere", ""]) for p in Permission)
    assert NOBODY.highest is None


@given(accesses, st.sampled_from(Permission), st.sampled_from(["Leipzig", "Brno", "Ostrava"]))
def test_the_plants_listed_are_those_allowed(access, permission, plant):
    listed = access.plants(permission)
    assert access.may(permission, [plant]) == (listed is None or plant in listed)


@given(accesses, st.sampled_from(["Leipzig", "Brno"]))
def test_whoever_may_more_may_less(access, plant):
    allowed = [access.may(p, [plant]) for p in Permission]
    assert allowed == sorted(allowed, reverse=True)
