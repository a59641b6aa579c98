"""The commands for a running server, and those of the contract suite for recorded traffic."""

import click

from mockserver.bundled import load_bundled
from mockserver.commands.clock import clock
from mockserver.commands.explain import explain_command
from mockserver.commands.explore import explore
from mockserver.commands.faults import faults
from mockserver.commands.journal import journal, outbox
from mockserver.commands.mcp import mcp_command
from mockserver.commands.new import new_command
from mockserver.commands.state import state
from mockserver.commands.worlds import env, reset, snapshot, worlds

COMMANDS: tuple[click.Command, ...] = (
    worlds,
    state,
    reset,
    clock,
    faults,
    journal,
    outbox,
    snapshot,
    env,
    explore,
    explain_command,
    mcp_command,
    new_command,
    *load_bundled("contract_tests.traffic.verbs").VERBS,
)
