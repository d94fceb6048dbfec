"""Calls one operation of one of Microsoft's clients, as standard input says, and prints what it returns as JSON."""

import importlib
import json
import os
import sys

from azure.core.exceptions import AzureError
from azure.identity import CertificateCredential, ClientSecretCredential, WorkloadIdentityCredential

CLIENTS = {
    "msi": ("azure.mgmt.msi", "ManagedServiceIdentityClient"),
    "authorization": ("azure.mgmt.authorization", "AuthorizationManagementClient"),
    "containerservice": ("azure.mgmt.containerservice", "ContainerServiceClient"),
}


def credential():
    """The credential that the environment holds; the authority comes from there as well."""
    who = {"tenant_id": os.environ["AZURE_TENANT_ID"], "client_id": os.environ["AZURE_CLIENT_ID"]}
    more = {"disable_instance_discovery": True, "authority": os.environ["AZURE_AUTHORITY_HOST"]}
    if "AZURE_CLIENT_SECRET" in os.environ:
        return ClientSecretCredential(client_secret=os.environ["AZURE_CLIENT_SECRET"], **who, **more)
    if "AZURE_CLIENT_CERTIFICATE_PATH" in os.environ:
        file, password = os.environ["AZURE_CLIENT_CERTIFICATE_PATH"], os.environ.get("AZURE_CLIENT_CERTIFICATE_PASSWORD")
        return CertificateCredential(certificate_path=file, password=password, **who, **more)
    return WorkloadIdentityCredential(token_file_path=os.environ["AZURE_FEDERATED_TOKEN_FILE"], **who, **more)


def plain(value):
    """A model as the wire has it."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if hasattr(value, "serialize"):
        return value.serialize(keep_readonly=True)
    if hasattr(value, "as_dict"):
        return value.as_dict()
    if hasattr(value, "result") and callable(value.result):
        return plain(value.result())
    return [plain(it) for it in value]


def main():
    asked = json.load(sys.stdin)
    module, name = CLIENTS[asked["client"]]
    client = getattr(importlib.import_module(module), name)(
        credential(),
        os.environ["AZURE_SUBSCRIPTION_ID"],
        base_url=os.environ["RUNNER_SETUP_ARM_ENDPOINT"],
        credential_scopes=["https://management.azure.com/.default"],
        retry_total=0,
        polling_interval=0,
    )
    operation = client
    for part in asked["operation"].split("."):
        operation = getattr(operation, part)
    try:
        said = {"document": plain(operation(**asked["arguments"]))}
    except AzureError as error:
        code = getattr(getattr(error, "error", None), "code", None) or type(error).__name__
        said = {"refused": f"{code}: {getattr(error, 'message', error)}"}
    json.dump(said, sys.stdout, default=str)


main()
