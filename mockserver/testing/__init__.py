"""For tests of an app that uses the vendors' APIs: a client of the control plane, and a pytest plugin with the fixture ``mock``.

The package meets the server as a URL only, so it works the same against one on this machine and one that a team shares.
"""

from mockserver.testing.client import Refused
from mockserver.testing.mock import Api, Mock
from mockserver.testing.parts import Clock, Faults, Journal, Outbox, Services, Snapshot, State, Transitions, Unverified
from mockserver.testing.records import Change, Delivery, DeliveryAttempt, Exchange, Message, Rule, Timer

__all__ = [
    "Api",
    "Change",
    "Clock",
    "Delivery",
    "DeliveryAttempt",
    "Exchange",
    "Faults",
    "Journal",
    "Message",
    "Mock",
    "Outbox",
    "Refused",
    "Rule",
    "Services",
    "Snapshot",
    "State",
    "Timer",
    "Transitions",
    "Unverified",
]
