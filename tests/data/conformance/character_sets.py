"""Character sets: a name in each comes back whole, by every way of asking, and is found."""

from collections.abc import Mapping
from urllib.parse import quote

from tests.data.conformance.claims import Check, Claim, Section, cells
from tests.data.conformance.system import Stored, System
from tests.data.files import made_up

# What a file says of its names (PS3.3, C.12.1.1.2); a name that needs it.
_NAMES: Mapping[str, str] = {
    "ISO_IR 100": "Buc^Jérôme",
    "ISO_IR 101": "Wałęsa^Łukasz",
    "ISO_IR 109": "Ĉapek^Ĝorĝo",
    "ISO_IR 110": "Bērziņš^Jānis",
    "ISO_IR 148": "Çavuşoğlu^Gökçe",
    "ISO_IR 144": "Люксембург^Роза",
    "ISO_IR 127": "قباني^لنزار",
    "ISO_IR 126": "Διονυσιος^Νίκος",
    "ISO_IR 138": "שרון^דבורה",
    "ISO_IR 166": "นามสกุล^ชื่อ",
    "ISO_IR 13": "ﾔﾏﾀﾞ^ﾀﾛｳ",
    "ISO_IR 192": "Wang^XiaoDong=王^小東",
    "GB18030": "Wang^XiaoDong=王^小东",
    "GBK": "Zhang^Wei=张^伟",
    "\\ISO 2022 IR 87": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "ISO 2022 IR 13\\ISO 2022 IR 87": "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    "\\ISO 2022 IR 87\\ISO 2022 IR 159": "Mori^Ogai=森^鷗外",
    "\\ISO 2022 IR 149": "Hong^Gildong=洪^吉洞=홍^길동",
    "\\ISO 2022 IR 58": "Zhang^XiaoDong=张^小东",
}


def _name(characters: str, name: str) -> Check:
    def measure(system: System) -> str:
        declared = characters.split("\\")
        dataset = made_up(SpecificCharacterSet=declared, PatientName=name)
        uid = dataset.StudyInstanceUID
        system.store(dataset)

        def compared(answered: str) -> str:
            return "whole" if answered == name else f"`{answered}`"

        [answer], _ = system.find(StudyInstanceUID=uid, PatientName="")
        [study] = system.http(f"/dicom-web/studies?StudyInstanceUID={uid}").json()
        [metadata] = system.http(f"{Stored(dataset).study}/metadata").json()
        by_web = system.http(f"/dicom-web/studies?PatientName={quote(name)}&StudyInstanceUID={uid}").json()
        by_dimse = [
            system.find(SpecificCharacterSet=asked_in, PatientName=name, StudyInstanceUID=uid)[0]
            for asked_in in (declared, "ISO_IR 192")
        ]
        return cells(
            name,
            compared(str(answer.PatientName)),
            compared(_joined(study)),
            compared(_joined(metadata)),
            " and ".join(
                way
                for way, found in zip(
                    ("C-FIND in this", "C-FIND in UTF-8", "QIDO-RS"), (*by_dimse, by_web), strict=True
                )
                if found
            )
            or "nothing",
        )

    return measure


def _joined(answer: Mapping[str, Mapping[str, list[Mapping[str, str]]]]) -> str:
    """The name in a DICOM JSON object, its component groups in DICOM's order."""
    [name] = answer["00100010"].get("Value", [{}])
    groups = [name.get(group, "") for group in ("Alphabetic", "Ideographic", "Phonetic")]
    return "=".join(groups).rstrip("=")


def _answered(system: System) -> str:
    [answer], _ = system.find(StudyInstanceUID=system.ct.dataset.StudyInstanceUID, PatientName="")
    return f"`{answer.SpecificCharacterSet}`"


# Orthanc reads the escape sequences of a second character set only where the first one is ASCII.
_GARBLED = "`ﾔﾏﾀﾞ^ﾀﾛｳ=;3ED^B@O:=$d$^$@^$?$m$&`"
_KATAKANA_FIRST = "ISO 2022 IR 13\\ISO 2022 IR 87"

_WHOLE = "whole | whole | whole | C-FIND in this and C-FIND in UTF-8 and QIDO-RS"
_STATES = {_KATAKANA_FIRST: cells(*[_GARBLED] * 3, "C-FIND in this")}

SECTIONS = [
    Section(
        "Character sets",
        ["Specific Character Set of the file", "name", "C-FIND", "QIDO-RS", "metadata", "found by"],
        [
            Claim(f"`{characters}`", f"{name} | {_STATES.get(characters, _WHOLE)}", _name(characters, name))
            for characters, name in _NAMES.items()
        ],
        "*Whole* means that the answer has the name as it is in the file.",
    ),
    Section(
        "# Of answers",
        ["answer", "Specific Character Set"],
        [Claim("of C-FIND, to a query that declares none", "`ISO_IR 192`", _answered)],
        "The setting `dicomDefaultEncoding` decides on it.",
    ),
]
