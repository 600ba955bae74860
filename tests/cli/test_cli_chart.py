"""The command that charts a file, through the whole command line: every option of it is understood."""

import json

import pytest

from kpi.cli import main

SINGLES = (
    "x,low\n" + "\n".join(f"{x},{x - 9}" for x in (9, 10, 11, 10, 8, 12, 10, 9, 11, 14)) + "\n"
)


@pytest.fixture
def ask(tmp_path, capsys):
    """Runs ``chart`` on a file; returns its exit code, its JSON and what it says of an error."""
    path = tmp_path / "given.csv"
    path.write_text(SINGLES, encoding="utf-8")

    def run(kind, *options, text=None):
        if text is not None:
            path.write_text(text, encoding="utf-8")
        code = main(["chart", kind, "--csv", str(path), "--json", *options])
        said = capsys.readouterr()
        return code, json.loads(said.out) if code == 0 else None, said.err

    return run


@pytest.mark.parametrize(
    ("kind", "options", "moved"),
    [
        ("ewma", "--value x --lambda 0.4 --L 2.7", {"weight": 0.4, "width": 2.7}),
        ("cusum", "--value x --h 4 --k 0.25 --fir", {"h": 4.0, "k": 0.25, "head_start": 2.0}),
        ("cusum", "--value x --h=4 --target 10 --sigma 1", {"center": 10.0, "sigma": 1.0}),
        ("imr", "--value x --screened", {"moving_range": "screened"}),
        ("imr", "--value x --median-mr --constants table", {"moving_range": "median"}),
        ("t2", "--values x,low --confidence 0.99", {"confidence": 0.99}),
    ],
)
def test_options_arrive(ask, kind, options, moved):
    code, data, said = ask(kind, *options.split())
    assert (code, said) == (0, "")
    assert data["options"].items() >= moved.items()


@pytest.mark.parametrize("level", ["-1.5", "-1e-3", "-.5", "-0.2,3"])
def test_a_level_below_zero_is_no_option(ask, level):
    steps = "x,phase\n" + "".join(f"{x},{'a' if x < 0 else 'b'}\n" for x in (-3, -1, -2, 4, 3, 4))
    columns = ("--value", "x", *(("--phase", "phase") if "," in level else ()))
    code, data, said = ask("imr", *columns, "--center", level, text=steps)
    assert (code, said) == (0, "")
    assert data["panels"][0]["center"][0] == float(level.split(",")[0])


@pytest.mark.parametrize(
    "wrong",
    [
        "--h",
        "--h 0",
        "--lambda 2",
        "--k -1",
        "--confidence 1",
        "--no 1",
        "--h inf",
        "--target nan",
        "--center inf",
        "--sigma nan",
        "--multiply 0",
        "--multiply inf",
    ],
)
def test_wrong_use_is_one_sentence(ask, wrong):
    code, _, said = ask("cusum", "--value", "x", *wrong.split())
    assert code == 2
    assert said.strip().count("\n") == 0
    assert "Traceback" not in said
