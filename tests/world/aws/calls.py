"""One call to AWS, as the rest of the launcher sees it, and the answers that every service gives in its own dialect."""

import json
import re
import uuid
from dataclasses import dataclass, field
from urllib.parse import unquote
from xml.sax.saxutils import escape

SERVICES = ("iam", "sts", "eks")


@dataclass
class Call:
    """A call that was understood: who asked which service to do what."""

    service: str
    action: str
    account: str
    region: str
    access_key: str = ""
    # The parameters of IAM and STS, flat as they came.
    params: dict = field(default_factory=dict)
    # The JSON body of EKS.
    body: dict = field(default_factory=dict)
    # The parts of EKS's path: cluster, principal, association, addon, arn.
    path: dict = field(default_factory=dict)

    @property
    def iam_action(self):
        """The action as policies name it."""
        return f"{self.service}:{self.action}"

    @property
    def writes(self):
        """Whether it changes anything."""
        return not self.action.startswith(("Get", "List", "Describe", "Simulate", "AssumeRole"))

    def get(self, name, default=""):
        """A parameter of IAM or STS."""
        return self.params.get(name, default)

    def members(self, name):
        """A list parameter of IAM or STS."""
        found, index = [], 1
        while f"{name}.member.{index}" in self.params:
            found.append(self.params[f"{name}.member.{index}"])
            index += 1
        return found

    def tags(self):
        """The tags that the call sets."""
        if self.service == "eks":
            return dict(self.body.get("tags") or {})
        found, index = {}, 1
        while f"Tags.member.{index}.Key" in self.params:
            found[self.params[f"Tags.member.{index}.Key"]] = self.params.get(f"Tags.member.{index}.Value", "")
            index += 1
        return found


def eks_path(path):
    """The named parts of a path of the EKS API."""
    if path.startswith("/tags/"):
        return {"arn": unquote(path[len("/tags/") :])}
    parts = {}
    match = re.match(r"/clusters/([^/]+)(?:/(.+))?$", path)
    if not match:
        return parts
    parts["cluster"] = unquote(match.group(1))
    rest = match.group(2) or ""
    for prefix, name in (
        ("access-entries/", "principal"),
        ("pod-identity-associations/", "association"),
        ("addons/", "addon"),
        ("node-groups/", "nodegroup"),
    ):
        if rest.startswith(prefix):
            value = unquote(rest[len(prefix) :])
            if name == "principal":
                value = re.sub(r"/access-policies(/.*)?$", "", value)
            else:
                value = value.split("/")[0]
            parts[name] = value
    return parts


def refuse(service, status, code, message, request_id=None):
    """An error in the dialect of the service."""
    request_id = request_id or str(uuid.uuid4())
    headers = {"x-amzn-requestid": request_id}
    if service == "eks":
        headers.update({"Content-Type": "application/json", "x-amzn-errortype": code})
        return status, headers, json.dumps({"message": message}).encode()
    namespace = {"iam": "https://iam.amazonaws.com/doc/2010-05-08/", "sts": "https://sts.amazonaws.com/doc/2011-06-15/"}
    fault = "Sender" if status < 500 else "Receiver"
    headers["Content-Type"] = "text/xml"
    text = (
        f'<ErrorResponse xmlns="{namespace.get(service, "")}"><Error><Type>{fault}</Type>'
        f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return status, headers, text.encode()
