"""Serves one directory with pyftpdlib, as the file of settings says that is its argument."""

import json
import logging
import os
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    SETTINGS = json.load(file)
# The packages are unpacked, not installed.
sys.path.insert(0, SETTINGS["library"])

from pyftpdlib.authorizers import DummyAuthorizer  # noqa: E402
from pyftpdlib.handlers import FTPHandler  # noqa: E402
from pyftpdlib.servers import FTPServer  # noqa: E402

if SETTINGS["certificate"]:
    from pyftpdlib.handlers import TLS_FTPHandler as Base
else:
    Base = FTPHandler


class Patient(Base.dtp_handler):
    """A data connection that lets the client's bytes wait for the command that they belong to."""

    def readable(self):
        return self.receive


class Handler(Base):
    """What each session is."""

    dtp_handler = Patient if SETTINGS["patient"] else Base.dtp_handler
    authorizer = DummyAuthorizer()
    passive_ports = range(SETTINGS["passive"][0], SETTINGS["passive"][1] + 1)
    proto_cmds = {verb: facts for verb, facts in Base.proto_cmds.items() if verb not in SETTINGS["refused"]}


if SETTINGS["idle"]:
    Handler.timeout = SETTINGS["idle"]
logging.basicConfig(level=logging.DEBUG)
Handler.authorizer.add_user("tester", SETTINGS["password"], SETTINGS["home"], perm="elradfmwMT")
if SETTINGS["certificate"]:
    Handler.certfile = SETTINGS["certificate"]
    Handler.keyfile = SETTINGS["key"]
    # Reads the key, which only root may.
    Handler.get_ssl_context()
server = FTPServer((SETTINGS["host"], SETTINGS["port"]), Handler)
server.max_cons_per_ip = SETTINGS["most_sessions"]
os.umask(0o022)
os.setgroups([])
os.setgid(SETTINGS["owner"])
os.setuid(SETTINGS["owner"])
server.serve_forever()
