"""Judges the gateway by boto3, old or new: what is expected does not depend on which form it speaks."""

import boto3_access
import boto3_batches
import boto3_errors
import boto3_fifo
import boto3_messages
import boto3_queues
import boto3_redrive
import boto3_reread
import boto3_resource
import boto3_selectors
import report
from boto3_client import client

MODULES = [
    boto3_queues,
    boto3_messages,
    boto3_batches,
    boto3_fifo,
    boto3_redrive,
    boto3_reread,
    boto3_errors,
    boto3_access,
    boto3_resource,
    boto3_selectors,
]

if __name__ == "__main__":
    report.run([case for m in MODULES for case in m.CASES], client())
