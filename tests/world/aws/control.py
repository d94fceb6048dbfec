"""The door for tests, below /_world: what no AWS API lets anybody say, and what the tests want to know."""

import json
import secrets
import time
import uuid

from ministack.core.responses import request_scope
from ministack.services import eks, iam

import token_review
import web_identity
from accounts import account
from rules import default_user_name

_ADMINISTRATOR = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


def cluster(request):
    """Makes a cluster, or changes what is said about one: every field given replaces the one that is there."""
    number, region, name = request["account"], request["region"], request["name"]
    with request_scope(number, region):
        record = eks._clusters.get(name)
        if record is None:
            record = _new_cluster(number, region, name)
            eks._clusters[name] = record
            if request.get("creator", True):
                _admit(name, record, f"arn:aws:iam::{number}:root", [_ADMINISTRATOR])
        record.update(request.get("fields") or {})
        for principal, policies in (request.get("administrators") or {}).items():
            _admit(name, record, principal, policies or [_ADMINISTRATOR])
        return eks._sanitize(record)


def _new_cluster(number, region, name):
    return {
        "name": name,
        "arn": f"arn:aws:eks:{region}:{number}:cluster/{name}",
        "createdAt": int(time.time()),
        "version": "1.35",
        "endpoint": f"https://{uuid.uuid4().hex.upper()}.gr7.{region}.eks.amazonaws.com",
        "roleArn": f"arn:aws:iam::{number}:role/eks-cluster",
        "resourcesVpcConfig": {
            "subnetIds": ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"],
            "securityGroupIds": [],
            "clusterSecurityGroupId": "sg-0123456789abcdef0",
            "vpcId": "vpc-0123456789abcdef0",
            "endpointPublicAccess": True,
            "endpointPrivateAccess": True,
            "publicAccessCidrs": ["0.0.0.0/0"],
        },
        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "10.100.0.0/16", "ipFamily": "ipv4"},
        "logging": {"clusterLogging": []},
        "identity": {"oidc": {"issuer": f"https://oidc.eks.{region}.amazonaws.com/id/{uuid.uuid4().hex.upper()}"}},
        "status": "ACTIVE",
        "certificateAuthority": {"data": ""},
        "platformVersion": "eks.4",
        "tags": {},
        "encryptionConfig": [],
        "accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"},
        "computeConfig": {"enabled": False},
        "_auth_token": secrets.token_urlsafe(32),
        "_docker_id": None,
        "_port": 0,
        "_world": True,
    }


def _admit(name, record, principal, policies):
    entry = eks._build_access_entry(name, principal, {"type": "STANDARD", "username": default_user_name(principal)})
    eks._access_entries[eks._ae_key(name, principal)] = entry
    for policy in policies:
        eks._access_policies[eks._ap_key(name, principal, policy)] = {
            "policyArn": policy,
            "accessScope": {"type": "cluster", "namespaces": []},
            "associatedAt": int(time.time()),
            "modifiedAt": int(time.time()),
        }


def addon(request):
    """Puts an add-on into a cluster, or changes what is said about one."""
    with request_scope(request["account"], request["region"]):
        key = f"{request['cluster']}/{request['name']}"
        if key not in eks._addons:
            _done(
                eks._create_addon(
                    request["cluster"], {"addonName": request["name"], "addonVersion": "v1.3.8-eksbuild.2"}
                )
            )
        eks._addons[key].update(request.get("fields") or {})
        return eks._addons[key]


def user(request):
    """Makes a user with an access key, with the policy and the permissions boundary that it is given."""
    number, name = request["account"], request["name"]
    with request_scope(number, request["region"]):
        parameters = {"UserName": [name], "Path": [request.get("path") or "/"]}
        _done(iam._create_user(parameters))
        if request.get("policy"):
            _done(
                iam._put_user_policy(
                    {"UserName": [name], "PolicyName": ["given"], "PolicyDocument": [json.dumps(request["policy"])]}
                )
            )
        if request.get("boundary"):
            arn = f"arn:aws:iam::{number}:policy/boundary-of-{name}"
            iam.store_policy(arn, f"boundary-of-{name}", "/", request["boundary"])
            _done(iam._put_user_permissions_boundary({"UserName": [name], "PermissionsBoundary": [arn]}))
        _done(iam._create_access_key({"UserName": [name]}))
        key = next(key for key in iam._access_keys.values() if key["UserName"] == name)
        return {"arn": iam._users[name]["Arn"], "access_key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}


def _done(answer):
    if answer[0] != 200:
        raise ValueError(answer[2].decode())


def state(number):
    """All that an account holds, as plain data."""

    def mine(store):
        records = store.all_items() if hasattr(store, "all_items") else store.to_dict().items()
        return [
            {key: value for key, value in record.items() if not key.startswith("_")}
            for scope, record in records
            if scope[0] == number
        ]

    def documents(role):
        trust, inline = role["AssumeRolePolicyDocument"], role["InlinePolicies"]
        return {
            **role,
            "AssumeRolePolicyDocument": json.loads(trust),
            "InlinePolicies": {name: json.loads(text) for name, text in inline.items()},
        }

    return {
        "roles": [documents(role) for role in mine(iam._roles)],
        "providers": mine(iam._oidc_providers),
        "policies": mine(iam._policies),
        "users": mine(iam._users),
        "clusters": mine(eks._clusters),
        "associations": mine(eks._pod_identity_associations),
        "access_entries": mine(eks._access_entries),
        "addons": mine(eks._addons),
    }


def answer(path, request):
    """The answer to one request of a test: status and document."""
    mine = account(request["account"]) if request.get("account") else None
    if path == "/ready":
        return 200, {}
    if path == "/cluster":
        return 200, cluster(request)
    if path == "/addon":
        return 200, addon(request)
    if path == "/user":
        return 200, user(request)
    if path == "/state":
        return 200, state(request["account"])
    if path == "/issuer":
        web_identity.jwks[request["issuer"]] = request["jwks"]
        return 200, {}
    if path == "/log":
        return 200, [entry for entry in mine.log if entry["number"] >= int(request.get("since") or 0)]
    if path == "/fault":
        mine.faults.append(request["fault"])
        return 200, {}
    if path == "/weather":
        for name in ("latency", "page", "propagation", "scps"):
            if name in request:
                setattr(mine, name, request[name])
        if request.get("no_more_faults"):
            mine.faults.clear()
        return 200, {}
    if path == "/token-review":
        return 200, token_review.review(request)
    return 404, {"message": f"{path} is nothing"}
