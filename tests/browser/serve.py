"""Runs a deployment of tests/http for the browser tests: serve.py PROGRAM NAME [BUS SEARCH]

Reads one command a line and answers each with one line of JSON. A command is a method of the deployment (start, stop,
stop_daemons), or of one of its daemons (pusherd.stop); "end" ends it.
"""

import json
import operator
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "http"))

from deployment import DEPLOYMENTS  # noqa: E402


def answer(**members):
    print(json.dumps(members), flush=True)


def serve(deployment):
    answer(url=deployment.base_url, token=deployment.token)
    for line in sys.stdin:
        command = line.strip()
        if command == "end":
            return
        operator.attrgetter(command)(deployment)()
        answer(done=command)


def main():
    program, name, *engines = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="meower-browser-") as directory:
        pathlib.Path(directory).chmod(0o755)  # NGINX drops its rights
        deployment = DEPLOYMENTS[name](program, directory, *engines)
        try:
            serve(deployment)
            if deployment.is_alive():
                deployment.assert_is_sound()
        finally:
            if deployment.is_alive():
                deployment.kill()
            deployment.close()


main()
