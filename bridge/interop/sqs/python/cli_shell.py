"""Runs commands of the AWS CLI: a process for each, that begins where its imports end.

Reads {"args": […], "env": {…}} from the standard input, a line each, and writes {"out", "err", "code"}."""

import json
import os
import sys
import tempfile

from awscli.clidriver import main


def run(args, env):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            aws(args, env, out, err)
        _, status = os.waitpid(child, 0)
        return {"out": read(out), "err": read(err), "code": os.waitstatus_to_exitcode(status)}


def aws(args, env, out, err):
    """What the program aws does. Does not return."""
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    os.environ.update(env)
    sys.argv = ["aws", *args]
    code = 70
    try:
        code = main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def read(file):
    file.seek(0)
    return file.read().decode()


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), flush=True)
