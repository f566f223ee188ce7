"""Updates that are killed at any moment: the stack converges by another one, or by what `make orphans` prints."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.embedded import PROJECT, Embedded
from tests.processes import children

# With these and without them in turn: gateways, routes, a load balancer, rules, logs, roles, a vault and its plan.
MANY: dict[str, Any] = {
    "natGateways": "onePerZone",
    "dicomIngress": "internal",
    "dicomAllowedCidrs": ["10.0.0.0/8"],
    "dicomModalities": [{"aet": "CT1", "host": "10.0.0.1", "port": 104, "allow": ["store"]}],
    "enableVpcFlowLogs": "true",
    "enableBackupPlan": "true",
}
# Once there and once back; ten take eight minutes: ORTHANC_KILL_ROUNDS=10.
ROUNDS = int(os.environ.get("ORTHANC_KILL_ROUNDS", "2"))
# After how many steps of some thirty each update of a round is killed; the next one begins with what it left.
KILLS = (1, 4, 8)


def test_killed_updates_converge(embedded: Embedded):
    """The engine is killed in the middle of whatever it does; plugins end as they can."""
    counted: Counter[str] = Counter()
    told: list[str] = []
    for number in range(ROUNDS):
        settings: dict[str, Any] = {**MANY} if number % 2 == 0 else dict.fromkeys(MANY)
        embedded.configure(**settings)
        # Another place each time, in both directions.
        steps = [_killed(embedded, after=kill + number // 2 * 2) for kill in KILLS]
        counted[how := _converged(embedded, told)] += len(KILLS)
        print(f"killed after {steps} steps, converged {how}", flush=True)
    assert not counted["not at all"], f"{dict(counted)}\n" + "\n".join(told)
    assert embedded.changes() == [], "the stack has not converged"
    _run(embedded, told, even_data=True)
    embedded.changes()
    assert _orphans(embedded) == [], "something is left behind, and nothing said what to do"


def _killed(embedded: Embedded, after: int) -> int:
    """Kill an update once `after` of its steps have begun, or before it ends; answers how many had."""
    log = embedded.workspace.root / "killed.json"
    log.unlink(missing_ok=True)
    command = [
        "pulumi",
        "up",
        "--yes",
        "--skip-preview",
        "--non-interactive",
        "-s",
        "local",
        "--event-log",
        str(log),
    ]
    environment = embedded.environment | {"PULUMI_DEBUG_COMMANDS": "true"}
    quiet = subprocess.DEVNULL
    embedded.pulumi("cancel", "--yes", check=False)  # the lock of the one before
    with subprocess.Popen(
        command, cwd=embedded.workspace.root, env=environment, stdout=quiet, stderr=quiet
    ) as engine:
        while (begun := _begun(log)) < after and engine.poll() is None:
            time.sleep(0.005)
        plugins = children(engine.pid)
        engine.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{plugin}").exists() for plugin in plugins):
        assert time.monotonic() < deadline, "plugins outlive their engine"
        time.sleep(0.05)
    return begun


def _begun(log: Path) -> int:
    """How many steps have begun that change something."""
    lines = log.read_text().splitlines() if log.exists() else []
    return sum('"resourcePreEvent"' in line and '"op":"same"' not in line for line in lines)


def _converged(embedded: Embedded, told: list[str]) -> str:
    embedded.pulumi("cancel", "--yes", check=False)  # where the killed engine has left its lock
    up = ("up", "--yes", "--skip-preview")
    if not (first := embedded.pulumi(*up, check=False)).returncode:
        return "by itself"
    _run(embedded, told)
    if not (second := embedded.pulumi(*up, check=False)).returncode:
        return "by make orphans"
    told += [first.stdout[-3000:], second.stdout[-3000:]]
    return "not at all"


def _run(embedded: Embedded, told: list[str], *, even_data: bool = False) -> None:
    """Do exactly what `make orphans` printed; `even_data`: what it leaves to the data's owner, too."""
    for line in _orphans(embedded):
        line = line.removeprefix("# ") if even_data and line.startswith("# pulumi") else line
        told.append(line)
        command = shlex.split(line, comments=True)
        if command and command[1] != "up":
            done = embedded.run([*command, "--non-interactive"])
            told.append(done.stdout[-2000:] if done.returncode else "")


def _orphans(embedded: Embedded) -> list[str]:
    """What `make orphans` prints, beside its first line."""
    exported = embedded.pulumi("stack", "export").stdout
    made = subprocess.run(
        [sys.executable, "-m", "tools.orphans"],
        input=exported,
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=os.environ | embedded.environment,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return made.stdout.splitlines()[1:]
