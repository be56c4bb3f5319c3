"""`assess serve [DIR]`: the review application, in a browser on this machine."""

from __future__ import annotations

import os
import socket
import sys

import click

from escalation import rete
from escalation.cli import common
from escalation.cli.common import emit, extra, reported, say
from escalation.pack import load_pack

__all__ = ["command"]

EPILOG = """
\b
Examples:
  assess serve                     the scenarios of the current folder
  assess serve scenarios           those of another folder
  assess serve --port 8640         on a port of your choice
Open the link it prints; it works once, and the next is printed when it has been used. Ctrl-C ends it.
"""


@click.command("serve", epilog=EPILOG)
@click.argument("folder", required=False, default=".", metavar="[DIR]", type=click.Path(exists=True, file_okay=False))
@click.option("--port", default=0, type=click.IntRange(0, 65_535), metavar="PORT", help="[default: any that is free]")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="The address to listen on.")
@click.option(
    "--allow-network",
    is_flag=True,
    help="Let other machines reach it, with --host. Whoever can listen in on the network can then read all of it.",
)
@common.rules_option
@common.engine_option
def command(folder: str, port: int, host: str, allow_network: bool, rules: str | None, engine: str) -> None:
    """Show the scenarios in DIR in a browser: read them as in the report, change them, ask, compare and review.

    The link that it prints holds a token that lets one browser in, once. It listens on this machine only. Scenarios and
    rules are read anew when their files change; files are written only where you save. Needs the extra web.
    """
    with extra("web"):
        import starlette  # noqa: F401 - to say in one line what is missing
        import uvicorn
        from jinja2 import Environment  # noqa: F401
    from escalation.web.security import Door, is_loopback
    from escalation.web.serve import application

    if not is_loopback(host) and not allow_network:
        raise click.UsageError(f"{host} can be reached from other machines: add --allow-network if that is meant")
    with reported("text"):
        load_pack(rules)
    listening = _listening(host, port)
    at = listening.getsockname()[1]
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - what every address means here
    shown = f"[{near}]" if ":" in near else near

    def link(token: str) -> None:
        emit(f"http://{shown}:{at}/enter?token={token}")

    def used(token: str) -> None:
        say("The link has been used. For another browser:")
        link(token)

    door = Door(f"assess-{at}", used)
    if rete.missing() and engine == "both":
        say(f"notice: {rete.missing()}; rated by the ledger alone")
    if not is_loopback(host):
        say("notice: other machines can reach this, and what is sent is not encrypted")
    say(f"Serving {os.path.abspath(folder)}. Open this link in a browser on this machine; Ctrl-C ends it.")
    link(door.token)
    config = uvicorn.Config(
        application(folder, door, host, rules, engine),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        pass
    finally:
        listening.close()
    sys.exit(0)


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens. Says in one line why it cannot."""
    try:
        family, kind, proto, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, kind, proto)
    except OSError as error:
        raise click.ClickException(f"{host} is no address of this machine: {error.strerror or error}") from None
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(place)
        found.listen()  # before the link is printed, so that whoever opens it at once waits and is not refused
    except OSError as error:
        found.close()
        raise click.ClickException(f"cannot listen on {host} port {port}: {error.strerror or error}") from None
    return found
