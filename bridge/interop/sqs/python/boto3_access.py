"""Signatures and keys."""

import os
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from urllib.parse import urlencode

from boto3_client import PATIENT, REGION, client, make, receive_one, speaks_query
from botocore import UNSIGNED
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from report import Skip, equal, raises, within


def signature_is_verified(c):
    known = os.environ["AWS_ACCESS_KEY_ID"]
    for key, secret, code, text in [
        (known, "wrong", "SignatureDoesNotMatch", "The request signature we calculated does not match"),
        ("AKIDNOBODY", "wrong", "InvalidClientTokenId", "The security token included in the request is invalid."),
    ]:
        stranger = client(aws_access_key_id=key, aws_secret_access_key=secret)
        e = raises(ClientError, stranger.list_queues)
        equal(e.response["Error"]["Code"], code)
        equal(e.response["ResponseMetadata"]["HTTPStatusCode"], 403)
        within(text, str(e))


def unsigned_is_refused(c):
    e = raises(ClientError, client(config=PATIENT.merge(Config(signature_version=UNSIGNED))).list_queues)
    equal(e.response["Error"]["Code"], "MissingAuthenticationToken")


def key_is_limited(c):
    url = make(c, "limited-orders")
    hidden = make(c, "hidden-orders")
    c.send_message(QueueUrl=url, MessageBody="for the limited")
    limited = client(aws_access_key_id=os.environ["LIMITED_KEY"], aws_secret_access_key=os.environ["LIMITED_SECRET"])
    m = receive_one(limited, url)
    limited.delete_message(QueueUrl=url, ReceiptHandle=m["ReceiptHandle"])
    for call, args in [
        (limited.send_message, {"QueueUrl": url, "MessageBody": "m"}),
        (limited.receive_message, {"QueueUrl": hidden}),
        (limited.purge_queue, {"QueueUrl": url}),
        (limited.delete_queue, {"QueueUrl": url}),
        (limited.create_queue, {"QueueName": "limited-new"}),
    ]:
        e = raises(ClientError, call, **args)
        equal(e.response["Error"]["Code"], "AccessDenied")
        equal(e.response["ResponseMetadata"]["HTTPStatusCode"], 403)
    equal(limited.list_queues()["QueueUrls"], [url], "queues that the limited see")


def session_token(c):
    """Temporary credentials bring a token, which is signed and not looked at."""
    token = client(aws_session_token="a/token+of=sts")
    equal(token.get_queue_url(QueueName="limited-orders")["QueueUrl"], c.get_queue_url(QueueName="limited-orders")["QueueUrl"])


def fetch(url):
    with urllib.request.urlopen(url, timeout=300) as answer:
        return ET.fromstring(answer.read())


NS = "{http://queue.amazonaws.com/doc/2012-11-05/}"


def presigned(c):
    """Whoever has such an address needs no key: a GET of it is the request."""
    queue = make(c, "presigned")
    body = "a+b c%2B & é=1"
    equal(len(fetch(presign(queue, Action="SendMessage", MessageBody=body)).findall(f".//{NS}MessageId")), 1)
    equal(receive_one(c, queue)["Body"], body)
    address = presign(queue, Action="SendMessage", MessageBody="another")
    e = raises(urllib.error.HTTPError, fetch, url=address.replace("another", "changed"))
    equal(e.code, 403)
    equal(ET.fromstring(e.read()).findtext(f".//{NS}Code"), "SignatureDoesNotMatch")


def presign(queue, **parameters):
    address = queue + "?" + urlencode({"Version": "2012-11-05", **parameters})
    request = AWSRequest("GET", address)
    keys = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    SigV4QueryAuth(keys, "sqs", REGION, expires=600).add_auth(request)
    return request.url


def presigned_by_the_client(c):
    """Only versions that speak Query make addresses that are whole requests."""
    queue = make(c, "presigned-by-client")
    c.send_message(QueueUrl=queue, MessageBody="read by address")
    address = c.generate_presigned_url("receive_message", {"QueueUrl": queue}, ExpiresIn=600, HttpMethod="GET")
    if not speaks_query(c):
        raises(urllib.error.HTTPError, fetch, url=address)
        raise Skip("an address of this version lacks the operation, which AWS JSON has in a header")
    equal(fetch(address).findtext(f".//{NS}Body"), "read by address")


CASES = [
    signature_is_verified,
    unsigned_is_refused,
    key_is_limited,
    session_token,
    presigned,
    presigned_by_the_client,
]
