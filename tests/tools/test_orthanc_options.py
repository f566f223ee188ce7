"""Orthanc's default configuration, read as it is printed."""

from tools.orthanc_options import options

FILE = """{
  // The name. "NotAnOption" : 1 in the middle of a sentence is none
  "Name" : "My // Orthanc",   // with a "comment" : behind it
  "Port" : 4242,
  /**
     "InABlock" : true,
  **/
  // "InALine" : "1.2.3",
  "DicomModalities" : {
    // "sample" : [ "STORESCP", "127.0.0.1", 2000 ]
  },
  "Warnings" : { "W001" : true }
}"""


def test_options_have_their_default_or_stand_in_a_comment():
    read = options("1.2", FILE, '{ "More" : [] /* , "Last" : 1 */ }')
    assert read.version == "1.2"
    assert read.defaults == {
        "Name": "My // Orthanc",
        "Port": 4242,
        "DicomModalities": {},
        "Warnings": {"W001": True},
        "More": [],
    }
    assert read.without_default == ["InABlock", "InALine"], "examples of what an object holds are no options"
