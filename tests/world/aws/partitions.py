"""China and GovCloud: MiniStack knows the partition `aws` alone, so ARNs are translated on their way in and out, those
of another partition than the region's being refused."""

import json
import re
from urllib.parse import parse_qsl, urlencode

from calls import refuse

_ARN = re.compile(r"arn:(aws[a-z-]*):")


def partition_of(region):
    """The partition that a region lies in."""
    for prefix, partition in (
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-iso-", "aws-iso"),
    ):
        if region.startswith(prefix):
            return partition
    return "aws"


def inwards(text):
    """Text as MiniStack knows it."""
    return _ARN.sub("arn:aws:", text)


def outwards(text, partition):
    """Text as a client of this partition knows it, percent-encoded documents too."""
    return text.replace("arn:aws:", f"arn:{partition}:").replace("arn%3Aaws%3A", f"arn%3A{partition}%3A")


def stranger(call, partition):
    """The answer to a call that names an ARN of another partition; None when it names none."""
    texts = call.params if call.service != "eks" else {"body": json.dumps(call.body), **call.path}
    for name, text in texts.items():
        if name in ("Description", "WebIdentityToken"):
            continue
        for match in _ARN.finditer(str(text)):
            if match.group(1) == partition:
                continue
            arn = re.match(r'[^"\s,\]}]+', str(text)[match.start() :]).group(0)
            if call.service == "eks":
                return refuse("eks", 400, "InvalidParameterException", f"The specified ARN is invalid: {arn}")
            if name.endswith("Document"):
                return refuse(
                    "iam",
                    400,
                    "MalformedPolicyDocument",
                    f'Partition "{match.group(1)}" is not valid for resource "{arn}".',
                )
            return refuse(
                call.service,
                400,
                "ValidationError" if call.service == "sts" else "InvalidInput",
                f"ARN {arn} is not valid.",
            )
    return None


def request_inwards(path, headers, body, query):
    """A request as MiniStack knows it."""
    if body and headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        pairs = parse_qsl(body.decode(), keep_blank_values=True)
        body = urlencode([(name, inwards(value)) for name, value in pairs]).encode()
    elif body:
        body = inwards(body.decode(errors="replace")).encode()
    return inwards(path), body, {name: [inwards(value) for value in values] for name, values in query.items()}


def answer_outwards(answer, partition):
    """An answer as a client of this partition knows it."""
    status, headers, body = answer
    return status, headers, outwards(body.decode(), partition).encode()
