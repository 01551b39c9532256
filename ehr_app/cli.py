"""The `ehr` command: reads its arguments and calls one verb. What a verb does is in `cli_<noun>.py`.

Exit codes: 0 done; 1 something was rejected or is wrong (one sentence says what); 2 the command line was not understood.
Verbs are imported when they are called: `ehr token` should not pay for the web server.
"""

import argparse
import importlib
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from ehr_app.errors import EhrError


def main(argv: list[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    arguments = parser().parse_args(argv)
    signal.signal(signal.SIGTERM, _leave)
    module, verb = arguments.verb
    try:
        return int(getattr(importlib.import_module(module), verb)(arguments))
    except EhrError as error:
        print(f"ehr: {error.diagnostics or error.sentence}", file=sys.stderr)
        for issue in error.issues:
            print(f"  {issue.expression}: {issue.diagnostics}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of a pipe left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def parser() -> argparse.ArgumentParser:
    """The stable contract: scripts rely on these words."""
    whole = argparse.ArgumentParser(prog="ehr", description="An open, FHIR-native electronic health record.")
    verbs = whole.add_subparsers(required=True, metavar="VERB")

    serve = _verb(verbs, "serve", "ehr_app.cli_serve:serve", "run the server in the foreground")
    serve.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    serve.add_argument("--port", type=_port, help="port to listen on (default 3000; 0 takes a free one)")
    serve.add_argument("--demo", action=argparse.BooleanOptionalAction, help="load the demo on the first start")

    take_in = _verb(verbs, "import", "ehr_app.cli_import:take_in", "import FHIR R4 bundles and NDJSON, plain or gzip")
    take_in.add_argument("--facility", required=True, metavar="SLUG")
    how = take_in.add_mutually_exclusive_group(required=True)
    how.add_argument("paths", nargs="*", type=Path, default=[], metavar="PATH", help="a file or a folder")
    how.add_argument("--take-back", metavar="BATCH", help="undo the import of this batch, which `ehr import` printed")
    take_in.add_argument("--rehearse", action="store_true", help="say what would be created, matched and refused; store nothing")

    export = _verb(verbs, "export", "ehr_app.cli_export:export", "write a facility's data as NDJSON or one bundle")
    export.add_argument("--facility", required=True, metavar="SLUG")
    which = export.add_mutually_exclusive_group(required=True)
    which.add_argument("--patient", metavar="ID")
    which.add_argument("--all", action="store_true")
    export.add_argument("-o", "--output", required=True, type=Path, metavar="PATH", help="*.json writes one bundle")

    token = _verb(verbs, "token", "ehr_app.cli_people:token", "print a bearer token for the API")
    token.add_argument("--facility", required=True, metavar="SLUG")
    token.add_argument("--user", required=True, metavar="NAME")
    token.add_argument("--scopes", required=True, help='for example "system/*.cruds"')
    token.add_argument("--patient", metavar="ID", help="limit the token to one patient")

    _verb(verbs, "migrate", "ehr_app.cli_database:migrate", "bring the database to the shape of this version")
    demo = _verb(verbs, "demo", "ehr_app.cli_demo:demo", "load the demo facilities, people and patients")
    demo.add_argument("--patients", type=int, metavar="N", help="how many patients (default 300)")
    _verb(verbs, "doctor", "ehr_app.cli_doctor:doctor", "check the installation and say what to mend")
    _facilities(verbs)
    _users(verbs)
    return whole


def _facilities(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    facility = verbs.add_parser("facility", help="add a facility")
    actions = facility.add_subparsers(required=True, metavar="ACTION")
    add = _verb(actions, "add", "ehr_app.cli_people:add_facility", "add a facility, or change its name and time zone")
    add.add_argument("slug", help="its subdomain: a letter, then letters, digits and dashes")
    add.add_argument("--name", required=True, help="the name people see")
    add.add_argument("--time-zone", required=True, metavar="ZONE", help="for example America/New_York")


def _users(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    user = verbs.add_parser("user", help="add, disable or reset an account")
    actions = user.add_subparsers(required=True, metavar="ACTION")
    add = _verb(actions, "add", "ehr_app.cli_people:add", "add an account, or a further role of it")
    add.add_argument("name")
    add.add_argument("--display", required=True, help="the name others see")
    add.add_argument("--facility", required=True, metavar="SLUG")
    add.add_argument("--role", required=True)
    disable = _verb(actions, "disable", "ehr_app.cli_people:disable", "close an account, its sessions and tokens")
    disable.add_argument("name")
    reset = _verb(actions, "reset", "ehr_app.cli_people:reset", "give an account a new password and print it")
    reset.add_argument("name")


def _verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, target: str, text: str
) -> argparse.ArgumentParser:
    made = verbs.add_parser(name, help=text, description=text)
    made.add_argument("--data", type=Path, metavar="DIR", help="folder of the database, keys and files")
    made.set_defaults(verb=target.split(":"))
    return made


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: a number from 0 to 65535")
    return int(text)


def _leave(*_: object) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
