"""Pre-run modifier: one Robot test for each case of a function list, one keyword for each step.

`robot --prerunmodifier CaseBuilder.py:/path/to/cases.json suite.robot`
"""

import json
from pathlib import Path

from robot.api import SuiteVisitor


class CaseBuilder(SuiteVisitor):
    def __init__(self, *cases_path):
        path = ":".join(cases_path)  # Robot splits a modifier's arguments at colons
        self.functions = json.loads(Path(path).read_text("utf-8"))["function"]

    def start_suite(self, suite):
        suite.tests.clear()
        for function in self.functions:
            for case in function["case"]:
                self._add(suite, function, case)
        return False  # nothing below needs a visit

    def _add(self, suite, function, case):
        key = f"{function['code']}/{case['code']}"
        test = suite.tests.create(
            name=f"{key} {_literal(case['title_ko'])}",
            doc=_literal(f"{function['title_ko']} / {function['title_en']}: {case['title_en']}"),
            tags=[f"function:{function['code']}", f"case:{key}"],
        )
        for number, step in enumerate(case["step"], start=1):
            name = "Call Function" if step["function_call"] else "Send"
            test.body.create_keyword(name=name, args=[key, str(number), _literal(_shown(step))])


def _shown(step):
    """What a reader of the log sees of a step."""
    return step["call"] + (f" as {step['as']}" if step["as"] else "")


def _literal(text):
    r"""Keep Robot from taking ${name} for a variable of its own, and \n for a line break."""
    return (
        text.replace("\\", "\\\\")
        .replace("${", "\\${")
        .replace("@{", "\\@{")
        .replace("&{", "\\&{")
        .replace("%{", "\\%{")
    )
