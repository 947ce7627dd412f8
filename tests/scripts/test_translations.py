"""`scripts/translations`: each language of the page is complete, and what is not is told."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from node.gate.languages import LANGUAGES
from node.text import LOCALES_FOLDER

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "translations"


def check(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, words)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    return shutil.copytree(LOCALES_FOLDER, tmp_path / "locales")


def change(locales: Path, before: str, after: str) -> None:
    path = locales / "es" / "LC_MESSAGES" / "messages.po"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_every_sentence_is_translated_into_each_language_of_the_page() -> None:
    done = check("--check")
    assert done.returncode == 0, done.stdout[-3000:]
    for language in LANGUAGES.keys() - {"en"}:
        assert f"{language}: " in done.stdout


def test_a_sentence_that_lacks_is_told_and_put_in(locales: Path) -> None:
    change(locales, 'msgid "Back to the market"', 'msgid "Back to another place"')
    done = check("--locales", locales)
    assert done.returncode == 1
    assert "es: to be translated: Back to the market" in done.stdout
    assert "es: of no sentence any more: Back to another place" in done.stdout
    assert 'msgid "Back to the market"\nmsgstr ""' in (
        locales / "es" / "LC_MESSAGES" / "messages.po"
    ).read_text(encoding="utf-8")


def test_a_translation_with_other_places_is_told(locales: Path) -> None:
    path = locales / "es" / "LC_MESSAGES" / "messages.po"
    before, sentence, after = path.read_text(encoding="utf-8").partition('msgid "New: {what}"\n')
    _, _, rest = after.partition("\n")
    path.write_text(f'{before}{sentence}msgstr "Nuevo: {{who}}"\n{rest}', encoding="utf-8")
    done = check("--check", "--begun", "--locales", locales)
    assert done.returncode == 1
    assert "es: other {places} than in English: New: {what}" in done.stdout
