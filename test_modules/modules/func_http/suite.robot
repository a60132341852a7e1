*** Settings ***
Documentation    Declarative HTTP cases: CaseBuilder adds one test for each case before the run starts.
Library          HttpCases.py    ${CASES}    ${TARGET_URL}    ${ACCOUNTS}    ${PARAMETERS}[answer_timeout_s]

*** Variables ***
${CASES}         /in/cases.json
