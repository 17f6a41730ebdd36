"""Which reader takes which document, told by its content, and the cause where none does."""

import io
import json
import zipfile

import pytest
from pypdf import PdfReader, PdfWriter

from tests.profiles.reading import paper
from ty_assets.profiles.json_resume import parse_json_resume
from ty_assets.profiles.reading.limits import MAX_CHARACTERS, MAX_PAGES, MAX_UPLOAD_BYTES
from ty_assets.profiles.reading.read import UnreadableCv, read_cv

CV = paper.notation("de_one_line")
TEXT = paper.as_text(CV).decode()
EUROPASS_2 = """<?xml version="1.0" encoding="UTF-8"?>
<europass:learnerinfo xmlns:europass="http://europass.cedefop.europa.eu/Europass/V2.0"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><identification><firstname>Ida</firstname><lastname>Voss</lastname>
<contactinfo><address><addressLine>Am Deich 2</addressLine><municipality>Emden</municipality>
<postalCode>26721</postalCode>
<country><code>DE</code></country></address><mobile>+49 151 000111</mobile><email>ida@example.org</email></contactinfo>
<demographics><birthdate>1990-05-17</birthdate></demographics><photo type="JPEG">AAAA</photo></identification>
<application><label>Schiffbauerin</label></application>
<workexperiencelist><workexperience><period><from><year>2015</year><month>--04</month></from><to/></period>
<position><label>Schweißerin</label></position><activities>- Rumpfbau
- Prüfen seit dem 17.05.1990</activities><employer><name>Werft Nord</name></employer></workexperience>
</workexperiencelist>
<educationlist><education><period><from><year>2011</year></from><to><year>2014</year></to></period>
<title>Ausbildung</title><organisation><name>BBS Emden</name></organisation></education></educationlist>
<languagelist><language xsi:type="europass:mother"><label>Deutsch</label></language>
<language xsi:type="europass:foreign"><label>Englisch</label>
<level><listening>b2</listening>
<writing>b1</writing></level></language></languagelist><skilllist>
<skill type="computer">- AutoCAD</skill><structured-skill>
<drivinglicence>B</drivinglicence></structured-skill></skilllist></europass:learnerinfo>"""
EUROPASS_3 = {
    "SkillsPassport": {
        "LearnerInfo": {
            "Identification": {
                "PersonName": {"FirstName": "Ida", "Surname": "Voss"},
                "ContactInfo": {"Email": {"Contact": "ida@example.org"}},
                "Demographics": {"Birthdate": {"Year": 1990, "Month": 5, "Day": 17}},
            },
            "WorkExperience": [
                {
                    "Period": {"From": {"Year": 2015, "Month": 4}, "Current": True},
                    "Position": {"Label": "Schweißerin"},
                    "Activities": "- Rumpfbau<br />- Prüfen",
                    "Employer": {"Name": "Werft Nord"},
                }
            ],
            "Education": [
                {
                    "Period": {"From": {"Year": 2011}, "To": {"Year": 2014}},
                    "Title": "Ausbildung",
                    "Organisation": {"Name": "BBS Emden"},
                }
            ],
            "Skills": {
                "Linguistic": {
                    "MotherTongue": [{"Description": {"Label": "Deutsch"}}],
                    "ForeignLanguage": [
                        {"Description": {"Label": "Englisch"}, "ProficiencyLevel": {"Listening": "B2", "Writing": "B1"}}
                    ],
                },
                "Computer": {"Description": "- AutoCAD"},
                "Driving": {"Description": ["B"]},
            },
        }
    }
}
EUROPASS_PORTAL = """<?xml version="1.0"?><Candidate xmlns="http://www.europass.eu/1.0" xmlns:hr="http://www.hr-xml.org/3"
 xmlns:oa="http://www.openapplications.org/oagis/9"><CandidatePerson><PersonName><oa:GivenName>Ida</oa:GivenName>
<hr:FamilyName>Voss</hr:FamilyName></PersonName><Communication><ChannelCode>Email</ChannelCode>
<oa:URI>ida@example.org</oa:URI></Communication><hr:BirthDate>1990-05-17</hr:BirthDate>
<PrimaryLanguageCode>deu</PrimaryLanguageCode></CandidatePerson>
<CandidateProfile><EmploymentHistory><EmployerHistory>
<hr:OrganizationName>Werft Nord</hr:OrganizationName><PositionHistory>
<PositionTitle>Schweißerin</PositionTitle><EmploymentPeriod><StartDate><hr:FormattedDateTime>2015-04-01</hr:FormattedDateTime>
</StartDate><hr:CurrentIndicator>true</hr:CurrentIndicator></EmploymentPeriod>
<oa:Description>&lt;ul&gt;&lt;li&gt;Rumpfbau&lt;/li&gt;&lt;li&gt;Prüfen&lt;/li&gt;&lt;/ul&gt;</oa:Description></PositionHistory>
</EmployerHistory></EmploymentHistory><EducationHistory><EducationOrganizationAttendance><hr:OrganizationName>BBS Emden
</hr:OrganizationName><AttendancePeriod><StartDate><hr:FormattedDateTime>2011</hr:FormattedDateTime></StartDate><EndDate>
<hr:FormattedDateTime>2014</hr:FormattedDateTime></EndDate></AttendancePeriod><EducationDegree><hr:DegreeName>Ausbildung
</hr:DegreeName></EducationDegree></EducationOrganizationAttendance></EducationHistory></CandidateProfile></Candidate>"""


def cause(data: bytes) -> UnreadableCv:
    with pytest.raises(UnreadableCv) as caught:
        read_cv(data, "cv")
    return caught.value


def encrypted(user_password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(paper.as_pdf(CV))))
    writer.encrypt(user_password=user_password, owner_password="owner", algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def empty_pdf(pages: int) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(300, 300)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (paper.as_pdf(CV), "pdf"),
        (b"\n\njunk before" + paper.as_pdf(CV), "pdf"),
        (paper.as_docx(CV, tables=True), "docx"),
        (TEXT.encode(), "text"),
        (TEXT.encode("utf-8-sig"), "text"),
        (TEXT.encode("utf-16"), "text"),
        (TEXT.encode("cp1252"), "text"),
        (("<div>" + "".join(f"<p>{line}</p>" for line in TEXT.splitlines()) + "</div>").encode(), "html"),
    ],
)
def test_free_text_of_any_file_and_encoding_is_read_alike(data: bytes, kind: str) -> None:
    cv = read_cv(data, "whatever.exe")

    assert cv.kind == kind
    assert cv.resume["basics"]["name"] == "Mehmet Gül-Krause"
    assert [job["position"] for job in cv.resume["work"]] == [
        "Projektleiter Anlagenbau",
        "Konstruktionsingenieur",
        "Praktikant Konstruktion",
    ]
    assert [note.parameters for note in cv.notes if note.code == "encoding_guessed"] == (
        [{"encoding": "Windows-1252"}] if data == TEXT.encode("cp1252") else []
    )


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (EUROPASS_2.encode(), "europass_xml"),
        (json.dumps(EUROPASS_3).encode(), "europass_json"),
        (EUROPASS_PORTAL.encode(), "europass_xml"),
    ],
    ids=["version 2", "version 3 as JSON", "the portal since 2020"],
)
def test_europass_of_every_version_gives_the_same_jobs(document: bytes, kind: str) -> None:
    cv = read_cv(document, None)

    profile = parse_json_resume(cv.resume, "cv")

    assert cv.kind == kind
    assert (profile.contact.name, profile.contact.email) == ("Ida Voss", "ida@example.org")
    job, school = profile.work_history
    assert (job.position, job.organisation, job.description[:10]) == ("Schweißerin", "Werft Nord", "- Rumpfbau")
    assert (str(job.started_on), job.ended_on) == ("2015-04-01", None)
    assert (school.position, school.organisation, str(school.ended_on)) == ("Ausbildung", "BBS Emden", "2014-12-31")
    assert {"what": "birth_date"} in [note.parameters for note in cv.notes]
    assert "1990" not in json.dumps(cv.resume)


def test_europass_says_languages_with_their_lowest_level_and_driving_licences() -> None:
    for document in (EUROPASS_2.encode(), json.dumps(EUROPASS_3).encode()):
        resume = read_cv(document, None).resume
        assert resume["languages"] == [
            {"language": "Deutsch", "fluency": "mother tongue"},
            {"language": "Englisch", "fluency": "B1"},
        ]
        assert {"name": "Driving licence class B"} in resume["certificates"]
        assert resume["skills"] == [{"name": "AutoCAD"}]


def test_a_json_resume_comes_through_without_photo_and_birth_date() -> None:
    image = "data:image/png;base64," + "A" * 2_000_000
    basics = {"name": "Ida Voss", "birthDate": "1990-05-17", "image": image, "summary": "Am 17.05.1990 fing alles an."}

    cv = read_cv(json.dumps({"basics": basics, "skills": [{"name": "AutoCAD"}]}).encode(), None)

    assert cv.resume["basics"] == {"name": "Ida Voss", "summary": "Am […] fing alles an."}
    assert [note.parameters["what"] for note in cv.notes] == ["birth_date", "photo"]


@pytest.mark.parametrize(
    "resume",
    [
        {"work": [{"startDate": "soon"}]},
        {"work": [{"startDate": "2020", "endDate": "2019"}]},
        {"hello": 1},
    ],
)
def test_a_json_resume_with_faults_names_them(resume: dict[str, object]) -> None:
    error = cause(json.dumps(resume).encode())

    assert error.code == "invalid_resume"
    assert all("expected" in problem for problem in error.parameters["problems"])


@pytest.mark.parametrize(
    ("data", "code", "parameters"),
    [
        (b"  \n", "empty", {}),
        (b"a" * (MAX_UPLOAD_BYTES + 1), "too_large", {"bytes": MAX_UPLOAD_BYTES + 1, "limit": MAX_UPLOAD_BYTES}),
        (b"word " * MAX_CHARACTERS, "too_long", {"characters": 5 * MAX_CHARACTERS, "limit": MAX_CHARACTERS}),
        (empty_pdf(2), "no_text", {"kind": "pdf", "pages": 2}),
        (empty_pdf(MAX_PAGES + 1), "too_many_pages", {"pages": MAX_PAGES + 1, "limit": MAX_PAGES}),
        (encrypted("secret"), "encrypted", {"kind": "pdf"}),
        (b"%PDF-1.7 nothing more", "malformed", {"kind": "pdf"}),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "not_supported", {"kind": "image"}),
        (b"{\\rtf1 hello}", "not_supported", {"kind": "rtf"}),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 50, "not_supported", {"kind": "legacy_word"}),
        (zipped({"hello.txt": b"hello"}), "not_supported", {"kind": "archive"}),
        (b"<?xml version='1.0'?><invoice/>", "not_supported", {"kind": "xml"}),
        (b"<?xml version='1.0'?><learnerinfo>", "malformed", {"kind": "europass_xml"}),
        (b'{"basics": ', "malformed", {"kind": "json"}),
        (zipped({"word/document.xml": b"<w:document"}), "malformed", {"kind": "docx"}),
        (zipped({"word/document.xml": b"<d>" + b" " * 30_000_000 + b"</d>"}), "unpacks_too_large", {"kind": "docx"}),
    ],
)
def test_each_cause_has_its_code(data: bytes, code: str, parameters: dict[str, object]) -> None:
    error = cause(data)

    assert (error.code, error.parameters) == (code, parameters)


def test_a_pdf_that_only_forbids_changes_is_read() -> None:
    assert read_cv(encrypted(""), None).resume["basics"]["email"] == "mehmet.yk@example.com"


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><learnerinfo>&b;</learnerinfo>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><learnerinfo>&a;</learnerinfo>',
        "<learnerinfo>" + "<a>" * 5_000 + "</a>" * 5_000 + "</learnerinfo>",
    ],
    ids=["entities in entities", "a file of ours", "deep nesting"],
)
def test_dangerous_xml_is_refused(document: str) -> None:
    assert cause(f"<?xml version='1.0'?>{document}".encode()).code == "malformed"


@pytest.mark.parametrize(
    "document", ["[" * 100_000, '{"a":' * 5_000 + "1" + "}" * 5_000, '{"basics":' + "[" * 200 + "]" * 200 + "}"]
)
def test_deep_json_is_refused(document: str) -> None:
    assert cause(document.encode()).code == "malformed"
