"""The seal: a process of its own that holds the keys and checks the authorizer's answer itself.

It does not sign because somebody asks. It is shown the whole prepared file, knows by hash what a person
answered for, and adds nothing but a seal. Start it with `python -m lims.documents.signer serve HOME
SOCKET`.
"""
