"""What the real services refuse and MiniStack takes: names, documents, quotas, things that are not there (yet)."""

import json
import re

from ministack.services import eks, iam

from accounts import is_unseen
from calls import refuse
from policy import access_entry_arn

TRUST_QUOTA = 2048
POLICIES_PER_ROLE = 10
_ROLE_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_FEDERATED = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(oidc-provider|saml-provider)/[^*?\s]+")
_WELL_KNOWN = {"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"}
_PRINCIPAL = re.compile(r"\*|\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|user/.+|role/.+|assumed-role/.+)")


def _invalid(member, value, constraint):
    return refuse(
        "iam",
        400,
        "ValidationError",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}",
    )


def _name_problem(call):
    for member, most in (("RoleName", 64), ("PolicyName", 128), ("UserName", 64)):
        if member not in call.params:
            continue
        value, said = call.get(member), member[0].lower() + member[1:]
        if not value:
            return _invalid(said, value, "Member must have length greater than or equal to 1")
        if len(value) > most:
            return _invalid(said, value, f"Member must have length less than or equal to {most}")
        if not _ROLE_NAME.fullmatch(value):
            return refuse(
                "iam",
                400,
                "ValidationError",
                f"The specified value for {said} is invalid. It must contain only "
                "alphanumeric characters and/or the following: +=,.@_-",
            )
    if call.service == "iam":
        tags = call.tags()
        if len(tags) > 50:
            return refuse("iam", 409, "LimitExceeded", "Cannot exceed quota for TagsPerRole: 50")
        for key, value in tags.items():
            if not 1 <= len(key) <= 128 or len(value) > 256 or not re.fullmatch(r"[\w\s.:/=+@-]*", key + value):
                return _invalid(
                    "tags",
                    f"{key}={value}",
                    "Member must satisfy regular expression pattern: " "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*",
                )
    return None


def _listed(value):
    return value if isinstance(value, list) else [value]


def trust_problem(text):
    """Why IAM does not take this as the trust policy of a role."""
    malformed = "MalformedPolicyDocument"
    try:
        document = json.loads(text)
    except ValueError:
        return 400, malformed, "This policy contains invalid Json"
    if not isinstance(document, dict) or not document.get("Statement"):
        return 400, malformed, "Syntax errors in policy."
    if document.get("Version") not in ("2012-10-17", "2008-10-17", None):
        return 400, malformed, "The policy must contain a valid version string"
    for statement in _listed(document["Statement"]):
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            return 400, malformed, "Syntax errors in policy."
        for field in ("Resource", "NotResource"):
            if field in statement:
                return 400, malformed, f"Has prohibited field {field}"
        if "Principal" not in statement:
            return 400, malformed, "Missing required field Principal"
        actions = _listed(statement.get("Action", []))
        if not actions:
            return 400, malformed, "Missing required field Action"
        if not all(isinstance(action, str) and re.fullmatch(r"\*|sts:[A-Za-z*?]+", action) for action in actions):
            return 400, malformed, "AssumeRole policy may only specify STS AssumeRole actions."
        problem = _principal_problem(statement["Principal"])
        if problem:
            return 400, malformed, problem
    # White space is not counted.
    if len(re.sub(r"\s", "", text)) > TRUST_QUOTA:
        return 409, "LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {TRUST_QUOTA}"
    return None


def _principal_problem(principal):
    if principal == "*":
        return None
    if not isinstance(principal, dict) or not principal:
        return f"Invalid principal in policy: {json.dumps(principal)}"
    for kind, values in principal.items():
        for value in _listed(values):
            if kind == "Federated":
                if not isinstance(value, str) or value not in _WELL_KNOWN and not _FEDERATED.fullmatch(value):
                    return "Federated principals must be valid domain names or SAML metadata ARNs"
            elif kind == "AWS":
                if not isinstance(value, str) or not _PRINCIPAL.fullmatch(value) or not _exists(value):
                    return f'Invalid principal in policy: "AWS":"{value}"'
            elif kind == "Service":
                if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", value):
                    return f'Invalid principal in policy: "SERVICE":"{value}"'
            else:
                return f'Invalid principal in policy: "{kind.upper()}":"{value}"'
    return None


def _exists(principal):
    """Whether a principal is there; those of accounts that nobody knows are taken for real."""
    match = re.fullmatch(r"arn:[^:]+:iam::(\d{12}):(role|user)/(?:.*/)?([^/]+)", principal)
    if not match:
        return True
    number, kind, name = match.groups()
    store = iam._roles if kind == "role" else iam._users
    known = any(account == number for account, _ in iam._roles.to_dict()) or any(
        account == number for account, _ in iam._users.to_dict()
    )
    record = store.get_scoped(number, None, name)
    return bool(record) and record["Arn"] == principal or not known


def before(call):
    """What is wrong with the form of a call, which counts before any right does."""
    if call.service != "iam":
        return None
    problem = _name_problem(call)
    if problem:
        return problem
    text = {"CreateRole": "AssumeRolePolicyDocument", "UpdateAssumeRolePolicy": "PolicyDocument"}.get(call.action)
    if text and not call.get(text):
        return _invalid(text[0].lower() + text[1:], "", "Member must have length greater than or equal to 1")
    return None


_OF_A_ROLE = {
    "GetRole",
    "AttachRolePolicy",
    "DetachRolePolicy",
    "ListAttachedRolePolicies",
    "UpdateAssumeRolePolicy",
    "TagRole",
    "UntagRole",
    "ListRoleTags",
    "PutRolePolicy",
    "GetRolePolicy",
    "ListRolePolicies",
    "PutRolePermissionsBoundary",
    "UpdateRole",
}


def after(call):
    """What is wrong with a call that is allowed."""
    return _iam(call) if call.service == "iam" else _eks(call) if call.service == "eks" else None


def _iam(call):
    name = call.get("RoleName")
    role = iam._roles.get_scoped(call.account, None, name) if name else None
    if call.action in _OF_A_ROLE and (not role or is_unseen(call.account, "role", name, call.action)):
        return refuse("iam", 404, "NoSuchEntity", f"The role with name {name} cannot be found.")
    provider = call.get("OpenIDConnectProviderArn")
    if (
        provider
        and call.action != "DeleteOpenIDConnectProvider"
        and is_unseen(call.account, "provider", provider.split(":oidc-provider/")[-1], call.action)
    ):
        return refuse("iam", 404, "NoSuchEntity", f"OpenIDConnect Provider not found for arn {provider}")
    if call.action == "CreateRole":
        same = [it for number, it in iam._roles.to_dict() if number == call.account and it.lower() == name.lower()]
        if same:
            return refuse("iam", 409, "EntityAlreadyExists", f"Role with name {name} already exists.")
        if not re.fullmatch(r"/|/[!-~]+/", call.get("Path") or "/"):
            return refuse(
                "iam",
                400,
                "ValidationError",
                "The specified value for path is invalid. It must begin and end with / "
                "and contain only alphanumeric characters and/or / characters.",
            )
    trust = {"CreateRole": "AssumeRolePolicyDocument", "UpdateAssumeRolePolicy": "PolicyDocument"}.get(call.action)
    if trust:
        problem = trust_problem(call.get(trust))
        if problem:
            return refuse("iam", *problem)
    if call.action in ("AttachRolePolicy", "AttachUserPolicy"):
        arn = call.get("PolicyArn")
        if not re.fullmatch(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/.+", arn):
            return refuse(
                "iam", 400, "ValidationError" if len(arn) < 20 else "InvalidInput", f"ARN {arn} is not valid."
            )
        if not iam.policy_known(arn, call.account):
            return refuse("iam", 404, "NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
        if role and arn not in role["AttachedPolicies"] and len(role["AttachedPolicies"]) >= POLICIES_PER_ROLE:
            return refuse("iam", 409, "LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {POLICIES_PER_ROLE}")
    if call.action == "DetachRolePolicy" and role and call.get("PolicyArn") not in role["AttachedPolicies"]:
        return refuse("iam", 404, "NoSuchEntity", f"Policy {call.get('PolicyArn')} was not found.")
    return None


def _role_of(number, arn):
    match = re.fullmatch(r"arn:[^:]+:iam::(\d{12}):role/(?:.*/)?([^/]+)", arn or "")
    if not match or match.group(1) != number:
        return None
    role = iam._roles.get_scoped(number, None, match.group(2))
    return role if role and role["Arn"] == arn else None


def _eks(call):
    cluster = call.path.get("cluster")
    record = eks._clusters.get_scoped(call.account, call.region, cluster) if cluster else None
    if cluster and not record:
        return refuse("eks", 404, "ResourceNotFoundException", f"No cluster found for name: {cluster}.")
    role = call.body.get("roleArn")
    if role and call.action in ("CreatePodIdentityAssociation", "UpdatePodIdentityAssociation"):
        if role.split(":")[4:5] != [call.account]:
            return refuse("eks", 400, "InvalidParameterException", "Cross-account pass role is not allowed.")
        found = _role_of(call.account, role)
        if not found or is_unseen(call.account, "role", found["RoleName"], call.action):
            return refuse("eks", 400, "InvalidParameterException", "Role provided in the request does not exist")
    addon = call.path.get("addon")
    if addon and call.action in ("DescribeAddon", "UpdateAddon", "DeleteAddon"):
        if not eks._addons.get_scoped(call.account, call.region, f"{cluster}/{addon}"):
            return refuse("eks", 404, "ResourceNotFoundException", f"No addon: {addon} found in cluster: {cluster}")
    if call.action == "CreateAccessEntry":
        mode = (record.get("accessConfig") or {}).get("authenticationMode", "CONFIG_MAP")
        if mode == "CONFIG_MAP":
            return refuse(
                "eks",
                400,
                "InvalidRequestException",
                "The cluster's authentication mode must be set to one of "
                "[API, API_AND_CONFIG_MAP] to perform this operation.",
            )
        problem = _principal_unknown(call)
        if problem:
            return refuse("eks", 400, "InvalidParameterException", problem)
    return None


def _principal_unknown(call):
    principal = call.body.get("principalArn") or ""
    match = re.fullmatch(r"arn:[^:]+:iam::(\d{12}):(role|user|root)(?:/(?:.*/)?([^/]+))?", principal)
    invalid = "The specified principalArn is invalid: invalid principal"
    if not match:
        return invalid
    number, kind, name = match.groups()
    if kind == "root":
        return None
    record = (iam._roles if kind == "role" else iam._users).get_scoped(number, None, name)
    if not record or record["Arn"] != principal or kind == "role" and is_unseen(number, "role", name, call.action):
        return invalid
    return None


# Access entry -> the identity of its role: a role that was deleted and made again is another one.
bound_to = {}


def role_id(arn):
    """The identity of the role behind an ARN, None when there is none."""
    match = re.fullmatch(r"arn:[^:]+:iam::(\d{12}):role/(?:.*/)?([^/]+)", arn)
    return (iam._roles.get_scoped(match[1], None, match[2]) or {}).get("RoleId") if match else None


def install():
    """Gives access entries the ARN and the user name that EKS gives them."""
    build = eks._build_access_entry

    def with_user_name(cluster, principal, body):
        entry = build(cluster, principal, body)
        entry["username"] = entry["username"] or default_user_name(principal)
        bound_to[entry["accessEntryArn"]] = role_id(principal)
        return entry

    eks._build_access_entry = with_user_name
    eks._access_entry_arn = lambda cluster, principal: access_entry_arn(
        eks.get_region(), eks.get_account_id(), cluster, principal, eks.new_uuid()
    )


def default_user_name(principal):
    """Whom an access entry makes of a principal when nobody says otherwise."""
    match = re.fullmatch(r"arn:([^:]+):iam::(\d{12}):role/(?:.*/)?([^/]+)", principal)
    return f"arn:{match[1]}:sts::{match[2]}:assumed-role/{match[3]}/{{{{SessionName}}}}" if match else principal
