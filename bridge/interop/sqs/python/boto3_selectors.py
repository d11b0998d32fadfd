"""Selectors, an extension: an entry of MessageAttributeNames."""

from boto3_client import make, receive
from report import equal, raises, within


def colored(c, name, *colors):
    """Makes a queue with a message of each color; n is the place of the color, as a Number."""
    url = make(c, name, VisibilityTimeout="0")
    for n, color in enumerate(colors):
        attributes = {
            "color": {"DataType": "String", "StringValue": color},
            "n": {"DataType": "Number", "StringValue": str(n)},
        }
        c.send_message(QueueUrl=url, MessageBody=color, MessageAttributes=attributes)
    return url


def selecting(c, url, selector, *names):
    return receive(c, url, MaxNumberOfMessages=10, MessageAttributeNames=["Sluice.Selector=" + selector, *names])


def selected(c):
    url = colored(c, "selected", "red", "blue", "red", "green")
    for selector, want in [
        ("color = 'red'", ["red", "red"]),
        ("n BETWEEN 1 AND 2 AND color <> 'blue'", ["red"]),
        ("color LIKE 'gre%' OR n = 0", ["red", "green"]),
        ("color = 'black'", []),
    ]:
        equal([m["Body"] for m in selecting(c, url, selector)], want, selector)


def shows_the_same(c):
    url = colored(c, "shows-the-same", "red")
    for names, want in [([], []), (["n"], ["n"]), (["All"], ["color", "n"]), (["col.*", "color"], ["color"])]:
        [m] = selecting(c, url, "color = 'red'", *names)
        equal(sorted(m.get("MessageAttributes", {})), want, repr(names))


def refused(c):
    url = make(c, "refuses-selectors")
    e = raises(c.exceptions.ClientError, selecting, c=c, url=url, selector="color = = 'red'")
    equal(e.response["Error"]["Code"], "InvalidParameterValue")
    equal(e.response["ResponseMetadata"]["HTTPStatusCode"], 400)
    within("at offset 8", str(e))
    long = " OR ".join(f"color = 'c{i}'" for i in range(500))
    equal(selecting(c, url, long), [], "a long selector")


CASES = [selected, shows_the_same, refused]
