"""Tells what a judge found: one line of JSON for each case, on the standard output."""

import json
import traceback


class Skip(Exception):
    """Why a client cannot judge a case."""


def run(cases, *args):
    """Calls every case, also after one has failed."""
    for case in cases:
        line = {"case": case.__name__}
        try:
            case(*args)
        except Skip as e:
            line["skip"] = str(e)
        except Exception:
            line["error"] = traceback.format_exc()
        print(json.dumps(line), flush=True)
    print(json.dumps({"done": len(cases)}), flush=True)


def equal(got, want, what=""):
    if got != want:
        raise AssertionError(f"{what or 'value'} is {show(got)}, not {show(want)}")


def show(value):
    text = repr(value)
    return text if len(text) < 2000 else f"{text[:1000]}… ({len(text)} characters)"


def within(want, got):
    if want not in got:
        raise AssertionError(f"no {want!r} in {show(got)}")


def raises(kind, call, **args):
    """Calls, and returns the error, which must be of this very class."""
    try:
        got = call(**args)
    except kind as e:
        if type(e) is not kind:
            raise AssertionError(f"{type(e).__name__}, not {kind.__name__}: {e}") from e
        return e
    raise AssertionError(f"no {kind.__name__}, but {show(got)}")
