"""Starts moto as a second opinion on IAM, STS and DescribeCluster, and on the partitions of China and GovCloud.

    python moto_launch.py --port 4567 --region cn-north-1

It evaluates no policy. Access entries, add-ons and Pod Identity are not in it: their calls say so with an error."""

import argparse
import json
import os
import re
import sys

VERSION = "5.2.5"


def prepare_environment():
    """Nothing of the machine's own AWS settings may reach moto."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "MOTO_")):
            del os.environ[name]
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"


def install():
    """Corrects what moto answers otherwise than the real services."""
    import importlib.metadata

    found = importlib.metadata.version("moto")
    if found != VERSION:
        sys.exit(f"moto is {found}, this file was written for {VERSION}")
    from moto.core.responses import EmptyResult
    from moto.iam.responses import IamResponse
    from moto.sts.models import STSBackend
    from moto.utilities.utils import get_partition

    known = STSBackend.get_caller_identity

    def get_caller_identity(self, access_key_id, region):
        identifier, arn, number = known(self, access_key_id, region)
        if arn.endswith(":user/moto"):
            return number, f"arn:{get_partition(region)}:iam::{number}:root", number
        return identifier, arn, number

    def provider(response):
        return response.backend.get_open_id_connect_provider(response._get_param("OpenIDConnectProviderArn"))

    def add_client_id(self):
        clients, client = provider(self).client_id_list, self._get_param("ClientID")
        if client not in clients:
            clients.append(client)
        return EmptyResult()

    def remove_client_id(self):
        clients, client = provider(self).client_id_list, self._get_param("ClientID")
        if client in clients:
            clients.remove(client)
        return EmptyResult()

    STSBackend.get_caller_identity = get_caller_identity
    # moto finds a method by the action's name, which it splits at every capital letter that follows a small one.
    IamResponse.add_client_id_to_open_id_connect_provider = add_client_id
    IamResponse.add_client_idto_open_id_connect_provider = add_client_id
    IamResponse.remove_client_id_from_open_id_connect_provider = remove_client_id
    IamResponse.remove_client_idfrom_open_id_connect_provider = remove_client_id


def cluster(region, request):
    """Makes a cluster, or changes what DescribeCluster says of it."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.eks.models import eks_backends

    backend = eks_backends[DEFAULT_ACCOUNT_ID][region]
    if request["name"] not in backend.clusters:
        backend.create_cluster(
            request["name"],
            f"arn:{backend.partition}:iam::{DEFAULT_ACCOUNT_ID}:role/eks-cluster",
            {"subnetIds": ["subnet-1"], "endpointPublicAccess": True, "publicAccessCidrs": ["0.0.0.0/0"]},
        )
    record = backend.clusters[request["name"]]
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    fields = {
        "identity": {"oidc": {"issuer": f"https://oidc.eks.{region}.{suffix}/id/0123456789ABCDEF0123456789ABCDEF"}},
        "accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"},
        **(request.get("fields") or {}),
    }
    for name, value in fields.items():
        setattr(record, name, value)
        setattr(record, re.sub("[A-Z]", lambda letter: "_" + letter.group().lower(), name), value)
    return {"arn": record.arn}


def with_control(inner, region):
    """The application with the door for tests beside it, and an error where moto has nothing."""

    def answer(start, status, document, code=None):
        headers = [("content-type", "application/json")] + ([("x-amzn-errortype", code)] if code else [])
        start(status, headers)
        return [json.dumps(document).encode()]

    def outer(environ, start):
        path = environ.get("PATH_INFO", "")
        if path == "/_world/ready":
            return answer(start, "200 OK", {})
        if path == "/_world/cluster":
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            return answer(start, "200 OK", cluster(region, json.loads(body)))
        missing = re.match(r"/clusters/[^/]+/(addons|pod-identity-associations|access-entries)", path)
        if missing:
            return answer(
                start, "501 Not Implemented", {"message": f"moto has no {missing.group(1)}"}, "NotImplemented"
            )
        return inner(environ, start)

    return outer


def main():
    """Serves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=4567)
    parser.add_argument("--region", default="us-east-1")
    arguments = parser.parse_args()
    prepare_environment()
    install()
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import run_simple

    application = with_control(DomainDispatcherApplication(create_backend_app), arguments.region)
    run_simple("127.0.0.1", arguments.port, application, threaded=True, request_handler=MotoRequestHandler)


if __name__ == "__main__":
    main()
