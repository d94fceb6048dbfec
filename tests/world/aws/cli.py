"""Runs the `aws` command again and again in one process: most of its half second is loading Python.

Each line on standard input is a document with `arguments` and `env`; each line on standard output has the `code`, the
`stdout` and the `stderr` of that run. It ends with its input."""

import contextlib
import io
import json
import os
import sys

from awscli.clidriver import create_clidriver
from botocore import loaders

# The service models are the same for every run, and loading awscli has said where they are.
_create, _loaders = loaders.create_loader, {}
_OWN = {"AWS_DATA_PATH": os.environ["AWS_DATA_PATH"]}


def _loader(search_path_string=None):
    if search_path_string not in _loaders:
        _loaders[search_path_string] = _create(search_path_string)
    return _loaders[search_path_string]


loaders.create_loader = _loader


def run(arguments, env):
    """One run, as if it were a process of its own."""
    os.environ.clear()
    os.environ.update({**_OWN, **env})
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            code = create_clidriver().main(arguments)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return {"code": code or 0, "stdout": stdout.getvalue(), "stderr": stderr.getvalue()}


def main():
    """Answers until the input ends."""
    answers = sys.stdout
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(run(request["arguments"], request["env"])), file=answers, flush=True)


if __name__ == "__main__":
    main()
