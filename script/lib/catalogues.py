"""The catalogues below locale/: collect the texts, fill in English, tell what is missing.

catalogues.py collect | check
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

PROJECT = Path(__file__).resolve().parents[2]
LANGUAGES = ("ko", "en")
HANGUL = re.compile(r"[가-힣]")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
NOT_HANGUL = Path("locale") / "not_hangul.txt"  # Korean texts that rightly hold none, one a line


def path_of(language: str, project: Path = PROJECT) -> Path:
    return project / "locale" / language / "LC_MESSAGES" / "django.po"


def read(language: str, project: Path = PROJECT) -> Catalog:
    with path_of(language, project).open("rb") as file:
        return read_po(file, locale=language, domain="django")


def forms(message: Message) -> list[str]:
    """The texts of a message: one, or one for each plural form of the language."""
    return list(message.string) if isinstance(message.string, tuple | list) else [message.string]


def sources(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, tuple | list) else (message.id,)


def key_of(message: Message) -> tuple[str | None, str]:
    return message.context, sources(message)[0]


def messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def extract(project: Path) -> None:
    """GNU gettext through Django, in a copy: nothing that is ignored or installed is looked at."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={PROJECT}", "ls-files", "-z", "-co", "--exclude-standard"],
        capture_output=True, check=False, cwd=PROJECT,
    )  # fmt: skip
    names = listed.stdout.decode().split("\0")[:-1] if listed.returncode == 0 else list(_walk())
    for name in names:
        if (PROJECT / name).is_file() and not name.startswith(("tests/", "bench/", "script/", "docs/")):
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(PROJECT / name, project / name)
    for language in LANGUAGES:
        path_of(language, project).parent.mkdir(parents=True, exist_ok=True)
    line = ["makemessages", "--no-wrap", "--no-obsolete", "--add-location", "file", "-v0"]
    line += [word for language in LANGUAGES for word in ("--locale", language)]
    subprocess.run([sys.executable, "manage.py", *line], check=True, cwd=project)


def _walk() -> Iterator[str]:
    """A machine without git: everything but what set-up brought."""
    brought = {".venv", ".boot", ".git", "node_modules", "var"}
    for path in PROJECT.rglob("*"):
        place = path.relative_to(PROJECT)
        if place.parts[0] not in brought and "__pycache__" not in place.parts:
            yield str(place)


def collect() -> int:
    """Bring locale/ up to date with the code; English says what the code says."""
    with tempfile.TemporaryDirectory() as folder:
        extract(Path(folder))
        for language in LANGUAGES:
            catalogue = read(language, Path(folder))
            if language == "en":
                fill_in(catalogue)
            path_of(language).parent.mkdir(parents=True, exist_ok=True)
            with path_of(language).open("wb") as file:
                write_po(file, catalogue, width=0, sort_output=True, ignore_obsolete=True)
    wrong = list(missing("ko"))
    print(*wrong, sep="\n")
    print(f"{len(wrong)} Korean texts to write")
    return 0


def fill_in(catalogue: Catalog) -> None:
    for message in messages(catalogue):
        message.string = message.id
        message.flags.discard("fuzzy")


def check() -> int:
    """Print every text that is missing, unclear, not Korean, or no longer in step with the code."""
    absent = [language for language in LANGUAGES if not path_of(language).exists()]
    if absent:
        print(*(f"{language}: no catalogue" for language in absent), sep="\n")
        return 1
    wrong = [line for language in LANGUAGES for line in missing(language)]
    wrong += list(not_korean())
    if shutil.which("xgettext"):
        wrong += list(out_of_step())
    print(*wrong, sep="\n")
    return 1 if wrong else 0


def missing(language: str) -> Iterator[str]:
    for message in messages(read(language)):
        where = f"{language}: {sources(message)[0]!r}"
        if not all(forms(message)):
            yield f"{where} has no text"
        elif message.fuzzy:
            yield f"{where} is marked fuzzy"
        elif problem := _misplaced(message):
            yield f"{where} {problem}"


def _misplaced(message: Message) -> str:
    """A placeholder that the other language lost or invented breaks the page that shows the text."""
    wanted = set(PLACEHOLDER.findall(" ".join(sources(message))))
    for text in forms(message):
        found = set(PLACEHOLDER.findall(text))
        if found - wanted or (wanted - found and len(forms(message)) == len(sources(message)) == 1):
            return f"has other placeholders: {', '.join(sorted(wanted ^ found))}"
    return ""


def not_korean() -> Iterator[str]:
    allowed = (
        set((PROJECT / NOT_HANGUL).read_text().splitlines()) if (PROJECT / NOT_HANGUL).exists() else set()
    )
    for message in messages(read("ko")):
        for text in forms(message):
            if text and not HANGUL.search(text) and text not in allowed:
                yield f"ko: {text!r} holds no Hangul and is not in {NOT_HANGUL}"


def out_of_step() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        extract(Path(folder))
        for language in LANGUAGES:
            kept = {key_of(message) for message in messages(read(language))}
            found = {key_of(message) for message in messages(read(language, Path(folder)))}
            yield from (
                f"{language}: {text!r} is new; run script/translations"
                for _, text in sorted(found - kept, key=str)
            )
            yield from (f"{language}: {text!r} is used nowhere" for _, text in sorted(kept - found, key=str))


if __name__ == "__main__":
    sys.exit({"collect": collect, "check": check}[sys.argv[1]]())
