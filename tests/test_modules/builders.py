"""The smallest valid module, product and order, with overrides."""

import hashlib
import json
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from test_modules.catalogue import digest_of_files
from test_modules.contract import Product, RunOrder

TARGETS = Path(__file__).parents[1] / "targets"
LISTENER = "siheom_listener"

ABOUT = "\n".join(
    f"[about.{language}]\n" + "\n".join(f'{name} = "x"' for name in sections)
    for language in ("ko", "en")
    for sections in [("scope", "references", "terms", "inputs", "interpretation", "procedure")]
)
ROBOT = f"""
id = "MODULE"
version = "1.0.0"
title_ko = "가"
title_en = "a"
method = "ISO/IEC 25023:2016"
characteristic = "functional-suitability"
{ABOUT}
[engine]
name = "robot"
entry = "suite.robot"
timeout_s = 60
[[measures]]
id = "FCp-1-G"
edition = "ISO/IEC 25023:2016"
formula_version = "fcp/1"
unit = "1"
from = "journal.log"
direction = "higher"
[[measures]]
id = "FCr-1-G"
edition = "ISO/IEC 25023:2016"
formula_version = "fcr/1"
unit = "1"
from = "journal.log"
direction = "higher"
[proof]
good = ["good.py"]
faulty = "faults.toml"
[[proof.run]]
[proof.run.expect."FCp-1-G"]
value = 1
unit = "1"
[proof.run.expect."FCr-1-G"]
value = 1
unit = "1"
"""
LOCUST = f"""
id = "MODULE"
version = "1.0.0"
title_ko = "가"
title_en = "a"
method = "ISO/IEC 25023:2016"
characteristic = "performance-efficiency/time-behaviour"
{ABOUT}
[engine]
name = "locust"
entry = "locustfile.py"
timeout_s = 120
max_generator_cpu = 1.2
[[parameters]]
name = "profile"
type = "text"
unit = ""
default = "steady"
choices = ["steady", "saturation"]
[[parameters]]
name = "users"
type = "int"
unit = "1"
default = 2
min = 1
max = 100
[[parameters]]
name = "warm_up_s"
type = "float"
unit = "s"
default = 0.3
min = 0
max = 10
[[parameters]]
name = "duration_s"
type = "float"
unit = "s"
default = 1.0
min = 0.5
max = 60
[[measures]]
id = "PTb-1-G"
edition = "ISO/IEC 25023:2016"
formula_version = "mean_response_time/1"
unit = "ms"
from = "samples.npz"
direction = "lower"
when = {{ profile = "steady" }}
[[measures]]
id = "PTb-5-G"
edition = "ISO/IEC 25023:2016"
formula_version = "mean_throughput/1"
unit = "1/s"
from = "samples.npz"
direction = "higher"
when = {{ profile = "steady" }}
[[measures]]
id = "PCa-1-G"
edition = "ISO/IEC 25023:2016"
formula_version = "transaction_capacity/1"
unit = "1/s"
from = "samples.npz"
direction = "higher"
when = {{ profile = "saturation" }}
[proof]
good = ["good.py"]
faulty = "faults.toml"
[[proof.run]]
[proof.run.expect."PTb-1-G"]
value = 10
tolerance = 5
unit = "ms"
"""
LOCUSTFILE = """
import json, os
from pathlib import Path
from locust import FastHttpUser, task
ORDER = json.loads((Path(os.environ["SIHEOM_IN"]) / "order.json").read_text())
class Visitor(FastHttpUser):
    @task
    def look(self):
        self.client.get("/health")
"""


def suite(number=3, body="No Operation"):
    """A Robot suite of so many tests, in functions of two."""
    tests = "\n".join(
        f"Case {n}\n    [Tags]    function:F{n // 2}    case:F{n // 2}/c{n}\n    {body}"
        for n in range(number)
    )
    return f"*** Test Cases ***\n{tests}\n"


def write_module(library, module_id, engine="robot", files=None, replace=()):
    """Write a bundle into a library folder."""
    folder = library / module_id.replace("-", "_")
    folder.mkdir(parents=True)
    text = (ROBOT if engine == "robot" else LOCUST).replace("MODULE", module_id)
    for old, new in replace:
        assert old in text
        text = text.replace(old, new)
    entry = {"suite.robot": suite()} if engine == "robot" else {"locustfile.py": LOCUSTFILE}
    extra = {"good.py": "", "faults.toml": ""}
    for name, content in {"module.toml": text, **entry, **extra, **(files or {})}.items():
        (folder / name).write_text(content)
    return folder


def shelf(*arguments):
    """The shelf as a product of one file."""
    path = TARGETS / "shelf.py"
    return Product(
        kind="python-file",
        files=(path,),
        digest=digest_of_files({path.name: hashlib.sha256(path.read_bytes()).hexdigest()}),
        command=("{python}", "{files}/shelf.py", "--host", "{host}", "--port", "{port}", *arguments),
        ready_path="/health",
    )


def make_order(out_dir, module_id, **overrides):
    """The smallest order; the folder is made."""
    out_dir.mkdir(parents=True)
    values = {
        "run_uid": "run-1",
        "module_id": module_id,
        "module_version": "1.0.0",
        "parameters": {},
        "out_dir": out_dir,
        "timeout_s": 60,
        "seed": 1,
        "target_url": "http://127.0.0.1:9",
    }
    return RunOrder(**{**values, **overrides})


class Watching:
    """A watcher that asks for a stop when told so, and remembers what it heard."""

    def __init__(self, stop_when=lambda watching: ""):
        self.heard = []
        self.asked = 0
        self.stop_when = stop_when

    def progress(self, done, planned, line):
        self.heard.append((done, planned, line))

    def stop_asked(self):
        self.asked += 1
        return self.stop_when(self)


@contextmanager
def serving(script, *arguments):
    """A target started outside any sandbox; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, TARGETS / script, "--port", str(port), *arguments])
    try:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def processes_with(mark):
    """PIDs of the processes that carry this text in their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if mark.encode() in line and folder.name != str(__import__("os").getpid()):
            found.append(int(folder.name))
    return found


def dumped(value):
    """JSON bytes."""
    return json.dumps(value).encode()
