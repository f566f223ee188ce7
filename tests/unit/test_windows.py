"""The database's windows and the backup plan's schedule keep clear of each other, as they are deployed."""

import re

from tests.unit.program import deployed

_WEEK, _DAY = 7 * 24 * 60, 24 * 60
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# AWS Backup starts no job of a database within an hour before a window, nor in it.
_MINUTES_BEFORE = 60


def _minutes(time: str) -> int:
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)


def _times(window: str) -> set[int]:
    """The minutes of a week in which RDS is at work: hh24:mi-hh24:mi every day, or ddd:hh24:mi-ddd:hh24:mi."""
    begin, end = window.split("-")
    if begin[:3] in _DAYS:
        days = [_DAYS.index(begin[:3])]
        assert begin[:3] == end[:3]
        begin, end = begin[4:], end[4:]
    else:
        days = list(range(7))
    return {(day * _DAY + minute) % _WEEK for day in days for minute in range(_minutes(begin), _minutes(end))}


def _starts() -> set[int]:
    """The minutes of a week in which a copy may start."""
    [rule] = deployed(enableBackupPlan="true").one("Plan").inputs["rules"]
    schedule = re.fullmatch(r"cron\((\d+) (\d+) \? \* \* \*\)", rule["schedule"])
    assert schedule
    begin = int(schedule[2]) * 60 + int(schedule[1])
    return {(day * _DAY + begin + after) % _WEEK for day in range(7) for after in range(rule["startWindow"] + 1)}


def test_no_copy_starts_in_a_window_of_the_database_or_in_the_hour_before():
    database, starts = deployed(enableBackupPlan="true").one("Instance").inputs, _starts()
    assert len(starts) == 7 * 121
    for name in ("backupWindow", "maintenanceWindow"):
        busy = _times(database[name])
        refused = {(minute - before) % _WEEK for minute in busy for before in range(_MINUTES_BEFORE + 1)}
        assert len(busy) >= 30, "RDS takes no shorter window"
        assert not starts & refused, f"AWS Backup would fail some of its jobs on account of {name}"


def test_the_database_is_not_maintained_while_it_is_backed_up():
    database = deployed().one("Instance").inputs
    assert not _times(database["backupWindow"]) & _times(database["maintenanceWindow"]), "RDS refuses it"
