"""Starts MiniStack as the AWS that the tests need: it evaluates policies and trust, the modules beside this file add
what the real services check and MiniStack does not.

    python launch.py --port 4566      serve on loopback
    python launch.py --self-test      only say whether this MiniStack is the one that these modules were written for
"""

import argparse
import asyncio
import contextvars
import json
import logging
import os
import sys
import time

VERSION = "1.5.33"

# What the modules reach into. A name that is gone or takes other parameters would otherwise show as a strange test.
PRIVATE_NAMES = {
    "ministack.app": [
        "app",
        "AUTH",
        "_dispatch_service_request",
        "_routing_params",
        "_credential_failure",
        "_get_module",
        "detect_service",
    ],
    "ministack.core.iam_evaluator": [
        "EvalContext",
        "PrincipalInfo",
        "AuthError",
        "parse_policy_document",
        "_first_match",
        "authenticate",
        "enforce",
        "resolve_principal",
        "resolve_credential",
        "find_iam_access_key_account",
        "_session_policy_limits",
        "_resolve_managed_policy_document",
        "_gather_user_policies",
        "_gather_role_policies",
        "_anonymous",
    ],
    "ministack.core.iam_actions": [
        "extract_iam_action",
        "request_tag_context",
        "unsigned_operations",
        "_match_rest_action",
    ],
    "ministack.core.responses": [
        "request_scope",
        "get_account_id",
        "get_region",
        "_account_from_sts_session",
        "expected_success_content_type",
        "expected_error_content_type",
    ],
    "ministack.core.router": ["extract_access_key_id", "extract_region"],
    "ministack.core.sigv4": [
        "build_canonical_request",
        "build_string_to_sign",
        "calculate_signature",
        "signatures_match",
    ],
    "ministack.services.iam": [
        "_roles",
        "_users",
        "_policies",
        "_access_keys",
        "_oidc_providers",
        "_IAM_HANDLERS",
        "_xml",
        "_extract_tags",
        "_create_oidc_provider",
        "_create_user",
        "_put_user_policy",
        "_put_user_permissions_boundary",
        "_create_access_key",
        "policy_known",
        "store_policy",
    ],
    "ministack.services.sts": ["_sessions", "_web_identity_principal", "_web_identity_trust_denied"],
    "ministack.services.eks": [
        "_clusters",
        "_nodegroups",
        "_addons",
        "_access_entries",
        "_access_policies",
        "_pod_identity_associations",
        "_tags",
        "_ae_key",
        "_ap_key",
        "_build_access_entry",
        "_access_entry_arn",
        "_role_arn_from_assumed_role",
        "_access_policy_associations",
        "_create_addon",
        "_sanitize",
        "new_uuid",
        "get_region",
        "get_account_id",
    ],
}
PARAMETERS = {
    ("ministack.app", "_dispatch_service_request"): ["method", "path", "headers", "body", "query_params", "request_id"],
    ("ministack.app", "_credential_failure"): ["service", "iam_action", "request_id", "denied", "headers"],
    ("ministack.core.iam_evaluator", "authenticate"): ["access_key_id", "account_id"],
    ("ministack.core.iam_evaluator", "resolve_principal"): ["access_key_id", "account_id", "credential"],
    ("ministack.core.iam_evaluator", "_first_match"): ["ctx", "stmts", "effect"],
    ("ministack.core.iam_actions", "request_tag_context"): ["service", "iam_action", "body", "params"],
    ("ministack.services.sts", "_web_identity_principal"): ["token", "provider_id", "role_arn"],
    ("ministack.services.eks", "_build_access_entry"): ["cluster_name", "principal_arn", "body"],
    ("ministack.services.eks", "_access_entry_arn"): ["cluster_name", "principal_arn"],
}


# What no policy can deny.
ALWAYS_ALLOWED = {"sts:GetCallerIdentity", "sts:GetSessionToken", "sts:AssumeRoleWithWebIdentity"}


def surface_problems():
    """What is not as these modules expect it."""
    import importlib
    import importlib.metadata
    import inspect

    problems = []
    found = importlib.metadata.version("ministack")
    if found != VERSION:
        problems.append(f"MiniStack is {found}, these modules were written for {VERSION}")
    for module, names in PRIVATE_NAMES.items():
        loaded = importlib.import_module(module)
        problems += [f"{module} has no {name}" for name in names if not hasattr(loaded, name)]
    for (module, name), expected in PARAMETERS.items():
        function = getattr(importlib.import_module(module), name, None)
        actual = list(inspect.signature(function).parameters) if function else None
        if actual != expected:
            problems.append(f"{module}.{name} takes {actual}, not {expected}")
    return problems


def prepare_environment(port):
    """Nothing of the machine's own AWS settings may reach MiniStack, which reads them when it is imported."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "MINISTACK_")):
            del os.environ[name]
    os.environ.update(
        {
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "MINISTACK_HOST": "127.0.0.1",
            "LOG_LEVEL": "WARNING",
            "SFTP_ENABLED": "0",
            "MINISTACK_WORKER_THREADS": "16",
            # Nothing here needs a container.
            "DOCKER_HOST": "unix:///nowhere",
        }
    )


def understand(app, method, path, headers, body, query):
    """The call in a request, or None when it is for a service that is left to MiniStack alone."""
    from ministack.core import iam_actions, responses, router
    from calls import SERVICES, Call, eks_path

    params = app._routing_params(method, path, headers, body, query)
    service = app.detect_service(method, path, headers, params)
    action = (
        iam_actions.extract_iam_action(service, method, path, headers, body, params) if service in SERVICES else None
    )
    if not action:
        return None
    call = Call(
        service,
        action.split(":", 1)[1],
        responses.get_account_id(),
        responses.get_region(),
        router.extract_access_key_id(headers, query),
    )
    if service == "eks":
        try:
            call.body = json.loads(body) if body else {}
        except ValueError:
            call.body = {}
        call.path = eks_path(path)
    else:
        call.params = {name: value[0] for name, value in params.items() if value}
    if call.action == "AssumeRoleWithWebIdentity":
        # It is unsigned: the role alone says whose it is.
        call.account = (call.get("RoleArn").split(":") + [""] * 5)[4] or call.account
    return call


def install():
    """Puts the modules' own dispatch before MiniStack's, and their corrections into its services."""
    from ministack import app
    from ministack.core import iam_evaluator, responses
    from ministack.services import iam
    import accounts
    import pages
    import partitions
    import policy
    import providers
    import rules
    import web_identity
    from calls import refuse

    providers.install()
    rules.install()
    web_identity.install()
    dispatch, enforce = app._dispatch_service_request, iam_evaluator.enforce
    decided = contextvars.ContextVar("decided", default=False)
    # A call that was decided here is not decided again.
    iam_evaluator.enforce = lambda *given, **named: None if decided.get() else enforce(*given, **named)
    iam._IAM_HANDLERS["SimulatePrincipalPolicy"] = lambda parameters: refuse(
        "iam", 500, "ServiceFailure", "unreachable"
    )

    def credentials_problem(call, request_id, headers):
        unsigned = call.action == "AssumeRoleWithWebIdentity"
        if iam_evaluator._anonymous.get():
            if unsigned:
                return None, None
            message = (
                "Request is missing Authentication Token" if call.service != "eks" else "Missing Authentication Token"
            )
            code = "MissingAuthenticationToken" if call.service != "eks" else "MissingAuthenticationTokenException"
            return refuse(call.service, 403, code, message), None
        number = responses.get_account_id()
        checked = iam_evaluator.authenticate(call.access_key, number)
        if not isinstance(checked, iam_evaluator.AuthError):
            checked = iam_evaluator.resolve_principal(call.access_key, number, checked)
        if isinstance(checked, iam_evaluator.AuthError):
            return app._credential_failure(call.service, call.iam_action, request_id, checked, headers), None
        return None, checked

    async def serve(call, method, path, headers, body, query, request_id):
        problem, principal = credentials_problem(call, request_id, headers)
        if problem:
            return problem
        problem = rules.before(call)
        if not problem and principal and call.iam_action not in ALWAYS_ALLOWED:
            problem = policy.authorize(call, principal, body)
        if problem:
            return problem
        claims = {}
        if call.action == "AssumeRoleWithWebIdentity":
            problem, claims = web_identity.check(call)
        else:
            problem = rules.after(call)
        if problem:
            return problem
        if call.action == "SimulatePrincipalPolicy":
            return policy.simulate(call)
        decided.set(True)
        answer = await dispatch(method, path, headers, body, pages.whole(call, query), request_id)
        answer = pages.page(call, query, answer)
        if answer[0] < 300:
            accounts.appeared(call)
            if claims:
                answer = web_identity.said(answer, claims)
        return answer

    async def world_dispatch(method, path, headers, body, query, request_id):
        call = understand(app, method, path, headers, body, query)
        if call is None:
            return await dispatch(method, path, headers, body, query, request_id)
        partition = partitions.partition_of(call.region)
        if call.action == "AssumeRoleWithWebIdentity":
            partition = (call.get("RoleArn").split(":") + ["", ""])[1] or partition
        problem = partitions.stranger(call, partition)
        if partition != "aws":
            path, body, query = partitions.request_inwards(path, headers, body, query)
            call = understand(app, method, path, headers, body, query)
        entry, began = accounts.note(call), time.monotonic()
        pause = accounts.account(call.account).latency
        fault = accounts.strike(call)
        if fault:
            pause += float(fault.get("delay") or 0)
        if pause:
            await asyncio.sleep(pause)
        answer = accounts.answer_of(fault, call) if fault else None
        if answer is None:
            answer = problem or await serve(call, method, path, headers, body, query, request_id)
        if partition != "aws":
            answer = partitions.answer_outwards(answer, partition)
        entry["status"], entry["took"] = answer[0], time.monotonic() - began
        entry["code"] = error_code(answer)
        return answer

    app._dispatch_service_request = world_dispatch
    return app.app


def error_code(answer):
    """The error code in an answer, empty when it is none."""
    status, headers, body = answer
    if status < 400:
        return ""
    if "x-amzn-errortype" in headers:
        return headers["x-amzn-errortype"].split(":")[0]
    text = body.decode(errors="replace")
    return text.split("<Code>")[1].split("</Code>")[0] if "<Code>" in text else ""


def with_control(inner):
    """The application with the door for tests beside it."""
    import control
    import partitions

    async def outer(scope, receive, send):
        if scope["type"] != "http" or not scope["path"].startswith("/_world/"):
            await inner(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        partition = "aws"
        try:
            text = body.decode() or "{}"
            partition = partitions.partition_of(json.loads(text).get("region") or "")
            request = json.loads(partitions.inwards(text))
            status, document = control.answer(scope["path"].removeprefix("/_world"), request)
        except Exception as error:  # A test that says something impossible has to read why.
            logging.exception("the control endpoint failed")
            status, document = 500, {"message": f"{type(error).__name__}: {error}"}
        text = partitions.outwards(json.dumps(document), partition).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(text)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    return outer


def warm_up():
    """Loads the service models now, so that no test pays for them."""
    from ministack import app
    from ministack.core import iam_actions, responses

    iam_actions._match_rest_action("eks", "GET", "/clusters/x", {})
    for service in ("iam", "sts", "eks", "cognito"):
        app._get_module(service)
        iam_actions.request_tag_context(service, f"{service}:CreateRole", b"", {})
        iam_actions.unsigned_operations(service)
        responses.expected_success_content_type(service, "application/xml")
        responses.expected_error_content_type(service, "application/xml")


def main():
    """Serves, or only tests itself."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    prepare_environment(arguments.port)
    problems = surface_problems()
    if problems:
        sys.exit("MiniStack is not as expected:\n  " + "\n  ".join(problems))
    application = with_control(install())
    if arguments.self_test:
        print("MiniStack is as expected")
        return
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"127.0.0.1:{arguments.port}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    warm_up()
    asyncio.run(serve(application, config))


if __name__ == "__main__":
    main()
