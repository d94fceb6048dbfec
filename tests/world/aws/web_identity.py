"""AssumeRoleWithWebIdentity as STS does it: provider, audience, time and signature count, then the trust."""

import base64
import json
import re
import time
from datetime import datetime, timezone
from xml.sax.saxutils import escape

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from ministack.services import iam, sts

from accounts import host_of, is_unseen
from calls import refuse

# Issuer -> its keys, as the tests said: what STS would fetch from the issuer's own address.
jwks = {}

_NOT_A_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
_NOT_AUTHORIZED = "Not authorized to perform sts:AssumeRoleWithWebIdentity"


def _decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(text):
    return int.from_bytes(_decoded(text), "big")


def _is_signed_by(key, header, signed, signature):
    if key.get("kid") and header.get("kid") and key["kid"] != header["kid"]:
        return False
    try:
        if header.get("alg") == "RS256" and key.get("kty") == "RSA":
            public = rsa.RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key()
            public.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
            return True
        if header.get("alg") == "ES256" and key.get("kty") == "EC" and len(signature) == 64:
            curve = ec.EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), ec.SECP256R1())
            halves = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
            curve.public_key().verify(utils.encode_dss_signature(*halves), signed, ec.ECDSA(hashes.SHA256()))
            return True
    except (InvalidSignature, KeyError, ValueError):
        pass
    return False


def _form_problem(call):
    session = call.get("RoleSessionName")
    if not 2 <= len(session) <= 64 or not re.fullmatch(r"[\w+=,.@-]*", session, re.ASCII):
        return refuse(
            "sts",
            400,
            "ValidationError",
            f"1 validation error detected: Value '{session}' at 'roleSessionName' "
            "failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
        )
    if not call.get("WebIdentityToken"):
        return refuse(
            "sts",
            400,
            "ValidationError",
            "1 validation error detected: Value null at 'webIdentityToken' failed to "
            "satisfy constraint: Member must not be null",
        )
    return None


def check(call):
    """Why STS gives no credentials: the answer, and the token's claims when there are any."""
    problem = _form_problem(call)
    if problem:
        return problem, {}
    try:
        head, body, signature = call.get("WebIdentityToken").split(".")
        header, claims, signature_bytes = json.loads(_decoded(head)), json.loads(_decoded(body)), _decoded(signature)
        issuer, audiences = claims["iss"], claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    except (ValueError, KeyError, TypeError):
        return refuse("sts", 400, "InvalidIdentityToken", _NOT_A_JWT), {}
    host = host_of(issuer)
    arn = f"arn:aws:iam::{call.account}:oidc-provider/{host}"
    provider = iam._oidc_providers.get_scoped(call.account, None, arn)
    if not provider or is_unseen(call.account, "provider", host, call.action):
        return (
            refuse("sts", 400, "InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {issuer}"),
            {},
        )
    if not set(audiences) & set(provider["ClientIDList"]):
        return refuse("sts", 400, "InvalidIdentityToken", "Incorrect token audience"), {}
    if claims.get("exp", 0) < time.time():
        expired = datetime.fromtimestamp(claims.get("exp", 0), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return (
            refuse(
                "sts",
                400,
                "ExpiredTokenException",
                f"Token expired: current date/time {now} must be before the " f"expiration date/time {expired}",
            ),
            {},
        )
    if issuer not in jwks:
        return (
            refuse(
                "sts",
                400,
                "InvalidIdentityToken",
                "Couldn't retrieve verification key from your identity provider, "
                "please reference AssumeRoleWithWebIdentity documentation for requirements",
            ),
            {},
        )
    if not any(_is_signed_by(key, header, f"{head}.{body}".encode(), signature_bytes) for key in jwks[issuer]["keys"]):
        return (
            refuse(
                "sts",
                400,
                "InvalidIdentityToken",
                "The web identity token that was passed could not be validated by "
                "Amazon Web Services. Get a new token from the identity provider and then retry the request.",
            ),
            {},
        )
    name = call.get("RoleArn").rsplit("/", 1)[-1]
    role = iam._roles.get_scoped(call.account, None, name)
    if not role or role["Arn"] != call.get("RoleArn") or is_unseen(call.account, "role", name, call.action):
        return refuse("sts", 403, "AccessDenied", _NOT_AUTHORIZED), {}
    seconds = call.get("DurationSeconds")
    if seconds and (not seconds.isdigit() or int(seconds) > int(role.get("MaxSessionDuration") or 3600)):
        return (
            refuse(
                "sts",
                400,
                "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            ),
            {},
        )
    return None, {"sub": claims.get("sub", ""), "aud": audiences[0], "provider": arn}


def said(answer, claims):
    """The answer with what the token said in place of MiniStack's constants."""
    status, headers, body = answer
    text = body.decode()
    text = text.replace(
        "<SubjectFromWebIdentityToken>test-subject<", f"<SubjectFromWebIdentityToken>{escape(claims['sub'])}<"
    )
    text = re.sub(r"<Audience>[^<]*<", lambda _: f"<Audience>{escape(claims['aud'])}<", text)
    text = re.sub(r"<Provider>[^<]*<", lambda _: f"<Provider>{escape(claims['provider'])}<", text)
    return status, headers, text.encode()


def install():
    """Flattens audiences of one element, which EKS tokens have, as STS does before it looks at conditions."""
    principal = sts._web_identity_principal

    def flattened(token, provider, role):
        found, keys = principal(token, provider, role)
        return found, {
            key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in keys.items()
        }

    sts._web_identity_principal = flattened
