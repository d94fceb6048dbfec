"""The token webhook of the EKS control plane: who an IAM principal is to Kubernetes.

One API server stands for the clusters of all accounts, so the cluster is found by the signature: it covers
its name, which is in no other part of the token."""

import base64
import hashlib
import re
from datetime import datetime, timezone
from urllib.parse import parse_qs, urlsplit

from ministack.core import sigv4
from ministack.core.iam_evaluator import CredentialResolutionError, find_iam_access_key_account, resolve_credential
from ministack.core.responses import _account_from_sts_session
from ministack.services import eks

from partitions import outwards, partition_of
from rules import bound_to, role_id

_KEYS = {
    "action",
    "version",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
}
_ADMINISTRATOR = "AmazonEKSClusterAdminPolicy"


def _url_of(token):
    """The presigned URL in a token, or why it is none."""
    if len(token) > 4096:
        return None, "the token is longer than 4096 bytes"
    if not token.startswith("k8s-aws-v1."):
        return None, "the token does not begin with k8s-aws-v1."
    text = token.removeprefix("k8s-aws-v1.")
    try:
        url = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        parsed = urlsplit(url)
        query = parse_qs(parsed.query, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        return None, "the token is no presigned URL in base64url"
    if "=" in text:
        return None, "the token is padded"
    if parsed.scheme != "https":
        return None, f"unexpected scheme {parsed.scheme!r} in the presigned URL"
    if parsed.path != "/":
        return None, f"unexpected path {parsed.path!r} in the presigned URL"
    if not re.fullmatch(r"sts\.[a-z0-9-]+\.amazonaws\.com(\.cn)?", parsed.netloc):
        return None, f"unexpected hostname {parsed.netloc!r} in the presigned URL"
    for name, values in query.items():
        if name.lower() not in _KEYS:
            return None, f"non-whitelisted query parameter {name!r}"
        if len(values) != 1:
            return None, f"query parameter {name!r} with multiple values"
    if "x-k8s-aws-id" not in (query.get("X-Amz-SignedHeaders") or [""])[0].split(";"):
        return None, "the client did not sign the x-k8s-aws-id header in the presigned URL"
    expires = (query.get("X-Amz-Expires") or [""])[0]
    if not expires.isdigit() or int(expires) > 900:
        return None, f"invalid X-Amz-Expires {expires!r}"
    return (parsed, query), ""


def _entry_of(number, region, cluster, principal):
    candidates = [principal, eks._role_arn_from_assumed_role(principal)]
    for candidate in filter(None, candidates):
        entry = eks._access_entries.get_scoped(number, region, eks._ae_key(cluster, candidate))
        if entry and bound_to.get(entry["accessEntryArn"]) == role_id(candidate):
            return entry
    return None


def _user_of(entry, number, region, cluster, principal):
    name = entry.get("username") or principal
    session = principal.rsplit("/", 1)[-1] if ":assumed-role/" in principal else ""
    name = name.replace("{{SessionName}}", session.replace("@", "-")).replace("{{SessionNameRaw}}", session)
    name = name.replace("{{AccountID}}", principal.split(":")[4])
    groups = ["system:authenticated", *(entry.get("kubernetesGroups") or [])]
    for arn, policy, association in eks._access_policy_associations(cluster, number, region):
        if arn != entry["principalArn"]:
            continue
        policy = policy.rsplit("/", 1)[-1]
        if policy == _ADMINISTRATOR:
            groups.append("system:masters")
        elif association["accessScope"]["type"] == "cluster":
            groups.append(f"eks-access-policy:{policy}")
    return name, list(dict.fromkeys(groups))


def _signer(parsed, query, cluster):
    """The credential that signed a token for a cluster of this name, None when the signature is not that."""

    def value(name):
        return (query.get(name) or [""])[0]

    key, day, region, service, end = value("X-Amz-Credential").split("/")
    try:
        signed_at = datetime.strptime(value("X-Amz-Date"), "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    age = (datetime.now(timezone.utc) - signed_at).total_seconds()
    if (service, end) != ("sts", "aws4_request") or not -300 <= age <= 900 or value("Action") != "GetCallerIdentity":
        return None
    account = (
        key if re.fullmatch(r"\d{12}", key) else find_iam_access_key_account(key) or _account_from_sts_session(key)
    )
    credential = resolve_credential(key, account or "000000000000", value("X-Amz-Security-Token") or None)
    if isinstance(credential, CredentialResolutionError):
        return None
    canonical = sigv4.build_canonical_request(
        "GET",
        parsed.path,
        {"host": parsed.netloc, "x-k8s-aws-id": cluster},
        query,
        value("X-Amz-SignedHeaders"),
        payload_hash=hashlib.sha256(b"").hexdigest(),
    )
    text = sigv4.build_string_to_sign(value("X-Amz-Date"), day, region, service, canonical)
    expected = sigv4.calculate_signature(credential.secret_access_key, day, region, service, text)
    return credential if sigv4.signatures_match(expected, value("X-Amz-Signature")) else None


def _candidates(region, access_key):
    """The clusters that a key may lead to: those with access entries in its account or for somebody of its account."""
    owner = (
        access_key
        if re.fullmatch(r"\d{12}", access_key)
        else (find_iam_access_key_account(access_key) or _account_from_sts_session(access_key))
    )
    known = {
        (number, entry_region, key.split("\x00")[0])
        for (number, entry_region, key), entry in eks._access_entries.all_items()
        if number == owner or f"::{owner}:" in entry["principalArn"]
    }
    return [(number, cluster) for number, cluster_region, cluster in sorted(known) if cluster_region == region]


def review(document):
    """The answer to a TokenReview, with the reason when it is a no."""
    answer = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": {"authenticated": False}}
    token = (document.get("spec") or {}).get("token") or ""
    url, reason = _url_of(token)
    if not url:
        answer["status"]["error"] = reason
        return answer
    parsed, query = url
    scope = (query.get("X-Amz-Credential") or [""])[0].split("/")
    region = scope[2] if len(scope) == 5 else ""
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    if parsed.netloc != f"sts.{region}.{suffix}":
        answer["status"]["error"] = f"the token is signed for {region!r}, but names {parsed.netloc!r}"
        return answer
    reason = f"no cluster in {region} whose name the signature covers, or a credential that is not valid"
    for number, cluster in _candidates(region, scope[0]):
        credential = _signer(parsed, query, cluster)
        if not credential:
            continue
        entry = _entry_of(number, region, cluster, credential.principal_arn)
        if not entry:
            reason = f"{credential.principal_arn} has no access entry in {cluster}"
            continue
        name, groups = _user_of(entry, number, region, cluster, credential.principal_arn)
        name = outwards(name, partition_of(region))
        user = {"username": name, "uid": f"aws-iam-authenticator:{number}:{credential.principal_id}", "groups": groups}
        answer["status"] = {"authenticated": True, "user": user}
        return answer
    answer["status"]["error"] = outwards(reason, partition_of(region))
    return answer
