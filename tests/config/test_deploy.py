"""The files to run Till with: what can be said of them without a machine to run them on."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

from tests.test_architecture import LAYERS

DEPLOY = settings.BASE_DIR / "deploy"
UNITS = ["till.service", "till-worker.service"]
SAID = (settings.BASE_DIR / "docs" / "production.md").read_text()


class Unit(configparser.ConfigParser):
    """Its names are written in upper and lower case."""

    def optionxform(self, name: str) -> str:
        return name


def unit(name):
    parser = Unit(strict=False, interpolation=None)
    parser.read(DEPLOY / name)
    return parser


def understood(words):
    """Whether `manage.py` has this command, and it takes these words."""
    name, *rest = words
    command = load_command_class(get_commands()[name], name)
    command.create_parser("manage.py", name).parse_args(rest)
    return True


def instructions():
    """The Containerfile's, one line each: (what, words)."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Containerfile").read_text(), flags=re.M)
    lines = re.sub(r"\s*\\\n\s*", " ", text).splitlines()
    return [tuple(line.split(" ", 1)) for line in lines if line]


@pytest.mark.parametrize("name", UNITS)
class TestAUnit:
    def test_runs_commands_that_there_are(self, name):
        service = unit(name)["Service"]
        commands = [value for key, value in service.items() if key.startswith("Exec")]

        assert commands
        for command in commands:
            python, manage, *words = shlex.split(command)
            assert (python, manage) == (f"{service['WorkingDirectory']}/.venv/bin/python", "manage.py")
            assert understood(words)

    def test_is_installed_where_the_docs_say(self, name):
        service = unit(name)["Service"]

        for said in (f"deploy/{name}", service["WorkingDirectory"], service["EnvironmentFile"], service["User"]):
            assert said in SAID

    def test_is_nobody_who_may_do_more_than_it_must(self, name):
        service = unit(name)["Service"]

        assert service["User"] != "root"
        assert service["ProtectSystem"] == "strict"
        assert service["CapabilityBoundingSet"] == ""
        for guard in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictSUIDSGID"):
            assert service[guard] == "yes"

    def test_has_time_to_finish_what_it_began(self, name):
        from config.server import LAST_REQUESTS

        assert int(unit(name)["Service"]["TimeoutStopSec"]) > LAST_REQUESTS

    def test_is_understood_by_systemd_and_found_tight(self, name, tmp_path):
        analyze = shutil.which("systemd-analyze")
        if analyze is None:
            pytest.skip("no systemd-analyze to look at units with")
        text = (DEPLOY / name).read_text().replace("/opt/till/.venv/bin/python", sys.executable)
        here = tmp_path / name
        here.write_text(text.replace("/opt/till", str(settings.BASE_DIR)))

        verified = subprocess.run([analyze, "verify", here], capture_output=True, text=True)
        rated = subprocess.run(
            [analyze, "security", "--offline=true", "--threshold=20", here], capture_output=True, text=True
        )  # tenths, of ten: 2.0 of what systemd calls exposure

        ours = [line for line in verified.stderr.splitlines() if name in line]
        assert (verified.returncode, ours) == (0, [])
        assert rated.returncode == 0, rated.stdout


def test_both_units_are_guarded_alike():
    server, worker = (dict(unit(name)["Service"]) for name in UNITS)
    own = {"ExecStart", "ExecStartPre", "Restart"}

    assert {key: value for key, value in server.items() if key not in own} == {
        key: value for key, value in worker.items() if key not in own
    }


class TestTheContainer:
    def test_runs_as_nobody_in_particular(self):
        last = [number for number, (what, _) in enumerate(instructions()) if what == "FROM"][-1]
        final = dict(instructions()[last:])

        assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", final["USER"])  # numbers, which Kubernetes can judge

    def test_starts_the_server_by_its_own_command(self):
        found = dict(instructions())

        assert json.loads(found["ENTRYPOINT"]) == [".venv/bin/python", "manage.py"]
        assert understood(json.loads(found["CMD"]))

    def test_asks_the_network_for_packages_alone(self):
        runs = " ".join(words for what, words in instructions() if what == "RUN")

        assert "ADD" not in dict(instructions())
        assert runs.count(" install ") == 2  # pip's, and a folder's
        assert not re.search(r"curl|wget|apt|git|https?:", runs)

    def test_is_built_of_what_there_is(self):
        copied = [words.split()[0] for what, words in instructions() if what == "COPY" and "--from" not in words]
        compiled = next(words for what, words in instructions() if "compileall" in words).split("-q ")[1].split()

        assert copied == ["requirements.txt", "."]
        assert set(compiled) == set().union(*LAYERS)

    def test_is_given_settings_that_there_are(self):
        names = re.findall(r"(\w+)=", dict(instructions())["ENV"])
        example = (settings.BASE_DIR / ".env.example").read_text()

        assert [name for name in names if not name.startswith("PYTHON") and f"#{name}=" not in example] == []

    @pytest.mark.parametrize("private", [".env", ".git", "*.sqlite3*"])
    def test_never_holds_what_is_ours_alone(self, private):
        assert private in (settings.BASE_DIR / ".dockerignore").read_text().splitlines()
