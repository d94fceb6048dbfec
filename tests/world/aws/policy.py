"""Who may do what: resources and condition keys as the Service Authorization Reference lists them, the rights that one
call needs beside its own, and denials in the words of the real services.

MiniStack evaluates the policies; what it evaluates them against is decided here."""

import re
from dataclasses import dataclass, field

from ministack.core import iam_evaluator
from ministack.core.iam_actions import request_tag_context
from ministack.services import eks, iam

from accounts import account, host_of
from calls import refuse


@dataclass
class Need:
    """A right that a call needs."""

    action: str
    resource: str
    context: dict = field(default_factory=dict)
    # What the denial calls the resource, where that is not its ARN.
    spoken: str = ""


# Calls that name no resource of their own: a policy has to say "*".
_ON_EVERYTHING = {
    "ListRoles",
    "ListPolicies",
    "ListUsers",
    "ListGroups",
    "ListOpenIDConnectProviders",
    "GetAccountSummary",
    "ListAccountAliases",
    "SimulateCustomPolicy",
    "GetAccountAuthorizationDetails",
}
# IAM names these resources in full when it denies, all others by kind and name.
_SPOKEN_IN_FULL = {"CreateRole", "CreateUser", "TagRole", "UntagRole", "PassRole"}


def role_arn(call, name):
    """The ARN of a role, with the path that it has or will have."""
    role = iam._roles.get_scoped(call.account, None, name)
    if role:
        return role["Arn"]
    path = call.get("Path") or "/" if call.action == "CreateRole" else "/"
    return f"arn:aws:iam::{call.account}:role{path}{name}"


def _iam_resource(call):
    params = call.params
    if call.action in _ON_EVERYTHING:
        return "*", "*"
    if call.action == "CreateOpenIDConnectProvider":
        arn = f"arn:aws:iam::{call.account}:oidc-provider/{host_of(call.get('Url'))}"
        return arn, arn
    if "OpenIDConnectProviderArn" in params:
        return call.get("OpenIDConnectProviderArn"), call.get("OpenIDConnectProviderArn")
    if "PolicySourceArn" in params:
        return call.get("PolicySourceArn"), call.get("PolicySourceArn")
    if "RoleName" in params:
        arn = role_arn(call, call.get("RoleName"))
        return arn, arn if call.action in _SPOKEN_IN_FULL else f"role {call.get('RoleName')}"
    if "UserName" in params:
        user = iam._users.get_scoped(call.account, None, call.get("UserName"))
        arn = user["Arn"] if user else f"arn:aws:iam::{call.account}:user/{call.get('UserName')}"
        return arn, arn if call.action in _SPOKEN_IN_FULL else f"user {call.get('UserName')}"
    if call.action == "CreatePolicy":
        arn = f"arn:aws:iam::{call.account}:policy{call.get('Path') or '/'}{call.get('PolicyName')}"
        return arn, f"policy {call.get('PolicyName')}"
    if "PolicyArn" in params:
        return call.get("PolicyArn"), f"policy {call.get('PolicyArn')}"
    return "*", "*"


def _tags_of(call, arn):
    """The tags of an existing resource."""
    if ":oidc-provider/" in arn:
        found = (iam._oidc_providers.get_scoped(call.account, None, arn) or {}).get("Tags")
    elif ":role/" in arn:
        found = (iam._roles.get_scoped(call.account, None, arn.rsplit("/", 1)[-1]) or {}).get("Tags")
    elif ":policy/" in arn:
        found = (iam._policies.get_scoped(call.account, None, arn) or {}).get("Tags")
    elif arn.startswith("arn:aws:eks:"):
        tags = eks._tags.get_scoped(call.account, None, arn) or {}
        found = [{"Key": key, "Value": value} for key, value in tags.items()]
    else:
        found = None
    return {tag["Key"]: tag["Value"] for tag in found or []}


def _resource_tag_context(call, arn):
    context = {}
    for key, value in _tags_of(call, arn).items():
        context[f"aws:ResourceTag/{key}"] = value
        if call.service == "iam":
            context[f"iam:ResourceTag/{key}"] = value
    return context


_WITH_A_BOUNDARY = {
    "CreateRole",
    "PutRolePermissionsBoundary",
    "DeleteRolePermissionsBoundary",
    "AttachRolePolicy",
    "DetachRolePolicy",
    "PutRolePolicy",
    "DeleteRolePolicy",
}


def _iam_context(call):
    context = {}
    if call.action in ("AttachRolePolicy", "DetachRolePolicy", "AttachUserPolicy", "DetachUserPolicy"):
        context["iam:PolicyARN"] = call.get("PolicyArn")
    if call.action in _WITH_A_BOUNDARY:
        boundary = call.get("PermissionsBoundary")
        if not boundary and call.action != "CreateRole":
            boundary = (iam._roles.get_scoped(call.account, None, call.get("RoleName")) or {}).get(
                "PermissionsBoundary"
            )
        if boundary:
            context["iam:PermissionsBoundary"] = boundary
    return context


def _identity_parts(principal):
    """What an access entry's ARN says about its principal: kind, account, name."""
    match = re.fullmatch(r"arn:[^:]+:iam::(\d{12}):(role|user|root)(?:/(?:.*/)?([^/]+))?", principal or "")
    if not match:
        return "role", "*", "*"
    return match.group(2), match.group(1), match.group(3) or "root"


def access_entry_arn(region, number, cluster, principal, identifier):
    """The ARN of an access entry, as EKS makes it."""
    kind, owner, name = _identity_parts(principal)
    return f"arn:aws:eks:{region}:{number}:access-entry/{cluster}/{kind}/{owner}/{name}/{identifier}"


_ON_ACCESS_ENTRY = {
    "DescribeAccessEntry",
    "UpdateAccessEntry",
    "DeleteAccessEntry",
    "AssociateAccessPolicy",
    "DisassociateAccessPolicy",
    "ListAssociatedAccessPolicies",
}


def eks_arn(call, kind, name):
    """An ARN of this account's EKS in the region of the call."""
    return f"arn:aws:eks:{call.region}:{call.account}:{kind}/{name}"


def _eks_resource(call):
    path = call.path
    if "arn" in path:
        return path["arn"]
    cluster = path.get("cluster") or call.body.get("name") or ""
    if call.action in _ON_ACCESS_ENTRY:
        entry = eks._access_entries.get_scoped(
            call.account, call.region, eks._ae_key(cluster, path.get("principal", ""))
        )
        return (
            entry["accessEntryArn"]
            if entry
            else access_entry_arn(call.region, call.account, cluster, path.get("principal"), "*")
        )
    if "association" in path:
        return eks_arn(call, "podidentityassociation", f"{cluster}/{path['association']}")
    if path.get("addon") and call.action != "CreateAddon":
        addon = eks._addons.get_scoped(call.account, call.region, f"{cluster}/{path['addon']}")
        return addon["addonArn"] if addon else eks_arn(call, "addon", f"{cluster}/{path['addon']}/*")
    if path.get("nodegroup"):
        group = eks._nodegroups.get_scoped(call.account, call.region, f"{cluster}/{path['nodegroup']}")
        return group["nodegroupArn"] if group else eks_arn(call, "nodegroup", f"{cluster}/{path['nodegroup']}/*")
    if call.action in ("ListClusters", "DescribeAddonVersions"):
        return "*"
    return eks_arn(call, "cluster", cluster) if cluster else "*"


def _eks_context(call):
    body, context = call.body, {}
    principal = body.get("principalArn") or call.path.get("principal")
    if principal:
        context["eks:principalArn"] = principal
    for key, name in (
        ("eks:kubernetesGroups", "kubernetesGroups"),
        ("eks:username", "username"),
        ("eks:policyArn", "policyArn"),
        ("eks:namespaces", "namespaces"),
    ):
        if body.get(name):
            context[key] = body[name]
    if call.action == "CreateAccessEntry":
        context["eks:accessEntryType"] = body.get("type", "STANDARD")
    scope = body.get("accessScope") or {}
    if scope.get("type"):
        context["eks:accessScope"] = scope["type"]
    if scope.get("namespaces"):
        context["eks:namespaces"] = scope["namespaces"]
    return context


# What EKS tags in a call that creates something with tags.
_TAGGED_BY = {
    "CreateCluster": lambda call: eks_arn(call, "cluster", call.body.get("name", "")),
    "CreateAccessEntry": lambda call: access_entry_arn(
        call.region, call.account, call.path.get("cluster", ""), call.body.get("principalArn"), "*"
    ),
    "CreatePodIdentityAssociation": lambda call: eks_arn(
        call, "podidentityassociation", f"{call.path.get('cluster', '')}/*"
    ),
    "CreateAddon": lambda call: eks_arn(
        call, "addon", f"{call.path.get('cluster', '')}/{call.body.get('addonName', '')}/*"
    ),
}
# The services that a role is handed to.
_HANDED_TO = {
    "CreatePodIdentityAssociation": "pods.eks.amazonaws.com",
    "UpdatePodIdentityAssociation": "pods.eks.amazonaws.com",
    "CreateCluster": "eks.amazonaws.com",
}


def needs(call, raw_body=b""):
    """Every right that this call needs, its own first."""
    tag_context = request_tag_context(call.service, call.iam_action, raw_body, {k: [v] for k, v in call.params.items()})
    if call.service == "iam":
        resource, spoken = _iam_resource(call)
        context = {**tag_context, **_iam_context(call), **_resource_tag_context(call, resource)}
        found = [Need(call.iam_action, resource, context, spoken)]
        also = {
            "CreateRole": "iam:TagRole",
            "CreatePolicy": "iam:TagPolicy",
            "CreateUser": "iam:TagUser",
            "CreateOpenIDConnectProvider": "iam:TagOpenIDConnectProvider",
        }.get(call.action)
        if also and call.tags():
            found.append(Need(also, resource, context))
        return found
    if call.service == "eks":
        resource = _eks_resource(call)
        context = {**tag_context, **_eks_context(call), **_resource_tag_context(call, resource)}
        found = [Need(call.iam_action, resource, context)]
        if call.tags() and call.action in _TAGGED_BY:
            found.append(Need("eks:TagResource", _TAGGED_BY[call.action](call), tag_context))
        role = call.body.get("roleArn")
        if role and call.action in _HANDED_TO:
            handed = {"iam:PassedToService": _HANDED_TO[call.action], "iam:AssociatedResourceArn": resource}
            if call.action != "CreateCluster":
                found.append(Need("iam:GetRole", role))
            found.append(Need("iam:PassRole", role, handed))
        return found
    return [Need(call.iam_action, call.get("RoleArn") or "*")]


def _statements(documents):
    return [iam_evaluator.parse_policy_document(document) for document in documents]


def _matches(context, layer, effect):
    return iam_evaluator._first_match(context, [it for document in layer for it in document], effect)


def judge(principal, layers, need, region):
    """Why this principal may not do it, in the words after "on resource: …"; None when it may."""
    keys = {key.lower(): value for key, value in need.context.items()}
    keys.setdefault("aws:tagkeys", None)
    context = iam_evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=need.action,
        resource_arn=need.resource,
        region=region,
        service_context=keys,
        principal_keys=principal.keys,
    )
    scps, boundary, sessions = layers
    because = f"allows the {need.action} action"
    if scps and _matches(context, scps, "Deny"):
        return "with an explicit deny in a service control policy"
    if principal.policies is None:
        return None
    if _matches(context, principal.policies, "Deny"):
        return "with an explicit deny in an identity-based policy"
    if boundary is not None and _matches(context, boundary, "Deny"):
        return "with an explicit deny in a permissions boundary"
    if not _matches(context, principal.policies, "Allow"):
        return f"because no identity-based policy {because}"
    if boundary is not None and not _matches(context, boundary, "Allow"):
        return f"because no permissions boundary {because}"
    if any(not _matches(context, session, "Allow") for session in sessions):
        return f"because no session policy {because}"
    return None


def boundary_of(number, arn):
    """The parsed permissions boundary of a user or an assumed role, None when it has none."""
    kind, _, rest = arn.split(":", 5)[5].partition("/")
    if kind == "assumed-role":
        record = iam._roles.get_scoped(number, None, rest.split("/")[0])
    else:
        store = iam._roles if kind == "role" else iam._users
        record = store.get_scoped(number, None, rest.rsplit("/", 1)[-1])
    boundary = (record or {}).get("PermissionsBoundary")
    if not boundary:
        return None
    document = iam_evaluator._resolve_managed_policy_document(boundary, number)
    return [iam_evaluator.parse_policy_document(document)] if document else []


def layers_of(call_account, principal, access_key):
    """What limits a principal beside its own policies: the organisation's, its boundary, its session's."""
    from ministack.services import sts

    scps = _statements(account(call_account).scps)
    if principal.policies is None:
        return scps, None, []
    session = sts._sessions.get(access_key) or {}
    return (
        scps,
        boundary_of(principal.account, principal.arn),
        iam_evaluator._session_policy_limits(session, principal.account),
    )


def authorize(call, principal, raw_body):
    """The answer to a call that is not allowed; None when it is."""
    layers = layers_of(call.account, principal, call.access_key)
    for need in needs(call, raw_body):
        reason = judge(principal, layers, need, call.region)
        if reason:
            message = (
                f"User: {principal.arn} is not authorized to perform: {need.action} "
                f"on resource: {need.spoken or need.resource} {reason}"
            )
            return refuse(
                call.service, 403, "AccessDeniedException" if call.service == "eks" else "AccessDenied", message
            )
    return None


def simulate(call):
    """SimulatePrincipalPolicy for users and roles, with their paths, boundaries and all resources asked about."""
    source = call.get("PolicySourceArn")
    match = re.fullmatch(r"arn:aws:iam::(\d{12}):(user|role)/(?:.*/)?([^/]+)", source)
    if not match:
        return refuse("iam", 400, "InvalidInput", f"Invalid Entity Arn: {source}")
    number, kind, name = match.groups()
    store = iam._users if kind == "user" else iam._roles
    record = store.get_scoped(number, None, name)
    if number != call.account or not record or record["Arn"] != source:
        return refuse("iam", 404, "NoSuchEntity", f"The {kind} with name {name} cannot be found.")
    gather = iam_evaluator._gather_user_policies if kind == "user" else iam_evaluator._gather_role_policies
    principal = iam_evaluator.PrincipalInfo(
        arn=source, type=kind.capitalize(), account=number, policies=gather(name, number)
    )
    layers = (_statements(account(number).scps), boundary_of(number, source), [])
    context, index = {}, 1
    while key := call.get(f"ContextEntries.member.{index}.ContextKeyName"):
        values = [
            call.params[it]
            for it in sorted(call.params)
            if it.startswith(f"ContextEntries.member.{index}.ContextKeyValues.member.")
        ]
        context[key] = values[0] if len(values) == 1 else values
        index += 1
    results = []
    for action in call.members("ActionNames"):
        for resource in call.members("ResourceArns") or ["*"]:
            reason = judge(principal, layers, Need(action, resource, context), call.region)
            decision = "allowed" if not reason else "explicitDeny" if "explicit deny" in reason else "implicitDeny"
            details = ""
            if "service control" in (reason or ""):
                details = (
                    "<OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations>"
                    "</OrganizationsDecisionDetail>"
                )
            if layers[1] is not None:
                allowed = "false" if "boundary" in (reason or "") else "true"
                details += (
                    "<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>"
                    f"{allowed}</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>"
                )
            results.append(
                f"<member><EvalActionName>{action}</EvalActionName><EvalResourceName>{resource}</EvalResourceName>"
                f"<EvalDecision>{decision}</EvalDecision><MatchedStatements/><MissingContextValues/>{details}</member>"
            )
    return iam._xml(
        200,
        "SimulatePrincipalPolicyResponse",
        "<SimulatePrincipalPolicyResult><EvaluationResults>"
        + "".join(results)
        + "</EvaluationResults><IsTruncated>false</IsTruncated></SimulatePrincipalPolicyResult>",
    )
