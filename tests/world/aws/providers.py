"""IAM's OpenID Connect providers: the actions that MiniStack lacks, and what the real service answers to the others."""

from xml.sax.saxutils import escape

from ministack.core.responses import get_account_id
from ministack.services import iam

from calls import refuse

MOST_PROVIDERS = 100
MOST_AUDIENCES = 100
# Real IAM fetches the issuer's certificate when no thumbprint is given.
_FETCHED_THUMBPRINT = "9e99a48a9960b14926bb7f3b02e22da2b0ab7280"


def _plain(parameters):
    return {name: value[0] if isinstance(value, list) else value for name, value in parameters.items()}


def _numbered(parameters, prefix):
    found, index = [], 1
    while f"{prefix}.member.{index}" in parameters:
        found.append(parameters[f"{prefix}.member.{index}"])
        index += 1
    return found


def _with_provider(name, act):
    def handler(parameters):
        parameters = _plain(parameters)
        arn = parameters.get("OpenIDConnectProviderArn", "")
        provider = iam._oidc_providers.get(arn)
        if provider is None:
            return refuse("iam", 404, "NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}")
        answer = act(provider, parameters)
        return answer if isinstance(answer, tuple) else iam._xml(200, f"{name}Response", answer or "")

    return handler


def _add_client(provider, parameters):
    client = parameters.get("ClientID", "")
    if client not in provider["ClientIDList"]:
        if len(provider["ClientIDList"]) >= MOST_AUDIENCES:
            return refuse(
                "iam",
                409,
                "LimitExceeded",
                f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MOST_AUDIENCES}",
            )
        provider["ClientIDList"].append(client)
    return None


def _remove_client(provider, parameters):
    if parameters.get("ClientID") in provider["ClientIDList"]:
        provider["ClientIDList"].remove(parameters["ClientID"])


def _update_thumbprint(provider, parameters):
    provider["ThumbprintList"] = _numbered(parameters, "ThumbprintList")


def _tag(provider, parameters):
    tags = {tag["Key"]: tag for tag in provider.get("Tags", [])}
    tags.update({tag["Key"]: tag for tag in iam._extract_tags(parameters)})
    provider["Tags"] = list(tags.values())


def _untag(provider, parameters):
    gone = set(_numbered(parameters, "TagKeys"))
    provider["Tags"] = [tag for tag in provider.get("Tags", []) if tag["Key"] not in gone]


def _list_tags(provider, _parameters):
    members = "".join(
        f"<member><Key>{escape(tag['Key'])}</Key><Value>{escape(tag['Value'])}</Value></member>"
        for tag in provider.get("Tags", [])
    )
    return (
        "<ListOpenIDConnectProviderTagsResult>"
        f"<Tags>{members}</Tags><IsTruncated>false</IsTruncated></ListOpenIDConnectProviderTagsResult>"
    )


_create = iam._create_oidc_provider


def _create_provider(parameters):
    plain = _plain(parameters)
    url = plain.get("Url", "")
    if not url.startswith("https://") or "?" in url or len(url) > 255:
        return refuse(
            "iam",
            400,
            "InvalidInput",
            "Invalid Open ID Connect Provider URL: it must begin with https:// and " "have no query",
        )
    if len(iam._oidc_providers) >= MOST_PROVIDERS:
        return refuse(
            "iam", 409, "LimitExceeded", f"Cannot exceed quota for OpenIdConnectProvidersPerAccount: {MOST_PROVIDERS}"
        )
    arn = f"arn:aws:iam::{get_account_id()}:oidc-provider/{url.removeprefix('https://').rstrip('/')}"
    if arn in iam._oidc_providers:
        return refuse("iam", 409, "EntityAlreadyExists", f"Provider with url {url} already exists.")
    answer = _create(parameters)
    provider = iam._oidc_providers.get(arn)
    if provider:
        # What GetOpenIDConnectProvider gives back has no scheme.
        provider["Url"] = url.removeprefix("https://")
        provider["ThumbprintList"] = provider["ThumbprintList"] or [_FETCHED_THUMBPRINT]
    return answer


def _delete_provider(parameters):
    iam._oidc_providers.pop(_plain(parameters).get("OpenIDConnectProviderArn", ""), None)
    return iam._xml(200, "DeleteOpenIDConnectProviderResponse", "")


def install():
    """Puts them among MiniStack's handlers."""
    actions = {
        "AddClientIDToOpenIDConnectProvider": _add_client,
        "RemoveClientIDFromOpenIDConnectProvider": _remove_client,
        "UpdateOpenIDConnectProviderThumbprint": _update_thumbprint,
        "TagOpenIDConnectProvider": _tag,
        "UntagOpenIDConnectProvider": _untag,
        "ListOpenIDConnectProviderTags": _list_tags,
    }
    iam._IAM_HANDLERS.update({name: _with_provider(name, act) for name, act in actions.items()})
    iam._IAM_HANDLERS["CreateOpenIDConnectProvider"] = _create_provider
    iam._IAM_HANDLERS["DeleteOpenIDConnectProvider"] = _delete_provider
