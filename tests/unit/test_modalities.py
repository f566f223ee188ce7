"""Titles that exist, the names that Orthanc's API takes for them, and who of one title is meant."""

import json
from typing import Any

import pytest

from components.config.modalities import Modality, named
from tests.unit.program import INTERNAL, PACS, SCANNER, deployed


def listed(*modalities: dict[str, Any], **settings: str) -> dict[str, str]:
    """The settings of a stack with these modalities."""
    return INTERNAL | {"dicomModalities": json.dumps(modalities)} | settings


def orthanc(*modalities: dict[str, Any], **settings: str) -> dict[str, Any]:
    """Orthanc's configuration as the task gets it."""
    return deployed(**listed(*modalities, **settings)).orthanc()


@pytest.mark.parametrize(
    ("written", "title"),
    [
        (1234, "1234"),  # as `pulumi config set --path` stores digits
        ("0123", "0123"),  # which the CLI leaves as it is
        (9999999999999999, "9999999999999999"),
        (-5, "-5"),
        (True, "true"),
        ("Ward 7", "Ward 7"),
        ("ct1", "ct1"),
        ("A/B+C (#1)", "A/B+C (#1)"),
        ("!\"#$%&'()*+,-./", "!\"#$%&'()*+,-./"),
    ],
)
def test_every_title_of_the_standard_is_taken(written: object, title: str):
    made = orthanc(SCANNER | {"aet": written})["DicomModalities"]
    assert [each["AET"] for each in made.values()] == [title]


@pytest.mark.parametrize(
    ("titles", "strict", "names"),
    [
        (["CT1", "PACS.2"], False, ["CT1", "PACS-2"]),
        (["A.B", "A-B", "A B"], False, ["A-B", "A-B-002", "A-B-003"]),
        (["CT#1", "CT/1", "CT-1-002"], False, ["CT-1", "CT-1-002", "CT-1-002-002"]),
        (["CT1", "PACS", "ct1"], False, ["CT1", "CT1-002", "CT1-nobody", "PACS"]),
        (["CT1", "CT1", "CT1-nobody"], False, ["CT1", "CT1-002", "CT1-nobody", "CT1-nobody-002"]),
        (["ct1", "CT1"], True, ["ct1", "CT1"]),
    ],
)
def test_names_are_unique_and_of_the_apis_characters(titles: list[str], strict: bool, names: list[str]):
    modalities = [Modality(aet=title, host=f"10.0.0.{n}", port=104) for n, title in enumerate(titles, 1)]
    made = named(modalities, strict=strict)
    assert list(made) == names
    assert all(each.replace("-", "").replace("_", "").isalnum() for each in made), "Orthanc refuses to start"


def test_the_first_of_the_settings_is_the_first_in_the_order_of_names():
    """Which is the destination of C-MOVE, with a hundred of one title, too."""
    modalities = [Modality(aet=aet, host=f"10.0.0.{n}", port=104) for n, aet in enumerate(["ct", *["CT"] * 99], 1)]
    made = named(modalities, strict=False)
    assert [made[name].host for name in sorted(made)][:2] == ["10.0.0.1", "10.0.0.2"]


def test_no_title_at_several_addresses_is_allowed_from_all():
    twins = (
        SCANNER | {"aet": "Twin", "allow": ["store"]},
        SCANNER | {"aet": "TWIN", "host": "10.20.0.6", "allow": []},
    )
    made = orthanc(PACS, *twins)
    [nobody] = [each for each in made["DicomModalities"].values() if each["Host"] == "nobody.invalid"]
    assert nobody["AET"] == "Twin" and not any(nobody[key] for key in nobody if key.startswith("Allow")), (
        "Orthanc allows from any address what all modalities of a title may do"
    )
    assert made["DicomAlwaysAllowFindWorklist"] is True, "the second address gets no association"
    allowed = {key for key, value in made.items() if key.startswith("DicomAlwaysAllow") and value}
    assert allowed == {"DicomAlwaysAllowFindWorklist"} and "Worklists" not in made


def test_strict_titles_differ_in_case():
    """Two titles of one device then, and one that is the stack's but for its case."""
    twins = (SCANNER, SCANNER | {"aet": "ct1"}, PACS | {"aet": "orthanc"})
    strict = {"orthancConfiguration": '{"StrictAetComparison": true}'}
    assert len(orthanc(*twins, **strict)["DicomModalities"]) == 3


def test_a_destination_needs_no_right_and_may_be_known_to_dns_alone():
    by_name = {"aet": "ARCHIVE", "host": "pacs.example.org", "port": 11112}
    by_address = {"aet": "FAR", "host": "192.0.2.7", "port": 104}
    made = orthanc(SCANNER, by_name, by_address)["DicomModalities"]
    for name in ("ARCHIVE", "FAR"):
        assert not any(value for key, value in made[name].items() if key.startswith("Allow"))
    settings = listed(SCANNER, by_name, by_address, dicomAllowedCidrs='["10.20.0.0/16", "10.30.0.0/16"]')
    rules = deployed(**settings).all("SecurityGroupEgressRule")
    called = {(rule.inputs["cidrIpv4"], rule.inputs["toPort"]) for rule in rules if "cidrIpv4" in rule.inputs}
    assert called - {("0.0.0.0/0", 443)} == {
        ("10.20.0.5/32", 104),
        ("192.0.2.7/32", 104),
        # Wherever the name leads in the networks that speak DICOM with the stack.
        ("10.20.0.0/16", 11112),
        ("10.30.0.0/16", 11112),
    }
