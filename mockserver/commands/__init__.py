"""Commands that steer a running server, and those of the contract suite that judge traffic."""

import click

from mockserver.bundled import load_bundled
from mockserver.commands.steering import clock, faults
from mockserver.commands.traffic import journal, outbox
from mockserver.commands.worlds import env, reset, snapshot, worlds

VERBS: tuple[click.Command, ...] = (worlds, reset, clock, faults, journal, outbox, snapshot, env, *load_bundled("contract_tests.traffic.verbs").VERBS)
