"""Judges a server of NATS by nats-py: judge.py WHERE, which is the JSON of ../site_test.go."""

import asyncio
import functools
import sys

import administration
import core
import endurance
import publishing
import pulling
import pushing
import refusals
import settling
from house import PATIENCE, House
from report import run

CASES = [
    *core.CASES,
    *administration.CASES,
    *publishing.CASES,
    *pulling.CASES,
    *settling.CASES,
    *pushing.CASES,
    *refusals.CASES,
    *endurance.CASES,
]


def awaited(case):
    """The case, from outside of any loop, and not for ever."""

    @functools.wraps(case)
    def call(house):
        asyncio.run(asyncio.wait_for(case(house), 2 * PATIENCE))

    return call


run([awaited(case) for case in CASES], House.of(sys.argv[1]))
