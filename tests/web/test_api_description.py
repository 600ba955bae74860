"""The description cannot drift: it is held against the routes, the checks and real answers."""

import re
from itertools import product

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from web.api import Api
from web.api_description import description
from web.api_endpoints import BASE, endpoints
from web.api_questions import COMMON, ParameterError, parsed


def test_it_is_valid_openapi_3_1():
    assert list(OpenAPIV31SpecValidator(description()).iter_errors()) == []


def test_it_is_served_to_anybody_as_it_is(asked):
    told = asked.get("/api/v1/openapi.json", client=("10.0.0.1", 1))
    assert told.status_code == 200
    assert told.json() == description()


def test_every_route_is_described_and_nothing_else():
    routes = {
        re.sub(r":path}", "}", r.path.removeprefix(BASE))
        for r in Api(lambda: None, lambda: True).routes()
    }
    outside = {"/openapi.json", "/api/{path}", "/api"}
    assert routes - outside == set(description()["paths"])


@pytest.mark.parametrize("endpoint", endpoints(), ids=lambda e: e.path)
def test_every_parameter_is_described_as_it_is_checked(endpoint):
    told = {p["name"]: p for p in description()["paths"][endpoint.path]["get"]["parameters"]}
    assert set(told) == {p.name for p in endpoint.every_parameter}
    for parameter in endpoint.every_parameter:
        one = told[parameter.name]
        assert one["required"] is parameter.in_path
        schema = one["schema"]["items"] if parameter.repeated else one["schema"]
        for allowed in schema.get("enum", ()):
            assert parsed([parameter], [(parameter.name, allowed)])
        if "default" in schema and "enum" in schema:
            assert schema["default"] in schema["enum"]
        if "enum" in schema or schema.get("format") == "date" or schema["type"] == "integer":
            with pytest.raises(ParameterError, match=f"The parameter '{parameter.name}' takes"):
                parsed([parameter], [(parameter.name, "nonsense")])
        if parameter.example:
            assert parsed([parameter], [(parameter.name, parameter.example)])


SPLIT = [("by", "plant,line"), ("chart", "auto")]

QUESTIONS = [
    ("/status", []),
    ("/kpis", []),
    ("/dimensions", []),
    ("/series/scrap_rate", SPLIT),
    ("/charts/scrap_rate", SPLIT),
    pytest.param("/targets", [], marks=pytest.mark.long),
    pytest.param("/objectives", [], marks=pytest.mark.long),
    *(
        pytest.param(path, params, marks=pytest.mark.long)
        for path, params in product(
            ("/series/scrap_rate", "/series/otd_promise", "/charts/first_pass_yield"),
            ([], SPLIT, [("period", "all")], [("by", "reason")]),
        )
    ),
]


@pytest.mark.parametrize(("path", "params"), QUESTIONS)
def test_answers_are_as_described(asked, path, params):
    template = re.sub(r"^(/series|/charts)/.*", r"\1/{kpi}", path)
    answered = description()["paths"][template]["get"]["responses"]["200"]
    if path == "/objectives":
        asked.cli_json(
            "objectives", "add", "--title", "Less", "--kpi", "scrap_rate", "--target", "1.5",
            "--start", "2026-01-01", "--due", "2027-03-31", "--step", "2026-07-01=2.0",
        )  # fmt: skip
    found = asked.json(path, params)
    schema = answered["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator(schema).validate(found)
    assert found or "otd" in path


def test_refusals_are_as_described(asked):
    problem = description()["components"]["schemas"]["Problem"]
    for path in ("/series/nothing", "/series/scrap_rate?by=x", "/kpis?x=1"):
        answer = asked.get(f"/api/v1{path}")
        told = description()["paths"]["/series/{kpi}"]["get"]["responses"]
        assert str(answer.status_code) in told
        jsonschema.Draft202012Validator(problem).validate(answer.json())


def test_what_every_question_takes_is_told_of_every_question():
    for path, methods in description()["paths"].items():
        names = {p["name"] for p in methods["get"]["parameters"]}
        assert names >= ({"format"} if path == "/status" else {p.name for p in COMMON})
