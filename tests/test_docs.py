"""The texts that programs and strangers rely on name everything that the code has."""

import ast
import re
from pathlib import Path

import pytest

from node.settings import SETTINGS, Setting
from protocol import keyevents, limits, merge, messages, record
from protocol.errors import REFUSALS
from protocol.keyevents import KeyFields

ROOT = Path(__file__).resolve().parents[1]
SPEC = (ROOT / "protocol" / "SPEC.md").read_text(encoding="utf-8")
DECISIONS = (ROOT / "protocol" / "DECISIONS.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / "node.toml.example").read_text(encoding="utf-8")
SOURCES = sorted([*(ROOT / "protocol").glob("*.py"), *(ROOT / "node").rglob("*.py")])

LIMITS = {name: value for name, value in vars(limits).items() if name.isupper()}
STRUCTS = [one for one in vars(messages).values() if isinstance(one, type)]
MESSAGES = sorted(
    (one.__struct_config__.tag, one)
    for one in STRUCTS
    if issubclass(one, messages.Message) and one is not messages.Message
)
KIND_FIELDS = {
    **{kind: row.decoder.type for kind, row in merge.KINDS.items()},
    **keyevents.KINDS,
}


def rows_of(section: str) -> list[list[str]]:
    """The cells of all table rows under a heading, without their back ticks."""
    body = re.split(rf"^## {re.escape(section)}$", SPEC, flags=re.MULTILINE)[1]
    text = re.split(r"^## ", body, maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def headings() -> list[str]:
    return re.findall(r"^## (.+)$", SPEC, flags=re.MULTILINE)


def domains() -> set[str]:
    """Every domain of the wire: first arguments, and `person` where protocol hashes by itself."""
    found: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                wire = path.parent.name == "protocol"
                named = [word.value for word in node.keywords if wire and word.arg == "person"]
                first = node.args[:1] if called in {"hash", "hash_", "hash_value"} else []
                for value in [*first, *named]:
                    if isinstance(value, ast.Constant) and isinstance(value.value, bytes):
                        found.add(value.value.decode())
    return found


@pytest.mark.parametrize("kind", sorted(KIND_FIELDS))
def test_each_kind_stands_in_the_spec(kind: str) -> None:
    assert f"`{kind}`" in SPEC


def test_the_table_of_kinds_is_complete_and_says_what_the_code_says() -> None:
    table = {row[0]: row for row in rows_of("Kinds") if "/" in row[0]}
    assert table.keys() == merge.KINDS.keys()
    for kind, known in merge.KINDS.items():
        assert table[kind][4] == (known.family or "-"), kind
        lasting = kind.partition("/")[0] not in record.FORGETTABLE
        assert table[kind][3] == ("lasting" if lasting else "may be forgettable"), kind
        if known.needs_subject is not None:
            assert (table[kind][2] != "nil") == known.needs_subject, kind


@pytest.mark.parametrize("name", sorted(record.FORGETTABLE))
def test_each_forgettable_name_stands_in_the_spec(name: str) -> None:
    assert f"`{name}`" in SPEC


@pytest.mark.parametrize("kind", sorted(KIND_FIELDS))
def test_each_field_of_each_kind_stands_in_the_spec(kind: str) -> None:
    fields: type[KeyFields] = KIND_FIELDS[kind]
    missing = [name for name in fields.__struct_fields__ if not re.search(rf"\b{name}\b", SPEC)]
    assert missing == []


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_each_refusal_stands_in_the_spec_with_status_fate_and_sentence(code: str) -> None:
    rule = REFUSALS[code]
    expected = [code, str(rule.status), rule.peer.name.lower(), rule.sentence]
    assert expected in rows_of("Refusals")


def test_the_table_of_refusals_has_no_other_codes() -> None:
    assert {row[0] for row in rows_of("Refusals")} - {"code", "---"} == REFUSALS.keys()


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_each_limit_stands_in_the_spec_with_its_value_and_a_reason(name: str) -> None:
    stands = [row for row in rows_of("Limits") if row[0] == name]
    assert [row[:2] for row in stands] == [[name, str(LIMITS[name])]]
    assert stands[0][2]


def test_the_table_of_limits_has_no_other_names() -> None:
    assert {row[0] for row in rows_of("Limits")} - {"name", "---"} == LIMITS.keys()


def test_every_limit_that_the_spec_cites_is_one() -> None:
    cited = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", SPEC))
    others = {"LIMIT_NAME", "LASTING_DAY", "FOLD_VERSION"}
    assert cited - LIMITS.keys() - others == set()
    assert f"FOLD_VERSION = {merge.FOLD_VERSION}" in SPEC
    assert f"LASTING_DAY = {merge.LASTING_DAY}" in SPEC


@pytest.mark.parametrize(("number", "message"), MESSAGES)
def test_each_message_stands_in_the_spec_with_number_and_fields(
    number: int, message: type[messages.Message]
) -> None:
    stands = [row for row in rows_of("Session") if row[:2] == [str(number), message.__name__]]
    assert len(stands) == 1
    said = stands[0][2]
    at = [said.find(name) for name in message.__struct_fields__]
    assert -1 not in at
    assert at == sorted(at), "fields stand in the order of the wire"


def test_the_spec_has_every_message_once() -> None:
    numbers = [row[0] for row in rows_of("Session") if row[0].isdigit() and row[1].isalpha()]
    assert numbers == [str(number) for number, _ in MESSAGES]


@pytest.mark.parametrize("domain", sorted(domains()))
def test_each_domain_stands_in_the_spec(domain: str) -> None:
    assert domain in {row[0] for row in rows_of("Hashes and signatures")}


def test_the_spec_has_no_domain_that_nothing_hashes_under() -> None:
    stand = {row[0] for row in rows_of("Hashes and signatures")} - {"domain", "---"}
    assert stand == domains()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_section_that_the_code_cites_is_there(path: Path) -> None:
    text = " ".join(path.read_text(encoding="utf-8").split())
    cited = re.findall(r"SPEC (?:section )?\"([^\"]+)\"", text)
    assert [name for name in cited if name not in headings()] == []


def test_every_section_that_the_spec_cites_is_there() -> None:
    cited = re.findall(r"sections? \"([^\"]+)\"", " ".join(SPEC.split()))
    assert [name for name in cited if name not in headings()] == []
    assert len(cited) > 10


def test_every_decision_has_a_date_and_a_reason() -> None:
    notes = re.findall(r"^\*\*(.+?)\*\*(.*)$", DECISIONS, flags=re.MULTILINE)
    assert len(notes) > 10
    dated = re.compile(r"20\d\d-\d\d-\d\d .+\.")
    assert [head for head, rest in notes if not dated.fullmatch(head) or not rest] == []


@pytest.mark.parametrize(
    "setting", [one for one in SETTINGS if one.in_file], ids=lambda one: one.name
)
def test_each_setting_stands_in_the_example_file_under_its_section(setting: Setting) -> None:
    section, _, key = setting.name.rpartition(".")
    part = EXAMPLE if not section else EXAMPLE.partition(f"[{section}]\n")[2]
    own = re.split(r"^\[", part, maxsplit=1, flags=re.MULTILINE)[0]
    assert re.search(rf"^#{key} = \S", own, flags=re.MULTILINE), own
    assert setting.help in EXAMPLE


def test_the_example_file_has_no_other_settings() -> None:
    section = ""
    names: list[str] = []
    for line in EXAMPLE.splitlines():
        if match := re.fullmatch(r"\[(.+)\]", line):
            section = match[1] + "."
        elif match := re.fullmatch(r"#(\w+) = .*", line):
            names.append(section + match[1])
    assert names == [one.name for one in SETTINGS if one.in_file]
