"""Print, as shell lines, what pip is told on this machine, in the words of uv, which does not read pip's files."""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys

WORDS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
    "no-index": "UV_NO_INDEX",
    "proxy": "HTTPS_PROXY",
    "cert": "SSL_CERT_FILE",
}
SEPARATORS = {"UV_FIND_LINKS": ","}


def told_to_pip() -> dict[str, str]:
    """Later lines win, and the environment before the files, as with pip itself."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=False, capture_output=True, text=True
    )
    told: dict[str, str] = {}
    for line in sorted(listed.stdout.splitlines(), key=lambda line: line.startswith(":env:")):
        name, _, value = line.partition("=")
        if (key := WORDS.get(name.rpartition(".")[2])) and not name.startswith(("download.", "wheel.")):
            told[key] = SEPARATORS.get(key, " ").join(str(ast.literal_eval(value)).split())
    return told


def main() -> None:
    kept = {name: value for name, value in os.environ.items() if name == "SSL_CERT_FILE" or name[:3] == "UV_"}
    told = {
        "UV_SYSTEM_CERTS": "1",
        # As pip does: the best of all indexes. The hashes of the lock files say which file is meant.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_LINK_MODE": "copy",
        **told_to_pip(),
        **kept,
    }
    for name, value in told.items():
        print(f"export {name}=${{{name}-{shlex.quote(value)}}}")


if __name__ == "__main__":
    main()
