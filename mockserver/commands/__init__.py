"""Commands that steer a running server."""

from mockserver.commands.steering import clock, faults
from mockserver.commands.traffic import journal, outbox
from mockserver.commands.worlds import env, reset, snapshot, worlds

VERBS = (worlds, reset, clock, faults, journal, outbox, snapshot, env)
