"""Names that hold the stack's: valid whatever the stack is called, and as it is called where that is valid."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.config.stack_name import with_stack

# tokens.ParseStackName of the Pulumi engine.
STACKS = st.from_regex(r"\A[A-Za-z0-9_.-]{1,100}\Z")


@pytest.mark.parametrize(
    ("stack", "longest", "expected"),
    [
        ("prod", 64, "orthanc-prod"),
        ("prod-eu", 64, "orthanc-prod-eu"),
        ("prod.eu", 64, "orthanc-prod-eu-274065"),
        ("a" * 56, 64, f"orthanc-{'a' * 56}"),
        ("a" * 57, 64, f"orthanc-{'a' * 49}-f13b2d"),
    ],
)
def test_a_name_holds_the_stacks(stack: str, longest: int, expected: str):
    assert with_stack("orthanc", stack, longest=longest) == expected


@given(STACKS, st.integers(40, 255))
def test_every_name_is_valid(stack: str, longest: int):
    name = with_stack("orthanc-firewall", stack, longest=longest)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", name) and len(name) <= longest, "AWS refuses it"
    assert len(with_stack("Orthanc", stack, longest=longest, separator=" ")) <= longest


@given(st.lists(STACKS, min_size=2, max_size=2, unique=True))
def test_two_stacks_never_share_a_name(stacks: list[str]):
    names = {with_stack("orthanc", stack, longest=64) for stack in stacks}
    assert len(names) == 2, "one stack's dashboard would overwrite the other's"
