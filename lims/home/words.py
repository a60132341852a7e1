"""What events and steps are called on screen."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

EVENTS: dict[str, Any] = {
    "account.opened": _("Account opened"),
    "accreditation.set": _("Accreditation state written down"),
    "attempt.ended": _("Attempt ended"),
    "attempt.interrupted": _("Attempt interrupted"),
    "attempt.started": _("Attempt started"),
    "attempt.stop_asked": _("Stop asked for"),
    "centre.opened": _("Centre opened"),
    "certificate.authorized": _("Certificate authorized"),
    "certificate.issued": _("Certificate issued"),
    "certificate.numbered": _("Number given, content frozen"),
    "certificate.rendered": _("Document made"),
    "certificate.rendering": _("Document is being made"),
    "certificate.sealing": _("Document is being sealed"),
    "certificate.voided": _("Number voided"),
    "certificate.worker_lost": _("Worker lost, document waits again"),
    "contract.agreed": _("Contract agreed"),
    "contract.offered": _("Contract offered"),
    "course.enrolled": _("Enrolled in the course"),
    "course.opened": _("Course opened"),
    "customer.person_added": _("Person may act for the customer"),
    "customer.registered": _("Customer registered"),
    "engagement.opened": _("Consulting engagement opened"),
    "function_list.imported": _("Function list imported"),
    "item.received": _("Item received"),
    "measurements.derived": _("Measures computed"),
    "module.adopted": _("Module adopted"),
    "person.appointed": _("Person appointed"),
    "person.authorized": _("Person authorized"),
    "plan.approved": _("Plan approved"),
    "plan.drafted": _("Plan drafted"),
    "plan.judged": _("Results judged"),
    "plan.line_added": _("Line added to the plan"),
    "plan.line_dropped": _("Line dropped from the plan"),
    "plan.tester_assigned": _("Testing engineer assigned"),
    "product.registered": _("Product registered"),
    "proof.asked": _("Proof asked for"),
    "proof.ended": _("Proof ended"),
    "proof.started": _("Proof started"),
    "proof.worker_lost": _("Worker lost, proof waits again"),
    "report.drafted": _("Report drafted"),
    "report.returned": _("Report returned"),
    "report.reviewed": _("Report reviewed"),
    "request.reviewed": _("Request reviewed"),
    "request.submitted": _("Request submitted"),
    "run.decided": _("Interrupted run decided"),
    "run.queued": _("Runs queued"),
    "run.rerun": _("Run queued again in the place of one without result"),
    "run.unqueued": _("Run taken out of the queue"),
    "scope.row_added": _("Scope row added"),
}
STEPS: dict[str, Any] = {
    "add_line": _("Add a line to the plan"),
    "add_scope_row": _("Add a scope row"),
    "adopt_module": _("Adopt the module"),
    "agree_contract": _("Agree to the contract"),
    "appoint": _("Appoint a person"),
    "approve_plan": _("Approve the plan"),
    "ask_for_proof": _("Ask for a proof"),
    "assign_tester": _("Assign a testing engineer"),
    "authorize_certificate": _("Authorize the certificate"),
    "authorize_person": _("Authorize a person"),
    "authorize_report": _("Authorize the report"),
    "decide_waiting": _("Decide about an interrupted run"),
    "derive_measurements": _("Compute the measures"),
    "draft_plan": _("Draft the plan"),
    "draft_report": _("Draft the report"),
    "drop_line": _("Drop a line from the plan"),
    "enrol": _("Enrol in the course"),
    "import_function_list": _("Import a function list"),
    "judge_plan": _("Judge the results"),
    "let_act_for": _("Let a person act for the customer"),
    "offer_contract": _("Offer the contract"),
    "open_account": _("Open an account"),
    "open_centre": _("Open a centre"),
    "open_course": _("Open a course"),
    "open_engagement": _("Open a consulting engagement"),
    "prepare_certificate": _("Prepare the certificate"),
    "receive_item": _("Receive the item"),
    "register_customer": _("Register a customer"),
    "register_product": _("Register a product"),
    "requeue_run": _("Queue the run again"),
    "rerun": _("Run again what has no result"),
    "return_report": _("Return the report"),
    "review_report": _("Review the report"),
    "review_request": _("Review the request"),
    "set_accreditation": _("Write down the accreditation state"),
    "start_line": _("Start the test runs"),
    "stop_run": _("Stop the run"),
    "submit_request": _("Submit the request"),
    "void_certificate": _("Void the number"),
}


def event_text(kind: str) -> Any:
    """An event in the reader's language; an unknown one as it is, never lost."""
    return EVENTS.get(kind, kind)


def step_text(step: str) -> Any:
    return STEPS.get(step, step)
