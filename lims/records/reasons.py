"""What each reason code says to people. Reasons are stored as data and put into words only when shown."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

NEXT_REASON = re.compile(r"; (?=[a-z_]+\.[a-z_.]+)")

TEXTS: dict[str, str] = {
    # people
    "person.without_role": _("You hold none of these roles at %(centre)s today: %(roles)s."),
    "person.not_authorized": _(
        "The person is not authorized at %(centre)s for this step (%(step)s) with %(module)s."
    ),
    "person.not_of_customer": _("You do not act for %(customer)s."),
    "person.not_administrator": _("Only the system administrator may do this."),
    "person.without_post": _("The person holds no testing or managing role at %(centre)s today."),
    "person.own_authorization": _("Nobody authorizes himself or herself."),
    "person.consulted_on_product": _("The person advised on %(product)s and is barred from testing it."),
    "authorization.unknown_step": _("There is no such step: %(step)s."),
    "customer.unknown_to_centre": _("The customer is not known at %(centre)s."),
    "term.already_over": _("It ended on %(day)s already."),
    "term.not_prolonged": _("It ends on %(day)s already; an end is not put off."),
    "term.ends_before_start": _("The last day lies before the first, %(day)s."),
    # request and contract
    "product.of_another_customer": _("The product belongs to another customer."),
    "product.unknown_to_centre": _("The customer of this product is not known at %(centre)s."),
    "request.nothing_wanted": _("Choose at least one measure."),
    "request.measure_twice": _("A measure is named twice."),
    "measure.unknown": _("%(edition)s has no measure %(measure)s."),
    "criterion.incomplete": _("%(measure)s: a criterion needs both a comparison and a limit."),
    "criterion.unknown_comparison": _("%(measure)s: the comparison is neither 'at least' nor 'at most'."),
    "criterion.wrong_unit": _("%(measure)s: the limit is in %(given)s, the measure in %(unit)s."),
    "criterion.against_direction": _("%(measure)s: this comparison would ask for a worse value."),
    "request.already_contracted": _("A contract was already offered for this request."),
    "review.question_open": _("The contract review question '%(question)s' is not answered."),
    "review.no_without_note": _("'%(question)s' is answered with no: write down why."),
    "request.not_reviewed": _("The request has not been reviewed."),
    "request.review_refused": _("The latest contract review did not accept the request."),
    "contract.not_offered": _("The contract is not waiting for agreement."),
    "contract.not_agreed": _("The contract has not been agreed."),
    # any step
    "step.somebody_was_first": _("Somebody else was first. Look at how it stands now."),
    "row.already_there": _("There is already one with this name."),
    "request.unreadable": _("The request could not be read."),
    "upload.too_many_fields": _("Too many fields; the limit is %(limit)s."),
    # item
    "item.has_results": _(
        "%(item)s already has a complete result; a corrected build comes in as a new item."
    ),
    "item.of_another_request": _("The item belongs to another request."),
    "item.damaged": _("The stored bytes of %(file)s are no longer those that were received."),
    "upload.nothing": _("No product file was handed in."),
    "upload.empty": _("%(name)s is empty."),
    "upload.bad_name": _("This file name is not taken: %(name)s."),
    "upload.too_large": _("%(name)s is larger than the limit of %(limit_mb)s MB."),
    "upload.request_too_large": _("The upload is larger than the limit of %(limit_mb)s MB."),
    "upload.kind_not_taken": _("%(name)s: this kind of file is not taken. Taken are: %(taken)s."),
    "upload.too_many_files": _("Too many files; the limit is %(limit)s."),
    "upload.same_name_twice": _("Two files have the same name."),
    "upload.not_an_archive": _("%(name)s is not a readable archive."),
    "upload.not_a_pdf": _("%(name)s is not a PDF file."),
    "upload.too_many_members": _("%(name)s holds more than %(limit)s files."),
    "upload.unpacks_too_large": _("%(name)s unpacks to more than the limit of %(limit_mb)s MB."),
    "upload.member_outside": _("%(name)s holds a file that would be written outside: %(member)s."),
    "upload.member_link": _("%(name)s holds a link, which is not taken: %(member)s."),
    "requirements.line_not_taken": _("Line %(line)s is not a pinned package with its hashes: %(text)s"),
    "requirements.not_text": _("The list of dependencies is not UTF-8 text."),
    "requirements.too_large": _("The list of dependencies has %(size)s %(unit)s; the limit is %(limit)s."),
    # modules
    "module.unknown": _("There is no test module %(module)s."),
    "module.not_adopted": _(
        "%(centre)s has not adopted a proof of %(module)s %(version)s as it is on this machine."
    ),
    "module.engines_changed": _("%(module)s %(version)s was proven with other versions of its tools."),
    "module.changed": _("The files of %(module)s have changed since the plan was made."),
    "proof.not_passed": _("The proof of %(module)s did not judge right."),
    "proof.already_adopted": _("This proof of %(module)s is already adopted."),
    # plan
    "function_list.of_another_product": _("The function list belongs to another product."),
    "function_list.of_another_centre": _("The function list belongs to another centre."),
    "plan.not_draft": _("The plan is approved and does not change any more."),
    "plan.not_approved": _("The plan has not been approved."),
    "plan.own_draft": _("Who drafted the plan does not approve it."),
    "plan.empty": _("The plan holds no module."),
    "plan.measure_missing": _("No module of the plan yields the agreed measure %(measure)s."),
    "plan.measure_twice": _("More than one line yields %(measure)s."),
    "plan.no_tester": _("Nobody is assigned to %(module)s."),
    "plan.no_function_list": _("%(module)s needs a function list."),
    "parameter.repeats": _("Repeats must be between %(least)s and %(most)s."),
    # runs
    "line.dropped": _("This line was dropped from the plan."),
    "run.of_another_tester": _("Another testing engineer is assigned to this line."),
    "run.already_queued": _("The runs of this line have already been queued."),
    "run.not_going": _("The run is neither queued nor running."),
    "run.not_waiting": _("The run does not wait for a decision."),
    "run.not_ended": _("The run has not ended."),
    "run.has_result": _("The run has a complete result; nothing is run again until it passes."),
    "run.already_rerun": _("The run was already run again."),
    # evaluation
    "line.already_derived": _("The measures of this line were already computed."),
    "line.runs_going": _("Runs of this line have not ended."),
    "line.repeat_missing": _("Repeat %(repeat)s has no complete attempt."),
    "item.not_measured": _("The agreed measure %(measure)s has not been computed."),
    "plan.already_judged": _("The results of this plan were already judged."),
    # report and certificate
    "measurement.no_evidence": _("No raw file stands behind %(measure)s."),
    "item.not_judged": _("The agreed measure %(measure)s has not been judged."),
    "report.already_drafted": _("There is already a report in progress for this plan."),
    "report.question_open": _("The review checklist is not complete: %(question)s."),
    "report.reviewer_authorizes": _("Who reviewed the report does not authorize it at this centre."),
    "report.not_open": _("The report is no longer open."),
    "report.own_work": _("Who measured or drafted does not take this step (%(step)s)."),
    "report.not_in_state": _("The report is '%(state)s' and would have to be '%(needed)s'."),
    "report.already_numbered": _("The report already has a number."),
    "report.incomplete": _("The report does not say what 7.8.2.1 %(letter)s asks for: %(field)s."),
    "item.not_reported": _("The agreed %(measure)s by %(edition)s is missing from the report."),
    "item.not_agreed": _("The reported %(measure)s by %(edition)s was not agreed."),
    "certificate.not_rendered": _("The document is not waiting for the authorizer."),
    "certificate.of_another_authorizer": _("Another person took this document to authorize it."),
    "certificate.date_passed": _(
        "The printed date of issue has passed: void the number and prepare it again."
    ),
    "certificate.not_open": _("The document is no longer open."),
    # rows and the mark
    "row.outside_scope": _("Not in the centre's scope of accreditation on every test date and at issue."),
    "row.not_ordered_accredited": _("Not ordered as an accredited test."),
    "row.unsandboxed": _("The tools ran without their sandbox."),
    "row.without_value": _("No value was obtained."),
    "mark.no_accreditation_number": _("The centre has no accreditation number."),
    "mark.accreditation_not_valid": _(
        "The centre's accreditation was not valid on every test date and at issue."
    ),
    "mark.rows_not_accredited": _("Not every row is accredited."),
    # results and verdicts
    "result.not_applicable": _("Not applicable: B is 0."),
    "result.no_repeats": _("Not measured: no repeats."),
    "result.no_transactions": _("Not measured: no transactions were completed."),
    "result.not_saturated": _("Not measured: twice the users still added throughput."),
    "result.no_failure_in_time": _("No failure in the operating time."),
    "result.count_has_no_uncertainty": _("A count: uncertainty does not apply."),
    "result.one_repeat_has_no_uncertainty": _("One repeat yields no uncertainty."),
    "result.too_many_failures": _("Not measured: too many requests failed."),
    "verdict.no_criterion": _("No criterion was agreed."),
    # the signer
    "code.wrong_or_late": _("The one-time code is wrong or too late."),
    "code.spent": _("This one-time code has already been used; wait for the next one."),
    "person.locked": _("Too many wrong codes: locked for five minutes."),
    "person.unknown": _("The person is not enrolled at the signer."),
    "person.other_centre": _("The person is not enrolled at the signer for this centre."),
    "centre.unknown": _("The signer holds no key of this centre."),
    "signer.busy": _("The signer is busy; try again in a moment."),
    "question.too_slow": _("The signer did not get the question in time; try again."),
    "signer.unreachable": _("The signer does not answer. Nothing was changed; try again in a moment."),
    # verification of a file
    "finding.genuine": _("Genuine"),
    "finding.altered": _("Altered"),
    "finding.certificate_failed": _("Certificate check failed"),
    "finding.unknown": _("Unverified"),
    "seal.holds": _("The register knows exactly these bytes, and the seal over them holds."),
    "seal.none": _("The file carries no seal."),
    "seal.several": _("The file carries more than one signature."),
    "seal.broken": _("The content was changed after it was sealed."),
    "seal.other_certificate": _("The file was signed with a certificate that is not this laboratory's."),
    "seal.certificate_path": _("The certificate does not lead to a root this laboratory seals under."),
    "seal.more_than_a_seal": _("Something other than the seal was added to the checked file."),
    "seal.other_unsigned": _("The sealed content is not the one that was authorized."),
    "seal.unreadable": _("The file cannot be read as a sealed document."),
    "file.not_registered": _("These are not the bytes that the register holds for this number."),
    "file.nothing_of_ours": _("Nothing in this file is from this laboratory."),
    "file.not_a_pdf": _("The file is not a PDF document."),
    "number.other": _("The file is genuine, but it is another number than the one asked for."),
    "number.void": _("This number was voided and never issued."),
    "number.unissued": _("No such number was ever given here."),
    # how attempts end
    "run.deadline": _("The time limit of the module was reached."),
    "guard.no_beat": _("The worker gave no sign of life; its guard ended the tool."),
    "memory.exceeded": _("The tool used more memory than it may."),
    "plan.missing": _("The tool never said what it would run."),
    "plan.incomplete": _("Planned cases were not executed."),
    "plan.differs": _("The tool planned other cases than were ordered."),
    "events.no_close": _("The tool ended without closing its report."),
    "events.twice": _("A case was reported twice."),
    "events.unknown_test": _("A case was reported that was not planned."),
    "events.unreadable": _("The tool's report cannot be read."),
    "events.too_large": _("The tool's report is larger than it may be."),
    "output.missing": _("The tool left no output."),
    "output.not_regular": _("The tool's output is not a regular file."),
    "output.too_large": _("The tool's output is larger than it may be."),
    "samples.too_large": _("There are more samples than may be kept."),
    "generator.busy": _("The load generator itself was too busy; the run is invalid."),
    "generator.unknown": _("The health of the load generator is not known; the run is invalid."),
    "window.length": _("A measured window was shorter than planned; the run is invalid."),
    "product.not_up": _("The item did not come up."),
    "product.ended": _("The item ended while it was being tested."),
    "product.install_failed": _("The item could not be installed."),
    "product.not_a_wheel": _("The item is not a readable wheel."),
    "product.not_these_bytes": _("What was installed is not what was received."),
    "product.too_large": _("The item unpacks to more than it may."),
    "product.configuration_outside": _("A configuration file would be written outside its folder."),
    "engine.not_installed": _("The test tool is not installed."),
    "engine.no_python": _("The interpreter of the test tools is missing."),
    "sandbox.missing": _(
        "The sandbox is not installed, and only proven modules of the library run without it."
    ),
    "target.not_loopback": _("Targets must be loopback addresses for now."),
    "order.folder_not_empty": _("The folder of the evidence was not empty."),
    "order.parameters_incomplete": _("The order does not set every parameter."),
    "module.other_version": _("The library holds another version of the module."),
    "module.no_manifest": _("The module has no readable manifest."),
    "module.file_missing": _("A file of the module is missing: %(file)s."),
    "module.not_regular": _("The module holds something that is not a regular file: %(file)s."),
    # verdicts
    "verdict.limit_kept": _("The value keeps the limit."),
    "verdict.limit_missed": _("The value misses the limit."),
    "verdict.kept_beyond_guard_band": _("The value keeps the limit by more than the guard band."),
    "verdict.missed_beyond_guard_band": _("The value misses the limit by more than the guard band."),
    "verdict.within_guard_band": _("The value lies within the guard band of the limit."),
    "verdict.count_judged_by_value": _("A count is judged by its value."),
    "verdict.no_uncertainty": _("Guarded acceptance needs an uncertainty, and there is none."),
    "verdict.no_value": _("There is no value to judge."),
    # documents
    "render.no_glyph": _("The document's font lacks a character that the text needs."),
    "render.too_long": _("The document would be too long."),
    "render.parts_missing": _("Fonts or libraries for typesetting are missing."),
    "render.broken": _("The document could not be typeset."),
    # attempts
    "worker.lost": _("The worker or its machine was lost."),
    "worker.died_three_times": _("The worker died three times; the run is not tried again."),
    "lease.lost": _("The lease was lost; somebody else may go on."),
    "stop.asked": _("Stopped on request."),
    # evidence that does not hold
    "derive.no_head": _("The head of a journal is not on record: %(size)s of %(limit)s are."),
    "derive.not_executed": _("A function was not executed, so nothing is counted."),
    "derive.other_module": _("The raw files were made with other bytes of the module."),
    "derive.no_repeats": _("There is no complete repeat of %(module)s."),
    "derive.not_complete": _("Repeat %(folder)s did not end complete: %(state)s."),
    "derive.other_order": _("The raw files of repeat %(folder)s belong to another order."),
    "derive.one_repeat_only": _("A functional line has one run; %(size)s were found."),
    "derive.no_formula": _("There is no formula for %(measure)s."),
    "derive.formula_differs": _("%(measure)s: the module promises %(promised)s, the formula is %(present)s."),
    "evidence.no_journal": _("Repeat %(folder)s has no journal."),
    "evidence.no_order": _("The journal of repeat %(folder)s does not say what was ordered."),
    "evidence.no_end": _("The journal of repeat %(folder)s has no end."),
    "evidence.other_function": _("Repeat %(folder)s: case %(case)s is tagged with function %(function)s."),
    "evidence.file_missing": _("Repeat %(folder)s: %(file)s is missing."),
    "evidence.file_changed": _("Repeat %(folder)s: %(file)s is not the file that the journal names."),
    "evidence.not_complete": _("Repeat %(folder)s is not complete: %(reason)s."),
    "journal.broken": _("The journal's chain breaks at line %(line)s."),
    "journal.other_head": _("The journal does not end with the hash on record."),
    "samples.too_many": _("The samples unpack to more than the limit of %(limit)s bytes for a picture."),
    "samples.torn": _("The samples end within a record."),
    "samples.unreadable": _("%(file)s cannot be read: %(reason)s."),
    # training
    "course.ends_before_start": _("The course would end before it starts."),
    "course.already_enrolled": _("You are already enrolled."),
    "course.full": _("All %(places)s places are taken."),
    "course.over": _("The course is over."),
    # parameters and files handed in
    "parameter.unknown": _("%(module)s has no parameter %(field)s."),
    "parameter.wrong_type": _("%(field)s: a value of type %(type)s is needed (unit %(unit)s)."),
    "parameter.too_small": _("%(field)s: at least %(limit)s %(unit)s."),
    "parameter.too_large": _("%(field)s: at most %(limit)s %(unit)s."),
    "parameter.too_long": _("%(field)s: at most %(limit)s characters."),
    "parameter.not_a_choice": _("%(field)s: one of %(choices)s."),
    "file.too_large": _("The file has %(size)s bytes; the limit is %(limit)s bytes."),
    "file.not_toml": _("The file is not valid TOML: %(reason)s."),
    "file.not_json": _("The file is not valid JSON: %(reason)s."),
    "file.damaged": _("The stored bytes of %(file)s are no longer those that were stored."),
    "file.missing_field": _("%(where)s: %(field)s is missing."),
    "file.unknown_field": _("%(where)s: the format knows no %(field)s."),
    "file.wrong_type": _("%(where)s: %(field)s must be of the kind: %(type)s."),
    "file.not_a_choice": _("%(where)s: %(field)s must be one of %(choices)s."),
    "file.out_of_range": _("%(where)s: %(field)s must lie between %(least)s and %(limit)s."),
    "file.too_few": _("%(where)s: %(field)s needs at least %(limit)s."),
    "file.too_many": _("%(where)s: %(field)s has %(size)s entries; the limit is %(limit)s."),
    "file.too_long": _("%(where)s: %(field)s has %(size)s characters; the limit is %(limit)s."),
    "file.control_character": _("%(where)s: %(field)s holds a control character."),
    "file.bad_code": _(
        "%(where)s: %(field)s takes letters, digits, dot, dash and underscore, at most %(limit)s."
    ),
    "file.bad_call": _("%(where)s: %(field)s must look like '%(example)s'."),
    "file.bad_header": _("%(where)s: %(field)s is no name of a header, or its value breaks the line."),
    "file.bad_keep": _("%(where)s: what %(field)s keeps must look like '%(example)s'."),
    "file.bad_pattern": _("%(where)s: %(field)s is no regular expression of at most %(limit)s characters."),
    "file.bad_version": _("%(where)s: %(field)s must look like 1.2.3."),
    "file.no_function_call": _("%(where)s: no step is marked as the function's own call."),
    "file.ambiguous_status": _("%(where)s: %(field)s names an answer that the step also expects."),
    "file.only_with_function_call": _(
        "%(where)s: %(field)s belongs to a step marked as the function's call."
    ),
    "file.twice": _("%(where)s: %(name)s stands there twice."),
    "file.unknown_name": _("%(where)s: no step before keeps the name %(field)s."),
    "authorize.refused": _("The signer accepted none of the codes."),
    "module.other_folder": _("The module %(module)s lies in a folder of another name: %(folder)s."),
    "proof.stopped": _("The proof was stopped: %(reason)s."),
    "verify.nothing_complete": _("No complete attempt lies in %(folder)s."),
    "file.not_checked": _("The file could not be read within the limits of the check."),
    "file.size": _("The size of the file is not what was asked about."),
    "file.not_authorized": _("These bytes are not those that were authorized."),
    "file.numbered_report": _("A numbered report is not sealed with the documents key."),
    "cases.no_account": _("The cases act as the account %(account)s, which the deployment does not define."),
}


# Codes that stand in params, in the words of the rooms that own them (the same msgids).
WORDS: dict[str, str] = {
    "reception": _("Reception"),
    "tester": _("Testing engineer"),
    "technical_manager": _("Technical manager"),
    "quality_manager": _("Quality manager"),
    "consultant": _("Consultant"),
    "instructor": _("Instructor"),
    "run": _("Run tests"),
    "review": _("Review results"),
    "authorize": _("Authorize reports"),
    "draft": _("Draft"),
    "reviewed": _("Reviewed"),
    "returned": _("Returned"),
    "authorized": _("Authorized"),
}
WORDED = frozenset({"roles", "step", "state", "needed"})


def text_of(code: str, params: Mapping[str, Any] | None = None) -> str:
    """A code in the reader's language; an unknown code or a missing parameter is shown as it is, never lost."""
    text = TEXTS.get(code)
    given = {name: _worded(name, value) for name, value in (params or {}).items()}
    if text is None:
        head, _space, rest = code.partition(" ")
        if rest and head in TEXTS:
            return f"{text_of(head, given)} ({rest})"
        return f"{code} {given}" if given else code
    try:
        return gettext(text) % given
    except (KeyError, ValueError, TypeError):
        return f"{gettext(text)} {given}"


def _worded(name: str, value: Any) -> Any:
    """Roles, steps and states as people call them; any other parameter, and any other word, as it is."""
    if name not in WORDED or not isinstance(value, str):
        return value
    words = value.split(", ")
    return ", ".join(gettext(WORDS[word]) if word in WORDS else word for word in words)


def text_of_stored(stored: str) -> str:
    """What a tool's end says, kept as `code` or `code {parameters}`, several parted by semicolons."""
    return "; ".join(_text_of_one(part) for part in NEXT_REASON.split(stored)) if stored else ""


def _text_of_one(stored: str) -> str:
    code, blank, written = stored.partition(" ")
    if code not in TEXTS:
        return stored
    try:
        params = ast.literal_eval(written) if blank else {}
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return stored
    return text_of(code, params) if isinstance(params, dict) else stored
