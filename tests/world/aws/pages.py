"""EKS gives long lists in pages; MiniStack cuts them off."""

import json

from accounts import account

_LISTS = {
    "ListClusters": "clusters",
    "ListPodIdentityAssociations": "associations",
    "ListAccessEntries": "accessEntries",
    "ListAddons": "addons",
    "ListNodegroups": "nodegroups",
    "ListAssociatedAccessPolicies": "associatedAccessPolicies",
}
_LONGEST = 100


def whole(call, query):
    """The query for the whole list."""
    return {**query, "maxResults": ["1000000"]} if call.action in _LISTS else query


def page(call, query, answer):
    """The page of an answer that was asked for."""
    name = _LISTS.get(call.action)
    if not name or answer[0] != 200:
        return answer
    document = json.loads(answer[2])
    size = min(int((query.get("maxResults") or [_LONGEST])[0]), account(call.account).page or _LONGEST)
    begin = int((query.get("nextToken") or ["0"])[0])
    if begin + size < len(document[name]):
        document["nextToken"] = str(begin + size)
    document[name] = document[name][begin : begin + size]
    return answer[0], answer[1], json.dumps(document).encode()
