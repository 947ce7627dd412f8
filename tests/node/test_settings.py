from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from node.config import load
from node.settings import (
    SECTIONS,
    SETTING_BY_NAME,
    SETTINGS,
    TEXT_BYTES_MAX,
    Settings,
    expected,
    is_fitting,
)


def fields_of(struct: type, above: str = "") -> Iterator[tuple[str, object]]:
    for field in msgspec.structs.fields(struct):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from fields_of(field.type, f"{above}{field.name}.")
        elif field.name != "origins":
            yield above + field.name, field.type


def test_table_and_struct_agree_in_names_types_and_order() -> None:
    table = [(setting.name, setting.type) for setting in SETTINGS]
    assert table == list(fields_of(Settings))


def test_every_default_is_what_its_setting_takes() -> None:
    for setting in SETTINGS:
        assert isinstance(setting.default, setting.type)
        if isinstance(setting.default, int):
            assert setting.low <= setting.default <= setting.high
        elif isinstance(setting.default, str):
            assert is_fitting(setting, setting.default)
            assert not setting.choices or setting.default in setting.choices


def test_every_setting_says_what_it_is_for_and_takes() -> None:
    for setting in SETTINGS:
        assert setting.help.endswith(".")
        assert expected(setting).say()


def test_sections_are_no_settings() -> None:
    assert not {".".join(section) for section in SECTIONS} & SETTING_BY_NAME.keys()


def test_values_are_reached_by_attribute_and_by_name(tmp_path: Path) -> None:
    settings = load(tmp_path, {}, {"limits.body_s": 5})
    assert settings.limits.body_s == 5
    for setting in SETTINGS:
        value = tmp_path if setting.name == "home" else setting.default
        assert settings[setting.name] == (5 if setting.name == "limits.body_s" else value)


@pytest.mark.parametrize("name", ["limits", "limits.body", "origins", "origin", "", "limits.x.y"])
def test_other_names_are_no_settings(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyError):
        load(tmp_path, {}, {})[name]


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("network", ["coop", "c", "test-2", "x" * 32]),
        (
            "listen",
            ["127.0.0.1:7410", "0.0.0.0:0", "[::1]:65535", "[::]:7410", "localhost:80", "a-b.c:1"],
        ),
        (
            "public_url",
            [
                "",
                "http://coop.example",
                "https://coop.example/",
                "ws://10.0.0.7:7410/node",
                "https://coop.example:8443/a/b_c/d.e",
                "http://[2001:db8::1]:7410/x",
            ],
        ),
        ("language", ["en", "pt-BR", "sw", "zh_Hans"]),
    ],
)
def test_good_texts_are_accepted(name: str, good: list[str]) -> None:
    assert [text for text in good if not is_fitting(SETTING_BY_NAME[name], text)] == []


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("network", ["", "Coop", "co op", "-coop", "2coop", "x" * 33, "coöp"]),
        (
            "listen",
            [
                "",
                "7410",
                ":7410",
                "127.0.0.1",
                "127.0.0.1:",
                "127.0.0.1:65536",
                "::1:7410",
                "[::1]",
                "[::g]:1",
                "http://x:1",
                "a b:1",
                "x:-1",
                "x:1 ",
                "x:٣",
                "x.:1",
            ],
        ),
        (
            "public_url",
            [
                "coop.example",
                "ftp://coop.example",
                "wss://coop.example",
                "HTTP://coop.example",
                "http://",
                "http:///x",
                "http://user@coop.example",
                "http://u:p@coop.example",
                "http://coop.example/?a=1",
                "http://coop.example/#a",
                "http://coop.example//x",
                "http://coop.example/../x",
                "http://coop.example:0x1",
                "http://coop.example:99999",
                "http://coop.example/a b",
                "http://[::1",
                "http://coop.example\n",
                " http://x",
                "http://coop.example/x?",
                "http://coop.example/%2e%2e",
            ],
        ),
        ("language", ["", "e", "english language", "../en"]),
    ],
)
def test_bad_texts_are_not_accepted(name: str, bad: list[str]) -> None:
    assert [text for text in bad if is_fitting(SETTING_BY_NAME[name], text)] == []


def test_length_of_a_text_is_limited() -> None:
    setting = SETTING_BY_NAME["public_url"]
    longest = "http://coop.example/".ljust(TEXT_BYTES_MAX, "x")
    assert is_fitting(setting, longest)
    assert not is_fitting(setting, longest + "x")
