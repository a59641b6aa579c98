"""Commands that steer a running server, and those of the contract suite that judge traffic."""

from contract_tests.traffic import verbs
from mockserver.commands.steering import clock, faults
from mockserver.commands.traffic import journal, outbox
from mockserver.commands.worlds import env, reset, snapshot, worlds

VERBS = (worlds, reset, clock, faults, journal, outbox, snapshot, env, *verbs.VERBS)
