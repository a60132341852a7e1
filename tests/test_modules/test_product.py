import base64
import dataclasses
import hashlib
import zipfile

import pytest

from test_modules import engines
from test_modules.contract import EngineBroken, ModuleError, Product, State
from test_modules.engines import installation
from test_modules.tools import Tools
from tests.test_modules.builders import Watching, make_order, processes_with, shelf, suite, write_module

SERVER = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(TEXT.encode())
TEXT = open(sys.argv[2]).read()
def main():
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""
ASKING = """*** Settings ***
Library    Collections
*** Test Cases ***
Asks
    [Tags]    function:F0    case:F0/c0
    ${text}=    Evaluate    urllib.request.urlopen('${TARGET_URL}').read().decode()    modules=urllib.request
    Should Be Equal    ${text}    port ${TARGET_URL.split(':')[-1]} of 127.0.0.1
"""


def make_wheel(folder, code=SERVER, more=None):
    files = {
        **(more or {}),
        "tinyweb/__init__.py": code,
        "tinyweb/__main__.py": "from tinyweb import main\nmain()\n",
        "tinyweb-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tinyweb\nVersion: 1.0\n",
        "tinyweb-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}\n"
        for name, text in files.items()
    )
    path = folder / "tinyweb-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {
            **files,
            "tinyweb-1.0.dist-info/RECORD": record + "tinyweb-1.0.dist-info/RECORD,,\n",
        }.items():
            archive.writestr(name, text)
    return path


def wheel_product(path, **overrides):
    values = {
        "kind": "python-wheel",
        "files": (path,),
        "digest": hashlib.sha256(path.read_bytes()).hexdigest(),
        "command": ("{python}", "-m", "tinyweb", "{port}", "{state}/text.txt"),
        "configuration": {"text.txt": "port {port} of {host}"},
    }
    return Product(**{**values, **overrides})


@pytest.fixture
def tools(tmp_path):
    return dataclasses.replace(Tools.of_environment(), product_cache=tmp_path / "products")


def run(library, tmp_path, tools, product, text=ASKING, **overrides):
    write_module(library, "t-robot", files={"suite.robot": text})
    order = make_order(tmp_path / "out", "t-robot", product=product, target_url="", **overrides)
    watching = overrides.get("watcher") or Watching()
    return order, engines.engine_of("t-robot", tools).run(order, watching)


@pytest.mark.engine
def test_a_received_wheel_is_installed_and_answers_as_configured(library, tmp_path, tools):
    order, outcome = run(library, tmp_path, tools, wheel_product(make_wheel(tmp_path)))

    assert outcome.state is State.COMPLETE, (outcome, (order.out_dir / "console.log").read_text())
    assert "FAIL" not in (order.out_dir / "journal.log").read_text()
    assert not processes_with(str(order.out_dir))


@pytest.mark.engine
def test_an_installed_product_whose_bytes_changed_is_refused(tmp_path, tools):
    product = wheel_product(make_wheel(tmp_path))
    folder = installation.installed(product, tools, lambda: None)
    (folder / "tinyweb/__init__.py").write_text("changed")

    with pytest.raises(EngineBroken) as caught:
        installation.installed(product, tools, lambda: None)

    assert (caught.value.code, caught.value.params) == (
        "product.not_these_bytes",
        {"file": "tinyweb/__init__.py"},
    )


@pytest.mark.engine
def test_another_wheel_of_the_same_name_gets_an_environment_of_its_own(tmp_path, tools):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()

    first = installation.installed(wheel_product(make_wheel(one)), tools, lambda: None)
    second = installation.installed(
        wheel_product(make_wheel(other, SERVER + "# more\n")), tools, lambda: None
    )

    assert first != second
    assert (second / "tinyweb/__init__.py").read_text().endswith("# more\n")


def install(folder, tools, **overrides):
    return installation.installed(wheel_product(make_wheel(folder), **overrides), tools, lambda: None)


@pytest.mark.parametrize(
    "line", ["six==1.17.0", "--no-binary six", "-r /etc/passwd", "six @ file:///tmp/six"]
)
def test_a_list_that_says_more_than_versions_and_hashes_reaches_no_installer(tmp_path, tools, line):
    lock = tmp_path / "lock.txt"
    lock.write_text(line + "\n")
    tools = dataclasses.replace(tools, installer=("/usr/bin/touch", str(tmp_path / "started")))

    with pytest.raises(ModuleError) as caught:
        install(tmp_path, tools, requirements=lock)

    assert caught.value.code == "requirements.line_not_taken"
    assert not (tmp_path / "started").exists()
    assert not tools.product_cache.exists()


def test_the_installer_sees_the_way_to_the_index_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "very-secret")
    monkeypatch.setenv("UV_NO_BINARY", "1")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "file:///nowhere")
    tools = dataclasses.replace(
        Tools.of_environment(),
        product_cache=tmp_path / "products",
        installer=("/bin/sh", "-c", "/usr/bin/env; echo IN $PWD; exit 3"),
    )

    with pytest.raises(EngineBroken) as caught:
        install(tmp_path, tools)

    told = caught.value.params["told"]
    seen = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    assert seen["UV_DEFAULT_INDEX"] == "file:///nowhere"
    assert not {"SECRET_KEY", "UV_NO_BINARY", "SIHEOM_HOME"} & set(seen)
    assert seen["HOME"].startswith(str(tools.product_cache))
    assert f"IN {seen['HOME']}" in told


def test_a_wheel_whose_name_could_be_a_line_of_its_own_is_refused(tmp_path, tools):
    path = make_wheel(tmp_path).rename(tmp_path / "tinyweb-1.0-py3-none-any --no-binary x.whl")

    with pytest.raises(EngineBroken) as caught:
        installation.installed(wheel_product(path), tools, lambda: None)

    assert caught.value.code == "product.not_a_wheel"


@pytest.mark.engine
def test_compiled_files_are_bound_to_their_source_by_hash(tmp_path, tools):
    folder = install(tmp_path, tools)

    flags = [path.read_bytes()[4:8] for path in folder.rglob("*.pyc")]
    assert flags
    assert set(flags) == {b"\x03\0\0\0"}  # by hash, checked at each import


@pytest.mark.engine
@pytest.mark.parametrize("kind", ["purelib", "platlib", "data"])
def test_files_that_the_installer_moved_are_compared_as_well(tmp_path, tools, kind):
    more = {f"tinyweb-1.0.data/{kind}/beside/note.txt": "as received"}
    product = wheel_product(make_wheel(tmp_path, more=more))
    moved = installation.installed(product, tools, lambda: None) / "beside/note.txt"
    assert moved.read_text() == "as received"
    moved.write_text("changed")

    with pytest.raises(EngineBroken) as caught:
        installation.installed(product, tools, lambda: None)

    assert caught.value.code == "product.not_these_bytes"


def test_what_is_no_wheel_is_not_installed(tmp_path, tools):
    path = tmp_path / "tinyweb-1.0-py3-none-any.whl"
    path.write_bytes(b"no archive")

    with pytest.raises(EngineBroken) as caught:
        installation.installed(wheel_product(path), tools, lambda: None)

    assert caught.value.code == "product.not_a_wheel"


@pytest.mark.engine
def test_a_product_that_does_not_come_up_is_a_broken_attempt_with_its_log(library, tmp_path, tools):
    product = dataclasses.replace(shelf(), command=("{python}", "-c", "raise SystemExit('no licence')"))

    order, outcome = run(library, tmp_path, tools, product, suite())

    assert outcome.state is State.BROKEN
    assert outcome.reason.startswith("product.not_up")
    assert "no licence" in (order.out_dir / "product.log").read_text()
    assert "product.log" in outcome.files


@pytest.mark.engine
def test_a_product_that_ends_during_the_run_breaks_the_attempt(library, tmp_path, tools):
    script = "import os, sys, threading; sys.argv[0] = 'x'; threading.Timer(1.5, lambda: os._exit(3)).start()"
    start = f"{script}; exec(compile(open('{{files}}/shelf.py').read(), 'shelf', 'exec'))"
    product = dataclasses.replace(shelf(), command=("{python}", "-c", start, "--port", "{port}"))

    _order, outcome = run(library, tmp_path, tools, product, suite(1, "Sleep    30s"))

    assert (outcome.state, outcome.reason) == (State.BROKEN, "product.ended")


LAST_WORDS = """
import http.server, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()
        if self.path == "/last":
            os._exit(0)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""
LAST_ASKS = """*** Test Cases ***
Asks
    [Tags]    function:F0    case:F0/c0
    Evaluate    urllib.request.urlopen('${TARGET_URL}/last').read()    modules=urllib.request
"""


@pytest.mark.engine
def test_a_product_that_ends_on_the_last_case_breaks_the_attempt(library, tmp_path, tools):
    script = tmp_path / "last.py"
    script.write_text(LAST_WORDS)
    product = Product("python-file", (script,), "0" * 64, ("{python}", "{files}/last.py", "{port}"))

    order, outcome = run(library, tmp_path, tools, product, LAST_ASKS)

    assert (outcome.state, outcome.reason) == (State.BROKEN, "product.ended")
    assert '"status":"PASS"' in (order.out_dir / "journal.log").read_text()


@pytest.mark.engine
def test_a_stop_while_the_product_comes_up_is_a_stop(library, tmp_path, tools):
    product = dataclasses.replace(shelf(), command=("{python}", "-c", "import time; time.sleep(60)"))
    write_module(library, "t-robot", files={"suite.robot": suite()})
    order = make_order(tmp_path / "out", "t-robot", product=product, target_url="")
    watching = Watching(lambda watching: "stop.asked" if watching.asked > 1 else "")

    outcome = engines.engine_of("t-robot", tools).run(order, watching)

    assert (outcome.state, outcome.reason) == (State.STOPPED, "stop.asked")
    assert not processes_with(str(order.out_dir))


@pytest.mark.engine
def test_configuration_outside_the_state_folder_is_refused(library, tmp_path, tools):
    product = dataclasses.replace(shelf(), configuration={"../../escaped": "x"})

    _order, outcome = run(library, tmp_path, tools, product, suite())

    assert outcome.reason.startswith("product.configuration_outside")
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.engine
def test_each_start_finds_an_empty_state_folder(library, tmp_path, tools):
    look = "import os, sys; assert os.listdir('{state}') == []; open('{state}/seen', 'w').close(); sys.argv[0] = 'x'"
    start = f"{look}; exec(compile(open('{{files}}/shelf.py').read(), 'shelf', 'exec'))"
    product = dataclasses.replace(shelf(), command=("{python}", "-c", start, "--port", "{port}"))
    write_module(library, "t-robot", files={"suite.robot": suite()})

    for name in ("one", "two"):
        order = make_order(tmp_path / name, "t-robot", product=product, target_url="")
        assert engines.engine_of("t-robot", tools).run(order, Watching()).state is State.COMPLETE
        assert not (tmp_path / f"{name}.work").exists()
