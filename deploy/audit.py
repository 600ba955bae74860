"""Hold every pinned package against the published vulnerabilities: ``python deploy/audit.py``.

Exit code 0: none is known, or it could not be checked, which is then said in capitals and never
called a success. With ``--required`` what could not be checked is exit code 2. A known vulnerability
is exit code 1.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
SAFE, VULNERABLE, UNCHECKED = 0, 1, 2
LINES_OF_REASON: Final = 3
PATIENCE_SECONDS: Final = 600


@dataclass(frozen=True)
class Verdict:
    """What came of it: one of the exit codes, and what is printed."""

    code: int
    says: str


def verdict(output: str, errors: str, exit_code: int) -> Verdict:
    """What pip-audit's answer means. It writes a report only where it looked at every package."""
    try:
        report = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Verdict(
            UNCHECKED, f"NOT CHECKED: no package was held against anything. {_why(errors)}"
        )
    skipped = [f"{d['name']} ({d['skip_reason']})" for d in report if d.get("skip_reason")]
    found = [
        f"{d['name']} {d['version']}: {v['id']}, mended in {', '.join(v['fix_versions']) or 'no version yet'}"
        for d in report
        for v in d.get("vulns", ())
    ]
    if found:
        return Verdict(VULNERABLE, "\n".join([f"{len(found)} known vulnerabilities:", *found]))
    if skipped or exit_code or not report:
        return Verdict(UNCHECKED, f"NOT CHECKED: {', '.join(skipped) or _why(errors)}")
    return Verdict(SAFE, f"No known vulnerability in {len(report)} packages.")


def _why(errors: str) -> str:
    told = [line for line in errors.splitlines() if line.startswith("ERROR") or "Error" in line]
    kept = told[-LINES_OF_REASON:] or ["pip-audit gave no reason."]
    return "\n".join(["The service could not be asked:", *kept])


def ask() -> Verdict:
    """Run pip-audit over all pinned versions; nothing is installed or resolved for it."""
    command = [
        sys.executable, "-m", "pip_audit", "--strict", "--no-deps", "--disable-pip",
        "--progress-spinner", "off", "--format", "json", "--requirement", str(ROOT / "constraints.txt"),
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Verdict(UNCHECKED, "NOT CHECKED: the service did not answer in ten minutes.")
    return verdict(done.stdout, done.stderr, done.returncode)


def main() -> int:
    """Ask, say, and answer with the exit code."""
    found = ask()
    print(found.says)
    if found.code == UNCHECKED and "--required" not in sys.argv[1:]:
        return SAFE
    return found.code


if __name__ == "__main__":
    sys.exit(main())
