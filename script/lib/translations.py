"""Update or check the catalogues of Korean and English (`script/translations`)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

PROJECT = Path(__file__).resolve().parents[2]
PLURALS = {"ko": "nplurals=1; plural=0;", "en": "nplurals=2; plural=(n != 1);"}
LANGUAGES = tuple(PLURALS)
HEADER = """msgid ""
msgstr ""
"Project-Id-Version: siheom\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"
"""
SOURCES = ("lims", "certificates", "consulting", "training", "templates", "test_modules", "measures")
NOT_HANGUL = PROJECT / "locale" / "not_hangul.txt"  # texts that are the same in Korean: one msgid a line
HANGUL = re.compile(r"[가-힣]")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w+\}|%[sd]")
IGNORED = ("node_modules", "var", ".venv", ".boot", "tests", "bench", "script", "migrations")


def catalogue_of(root: Path, language: str) -> Path:
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def make_messages(root: Path) -> None:
    """Let Django look through all sources below `root` and merge what it finds into the catalogues there."""
    for language, plurals in PLURALS.items():
        if not (path := catalogue_of(root, language)).exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(HEADER.format(language=language, plurals=plurals), "utf-8")
    languages = [word for language in LANGUAGES for word in ("--locale", language)]
    ignored = [word for name in IGNORED for word in ("--ignore", name)]
    options = ["--no-obsolete", "--no-location", "--no-wrap"]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-m", "django", "makemessages", *languages, *ignored, *options]
    subprocess.run(command, cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL)


def update() -> int:
    make_messages(PROJECT)
    path = catalogue_of(PROJECT, "en")
    path.write_text(filled_with_itself(path.read_text("utf-8")), "utf-8")
    print(f"ko: {sum(1 for _ in untranslated(read(catalogue_of(PROJECT, 'ko'))))} without translation")
    return 0


def filled_with_itself(text: str) -> str:
    """English is the language of the texts: each empty msgstr gets its msgid. Line by line, to keep gettext's form."""
    entries = re.split(r"\n\n", text)
    return "\n\n".join([entries[0], *(_filled(entry) for entry in entries[1:])])


def _filled(entry: str) -> str:
    singular = _part(entry, "msgid ")
    plural = _part(entry, "msgid_plural ")
    entry = re.sub(r"#, fuzzy\n|(#,.*), fuzzy|(?<=#,) fuzzy,", r"\1", entry)
    entry = re.sub(r"^#\|.*\n", "", entry, flags=re.M)
    head = re.split(r"^msgstr", entry, maxsplit=1, flags=re.M)[0]
    if not plural:
        return f"{head}msgstr {singular}" if singular else entry
    return f"{head}msgstr[0] {singular}\nmsgstr[1] {plural}"


def _part(entry: str, keyword: str) -> str:
    found = re.search(rf'^{re.escape(keyword)}((?:".*"\n?)+)', entry, flags=re.M)
    return found.group(1).rstrip("\n") if found else ""


def untranslated(catalogue: Catalog) -> Iterator[Message]:
    for message in catalogue:
        texts = message.string if isinstance(message.string, (tuple, list)) else [message.string]
        if message.id and (message.fuzzy or not all(texts)):
            yield message


def problems() -> Iterator[str]:
    for language in LANGUAGES:
        path = catalogue_of(PROJECT, language)
        if not path.exists():
            yield f"{path.relative_to(PROJECT)}: missing"
            continue
        catalogue = read(path)
        yield from (f"{language}: no translation: {_name(message)}" for message in untranslated(catalogue))
        yield from (f"{language}: other placeholders: {name}" for name in _other_placeholders(catalogue))
        if language == "ko":
            yield from (f"ko: no Hangul: {name}" for name in _without_hangul(catalogue))
    if shutil.which("xgettext"):
        yield from _stale()


def _name(message: Message) -> str:
    return str(message.id if isinstance(message.id, str) else message.id[0])[:100]


def _texts(message: Message) -> list[str]:
    texts = message.string if isinstance(message.string, (tuple, list)) else [message.string]
    return [str(text) for text in texts if text]


def _without_hangul(catalogue: Catalog) -> Iterator[str]:
    known = set(NOT_HANGUL.read_text("utf-8").splitlines()) if NOT_HANGUL.exists() else set()
    for message in catalogue:
        if message.id and _name(message) not in known:
            yield from (_name(message) for text in _texts(message) if not HANGUL.search(text))


def _other_placeholders(catalogue: Catalog) -> Iterator[str]:
    """A translation may leave out a placeholder of a plural's singular, but never name one that is not there."""
    for message in catalogue:
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        wanted = {name for text in ids for name in PLACEHOLDER.findall(text)}
        last = set(PLACEHOLDER.findall(ids[-1]))
        for text in _texts(message)[-1:]:
            found = set(PLACEHOLDER.findall(text))
            if not last <= found <= wanted:
                yield _name(message)


def _stale() -> Iterator[str]:
    """Compare with what a copy of the sources yields now; nothing here is touched."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in (*SOURCES, "locale"):
            if (PROJECT / name).exists():
                shutil.copytree(
                    PROJECT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo")
                )
        make_messages(copy)
        for language in LANGUAGES:
            kept = _ids(catalogue_of(PROJECT, language))
            now = _ids(catalogue_of(copy, language))
            yield from (f"{language}: not in the catalogue: {name}" for name in sorted(now - kept))
            yield from (f"{language}: no longer used: {name}" for name in sorted(kept - now))


def _ids(path: Path) -> set[str]:
    if not path.exists():
        return set()
    return {f"{message.context or ''}|{message.id}"[:120] for message in read(path) if message.id}


def check() -> int:
    found = list(problems())
    print("\n".join(found[:40]))
    if len(found) > 40:
        print(f"... and {len(found) - 40} more")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit({"update": update, "check": check}[sys.argv[1] if len(sys.argv) > 1 else "check"]())
