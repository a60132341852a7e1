# What the commands of this folder share. Sourced; leaves the caller in the project's folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

export SIHEOM_HOME=${SIHEOM_HOME:-$PWD/var}
base_python=/usr/bin/python3.11 # Debian's own: any uid reaches it, wherever the project lies
python=.venv/bin/python

say() { printf '%s\n' "$*"; }

stop() { # one line, and out
  printf '%s\n' "$*" >&2
  exit 1
}
